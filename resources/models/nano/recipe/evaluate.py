#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures GGUF files on held-out conversations and writes eval.json.

  evaluate.py TEXT.gguf MMPROJ.gguf [--n 100] [--out eval.json] [--also TEXT2.gguf ...] [--tasks doc_prose,...]
  evaluate.py ... --needle        also one fact at every depth of texts of 250 to 8,000 tokens

An answer counts when all of it is right: every character of the quotation, its citation, and the end. Two splits:
"values" has wordings known from training with names, things and colour/shape pairs never seen, "wordings" has
questions and sentence patterns never seen on top. `--also` measures further types of the same weights on the first.
"""
import argparse
import json
import time
from pathlib import Path

import torch

import shipped
from dialogues import Generator
from train import exact

LENGTHS, DEPTHS = (25, 75, 150, 300, 600), (0, .25, .5, .75, 1)   # sentences before it, of about 13 tokens


@torch.no_grad()
def needle(model, chat, n, seed=41):
    """Share of n facts found, for every length and depth."""
    table = []
    for sentences in LENGTHS:
        for depth in DEPTHS:
            good = tokens = 0
            for i in range(n):
                ids, mask, _ = chat.encode(Generator("value", seed + i).needle(sentences, depth)[0])
                if len(ids) > model.c.context:
                    continue
                said = model.head(model.hidden_states(torch.tensor([ids[:-1]]), None, chat.patch, chat.pad)[0]).argmax(-1)
                at = torch.tensor(mask[1:]) > 0
                good += bool((said[at] == torch.tensor(ids[1:])[at]).all())
                tokens += len(ids) / n
            table.append({"tokens": round(tokens), "depth": depth, "found": good / n})
            print(table[-1], flush=True)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("mmproj", type=Path)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--tasks", default="")
    parser.add_argument("--splits", default="value,wording")
    parser.add_argument("--needle", type=int, default=0, metavar="N", help="facts for every length and depth")
    a = parser.parse_args()
    tasks = a.tasks.split(",") if a.tasks else None
    model, chat = shipped.load(a.text, a.mmproj)
    result = {"answers_per_task": a.n, "counted": "whole answer right, greedy", "file": a.text.name, "config": model.c.dict()}
    for seed, name in ((71, "value"), (72, "wording")):
        if name not in a.splits.split(","):
            continue
        begun = time.time()
        right, usage = exact(model, chat, name, a.n, seed, "cpu", tasks)
        result[name + "s"] = right
        if name == "value":
            result["expert_usage"] = {k: [[round(x, 2) for x in layer] for layer in u] for k, u in usage.items()}
        for k, v in right.items():
            print(f"{name:8s} {k:18s} {v:.2f}", flush=True)
        print(f"{time.time() - begun:.0f} s", flush=True)
        groups = {}
        for k, v in right.items():
            groups.setdefault(k.split("_")[0], []).append(v)
        result[name + "_groups"] = {k: round(sum(v) / len(v), 3) for k, v in groups.items()}
    if a.needle:
        result["needle"] = needle(model, chat, a.needle)
    for other in a.also:
        right, _ = exact(shipped.load(other, a.mmproj)[0], chat, "value", a.n, 71, "cpu", tasks)
        result.setdefault("types", {})[other.name] = right
        print(other.name, {k: round(v, 2) for k, v in right.items()}, flush=True)
    if a.out:
        a.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
