# SPDX-License-Identifier: Apache-2.0
"""What training reads: conversations made on the way, sorted by length into batches; patches for the vision tower."""
import numpy as np
import torch

import tokenizer as tk
from dialogues import Generator
from pictures import COLOUR_IDS, SHAPE_IDS, Scene, llama4_tiles, tile_labels
from printing import GLYPHS, Printed, glyph_labels

# Lengths of rows. Few, so that few shapes occur (model.rounded says why).
LENGTHS = (64, 96, 128, 192, 256, 384, 512, 768, 1536, 3072, 4608, 9216, 13824)


def collate(samples, pad, prompt_weight=0.0, length=0):
    """Conversations (ids, mask, tiles) in rows; a mask of 1 marks answers, 0 what is given, -1 what nobody says.

    -> ids [B, L], targets [B, L], weights [B, L] of each target's loss, tiles uint8 [T, t, t, 3].
    """
    L = length or max(len(s[0]) for s in samples) - 1
    ids = np.full((len(samples), L), pad, np.int64)
    target = np.full((len(samples), L), pad, np.int64)
    weight = np.zeros((len(samples), L), np.float32)
    for i, (t, m, _) in enumerate(samples):
        n, m = len(t) - 1, np.array(m[1:])
        ids[i, :n], target[i, :n] = t[:-1], t[1:]
        weight[i, :n] = np.where(m > 0, 1.0, np.where(m < 0, 0.0, prompt_weight))
    tiles = [x for s in samples for x in s[2]]
    return (torch.from_numpy(ids), torch.from_numpy(target), torch.from_numpy(weight),
            torch.from_numpy(np.concatenate(tiles)) if tiles else torch.empty(0, dtype=torch.uint8))


class Steps(torch.utils.data.IterableDataset):
    """Yields steps: lists of `micro` batches of `tokens` tokens, each of conversations of about the same length.

    `progress` is a shared number of 0..1; the curriculum's tasks, languages and lengths follow it, up to `limit` tokens.
    """

    def __init__(self, tokenizer, c, preset, micro, seed, progress):
        self.tokenizer, self.c, self.preset, self.micro, self.seed, self.progress = str(tokenizer), c, preset, micro, seed, progress

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        preset = self.preset
        g = Generator("train", self.seed * 1009 + (worker.id if worker else 0), self.c.tile, tiles=preset["tiles"], multi_tile=preset["multi_tile"])
        chat = tk.Chat(tk.load(self.tokenizer), self.c.tile_tokens)
        never = {chat.patch, chat.id["<|image|>"], chat.id["<|image_start|>"], chat.id["<|image_end|>"]}
        rows, out = {n: [] for n in LENGTHS if preset["tokens"] % n == 0}, []
        while True:
            p = float(self.progress)
            longest = g.enter(p, preset["limit"])
            prompt_weight = .1 if p < .25 else 0.0
            ids, mask, tiles = chat.encode(g.sample())
            if len(ids) > longest:
                continue
            if prompt_weight:
                mask = [1 if m else -1 if i in never else 0 for i, m in zip(ids, mask)]
            length = min((n for n in rows if n >= len(ids) - 1), default=0)
            if not length:
                continue
            rows[length].append((ids, mask, tiles))
            if len(rows[length]) * length >= preset["tokens"]:
                out.append(collate(rows[length], chat.pad, prompt_weight, length))
                rows[length] = []
            if len(out) == self.micro:
                yield out
                out = []


class Patches(torch.utils.data.IterableDataset):
    """Pictures of one tile with what is in every patch: tiles, and shapes, colours, letters [B, patches], 0 for none.

    A third of the pictures is printed text, unless `text` is off.
    """
    SHAPES, COLOURS, LETTERS = len(SHAPE_IDS) + 1, len(COLOUR_IDS) + 1, len(GLYPHS) + 1

    def __init__(self, c, batch, seed, text=True):
        self.c, self.batch, self.seed, self.text = c, batch, seed, text

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        g = Generator("train", self.seed * 7919 + (worker.id if worker else 0), self.c.tile)
        r, none = g.r, np.zeros((self.c.tile // self.c.patch) ** 2, np.int64)
        while True:
            rows = []
            for _ in range(self.batch):
                if self.text and r.random() < .33:
                    g.speak(r.choice(["en", "en", "de", "fr", "es"]))
                    boxes = []
                    picture = Printed(r, g.writer, False, (self.c.tile, self.c.tile)).render(g.nr, boxes)
                    labels = none, none, glyph_labels(boxes, self.c.tile, self.c.patch)
                else:
                    picture, mask = Scene(r, False, n=r.randint(1, 9)).render(g.nr, mask=True)
                    labels = *tile_labels(mask, self.c.tile, self.c.patch), none
                rows.append((llama4_tiles(picture, self.c.tile)[0][0], *labels))
            yield tuple(torch.from_numpy(np.stack(x)) for x in zip(*rows))
