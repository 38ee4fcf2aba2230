# SPDX-License-Identifier: Apache-2.0
"""Conversations about pictures and clips, and small talk; a base of dialogues.Generator."""
import random

import numpy as np

from documents import Writer, wordings
from pictures import DIRECTIONS, Scene, Shapeless, Video, llama4_tiles
from wording import *
from words import CELLS, COLOURS, NOUNS, NUMBERS, SHAPES, Names


class Img:
    """A picture in a message: its tiles uint8 [n, t, t, 3], their grid, and the picture they were cut from."""
    __slots__ = ("tiles", "grid", "raw")

    def __init__(self, raw, tile=112, max_tiles=1):
        self.raw = raw
        self.tiles, self.grid = llama4_tiles(raw, tile, max_tiles)


def join_and(xs):
    return xs[0] if len(xs) == 1 else ", ".join(xs[:-1]) + " and " + xs[-1]


def article(w):
    return ("an " if w[0] in "aeiou" else "a ") + w


class Seeing:
    """Splits: "train"; "value" has training wordings and held-out values; "wording" has both held out.

    `ease` is the share of plain scenes, `multi_tile` that of pictures cut into several tiles.
    A conversation is a list of (role, parts); a part is a string or an Img.
    """

    def __init__(self, split="train", seed=0, tile=112, multi_tile=0.0):
        self.split, self.held, self.new = split, split != "train", split == "wording"
        self.r, self.nr = random.Random(seed), np.random.default_rng(seed)
        self.names = Names(self.r, self.held)
        self.writer = Writer(self.r, self.names, self.held)
        self.tile, self.multi_tile, self.ease = tile, multi_tile, 0.0

    def say(self, choice, **values):
        return self.style(self.writer.pick(choice, self.new).format(**values))

    def style(self, s):
        """Small variation of a question: case and missing punctuation."""
        q = self.r.random()
        if q < .06:
            s = s[0].lower() + s[1:]
        elif q < .10:
            s = s.lower()
        elif q < .16 and s[-1] in ".?":
            s = s[:-1]
        return s

    def img(self, raw, multi=None):
        several = multi is None and self.r.random() < self.multi_tile
        return Img(raw, self.tile, self.r.choice([2, 4, 4, 9]) if several else 1)

    def system(self):
        """Most conversations have none: the window sends none by itself."""
        if self.r.random() < .85:
            return []
        return [("system", [self.r.choice(SYSTEMS_HELD if self.new else SYSTEMS)])]

    def where_phrase(self, s):
        return CELLS[s["cell"]]

    def bg_phrase(self, sc):
        if sc.bg_kind == "gradient":
            return "a gradient background"
        if sc.bg_kind == "noisy":
            return "a noisy background"
        return f"a {sc.bg_name} background"

    def describe(self, sc):
        def one(s):
            size = s["size"] + " " if len(sc.shapes) == 1 and s["size"] != "medium" else ""
            return f"{article(size + s['colour'] + ' ' + s['shape'])} {self.where_phrase(s)}"
        t = join_and([one(s) for s in sc.shapes])
        return t[0].upper() + t[1:] + " on " + self.bg_phrase(sc) + "."

    def image_qa(self, sc, kind):
        r, sh = self.r, sc.shapes
        name = lambda s: f"{s['colour']} {s['shape']}"
        if kind == "describe":
            return self.say(Q_DESCRIBE), self.describe(sc)
        if kind == "count":
            q = r.random()
            if q < .5:
                t = r.choice(["shapes", "objects", "shapes", "things", "figures"])
                return self.say(Q_COUNT, x=t), (f"There are {NUMBERS[len(sh)]} shapes." if len(sh) != 1 else "There is one shape.")
            if q < .8:
                t = r.choice([s["shape"] for s in sh]) if r.random() < .8 else r.choice(SHAPES)
                k = sum(s["shape"] == t for s in sh)
                pl = t + ("es" if t.endswith("s") else "s")
            else:
                c = r.choice([s["colour"] for s in sh]) if r.random() < .8 else r.choice(list(COLOURS))
                k = sum(s["colour"] == c for s in sh)
                t, pl = c + " shape", c + " shapes"
            return self.say(Q_COUNT, x=pl), (f"There is one {t}." if k == 1 else f"There are {NUMBERS[k]} {pl}.")
        if kind == "colour":
            s = r.choice(sh)
            same = [x for x in sh if x["shape"] == s["shape"]]
            if len(same) == 1:
                noun = r.choice([s["shape"]] * 4 + (["shape", "object"] if len(sh) == 1 else []))
                return self.say(Q_COLOUR, x=noun), f"The {s['shape']} is {s['colour']}."
            return self.say(Q_COLOUR, x=f"{s['shape']} {CELLS[s['cell']]}"), f"The {s['shape']} {CELLS[s['cell']]} is {s['colour']}."
        if kind == "where":
            s = r.choice(sh)
            same = [x for x in sh if x["shape"] == s["shape"]]
            x = s["shape"] if len(same) == 1 and r.random() < .5 else name(s)
            if len([y for y in sh if name(y) == name(s)]) > 1:
                return self.image_qa(sc, "describe")
            return self.say(Q_WHERE, x=x), f"The {x} is {CELLS[s['cell']]}."
        if kind == "shape":
            s = r.choice(sh)
            same = [x for x in sh if x["colour"] == s["colour"]]
            if len(same) == 1 and r.random() < .5:
                return self.say(Q_SHAPE, x=s["colour"]), f"The {s['shape']} is {s['colour']}."
            return self.say(Q_SHAPE, x=CELLS[s["cell"]]), f"There is {article(name(s))} {CELLS[s['cell']]}."
        if kind == "bg":
            t = {"gradient": "a color gradient", "noisy": "noisy"}.get(sc.bg_kind, sc.bg_name)
            return self.say(Q_BG), f"The background is {t}."
        if kind == "colours":
            cs = list(dict.fromkeys(s["colour"] for s in sh))
            return self.say(Q_COLOURS), ("I see " + join_and(cs) + ".")
        if kind == "shapes":
            cs = list(dict.fromkeys(s["shape"] for s in sh))
            return self.say(Q_SHAPES), ("I see " + join_and([article(c) if sum(s["shape"] == c for s in sh) == 1 else
                                                              NUMBERS[sum(s["shape"] == c for s in sh)] + " " + c + ("es" if c.endswith("s") else "s") for c in cs]) + ".")
        # yes / no
        if r.random() < .5:
            s = r.choice(sh)
            return self.say(Q_IS, x=name(s)), f"Yes, there is {article(name(s))} {CELLS[[y for y in sh if name(y) == name(s)][0]['cell']]}."
        while True:
            c, s = (r.choice([x["colour"] for x in sh]), r.choice(SHAPES)) if r.random() < .5 else (r.choice(list(COLOURS)), r.choice([x["shape"] for x in sh]))
            if (c, s) not in [(x["colour"], x["shape"]) for x in sh]:
                return self.say(Q_IS, x=f"{c} {s}"), f"No, there is no {c} {s}."

    KINDS = ["describe", "count", "colour", "where", "shape", "bg", "is", "colours", "shapes"]

    def image(self, kind=None, turns=None, simple=None):
        r = self.r
        simple = (r.random() < self.ease) if simple is None else simple
        sc = Scene(r, self.held, simple)
        im = self.img(sc.render(self.nr))
        n = turns or r.choice([2, 3, 3, 4, 4])
        kinds = [kind] if kind else (["describe"] if r.random() < .75 else []) + r.sample(self.KINDS[1:], n)
        msgs, first = self.system(), True
        for k in kinds[:n]:
            q, a = self.image_qa(sc, k)
            if first:
                parts = [im, q]
            else:
                parts = [q]
            msgs += [("user", parts), ("assistant", [a])]
            first = False
        return msgs, "image_" + (kind or "mixed")

    def shapeless(self, turns=None):
        r = self.r
        sc = Shapeless(r, self.held)
        im = self.img(sc.render(self.nr))
        cols = join_and(sc.names)
        msgs = self.system()
        qs = [(self.say(Q_DESCRIBE), f"I cannot make out clear shapes. I see mostly {cols}."),
              (self.say(Q_COUNT, x=r.choice(["shapes", "objects", "circles", "stars", "squares"])), "I cannot make out clear shapes."),
              (self.say(Q_COLOURS), f"I see mostly {cols}.")]
        k = turns or r.choice([1, 2])
        for i, (q, a) in enumerate([qs[0]] if k == 1 and r.random() < .7 else r.sample(qs, k)):
            msgs += [("user", ([im, q] if i == 0 else [q])), ("assistant", [a])]
        return msgs, "image_shapeless"

    def two_images(self):
        """Two images in one message; short comparison questions."""
        r = self.r
        a, b = Scene(r, self.held, True, 1), Scene(r, self.held, True, 1)
        name = lambda s: f"{s.shapes[0]['colour']} {s.shapes[0]['shape']}"
        ia, ib = self.img(a.render(self.nr), 1), self.img(b.render(self.nr), 1)
        q = self.say(wordings("""What is in the two images? | Describe both images. | Compare the two images. | What do the two images show? | Describe the images.
            || What can you see in the two images? | Compare these images."""))
        return self.system() + [("user", [ia, ib, q]),
                                ("assistant", [f"The first image shows {article(name(a))}, the second {article(name(b))}."])], "image_two"

    # ---- video
    def video_answer(self, v):
        s = f"{v.colour} {v.shape}"
        A = article(s)[0].upper() + article(s)[1:]
        return {"move": f"{A} moves {v.direction}.", "grow": f"{A} grows.", "shrink": f"{A} shrinks.",
                "turn": f"{A} turns {v.colour2} at {v.stamp(v.turn_at)}.", "still": f"{A} stays still."}[v.event]

    def video(self, kind=None, turns=None):
        r = self.r
        v = Video(r, self.held)
        while (kind == "when" and v.event != "turn") or (kind == "move" and v.event != "move"):
            v = Video(r, self.held)
        parts = []
        for i, f in enumerate(v.frames(self.nr)):
            parts += [f"[{v.stamp(i)}]", self.img(f, 1), "\n"]
        qas = [(self.say(Q_VIDEO), self.video_answer(v))]
        more = [(self.say(Q_WHAT), f"It is {article(v.shape)}."),
                (self.say(Q_START), f"It is {v.colour}."), (self.say(Q_END), f"It is {v.colour2 or v.colour}.")]
        when = (self.say(Q_WHEN, x=v.colour2 or r.choice(list(COLOURS)), s=v.shape), f"At {v.stamp(v.turn_at)}." if v.event == "turn" else "The color does not change.")
        mv = (self.say(Q_DIR, s=v.shape), f"It moves {v.direction}." if v.event == "move" else "It does not move.")
        if kind == "when":
            qas = [when]
        elif kind == "direction":
            qas = [mv]
        elif kind in (None, "mixed"):
            extra = [when] * (v.event == "turn") + [mv] * (v.event == "move")
            rest = [x for x in more + [when, mv] if x not in extra]
            pool = extra + r.sample(rest, 2)
            r.shuffle(pool)
            qas = (qas if r.random() < .8 else []) + pool
            qas = qas[:turns or r.choice([2, 3, 4])]
        msgs = self.system()
        for i, (q, a) in enumerate(qas):
            msgs += [("user", parts + [q] if i == 0 else [q]), ("assistant", [a])]
        return msgs, "video_" + (kind or "mixed")

    def shapeless_video(self):
        """No single object: name the dominant colours instead of inventing an event."""
        r = self.r
        v, sc = Video(r, self.held), Shapeless(r, self.held)
        sc.w, sc.h = 112, 112
        parts = []
        for i in range(v.n):
            parts += [f"[{v.stamp(i)}]", self.img(sc.render(self.nr), 1), "\n"]
        return self.system() + [("user", parts + [self.say(Q_VIDEO)]),
                                ("assistant", [f"I cannot make out a clear object. I see mostly {join_and(sc.names)}."])], "video_shapeless"

    # ---- small talk
    def chat_turn(self, kind=None):
        r = self.r
        q = r.random()
        if kind == "unknown" or (kind is None and q < .26):
            s = self.say(UNKNOWN, c=self.names.city(), n=r.choice(NOUNS), a=r.randint(2, 99), b=r.randint(2, 99), p=self.names.person(), y=r.randint(1500, 2020))
            return s, DONTKNOW
        if kind == "harm" or (kind is None and q < .34):
            return self.say(HARMFUL), HARM
        if kind == "repeat" or (kind is None and q < .58):
            n = r.randint(1, 6)
            x = r.choice([self.writer.sentence(), " ".join(self.names.word() for _ in range(n)), self.names.person(), self.writer.date(),
                          " ".join(r.choice(NOUNS) for _ in range(n)), str(r.randint(10, 99999)), self.names.firm()])
            return self.say(REPEAT, x=x), x
        if kind == "thanks":
            return self.say(CHAT[1][1]), CHAT[1][2]
        _, wl, a = r.choices(CHAT, [c[0] for c in CHAT])[0]
        return self.say(wl), a

    def chat(self, kind=None):
        msgs = self.system()
        for _ in range(1 if kind else self.r.choice([2, 3, 4, 6])):
            q, a = self.chat_turn(kind)
            msgs += [("user", [q]), ("assistant", [a])]
        return msgs, "chat_" + (kind or "mixed")
