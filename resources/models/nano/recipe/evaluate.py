#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures GGUF files on held-out conversations and writes eval.json.

  evaluate.py TEXT.gguf MMPROJ.gguf [--n 100] [--out eval.json] [--also TEXT2.gguf ...] [--languages en,de,fr,es]

An answer counts when all of it is right: every character of the quotation, its citation, and the end. Two splits:
"value" has wordings known from training with names, things, fonts and colour/shape pairs never seen; "wording" has
questions, sentence patterns and layouts never seen on top. `--also` measures further types of the same weights on the
first split and says how many verdicts differ. needle.py measures long texts.
"""
import argparse
import json
import time
from pathlib import Path

import torch

import languages
import shipped
from dialogues import TASKS
from measuring import exact

SPLITS = {"value": 71, "wording": 72}
ABOUT = {"value": "wordings of training; names, things, fonts, pairs of colour and shape never seen",
         "wording": "as value, with questions, sentence patterns and layouts never seen"}


def balance(usage):
    """Of a task: the smallest and the largest share of an expert in each layer."""
    return {k: {"least": [round(min(layer), 3) for layer in u], "most": [round(max(layer), 3) for layer in u]} for k, u in usage.items()}


def mean(verdicts):
    flat = [x for task in verdicts.values() for x in task]
    return round(sum(flat) / max(1, len(flat)), 4)


def measure(model, chat, a, say):
    """({language: {task: {n, value, wording}}}, {language: {task: verdicts}} of the first split, expert use)."""
    table, first, experts = {}, {}, {}
    for lang in a.languages.split(","):
        for split in a.splits.split(","):
            begun = time.time()
            verdicts, usage = exact(model, chat, split, a.n, SPLITS[split], a.device, a.tasks, lang, tiles=a.tiles)
            for task, v in verdicts.items():
                table.setdefault(lang, {}).setdefault(task, {"n": len(v)})[split] = round(sum(v) / len(v), 3)
                say(f"{lang} {split:8s} {task:18s} {sum(v):3d} of {len(v)}")
            say(f"{lang} {split}: {mean(verdicts)} in {time.time() - begun:.0f} s")
            if lang not in first:
                first[lang], experts[lang] = verdicts, balance(usage)
    return table, first, experts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("mmproj", type=Path)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--also", type=Path, nargs="*", default=[])
    parser.add_argument("--tasks", default="")
    parser.add_argument("--languages", default=",".join(languages.CODES))
    parser.add_argument("--splits", default=",".join(SPLITS))
    parser.add_argument("--device", default="cpu")
    a = parser.parse_args()
    a.tasks = a.tasks.split(",") if a.tasks else list(TASKS)
    model, chat = shipped.load(a.text, a.mmproj)
    a.tiles = shipped.most_tiles(a.mmproj)
    model.to(a.device)
    table, first, experts = measure(model, chat, a, lambda x: print(x, flush=True))
    result = {"counted": "whole answer right, greedy", "file": a.text.name, "tiles": a.tiles, "splits": {s: ABOUT[s] for s in a.splits.split(",")},
              "config": model.c.dict(), "tasks": table,
              "groups": {lang: {g: round(sum(t[a.splits.split(",")[0]] for k, t in tasks.items() if k.startswith(g + "_")) / sum(k.startswith(g + "_") for k in tasks), 3)
                                for g in dict.fromkeys(k.split("_")[0] for k in tasks)} for lang, tasks in table.items()},
              "experts": experts}
    split = a.splits.split(",")[0]
    if a.also:
        result["types"] = {a.text.name: {"right": {lang: mean(v) for lang, v in first.items()}, "bytes": a.text.stat().st_size}}
    for other in a.also:
        model = shipped.load(other, a.mmproj)[0].to(a.device)
        row = {"right": {}, "differs": {}, "bytes": other.stat().st_size}
        for lang, verdicts in first.items():
            now, _ = exact(model, chat, split, a.n, SPLITS[split], a.device, a.tasks, lang, tiles=a.tiles)
            row["right"][lang] = mean(now)
            row["differs"][lang] = sum(x != y for k in verdicts for x, y in zip(verdicts[k], now[k]))
        result["types"][other.name] = row
        print(other.name, row, flush=True)
    if a.out:
        a.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with torch.no_grad():
        main()
