# SPDX-License-Identifier: Apache-2.0
"""Pictures of shapes and of colours without shape, and Llama 4's image preprocessing.

Images are drawn as 8-bit RGB (H, W, 3) arrays of any size.  `llama4_tiles` implements the published Llama 4
algorithm: choose the canvas of at most `max_tiles` tiles, resize without distortion (bilinear, antialiased),
pad black at the right and bottom, cut into tiles, and add a squashed global tile when there is more than one.
"""
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from words import BACKGROUNDS, CELLS, CLASH, COLOURS, SHAPES, heldout

COLOUR_IDS = {c: i for i, c in enumerate(COLOURS)}
SHAPE_IDS = {s: i + 1 for i, s in enumerate(SHAPES)}


def jitter(rng, rgb, amount=16):
    return tuple(max(0, min(255, v + rng.randint(-amount, amount))) for v in rgb)


def polygon(shape, cx, cy, r, angle):
    if shape == "square":
        pts = [(45 + 90 * i, 1.15) for i in range(4)]
    elif shape == "diamond":
        return [(cx, cy - 1.3 * r), (cx + .8 * r, cy), (cx, cy + 1.3 * r), (cx - .8 * r, cy)]
    elif shape == "triangle":
        pts = [(-90 + 120 * i, 1.2) for i in range(3)]
    elif shape == "star":
        pts = [(-90 + 36 * i, 1.25 if i % 2 == 0 else .5) for i in range(10)]
    else:  # cross
        a, b = 1.1 * r, .38 * r
        p = [(-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b)]
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return [(cx + x * c - y * s, cy + x * s + y * c) for x, y in p]
    return [(cx + k * r * math.cos(math.radians(t + angle)), cy + k * r * math.sin(math.radians(t + angle)))
            for t, k in pts]


def draw_shape(d, shape, cx, cy, r, fill, angle=0.0, hole=None):
    if shape in ("circle", "ring"):
        d.ellipse([cx - r, cy - r, cx + r, cy + r], fill=fill)
        if shape == "ring" and hole is not None:
            q = .52 * r
            d.ellipse([cx - q, cy - q, cx + q, cy + q], fill=hole)
    else:
        d.polygon(polygon(shape, cx, cy, r, angle), fill=fill)


def clashes(colour, bg_name):
    return colour in CLASH.get(bg_name, ())


def smooth_noise(nr, h, w, cells):
    """Low-frequency noise in [0, 1], (h, w)."""
    a = nr.random((max(2, cells), max(2, cells)), dtype=np.float32)
    return np.asarray(Image.fromarray(a).resize((w, h), Image.BICUBIC), dtype=np.float32)


