#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares an exported model with transformers' Llama4ForConditionalGeneration in float32: verify.py OUT.

One conversation of every task, languages and numbers of tiles mixed, and one of several chunks; ends with 1 if any logit differs by 1e-4 or more.
"""
import sys
from pathlib import Path

import numpy as np
import torch

import languages
import tokenizer as tk
from dialogues import TASKS, Generator
from export import load_model


def reference(out):
    from transformers import Llama4ForConditionalGeneration
    return Llama4ForConditionalGeneration.from_pretrained(out / "hf", dtype=torch.float32, attn_implementation="eager").eval()


def pixels(tiles):
    return torch.from_numpy(np.concatenate(tiles)).permute(0, 3, 1, 2).float() / 127.5 - 1 if tiles else None


@torch.no_grad()
def main():
    out = Path(sys.argv[1])
    model, _ = load_model(out)
    hf = reference(out)
    chat = tk.Chat(tk.load(out / "tokenizer.json"), model.c.tile_tokens)
    makers = list(TASKS.items()) + [("needle", lambda g: g.needle(60, .3))]
    worst = 0.0
    for i, (name, make) in enumerate(makers):
        ids, _, tiles = chat.encode(make(Generator("value", 300 + i, model.c.tile, list(languages.CODES)[i % 4], tiles=4)))
        own = model.head(model.hidden_states(torch.tensor([ids]), torch.from_numpy(np.concatenate(tiles)) if tiles else None, chat.patch, chat.pad))
        other = hf(input_ids=torch.tensor([ids]), pixel_values=pixels(tiles)).logits
        d = float((own - other).abs().max())
        worst = max(worst, d)
        print(f"{name:18s} {len(ids):5d} tokens {sum(len(x) for x in tiles):2d} tiles  largest difference {d:.2e} of logits up to {float(other.abs().max()):.1f}", flush=True)
    print(f"largest difference of a logit: {worst:.2e}")
    return int(worst >= 1e-4)


if __name__ == "__main__":
    sys.exit(main())
