#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpus of worker_protocol_fuzz, from the layout in media/worker/protocol.h alone.

    python3 tests/fuzz/make_worker_corpus.py           # rewrites tests/fuzz/corpus/worker_protocol/
"""
import pathlib
import struct

u8 = lambda n: struct.pack("<B", n)
u32 = lambda n: struct.pack("<I", n)
u64 = lambda n: struct.pack("<Q", n)
f64 = lambda x: struct.pack("<d", x)
text = lambda s: u32(len(s.encode())) + s.encode()
vector = lambda items: u32(len(items)) + b"".join(items)
some = lambda value: u8(1) + value
NONE = u8(0)

READY, REQUEST, PROGRESS, FAILURE, SUCCESS = range(5)
TEXT, IMAGE, FRAME = range(3)


def where(page=NONE, seconds=NONE, begin=0, end=0, slide=NONE, label="", sheet="", cells="", section=""):
    names = b"".join(map(text, (label, sheet, cells, section)))
    return page + seconds + u64(begin) + u64(end) + slide + names


def reading(kind, form, parts, facts=(), warnings=()):
    facts = [text(key) + text(value) for key, value in facts]
    return u8(kind) + text(form) + vector(parts) + vector(facts) + vector([text(w) for w in warnings])


def text_part(words, place):
    return u8(TEXT) + text(words) + place


def image_part(width, height, place):
    return u8(IMAGE) + u32(width) + u32(height) + place


def frame_part(width, height, seconds):
    return u8(FRAME) + u32(width) + u32(height) + f64(seconds) + where(seconds=some(f64(seconds)))


MESSAGES = {
    "ready": u8(READY) + u32(1) + vector([]),
    "ready-refused": u8(READY) + u32(1) + vector([text("No filter."), text("Größe nicht begrenzt.")]),
    "request": u8(REQUEST) + text("notes.txt") + u32(8) + u64(64 << 20) + u64(100_000_000) + u32(24),
    "progress": u8(PROGRESS) + u64(1) + u64(40),
    "failure": u8(FAILURE) + u8(5) + text("The file is damaged."),
    "failure-unknown-code": u8(FAILURE) + u8(200) + text("x"),
    "success": u8(SUCCESS) + u64(1 << 40),
    "unknown-kind": u8(9) + u64(0),
    "cut": u8(PROGRESS) + u64(1) + b"\1\2",
    "trailing": u8(PROGRESS) + u64(1) + u64(2) + b"\0",
    "long-string": u8(FAILURE) + u8(1) + u32(0xFFFFFFFF) + b"short",
    "not-utf8": u8(FAILURE) + u8(1) + u32(2) + b"\xC0\x80",
    "surrogate": u8(FAILURE) + u8(1) + u32(3) + b"\xED\xA0\x80",
}
READINGS = {
    "text": (reading(0, "Markdown", [text_part("# Title\n", where(some(u32(3)), NONE, 0, 8))],
                     [("encoding", "UTF-8")], ["One thing was left out."]), b""),
    "sheet": (reading(0, "Workbook", [text_part("A", where(sheet="Budget", cells="A1:F40", section="2026"))]), b""),
    "image": (reading(1, "PNG image", [image_part(2, 3, where())], [("size", "2 x 3")]), bytes(range(18))),
    "video": (reading(2, "MP4 video", [frame_part(2, 1, 0.5), text_part("Hello.", where()),
                                       frame_part(1, 2, 1.25)]), bytes(range(12))),
    "empty": (reading(0, "", []), b""),
    "no-pixels": (reading(1, "PNG image", [image_part(100, 100, where())]), b"\1\2\3"),
    "too-many-pixels": (reading(1, "PNG image", [image_part(1, 1, where())]), bytes(9)),
    "no-size": (reading(1, "PNG image", [image_part(0, 5, where())]), b""),
    "huge-size": (reading(1, "PNG image", [image_part(0x7FFFFFFF, 0x7FFFFFFF, where())]), b""),
    "many-parts": (reading(0, "x", []).replace(u32(0), u32(0xFFFFFFFF), 1), b""),
    "no-number": (reading(2, "x", [frame_part(1, 1, float("nan"))]), bytes(3)),
    "no-bool": (reading(0, "x", [text_part("x", u8(7) + NONE + u64(0) + u64(1))]), b""),
    "no-kind": (reading(77, "x", []), b""),
}


def main():
    folder = pathlib.Path(__file__).parent / "corpus" / "worker_protocol"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in MESSAGES.items():
        (folder / ("message-" + name)).write_bytes(u8(255) + content)
    for name, (fields, pixels) in READINGS.items():
        (folder / ("reading-" + name)).write_bytes(u8(len(pixels)) + fields + pixels)


main()