class Scene:
    """One background and `n` shapes, up to nine, in distinct cells of a 3x3 grid; coordinates are relative to the size."""

    def __init__(self, rng, held, simple=False, n=None):
        self.rng = rng
        r = rng
        self.w, self.h = self.random_size(r)
        kind = r.random()
        self.bg_name = r.choice(list(BACKGROUNDS))
        self.bg = jitter(r, BACKGROUNDS[self.bg_name], 8)
        self.bg_kind = "plain" if kind < .6 or simple else ("gradient" if kind < .8 else "noisy")
        self.bg2 = jitter(r, BACKGROUNDS[self.bg_name], 8)
        if self.bg_kind == "gradient":
            other = r.choice([b for b in BACKGROUNDS if b != self.bg_name and b != "black"])
            if self.bg_name == "black":
                self.bg_name, self.bg = "gray", jitter(r, BACKGROUNDS["gray"], 8)
            self.bg2 = jitter(r, BACKGROUNDS[other], 8)
            self.clash = [self.bg_name, other]
        else:
            self.clash = [self.bg_name]
        self.grad_dir = r.choice("hvd")
        n = n or (r.choice([1, 1, 2]) if simple else r.choice([1, 1, 1, 2, 2, 2, 3, 3, 4]))
        cells = r.sample(range(9), n)
        small_only = n > 2
        self.shapes = []
        need_held = held
        for i, cell in enumerate(sorted(cells)):
            while True:
                c, s = r.choice(list(COLOURS)), r.choice(SHAPES)
                if any(clashes(c, b) for b in self.clash):
                    continue
                if held:
                    # held-out scenes contain at least one colour/shape pair that never occurs in training
                    if need_held and i == n - 1 and not heldout(c + s):
                        continue
                elif heldout(c + s):
                    continue
                break
            need_held = need_held and not heldout(c + s)
            size = "medium"
            if n == 1:
                size = r.choice(["small", "medium", "large"])
            rad = {"small": r.uniform(.09, .115), "medium": r.uniform(.135, .165), "large": r.uniform(.22, .30)}[size]
            if small_only:
                rad = r.uniform(.11, .145)
            gx, gy = cell % 3, cell // 3
            j = .035
            x = min(max(.19 + .31 * gx + r.uniform(-j, j), rad * 1.05), 1 - rad * 1.05)
            y = min(max(.19 + .31 * gy + r.uniform(-j, j), rad * 1.05), 1 - rad * 1.05)
            if size == "large":  # large shapes would leave the image in the outer cells: keep the cell recognisable
                x = .5 + (gx - 1) * r.uniform(.20, .24)
                y = .5 + (gy - 1) * r.uniform(.20, .24)
                rad = min(rad, .25 if (gx != 1 or gy != 1) else .3)
            self.shapes.append(dict(colour=c, shape=s, cell=cell, size=size, x=x, y=y, r=rad,
                                    rgb=jitter(r, COLOURS[c], 14), angle=r.uniform(-14, 14)))

    @staticmethod
    def random_size(r):
        q = r.random()
        if q < .45:
            return 112, 112
        if q < .7:
            return r.randint(80, 160), r.randint(80, 160)
        base = r.randint(150, 320)
        a = r.choice([1, 4 / 3, 3 / 2, 16 / 9, 3 / 4, 2 / 3, 9 / 16])
        return (base, max(64, int(base / a))) if a >= 1 else (max(64, int(base * a)), base)

    def background(self, nr, w, h):
        a = np.empty((h, w, 3), np.float32)
        if self.bg_kind == "gradient":
            x, y = np.linspace(0, 1, w, dtype=np.float32)[None, :], np.linspace(0, 1, h, dtype=np.float32)[:, None]
            t = {"h": np.broadcast_to(x, (h, w)), "v": np.broadcast_to(y, (h, w)), "d": (x + y) / 2}[self.grad_dir]
            a[:] = np.array(self.bg, np.float32) * (1 - t[..., None]) + np.array(self.bg2, np.float32) * t[..., None]
        else:
            a[:] = self.bg
            if self.bg_kind == "noisy":
                a += nr.normal(0, self.rng.uniform(14, 26), (h, w, 1)).astype(np.float32)
                a += (smooth_noise(nr, h, w, 6) - .5)[..., None] * 24
        return a

    def render(self, nr, mask=False):
        w, h = self.w, self.h
        ss = 2 if max(w, h) <= 200 else 1
        img = Image.fromarray(np.clip(self.background(nr, w, h), 0, 255).astype(np.uint8))
        if ss > 1:
            img = img.resize((w * ss, h * ss), Image.NEAREST)
        d = ImageDraw.Draw(img)
        m = Image.new("RGB", (w, h)) if mask else None
        dm = ImageDraw.Draw(m) if mask else None
        scale = min(w, h)
        for s in self.shapes:
            cx, cy, r = s["x"] * w, s["y"] * h, s["r"] * scale
            hole = tuple(int(v) for v in self.bg)
            if s["shape"] == "ring":
                hole = img.getpixel((min(int(cx * ss), w * ss - 1), min(int(cy * ss), h * ss - 1)))
            draw_shape(d, s["shape"], cx * ss, cy * ss, r * ss, s["rgb"], s["angle"], hole)
            if mask:
                draw_shape(dm, s["shape"], cx, cy, r, (SHAPE_IDS[s["shape"]] * 20, COLOUR_IDS[s["colour"]] * 20, 255), s["angle"],
                           (SHAPE_IDS[s["shape"]] * 20, COLOUR_IDS[s["colour"]] * 20, 255))
        if ss > 1:
            img = img.resize((w, h), Image.BOX)
        a = np.asarray(img)
        if self.rng.random() < .3:
            a = np.clip(a + nr.normal(0, self.rng.uniform(2, 9), a.shape), 0, 255).astype(np.uint8)
        return (a, np.asarray(m)) if mask else a


