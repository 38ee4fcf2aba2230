#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/nano anew: greedy answers of transformers' Llama 4 classes, in float32, to 40 dialogues.

  golden.py OUT FOLDER     OUT as export.py left it

For every dialogue of the plan the clearest of eight candidates is kept (a test of engines, not a measurement). A case
is robust when the two likeliest tokens are never closer than 0.3; robust-tiles.{json,rgb} hold the pixels of the
robust cases for tests that have no PNG reader.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import tokenizer as tk
from dialogues import TASKS, Generator
from verify import pixels, reference

PLAN = (["image_describe"] * 7 + ["image_count", "image_colour", "image_colour", "image_where", "image_shape", "image_background", "image_yesno",
        "image_shapeless", "image_two", "video_what", "video_what", "video_when", "video_direction"]
        + ["doc_prose", "doc_prose", "doc_table", "doc_table", "doc_form", "doc_form", "doc_form", "doc_summary", "doc_summary", "doc_ends", "doc_ends",
           "doc_absent", "docs_lookup", "doc_follow_up"] + ["chat_smalltalk"] * 3 + ["chat_unknown", "chat_harm", "chat_repeat"])
ROBUST = .3
LIMIT = 96


@torch.no_grad()
def greedy(model, ids, tiles, stop):
    """-> (ids of the answer with its end, the smallest gap between the two likeliest tokens)."""
    from transformers import DynamicCache
    x, px, out, gap = torch.tensor([ids]), pixels(tiles), [], 1e9
    past = DynamicCache(config=model.config.text_config)
    while len(out) < LIMIT:
        r = model(input_ids=x, pixel_values=px, past_key_values=past, use_cache=True)
        px, best = None, torch.topk(r.logits[0, -1], 2)
        gap = min(gap, float(best.values[0] - best.values[1]))
        out.append(int(best.indices[0]))
        if out[-1] == stop:
            break
        x = torch.tensor([[out[-1]]])
    return out, gap


def main():
    out, folder = Path(sys.argv[1]), Path(sys.argv[2])
    model = reference(out)
    chat = tk.Chat(tk.load(out / "tokenizer.json"), model.config.vision_config.image_size ** 2 // model.config.vision_config.patch_size ** 2 // 4)

    def text(ids):
        return chat.t.decode([i for i in ids if i != chat.eot], skip_special_tokens=False)
    for old in list(folder.glob("*.png")) + list(folder.glob("robust-tiles.*")):
        old.unlink()
    cases, robust, tiles = [], [], {}
    for i, task in enumerate(PLAN):
        best = None
        for t in range(8):
            g = Generator("wording" if i % 3 == 0 else "value", 5000 + 10 * i + t, size=6)
            *messages, (_, (want,)) = TASKS[task](g)
            ids, _, px = chat.encode(messages + [("assistant", [""])], prompt_only=True)
            said, gap = greedy(model, ids, px, chat.eot)
            if said[-1] != chat.eot:
                gap = min(gap, 0.0)
            if best is None or gap > best[0]:
                best = (gap, messages, want, ids, said)
            if gap > 1:
                break
        gap, messages, want, ids, said = best
        files = []
        pictures = [p for _, parts in messages for p in parts if not isinstance(p, str)]
        for j, picture in enumerate(pictures):
            name = f"{i:02d}_{task}_{j}.png"
            Image.fromarray(picture.tiles[0]).save(folder / name, optimize=True)
            files.append({"tile": name, "source_size": [picture.raw.shape[1], picture.raw.shape[0]]})
        if gap >= ROBUST:
            robust.append(i)
            tiles |= {f["tile"]: p.tiles[0] for f, p in zip(files, pictures)}
        cases.append({"id": i, "task": task, "messages": [
            {"role": role, "parts": [p if isinstance(p, str) else {"image": files[pictures.index(p)]["tile"]} for p in parts]} for role, parts in messages],
            "images": files, "prompt": chat.render(messages) + "<|header_start|>assistant<|header_end|>\n\n", "prompt_ids": ids, "output_ids": said,
            "output": text(said), "expected": want, "correct": text(said) == want, "min_logit_gap": round(gap, 4)})
        print(f"{i:2d} {task:16s} gap {gap:.2f} {text(said)!r}" + ("" if text(said) == want else f" instead of {want!r}"), flush=True)
    (folder / "golden.json").write_text(json.dumps({
        "model": "nano-text-f16.gguf + mmproj-nano-f16.gguf (float16 weights)",
        "reference": "transformers Llama4ForConditionalGeneration, float32, eager attention, greedy",
        "image": "each image is one 112x112 tile given as PNG ('tile'); pixel = value / 127.5 - 1",
        "prompt_note": "prompt is the text after <|begin_of_text|>, <__media__> stands for one image; output_ids end with <|eot|>",
        "cases": cases}, indent=1) + "\n")
    names = sorted(tiles)
    (folder / "robust-tiles.json").write_text(json.dumps({
        "about": "the PNG tiles of the robust cases of golden.json as raw RGB, 112 x 112, rows top-down, in the order of 'tiles'",
        "side": 112, "cases": robust, "tiles": names}, indent=1) + "\n")
    (folder / "robust-tiles.rgb").write_bytes(b"".join(np.ascontiguousarray(tiles[n]).tobytes() for n in names))
    print(f"{len(cases)} cases, {sum(c['correct'] for c in cases)} right, robust: {robust}")


if __name__ == "__main__":
    main()
