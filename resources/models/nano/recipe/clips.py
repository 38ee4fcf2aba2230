# SPDX-License-Identifier: Apache-2.0
"""Clips: 4 to 8 frames in which one shape moves, grows, shrinks, changes colour, appears, disappears or stays still.

Held out of training: a sixth of the kinds of clip (colour with direction or change), and an eighth of the pairs of
colour and shape, as in still pictures.
"""
import numpy as np
from PIL import Image, ImageDraw

from pictures import Scene, clashes, draw_shape, jitter, smooth_noise
from words import BACKGROUNDS, COLOURS, SHAPES, heldout

STEPS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
EVENTS = ["move"] * 4 + ["grow", "shrink", "turn", "turn", "appear", "appear", "vanish", "vanish", "still"]
LANES = (.2, .5, .8)      # middles of the rows and columns of words.CELLS


class Clip:
    """event; colour, colour2 (turn), shape, direction (move); at: the first frame after a change; times in seconds.

    `other` is a second shape that stays where it is, in a lane of its own; None in most clips.
    """

    def __init__(self, r, held, event=None):
        self.r = r
        while True:
            self.event = event or r.choice(EVENTS)
            self.colour, self.shape = r.choice(list(COLOURS)), r.choice(SHAPES)
            self.direction = r.choice(list(STEPS)) if self.event == "move" else None
            self.colour2 = r.choice([c for c in COLOURS if c != self.colour]) if self.event == "turn" else None
            self.background = r.choice(list(BACKGROUNDS))
            if any(c and clashes(c, self.background) for c in (self.colour, self.colour2)) or heldout(self.colour + self.shape):
                continue
            if heldout(f"{self.colour}/{self.direction or self.event}/{self.colour2}", 6) == held:
                break
        self.n, step = r.randint(4, 8), r.choice([1, 1, 1, 2, 3, 5, 7, 12])
        self.times = [i * step for i in range(self.n)]
        self.at = r.randint(1, self.n - 1)
        self.w, self.h = Scene.random_size(r)
        if self.w * self.h > 60000:
            self.w, self.h = self.w // 2, self.h // 2
        self.column, self.row = r.randrange(3), r.randrange(3)
        self.other = self.second() if r.random() < .2 else None

    def second(self):
        r = self.r
        dx, dy = STEPS.get(self.direction, (1, 1))
        column = r.choice([c for c in range(3) if c != self.column]) if dy else r.randrange(3)
        row = r.choice([x for x in range(3) if x != self.row]) if dx else r.randrange(3)
        while True:
            colour, shape = r.choice(list(COLOURS)), r.choice(SHAPES)
            if shape != self.shape and colour not in (self.colour, self.colour2) and not clashes(colour, self.background) and not heldout(colour + shape):
                return dict(colour=colour, shape=shape, column=column, row=row)

    def stamp(self, i):
        return f"{self.times[i] // 60:02d}:{self.times[i] % 60:02d}"

    def seen(self, i):
        """Whether the shape is in frame i."""
        return not (self.event == "appear" and i < self.at or self.event == "vanish" and i >= self.at)

    def colour_at(self, i):
        return self.colour2 if self.event == "turn" and i >= self.at else self.colour

    def middle(self, i):
        """(x, y) of the shape in frame i, relative to the size."""
        dx, dy = STEPS.get(self.direction, (0, 0))
        t = i / (self.n - 1)

        def along(d, lane):
            return LANES[lane] if not d else LANES[0] + (LANES[2] - LANES[0]) * (t if d > 0 else 1 - t)
        return along(dx, self.column), along(dy, self.row)

    def cell(self, i):
        """The cell of words.CELLS the shape is in; None where it lies between two."""
        index = []
        for v in self.middle(i):
            near = min(range(3), key=lambda k: abs(LANES[k] - v))
            if abs(LANES[near] - v) > .1:
                return None
            index.append(near)
        return 3 * index[1] + index[0]

    def frames(self, nr):
        """uint8 (h, w, 3), one a time."""
        r, w, h = self.r, self.w, self.h
        base = np.empty((h, w, 3), np.float32)
        base[:] = jitter(r, BACKGROUNDS[self.background], 8)
        if r.random() < .3:
            base += (smooth_noise(nr, h, w, 5) - .5)[..., None] * 24
        noise = r.uniform(0, 8) if r.random() < .4 else 0
        inks = {c: jitter(r, COLOURS[c], 14) for c in (self.colour, self.colour2) if c}
        rad, angle = r.uniform(.12, .16), r.uniform(-12, 12)
        small, large = r.uniform(.06, .08), r.uniform(.17, .19)
        second = jitter(r, COLOURS[self.other["colour"]], 14) if self.other else None
        out = []
        for i in range(self.n):
            t = i / (self.n - 1)
            size = {"grow": small + (large - small) * t, "shrink": large + (small - large) * t}.get(self.event, rad)
            im = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8)).resize((w * 2, h * 2), Image.NEAREST)
            d = ImageDraw.Draw(im)

            def put(shape, x, y, ink, radius):
                x, y = x * w * 2, y * h * 2
                draw_shape(d, shape, x, y, radius * min(w, h) * 2, ink, angle, im.getpixel((int(x), int(y))))
            if self.other:
                put(self.other["shape"], LANES[self.other["column"]], LANES[self.other["row"]], second, rad)
            if self.seen(i):
                put(self.shape, *self.middle(i), inks[self.colour_at(i)], size)
            a = np.asarray(im.resize((w, h), Image.BOX))
            if noise:
                a = np.clip(a + nr.normal(0, noise, a.shape), 0, 255).astype(np.uint8)
            out.append(a)
        return out
