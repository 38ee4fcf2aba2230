# SPDX-License-Identifier: Apache-2.0
"""Printed text: the fonts of this machine, and pictures with a few short lines.

Fonts are found, never assumed: what fontconfig lists for French and German, else what lies in the usual folders, by the
families people print with; Pillow's own font where nothing is found. One in eight is held out of training. Install
fonts-dejavu-core, fonts-liberation, fonts-noto-core and fonts-inter for a good mixture.
"""
import functools
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from words import CELLS, COLOURS, heldout

FAMILIES = ("dejavu", "liberation", "notosans-", "notoserif-", "notosansmono-", "inter-", "freesans", "freeserif", "freemono", "ubuntu", "opensans", "roboto", "lato", "arial", "times", "cour",
            "verdana", "georgia", "calibri", "helvetica", "c059", "nimbus", "carlito", "caladea", "lmroman", "texgyre", "segoeui", "tahoma", "cantarell")
FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
KINDS = (".ttf", ".otf")


@functools.lru_cache
def fonts():
    """Paths of fonts by name, sorted; empty where there is none."""
    try:
        found = subprocess.run(["fc-list", ":lang=fr:lang=de", "file"], capture_output=True, text=True, timeout=60).stdout
        paths = [Path(line.split(":")[0].strip()) for line in found.splitlines()]
    except (OSError, subprocess.SubprocessError):
        paths = []
    if not paths:
        paths = [p for f in FOLDERS if Path(f).expanduser().is_dir() for p in Path(f).expanduser().rglob("*")]
    by_name = {p.name: p for p in paths if p.suffix.lower() in KINDS and p.name.lower().startswith(FAMILIES)}
    return tuple(str(by_name[n]) for n in sorted(by_name))


@functools.lru_cache
def split(held):
    known = fonts()
    some = [f for f in known if heldout("font " + Path(f).name) == held]
    return tuple(some) if len(known) >= 16 and some else known


@functools.lru_cache(maxsize=2048)
def font(path, size):
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)   # needs Pillow 10.1


def choose(r, held):
    """A path for `font`; None is Pillow's own."""
    some = split(held)
    return r.choice(some) if some else None


def fitting(path, text, width, most, least=9):
    """The font in the largest size of at most `most` pixels in which `text` is no wider than `width`; None if none is."""
    for size in range(most, least - 1, -1):
        f = font(path, size)
        if f.getlength(text) <= width:
            return f
    return None


def quoted(lines):
    return [f'"{x}"' for x in lines]


GLYPHS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def glyph_labels(boxes, tile, patch):
    """Per patch of a picture of one tile the letter (1.., as in GLYPHS, without its accent) that covers most of it; 0: none."""
    k = tile // patch
    cover = np.zeros((k * k, len(GLYPHS) + 1))
    for c, x0, y0, x1, y1 in boxes:
        at = GLYPHS.find(unicodedata.normalize("NFD", c)[0]) + 1
        if not at:
            continue
        for row in range(max(0, int(y0 // patch)), min(k, int(y1 // patch) + 1)):
            for column in range(max(0, int(x0 // patch)), min(k, int(x1 // patch) + 1)):
                wide = min(x1, (column + 1) * patch) - max(x0, column * patch)
                high = min(y1, (row + 1) * patch) - max(y0, row * patch)
                cover[row * k + column, at] += max(0, wide) * max(0, high)
    best = cover.argmax(1)
    return np.where(cover.max(1) > .15 * patch * patch, best, 0).astype(np.int64)


class Printed:
    """One to three short lines in one ink, each in its own row of the picture.

    lines: top to bottom; cells: the cell of words.CELLS that the middle of each lies in; ink: the name of its colour.
    """

    def __init__(self, r, writer, held, size=None):
        self.r, self.held = r, held
        self.n = r.choice([1, 1, 1, 2, 2, 3])
        self.w, self.h = size or r.choice([(112, 112), (160, 112), (224, 112), (224, 224), (200, 150), (300, 200)])
        self.ink = r.choice([c for c in COLOURS if c not in ("yellow", "pink", "white", "orange")] + ["black"] * 4)
        self.paper = r.choice([(255, 255, 255), (250, 246, 232), (238, 242, 250), (255, 250, 205), (226, 240, 226)])
        if r.random() < .25:   # light on dark
            self.ink, self.paper = r.choice(["white", "yellow", "pink", "orange"]), r.choice([(16, 18, 24), (20, 60, 40), (24, 40, 92), (80, 16, 20)])
        path, rows = choose(r, held), r.sample(range(3), self.n)
        self.lines, self.cells, self.placed = [], [], []
        for row in sorted(rows):
            while True:
                text = self.line(writer)
                f = fitting(path, text, self.w - 10, r.randint(12, max(13, min(34, self.h // 5))))
                if f and text not in self.lines:
                    break
            wide = f.getlength(text)
            # A line wider than half the picture lies in the middle; a shorter one may stand at a side.
            column = 1 if wide > .5 * self.w else r.choice([0, 1, 1, 2])
            if column != 1 and wide > .42 * self.w:
                column = 1
            x = {0: 5, 1: (self.w - wide) / 2, 2: self.w - 5 - wide}[column]
            y = self.h * (row + .5) / 3
            self.lines.append(text)
            self.cells.append(3 * row + column)
            self.placed.append((x, y, f))

    def line(self, w):
        """Words on signs, names, numbers, dates, codes; short enough for a small picture."""
        r, n = self.r, w.names
        while True:
            text = r.choice(w.lang.SIGNS).format(n=r.randint(1, 99), city=n.city(), person=n.person(), firm=n.firm(), code=w.code(), date=w.date(), word=n.word(), noun=r.choice(w.lang.NOUNS))
            if len(text) <= 22:
                return text

    def render(self, nr, boxes=None):
        """uint8 (h, w, 3); `boxes`, a list, gets (character, left, top, right, bottom) for each of them."""
        im = Image.new("RGB", (self.w, self.h), self.paper)
        d = ImageDraw.Draw(im)
        ink = tuple(max(0, min(255, v + self.r.randint(-10, 10))) for v in COLOURS[self.ink])
        for text, (x, y, f) in zip(self.lines, self.placed):
            d.text((x, y), text, fill=ink, font=f, anchor="lm")
            if boxes is not None:
                top, bottom = f.getbbox(text, anchor="lm")[1::2]
                for i, c in enumerate(text):
                    boxes.append((c, x + f.getlength(text[:i]), y + top, x + f.getlength(text[:i + 1]), y + bottom))
        return grained(im, self.r, nr)

    def place(self, i):
        return CELLS[self.cells[i]]


def grained(im, r, nr, most=8):
    """The picture as an array, now and then with the noise of a camera or a scan."""
    a = np.asarray(im)
    if r.random() < .3:
        a = np.clip(a + nr.normal(0, r.uniform(1, most), a.shape), 0, 255).astype(np.uint8)
    return a
