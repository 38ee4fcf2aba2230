# SPDX-License-Identifier: Apache-2.0
"""What all conversations share: the split, the language, how questions are worded; and small talk.

Splits: "train"; "value" has training's wordings with names, things, pairs of colour and shape that training never sees;
"wording" has held-out wordings and layouts too. A conversation is a list of (role, parts); a part is a string or a Picture.
"""
import random

import numpy as np

import languages
from documents import Writer
from pictures import llama4_tiles
from words import Names


class Picture:
    """A picture in a message: its tiles uint8 [n, t, t, 3], their grid, and the picture they were cut from."""
    __slots__ = ("tiles", "grid", "raw")

    def __init__(self, raw, tile=112, max_tiles=1):
        self.raw = raw
        self.tiles, self.grid = llama4_tiles(raw, tile, max_tiles)


class Speaking:
    """`tiles`: the most tiles a picture is cut into; `multi_tile`: the share of pictures that are cut at all."""

    def __init__(self, split="train", seed=0, tile=112, lang="en", tiles=1, multi_tile=1.0):
        self.split, self.held, self.new = split, split != "train", split == "wording"
        self.r, self.nr = random.Random(seed), np.random.default_rng(seed)
        self.names = Names(self.r, self.held)
        self.writer = Writer(self.r, self.names, self.held, lang)
        self.tile, self.tiles, self.multi_tile = tile, tiles, multi_tile

    @property
    def lang(self):
        return self.writer.lang

    def speak(self, code):
        self.writer.lang = languages.load(code)

    # ---- wording
    def say(self, choice, **slots):
        """A question: one of its wordings, its slots filled."""
        return self.style(self.writer.write(self.writer.pick(choice, self.new), **slots))

    def ask(self, name, **slots):
        return self.say(self.lang.Q[name], **slots)

    def tell(self, name, **slots):
        """An answer of the language's table."""
        return self.writer.write(self.lang.A[name], **slots)

    def joined(self, xs):
        xs = list(xs)
        return xs[0] if len(xs) == 1 else ", ".join(xs[:-1]) + self.lang.AND + xs[-1]

    def style(self, s):
        """Small variation of a question: case and missing punctuation."""
        q = self.r.random()
        if q < .06:
            s = s[0].lower() + s[1:]
        elif q < .10 and '"' not in s:
            s = s.lower()
        elif q < .16 and s[-1] in ".?":
            s = s[:-1].rstrip()
        return s

    def picture(self, raw, single=False):
        return Picture(raw, self.tile, self.tiles if not single and self.r.random() < self.multi_tile else 1)

    def system(self):
        """Most conversations have none: the window sends none by itself."""
        if self.r.random() < .85:
            return []
        return [("system", [self.r.choice(self.lang.SYSTEMS_HELD if self.new else self.lang.SYSTEMS)])]

    def turns(self, first, qas):
        """A conversation: `first` are the parts before its first question."""
        out = self.system()
        for i, (q, a) in enumerate(qas):
            out += [("user", [*first, q] if i == 0 else [q]), ("assistant", [a])]
        return out

    # ---- small talk
    def chat_turn(self, kind=None):
        r, lang = self.r, self.lang
        q = r.random()
        if kind == "unknown" or (kind is None and q < .26):
            return self.say(lang.UNKNOWN, c=self.names.city(), n=r.choice(lang.NOUNS), a=r.randint(2, 99), b=r.randint(2, 99), p=self.names.person(), y=r.randint(1500, 2020)), lang.DONTKNOW
        if kind == "harm" or (kind is None and q < .36):
            h, _, hz = self.writer.pick(lang.HARM_ACTS, self.new).partition(" / ")
            return self.say(lang.HARMFUL, h=h, hz=hz), lang.HARM
        if kind == "repeat" or (kind is None and q < .58):
            n = r.randint(1, 6)
            x = r.choice([self.writer.sentence(), " ".join(self.names.word() for _ in range(n)), self.names.person(), self.writer.date(),
                          " ".join(r.choice(lang.NOUNS) for _ in range(n)), str(r.randint(10, 99999)), self.names.firm()])
            return self.writer.pick(lang.REPEAT, self.new).format(x=x), x
        if kind == "thanks":
            return self.say(lang.THANKS[0]), lang.THANKS[1]
        _, choice, a = r.choices(lang.CHAT, [c[0] for c in lang.CHAT])[0]
        return self.say(choice), a

    def chat(self, kind=None):
        turns = 1 if kind else self.r.choice([2, 3, 4, 6])
        return self.turns([], [self.chat_turn(kind) for _ in range(turns)])
