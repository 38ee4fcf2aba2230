#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a sample of the evaluation for the test of the shipped weights: sample.py FOLDER.

FOLDER/sample.json holds six held-out conversations of every task with the answers expected, sample-tiles.rgb the
pictures in them, 112 x 112 RGB each, by index.
"""
import json
import sys
from pathlib import Path

import numpy as np

from dialogues import TASKS, Generator

COUNT = 6
LEFT_OUT = ("doc_long", "video_", "image_two", "chart_", "text_", "screen_")   # too slow for a fast test, or of several tiles


def main():
    folder = Path(sys.argv[1])
    pictures, made = [], []
    for at, (task, make) in enumerate(TASKS.items()):
        if task.startswith(LEFT_OUT):
            continue
        g = Generator("value", 9000 + at)
        for _ in range(COUNT):
            *messages, (_, (answer,)) = make(g)
            out = []
            for role, parts in messages:
                row = []
                for p in parts:
                    if isinstance(p, str):
                        row.append(p)
                    else:
                        row.append({"image": str(len(pictures))})
                        pictures.append(p.tiles[0])
                out.append({"role": role, "parts": row})
            made.append({"task": task, "messages": out, "answer": answer})
    (folder / "sample.json").write_text(json.dumps({"side": 112, "pictures": len(pictures), "conversations": made}, indent=0) + "\n")
    (folder / "sample-tiles.rgb").write_bytes(b"".join(np.ascontiguousarray(p).tobytes() for p in pictures))


if __name__ == "__main__":
    main()
