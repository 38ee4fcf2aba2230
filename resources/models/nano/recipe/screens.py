# SPDX-License-Identifier: Apache-2.0
"""Screenshots of made-up windows: a title, and a few main parts each in a place of its own.

Held out of training: an eighth of all names, the layout with the side bar on the right, and one font in eight.
"""
from PIL import Image, ImageDraw

from printing import choose, fitting, grained
from words import COLOURS

LIGHT = dict(paper=(250, 250, 251), bar=(232, 234, 238), ink=(32, 34, 40), line=(196, 200, 208), soft=(218, 222, 230))
DARK = dict(paper=(30, 32, 38), bar=(46, 49, 58), ink=(232, 234, 238), line=(84, 88, 100), soft=(62, 66, 78))
ACCENTS = ("blue", "green", "purple", "orange", "red")
LEAST = 17     # pixels of the smallest letters, in double size
BODIES = ("list", "table", "text", "picture", "chart")


class Screen:
    """title; parts: (name in Language.PARTS, cell of words.CELLS) in reading order; buttons: their words, left to right."""

    def __init__(self, r, writer, held, new=False):
        self.r, self.w, self.h = r, *r.choice([(224, 160), (224, 224), (320, 200), (320, 240), (240, 180)])
        lang, names = writer.lang, writer.names
        self.look = DARK if r.random() < .3 else LIGHT
        self.accent = COLOURS[r.choice(ACCENTS)]
        self.font = choose(r, held)
        while True:
            self.title = r.choice([r.choice(lang.NOUNS).capitalize(), names.word().capitalize(), names.firm(), f"{r.choice(lang.NOUNS).capitalize()} {r.randint(1, 99)}", names.city()])
            if fitting(self.font, self.title, 2 * self.w - 180, LEAST, LEAST):
                break
        self.menu, self.status = r.random() < .35, r.random() < .3
        self.sidebar = r.choice([None, "left"]) if not (new and r.random() < .5) else "right"
        self.field = r.random() < .35
        self.body = r.choice(BODIES)
        room = .26 * self.w if self.sidebar else .4 * self.w
        self.buttons = r.sample([b for b in lang.BUTTONS if fitting(self.font, b, room, LEAST, LEAST)], r.choice([0, 1, 2, 2]))
        self.words = [names.word().capitalize() for _ in range(8)]
        at_left = self.buttons and r.random() < .3 and not self.sidebar
        self.corner = 6 if at_left else 8
        self.parts = [("menu", 1)] if self.menu else []
        self.parts += [("field", 1)] if self.field else []
        self.parts += [("sidebar", 3)] if self.sidebar == "left" else []
        self.parts += [(self.body, 4)]
        self.parts += [("sidebar", 5)] if self.sidebar == "right" else []
        if self.buttons:
            self.parts.append(("buttons" if len(self.buttons) == 2 else "button", self.corner))
        self.parts += [("status", 7)] if self.status else []

    def text(self, d, xy, s, width, size, anchor, fill=None):
        f = fitting(self.font, s, width, size, LEAST)
        if f:   # words that nobody asks for may be left out
            d.text(xy, s, fill=fill or self.look["ink"], font=f, anchor=anchor)

    def render(self, nr):
        r, k, (w, h) = self.r, self.look, (self.w * 2, self.h * 2)   # drawn in double size
        im = Image.new("RGB", (w, h), k["paper"])
        d = ImageDraw.Draw(im)
        d.rectangle((0, 0, w, 40), fill=k["bar"])
        mac = r.random() < .5
        for i, c in enumerate(((236, 92, 84), (244, 190, 70), (96, 196, 84)) if mac else (k["line"],) * 3):
            x = 20 + 24 * i if mac else w - 20 - 24 * i
            (d.ellipse if mac else d.rectangle)((x - 7, 13, x + 7, 27), fill=c)
        self.text(d, (w / 2, 20), self.title, w - 180, 26, "mm")
        top, bottom, left, right = 44, h - 4, 4, w - 4
        if self.menu:
            for i, s in enumerate(self.words[:4]):
                self.text(d, (14 + i * w / 5, top + 14), s, w / 5 - 12, 20, "lm")
            d.line((0, top + 28, w, top + 28), fill=k["line"], width=2)
            top += 32
        if self.field:
            d.rounded_rectangle((left + .12 * w, top + 4, right - .12 * w, top + 36), 8, outline=k["line"], width=3, fill=k["paper"])
            self.text(d, (left + .12 * w + 12, top + 20), self.words[4], .5 * w, 20, "lm", k["line"])
            top += 42
        if self.status:
            d.rectangle((0, h - 30, w, h), fill=k["bar"])
            self.text(d, (12, h - 15), self.words[5], .5 * w, 18, "lm")
            bottom -= 32
        if self.sidebar:
            width = .26 * w
            x = 0 if self.sidebar == "left" else w - width
            d.rectangle((x, top, x + width, bottom), fill=k["bar"])
            for i, s in enumerate(self.words[:5]):
                y = top + 22 + 30 * i
                if y < bottom - 14:
                    if i == 1:
                        d.rounded_rectangle((x + 6, y - 13, x + width - 6, y + 13), 6, fill=k["soft"])
                    self.text(d, (x + 14, y), s, width - 24, 20, "lm")
            left, right = (width + 4, right) if self.sidebar == "left" else (left, w - width - 4)
        if self.buttons:
            bottom -= 46
            wide = min(.28 * w, .5 * (right - left) - 16)
            x = left + 6 if self.corner == 6 else right - 6 - len(self.buttons) * (wide + 10)
            for i, s in enumerate(self.buttons):
                main = i == len(self.buttons) - 1
                d.rounded_rectangle((x, bottom + 6, x + wide, bottom + 42), 8, fill=self.accent if main else k["soft"])
                self.text(d, (x + wide / 2, bottom + 24), s, wide - 8, 22, "mm", (255, 255, 255) if main else None)
                x += wide + 10
        getattr(self, "draw_" + self.body)(d, (left + 10, top + 8, right - 10, bottom - 6))
        return grained(im.resize((self.w, self.h), Image.BOX), r, nr, 4)

    # ---- bodies
    def draw_list(self, d, b):
        x0, y0, x1, y1 = b
        y = y0 + 12
        while y < y1 - 8:
            d.ellipse((x0, y - 6, x0 + 12, y + 6), fill=self.accent)
            d.rectangle((x0 + 24, y - 4, x0 + 24 + (x1 - x0 - 24) * self.r.uniform(.4, .95), y + 4), fill=self.look["line"])
            y += 30

    def draw_table(self, d, b):
        x0, y0, x1, y1 = b
        columns, rows = self.r.randint(3, 4), max(2, int((y1 - y0) // 28))
        d.rectangle((x0, y0, x1, y0 + (y1 - y0) / rows), fill=self.look["soft"])
        for i in range(columns + 1):
            x = x0 + (x1 - x0) * i / columns
            d.line((x, y0, x, y1), fill=self.look["line"], width=2)
        for i in range(rows + 1):
            y = y0 + (y1 - y0) * i / rows
            d.line((x0, y, x1, y), fill=self.look["line"], width=2)

    def draw_text(self, d, b):
        x0, y0, x1, y1 = b
        y, i = y0 + 6, 0
        while y < y1 - 4:
            i += 1
            end = x0 + (x1 - x0) * (self.r.uniform(.3, .7) if i % 4 == 0 else self.r.uniform(.92, 1))
            d.rectangle((x0, y - 3, end, y + 3), fill=self.look["line"])
            y += 16 if i % 4 else 28

    def draw_picture(self, d, b):
        x0, y0, x1, y1 = b
        d.rectangle(b, fill=(168, 206, 240))
        d.ellipse((x0 + .66 * (x1 - x0), y0 + .1 * (y1 - y0), x0 + .8 * (x1 - x0), y0 + .1 * (y1 - y0) + .14 * (x1 - x0)), fill=(250, 220, 90))
        m = y0 + self.r.uniform(.3, .45) * (y1 - y0)
        d.polygon([(x0, y1), (x0 + .3 * (x1 - x0), m), (x0 + .55 * (x1 - x0), y1)], fill=(96, 128, 96))
        d.polygon([(x0 + .35 * (x1 - x0), y1), (x0 + .65 * (x1 - x0), m + .1 * (y1 - y0)), (x1, y1)], fill=(70, 104, 78))

    def draw_chart(self, d, b):
        x0, y0, x1, y1 = b
        n = self.r.randint(4, 6)
        for i in range(n):
            v = self.r.uniform(.25, 1)
            d.rectangle((x0 + (x1 - x0) * (i + .2) / n, y1 - v * (y1 - y0), x0 + (x1 - x0) * (i + .8) / n, y1), fill=self.accent)
        d.line((x0, y0, x0, y1, x1, y1), fill=self.look["ink"], width=2)
