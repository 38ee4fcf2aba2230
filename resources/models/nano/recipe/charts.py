# SPDX-License-Identifier: Apache-2.0
"""Bar, line and pie charts with a title and labels.

The largest and the smallest value stand apart from the rest by a tenth of the axis, so that the answer can be seen.
Held out of training: an eighth of all names and labels, two layouts (bars that lie, rings in place of pies) and one
font in eight.
"""
import math

from PIL import Image, ImageDraw

from pictures import jitter
from printing import choose, fitting, grained
from words import COLOURS

PAPERS = [(255, 255, 255)] * 4 + [(247, 248, 250), (252, 250, 242)]
DARK = (24, 26, 32)
INKS = ["blue", "red", "green", "orange", "purple", "brown", "pink", "gray"]
LEAST = 17     # pixels of the smallest letters, in double size
SIDE = 110     # room for the labels of bars that lie
TRENDS = ("rises", "falls", "flat", "peak", "valley")


def apart(values):
    """Whether the largest and the smallest stand out."""
    s = sorted(values)
    return s[-1] - s[-2] >= .1 and s[1] - s[0] >= .1


class Chart:
    """kind: bar, line or pie; title: "" for none; labels and values: in the order drawn; trend: of a line."""

    def __init__(self, r, writer, held, new=False, kind=None):
        self.r = r
        self.kind = kind or r.choice(["bar", "bar", "line", "pie"])
        self.other = new and r.random() < .5   # the layout that training never sees
        self.w, self.h = r.choice([(224, 160), (224, 224), (300, 200), (320, 240)])
        self.font = choose(r, held)
        self.trend = r.choice(TRENDS) if self.kind == "line" else None
        self.title = "" if r.random() < .15 else self.name(writer)
        self.labels = self.names(writer)
        self.values = self.draw_values(len(self.labels))

    def legible(self, text, width):
        """Whether a text can be read in a width of the drawing, which has double size."""
        return fitting(self.font, text, width, LEAST, LEAST) is not None

    def name(self, w):
        r = self.r
        while True:
            metric = r.choice(w.lang.METRICS)
            metric = metric[0].upper() + metric[1:]
            title = r.choice([f"{metric} {r.randint(1990, 2030)}", f"{metric} {w.names.city()}", metric, f"{metric} {w.names.word().capitalize()}"])
            if self.legible(title, 2 * self.w - 16):
                return title

    def names(self, w):
        r = self.r
        if self.kind == "line":
            n, first = r.randint(5, 8), r.randint(1990, 2020)
            return [str(first + i) for i in range(n)]
        n, out = r.randint(3, 6 if self.kind == "bar" else 5), []
        room = SIDE if self.other and self.kind == "bar" else (2 * self.w - 32) / n - 4 if self.kind == "bar" else .18 * (2 * self.w - 32)
        make = r.choice([w.names.city, lambda: w.names.word().capitalize(), lambda: r.choice(w.lang.NOUNS).capitalize(), lambda: str(r.randint(2001, 2030))])
        for attempt in range(1000):
            if len(out) == n:
                break
            label = make() if attempt < 200 else str(r.randint(2001, 2030))   # where names are too long: years
            if label not in out and self.legible(label, room):
                out.append(label)
        return out

    def draw_values(self, n):
        r = self.r
        if self.kind != "line":
            while True:
                v = [r.uniform(.15, 1) for _ in range(n)]
                if self.kind == "pie":
                    v = [x / sum(v) for x in v]
                if apart(v) and (self.kind != "pie" or min(v) > .06):
                    return v
        up = [i / (n - 1) for i in range(n)]
        shape = {"rises": up, "falls": [1 - x for x in up], "flat": [.5] * n, "peak": [1 - abs(2 * x - 1) for x in up], "valley": [abs(2 * x - 1) for x in up]}[self.trend]
        low, high = r.uniform(.08, .25), r.uniform(.75, .95)
        noise = .03 if self.trend == "flat" else .05
        return [low + (high - low) * x + r.uniform(-noise, noise) for x in shape]

    @property
    def largest(self):
        return self.labels[max(range(len(self.values)), key=self.values.__getitem__)]

    @property
    def smallest(self):
        return self.labels[min(range(len(self.values)), key=self.values.__getitem__)]

    # ---- drawing
    def render(self, nr):
        r, (w, h) = self.r, (self.w, self.h)
        dark = r.random() < .15
        self.paper = DARK if dark else r.choice(PAPERS)
        self.ink = (226, 228, 232) if dark else (40, 42, 48)
        im = Image.new("RGB", (w * 2, h * 2), self.paper)
        d = ImageDraw.Draw(im)
        top = 0
        if self.title:
            d.text((w, 20), self.title, fill=self.ink, font=fitting(self.font, self.title, 2 * w - 16, r.randint(26, 34), LEAST), anchor="mm")
            top = 40
        self.colours = [jitter(r, COLOURS[c], 10) for c in r.sample(INKS, len(INKS))]
        box = (16, top + 12, 2 * w - 16, 2 * h - 10)
        if self.kind == "pie":
            self.pie(d, box)
        elif self.kind == "line":
            self.line(d, box)
        elif self.other:
            self.lying(d, box)
        else:
            self.bars(d, box)
        return grained(im.resize((w, h), Image.BOX), r, nr, 5)

    def label(self, d, xy, text, width, anchor, most=24):
        d.text(xy, text, fill=self.ink, font=fitting(self.font, text, width, most, LEAST), anchor=anchor)

    def bars(self, d, box):
        x0, y0, x1, y1 = box
        y1 -= 30
        step, one = (x1 - x0) / len(self.values), self.r.random() < .5
        if self.r.random() < .5:
            for i in range(1, 5):
                d.line((x0, y1 - (y1 - y0) * i / 4, x1, y1 - (y1 - y0) * i / 4), fill=jitter(self.r, (150, 150, 154), 3), width=1)
        gap = self.r.uniform(.1, .3) * step
        for i, (name, v) in enumerate(zip(self.labels, self.values)):
            d.rectangle((x0 + i * step + gap, y1 - v * (y1 - y0), x0 + (i + 1) * step - gap, y1), fill=self.colours[0 if one else i])
            self.label(d, (x0 + (i + .5) * step, y1 + 6), name, step - 4, "mt")
        d.line((x0, y1, x1, y1), fill=self.ink, width=2)

    def lying(self, d, box):
        x0, y0, x1, y1 = box
        x0 += SIDE + 6
        step = (y1 - y0) / len(self.values)
        for i, (name, v) in enumerate(zip(self.labels, self.values)):
            d.rectangle((x0, y0 + i * step + .2 * step, x0 + v * (x1 - x0), y0 + (i + 1) * step - .2 * step), fill=self.colours[0])
            self.label(d, (x0 - 6, y0 + (i + .5) * step), name, SIDE, "rm")
        d.line((x0, y0, x0, y1), fill=self.ink, width=2)

    def line(self, d, box):
        x0, y0, x1, y1 = box
        y1 -= 30
        n = len(self.values)
        points = [(x0 + 20 + (x1 - x0 - 40) * i / (n - 1), y1 - v * (y1 - y0)) for i, v in enumerate(self.values)]
        d.line((x0, y0, x0, y1, x1, y1), fill=self.ink, width=2)
        d.line(points, fill=self.colours[0], width=self.r.choice([4, 5, 7]), joint="curve")
        if self.r.random() < .5:
            for x, y in points:
                d.ellipse((x - 6, y - 6, x + 6, y + 6), fill=self.colours[0])
        for i, name in enumerate(self.labels):
            if i in (0, n - 1) or n <= 6:
                self.label(d, (points[i][0], y1 + 6), name, (x1 - x0) / (n if n <= 6 else 3), "mt", 22)

    def pie(self, d, box):
        x0, y0, x1, y1 = box
        # Labels stand beside their pieces; the pie leaves room for them.
        cx, cy, rad = (x0 + x1) / 2, (y0 + y1) / 2, min((x1 - x0) * .28, (y1 - y0) * .38)
        at = self.r.uniform(-100, -80)
        for i, (name, v) in enumerate(zip(self.labels, self.values)):
            d.pieslice((cx - rad, cy - rad, cx + rad, cy + rad), at, at + 360 * v, fill=self.colours[i], outline=self.paper)
            middle = math.radians(at + 180 * v)
            x, y = cx + 1.12 * rad * math.cos(middle), cy + 1.12 * rad * math.sin(middle)
            right = math.cos(middle) >= 0
            self.label(d, (x, y), name, max(.18 * (x1 - x0), x1 - x if right else x - x0), "lm" if right else "rm", 22)
            at += 360 * v
        if self.other:
            d.ellipse((cx - .5 * rad, cy - .5 * rad, cx + .5 * rad, cy + .5 * rad), fill=self.paper)