class Shapeless:
    """Colour clouds, stripes and blurred noise: nothing to count, only dominant colours."""
    NAMES = [c for c in COLOURS]

    def __init__(self, rng, held):
        r = self.rng = rng
        self.w, self.h = Scene.random_size(r)
        while True:
            self.n = r.choice([1, 1, 2, 2])
            self.names = r.sample(self.NAMES, self.n)
            if self.n == 1 or heldout("cloud" + "".join(sorted(self.names))) == held:
                break
        self.style = r.choice(["cloud", "split", "speckle", "waves"])

    def render(self, nr):
        r, w, h = self.rng, self.w, self.h
        cols = [np.array(jitter(r, COLOURS[c], 16), np.float32) for c in self.names]
        a = np.empty((h, w, 3), np.float32)
        a[:] = cols[0]
        if self.n == 2:
            share = r.uniform(.28, .42)
            if self.style == "split":
                t = np.broadcast_to(np.linspace(0, 1, w, dtype=np.float32)[None], (h, w)) if r.random() < .5 else \
                    np.broadcast_to(np.linspace(0, 1, h, dtype=np.float32)[:, None], (h, w))
                t = t if r.random() < .5 else 1 - t
                t = t + .2 * (smooth_noise(nr, h, w, 5) - .5)
            elif self.style == "speckle":
                t = Image.fromarray(nr.integers(0, 256, (h, w), dtype=np.uint8))
                t = np.asarray(t.filter(ImageFilter.GaussianBlur(r.uniform(.6, 2))), np.float32)
            elif self.style == "waves":
                k, p = r.uniform(2, 6), r.uniform(0, 6)
                x, y = np.linspace(0, 1, w, dtype=np.float32)[None], np.linspace(0, 1, h, dtype=np.float32)[:, None]
                t = np.sin(6.28 * k * (x * r.uniform(-1, 1) + y * r.uniform(-1, 1)) + p).astype(np.float32) + .3 * smooth_noise(nr, h, w, 6)
            else:
                t = smooth_noise(nr, h, w, r.randint(3, 6))
            q = np.quantile(t, share)
            soft = np.clip((q - t) / (np.ptp(t) * r.uniform(.02, .12) + 1e-6) + .5, 0, 1)[..., None]
            a = a * (1 - soft) + cols[1] * soft
        a += (smooth_noise(nr, h, w, r.randint(3, 8)) - .5)[..., None] * r.uniform(4, 26)
        a += nr.normal(0, r.uniform(0, 12), (h, w, 1))
        return np.clip(a, 0, 255).astype(np.uint8)


# ---------------------------------------------------------------------------------------------------- Llama 4 tiling
def canvases(max_tiles):
    out = {}
    for n in range(max_tiles, 0, -1):
        for f in sorted(k for k in range(1, n + 1) if n % k == 0):
            out.setdefault(f / (n // f), []).append((f, n // f))
    return [c for v in out.values() for c in v]


_CANVAS_CACHE = {}


def best_canvas(h, w, tile, max_tiles):
    """Best-fitting canvas in tiles (rows, columns); identical to the published get_best_fit."""
    cs = _CANVAS_CACHE.setdefault(max_tiles, canvases(max_tiles))
    sc = [min(np.float32(ch * tile / h), np.float32(cw * tile / w)) for ch, cw in cs]
    up = [s for s in sc if s >= 1]
    pick = min(up) if up else max(sc)
    return min((c for c, s in zip(cs, sc) if s == pick), key=lambda c: c[0] * c[1])


def fit_size(h, w, th, tw):
    sh, sw = th / h, tw / w
    if sw < sh:
        return max(1, min(math.floor(h * sw), th)), tw
    return th, max(1, min(math.floor(w * sh), tw))


def llama4_tiles(a, tile=112, max_tiles=1):
    """uint8 (H, W, 3) -> (uint8 (n, tile, tile, 3), (rows, cols)); the last tile is the global one if rows*cols > 1."""
    h, w = a.shape[:2]
    gh, gw = best_canvas(h, w, tile, max_tiles)
    th, tw = min(max(h, tile), gh * tile), min(max(w, tile), gw * tile)
    nh, nw = fit_size(h, w, th, tw)
    img = Image.fromarray(a)
    b = np.asarray(img if (nh, nw) == (h, w) else img.resize((nw, nh), Image.BILINEAR))
    c = np.zeros((gh * tile, gw * tile, 3), np.uint8)
    c[:nh, :nw] = b
    t = c.reshape(gh, tile, gw, tile, 3).transpose(0, 2, 1, 3, 4).reshape(gh * gw, tile, tile, 3)
    if gh * gw > 1:
        g = np.asarray(img.resize((tile, tile), Image.BILINEAR))
        t = np.concatenate([t, g[None]])
    return np.ascontiguousarray(t), (gh, gw)


def tile_labels(m, tile=112, patch=14):
    """Per-patch shape and colour classes for the vision warm-up (single-tile geometry). 0 = no shape."""
    h, w = m.shape[:2]
    nh, nw = fit_size(h, w, tile, tile)
    b = np.asarray(Image.fromarray(m).resize((nw, nh), Image.NEAREST))
    c = np.zeros((tile, tile, 3), np.uint8)
    c[:nh, :nw] = b
    k = tile // patch
    p = c.reshape(k, patch, k, patch, 3).transpose(0, 2, 1, 3, 4).reshape(k * k, patch * patch, 3)
    on = p[..., 2] > 0
    cover = on.mean(1)
    first = on.argmax(1)
    ids = p[np.arange(k * k), first]
    act = cover > .12
    return np.where(act, ids[:, 0] // 20, 0).astype(np.int64), np.where(act, ids[:, 1] // 20 + 1, 0).astype(np.int64)
