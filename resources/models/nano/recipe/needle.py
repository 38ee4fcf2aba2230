#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One fact at every depth of texts of every length: is it found?

  needle.py TEXT.gguf MMPROJ.gguf [--n 10] [--tokens 500,1000,2000,4000,8000,16000] [--out FOLDER]

Writes FOLDER/needle.json and FOLDER/needle.svg after every cell. "quoted" is the share of conversations answered right to the last
character; "placed" the share whose quotation begins right (its first five tokens), so that finding the place and
copying to the end are told apart. Each is measured by giving the right answer and looking whether every token is the
likeliest. The text around the fact is sentences without sense; neither its names nor its things occur in training.
"""
import argparse
import json
import time
from pathlib import Path

import torch

import shipped
from dialogues import Generator

DEPTHS = (0, .1, .25, .5, .75, .9, 1)
BEGIN = 5      # tokens, the quotation mark among them
SPLIT, SEED = "value", 41


def tokens_a_sentence(chat):
    g = Generator(SPLIT, SEED)
    return sum(len(chat.text(" " + g.writer.sentence())) for _ in range(400)) / 400


@torch.no_grad()
def ask(model, chat, conversation):
    """-> (tokens, whether all of the answer is the likeliest, whether its beginning is)."""
    ids, mask, _ = chat.encode(conversation)
    h = model.hidden_states(torch.tensor([ids[:-1]]), None, chat.patch, chat.pad)[0]
    at = torch.tensor(mask[1:]) > 0
    right = model.head(h[at]).argmax(-1) == torch.tensor(ids[1:])[at]
    return len(ids), bool(right.all()), bool(right[:BEGIN].all())


def facts(n, length):
    """Long texts cost much: beyond 4,000 tokens fewer facts, in proportion."""
    return max(2, min(n, n * 4000 // length))


def measure(model, chat, n, lengths, cells, say, save):
    """Adds cells {length, tokens, depth, n, quoted, placed} that are missing; tokens is the mean length of the conversations."""
    a_sentence, known = tokens_a_sentence(chat), {(c["length"], c["depth"]) for c in cells}
    for length in lengths:
        for depth in DEPTHS:
            if (length, depth) in known:
                continue
            begun, m = time.time(), facts(n, length)
            got = [ask(model, chat, Generator(SPLIT, SEED + i).needle(round(length / a_sentence), depth)) for i in range(m)]
            cells.append({"length": length, "tokens": round(sum(g[0] for g in got) / m), "depth": depth, "n": m,
                          "quoted": sum(g[1] for g in got) / m, "placed": sum(g[2] for g in got) / m})
            say(f"{cells[-1]} {time.time() - begun:.0f} s")
            save()


def shade(share):
    """White to the blue of Lectern's pages, darker for more."""
    low, high = (244, 246, 250), (28, 76, 160)
    return "#%02x%02x%02x" % tuple(round(a + (b - a) * share) for a, b in zip(low, high))


def svg(cells, title):
    """Two maps of depth against length, side by side."""
    lengths = sorted({c["length"] for c in cells})
    depths = sorted({c["depth"] for c in cells})
    w, h, left, top, gap = 54, 34, 78, 84, 96
    wide = len(lengths) * w
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{max(520, left + 2 * wide + gap + 24)}" height="{top + len(depths) * h + 66}" '
           'font-family="Inter, Noto Sans, sans-serif" font-size="12" fill="#24292f">',
           '<rect width="100%" height="100%" fill="#ffffff"/>', f'<text x="{left}" y="28" font-size="15" font-weight="600">{title}</text>']
    for k, (what, name) in enumerate((("quoted", "quoted to the last character"), ("placed", "quotation begins right"))):
        x0 = left + k * (wide + gap)
        out.append(f'<text x="{x0}" y="62" font-weight="600">{name}, of 100</text>')
        for row, depth in enumerate(depths):
            y = top + row * h
            out.append(f'<text x="{x0 - 10}" y="{y + 21}" text-anchor="end">{round(100 * depth)} %</text>')
            for c in (c for c in cells if c["depth"] == depth):
                x = x0 + lengths.index(c["length"]) * w
                ink = "#ffffff" if c[what] > .5 else "#24292f"
                out.append(f'<rect x="{x}" y="{y}" width="{w - 2}" height="{h - 2}" rx="3" fill="{shade(c[what])}"/>'
                           f'<text x="{x + w / 2 - 1}" y="{y + 20}" text-anchor="middle" fill="{ink}">{round(100 * c[what])}</text>')
        for i, length in enumerate(lengths):
            out.append(f'<text x="{x0 + i * w + w / 2 - 1}" y="{top + len(depths) * h + 18}" text-anchor="middle">{length:,}</text>')
    few, most = min(c["n"] for c in cells), max(c["n"] for c in cells)
    out.append(f'<text x="{left}" y="{top + len(depths) * h + 46}" fill="#57606a">Across: tokens of text. Down: depth of the fact in it. '
               f'{most if few == most else f"{few} to {most}"} facts a cell.</text>')
    return "\n".join(out) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("mmproj", type=Path)
    parser.add_argument("--n", type=int, default=10, help="facts for every length and depth, fewer beyond 4,000 tokens")
    parser.add_argument("--tokens", default="500,1000,2000,4000,8000,16000")
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--resume", action="store_true", help="measure only what FOLDER/needle.json lacks")
    parser.add_argument("--threads", type=int, default=0)
    a = parser.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    lengths = [int(x) for x in a.tokens.split(",")]
    model, chat = shipped.load(a.text, a.mmproj, context=2 * max(lengths))
    a.out.mkdir(parents=True, exist_ok=True)
    path = a.out / "needle.json"
    cells = json.loads(path.read_text())["cells"] if path.exists() and a.resume else []

    def save():
        path.write_text(json.dumps({"file": a.text.name, "chunk": model.c.chunk, "split": SPLIT, "cells": cells}, indent=1) + "\n")
        (a.out / "needle.svg").write_text(svg(cells, f"One fact in a long text: {a.text.name}"))
    measure(model, chat, a.n, lengths, cells, lambda x: print(x, flush=True), save)


if __name__ == "__main__":
    main()
