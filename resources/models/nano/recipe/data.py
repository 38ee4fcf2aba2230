# SPDX-License-Identifier: Apache-2.0
"""What training reads: conversations made on the way, sorted by length into batches; patches for the vision tower."""
import random

import numpy as np
import torch

import tokenizer as tk
from dialogues import MIX, Generator
from pictures import COLOUR_IDS, SHAPE_IDS, Scene, llama4_tiles, tile_labels

# What is learned when (share of the preset's span of tokens, longest conversation in tokens, sentences a document, share of plain pictures, mixture).
# Looking up by copying comes first, on short texts and densely; the eyes join once it stands.
CURRICULUM = [
    (.00, 256, 4, .9, dict(document=55, documents=2, copying=20, image=6, chat=17)),
    (.03, 384, 7, .8, dict(document=42, documents=5, copying=6, image=26, shapeless=2, video=4, chat=15)),
    (.25, 640, 12, .5, dict(document=40, documents=7, copying=3, image=26, shapeless=3, two_images=1, video=8, shapeless_video=1, chat=11)),
    (.60, 1100, 22, .3, MIX),
    (.85, 2300, 50, .2, MIX),
]

# Lengths of rows. Few, so that few shapes occur (model.rounded says why).
LENGTHS = (64, 96, 128, 192, 256, 384, 512, 768, 1536, 3072, 4608)


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

    `progress` is a shared number of 0..1; longest conversations grow with it up to `limit` tokens.
    """

    def __init__(self, tokenizer, c, tokens, micro, seed, progress, limit, multi_tile):
        self.tokenizer, self.c, self.tokens, self.micro, self.seed = str(tokenizer), c, tokens, micro, seed
        self.progress, self.limit, self.multi_tile = progress, limit, multi_tile

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        g = Generator("train", self.seed * 1009 + (worker.id if worker else 0), self.c.tile)
        chat = tk.Chat(tk.load(self.tokenizer), self.c.tile_tokens)
        never = {chat.patch, chat.id["<|image|>"], chat.id["<|image_start|>"], chat.id["<|image_end|>"]}
        rows, out = {n: [] for n in LENGTHS if self.tokens % n == 0}, []
        while True:
            p = float(self.progress)
            _, longest, size, g.ease, g.mix = [row for row in CURRICULUM if row[0] <= p][-1]
            g.multi_tile = self.multi_tile if p > .25 else 0.0
            prompt_weight = .1 if p < .25 else 0.0
            g.size = g.r.randint(3, size)   # as many short documents as long ones
            ids, mask, tiles = chat.encode(g.sample()[0])
            if len(ids) > min(longest, self.limit):
                continue
            if prompt_weight:
                mask = [1 if m else -1 if i in never else 0 for i, m in zip(ids, mask)]
            length = min((n for n in rows if n >= len(ids) - 1), default=0)
            if not length:
                continue
            rows[length].append((ids, mask, tiles))
            if len(rows[length]) * length >= self.tokens:
                out.append(collate(rows[length], chat.pad, prompt_weight, length))
                rows[length] = []
            if len(out) == self.micro:
                yield out
                out = []


class Patches(torch.utils.data.IterableDataset):
    """Scenes of one tile with the shape and the colour in every patch: tiles, shapes [B, patches], colours [B, patches]."""
    SHAPES, COLOURS = len(SHAPE_IDS) + 1, len(COLOUR_IDS) + 1

    def __init__(self, c, batch, seed):
        self.c, self.batch, self.seed = c, batch, seed

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        seed = self.seed * 7919 + (worker.id if worker else 0)
        r, nr = random.Random(seed), np.random.default_rng(seed)
        while True:
            tiles, shapes, colours = [], [], []
            for _ in range(self.batch):
                picture, mask = Scene(r, False, n=r.choice([1, 2, 3, 4, 5, 6])).render(nr, mask=True)
                tiles.append(llama4_tiles(picture, self.c.tile)[0][0])
                a, b = tile_labels(mask, self.c.tile, self.c.patch)
                shapes.append(a)
                colours.append(b)
            yield tuple(torch.from_numpy(np.stack(x)) for x in (tiles, shapes, colours))
