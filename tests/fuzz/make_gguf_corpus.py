#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the GGUF seed corpus: one small file per way in which a header can lie.

Each case is one that a published defect of some GGUF parser was about, or a neighbour of one. Names
begin with "ok-" where the file must be accepted and with "no-" where it must be refused.

    python3 tests/fuzz/make_gguf_corpus.py            # rewrites tests/fuzz/corpus/gguf/
"""
import pathlib
import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
TYPE_F32, TYPE_F16, TYPE_Q4_0, TYPE_Q8_0, TYPE_Q4_K = 0, 1, 2, 8, 12
HUGE = 2**64 - 1

u32 = lambda n: struct.pack("<I", n)
u64 = lambda n: struct.pack("<Q", n)


def text(value, length=None):
    data = value.encode() if isinstance(value, str) else value
    return u64(len(data) if length is None else length) + data


def key(name, value_type, value):
    return text(name) + u32(value_type) + value


def tensor(name, dims, element_type=TYPE_F32, offset=0, dim_count=None):
    return (text(name) + u32(len(dims) if dim_count is None else dim_count)
            + b"".join(u64(d) for d in dims) + u32(element_type) + u64(offset))


def array(element_type, items, count=None):
    return u32(element_type) + u64(len(items) if count is None else count) + b"".join(items)


ARCHITECTURE = key("general.architecture", STRING, text("llama4"))


def file(keys=(ARCHITECTURE,), tensors=(), data=b"", version=3, key_count=None, tensor_count=None,
         alignment=32, magic=b"GGUF"):
    head = (magic + u32(version)
            + u64(len(tensors) if tensor_count is None else tensor_count)
            + u64(len(keys) if key_count is None else key_count)
            + b"".join(keys) + b"".join(tensors))
    return head + b"\0" * (-len(head) % alignment) + data


def one(tensor_bytes, data=b"\0" * 64):
    return file(tensors=[tensor_bytes], data=data)


def one_key(value_type, value):
    return file(keys=[key("k", value_type, value)])


cases = {
    # accepted
    "ok-minimal": file(keys=[]),
    "ok-version-2": file(version=2),
    "ok-tensors": file(
        tensors=[tensor("a", [4, 2]), tensor("b", [32], TYPE_Q8_0, 32),
                 tensor("c", [256, 1, 1, 1], TYPE_Q4_K, 96)], data=b"\1" * 240),
    "ok-alignment-64": file(
        keys=[key("general.alignment", U32, u32(64))], tensors=[tensor("a", [4])], data=b"\0" * 16,
        alignment=64),
    "ok-every-kind-of-value": file(keys=[
        key("u8", U8, b"\x07"), key("i8", I8, b"\xff"), key("u16", U16, b"\1\2"),
        key("i16", I16, b"\xfe\xff"), key("u32", U32, u32(9)), key("i32", I32, b"\xfd\xff\xff\xff"),
        key("f32", F32, struct.pack("<f", 1.5)), key("bool", BOOL, b"\1"),
        key("string", STRING, text("gr\u00fc\u00df")), key("u64", U64, u64(2**63)),
        key("i64", I64, struct.pack("<q", -5)), key("f64", F64, struct.pack("<d", 0.25)),
        key("u8s", ARRAY, array(U8, [b"\1", b"\2"])), key("i32s", ARRAY, array(I32, [u32(3)])),
        key("f32s", ARRAY, array(F32, [struct.pack("<f", 0.5)] * 3)),
        key("bools", ARRAY, array(BOOL, [b"\0", b"\1"])),
        key("strings", ARRAY, array(STRING, [text("a"), text("")])),
        key("empty", ARRAY, array(U64, []))]),

    # not this format
    "no-magic": file(magic=b"GGUX"),
    "no-big-endian": b"GGUF\0\0\0\3" + b"\0" * 16,
    "no-version-1": file(version=1),
    "no-version-0": file(version=0),
    "no-version-huge": file(version=0x7FFFFFFF),

    # counts
    "no-tensor-count-huge": file(tensor_count=HUGE),
    "no-tensor-count-wraps-times-size": file(tensor_count=2**64 // 88 + 1),
    "no-tensor-count-one-too-many": file(tensor_count=1),
    "no-key-count-huge": file(key_count=HUGE),
    "no-key-count-wraps-times-size": file(key_count=2**64 // 104 + 1),
    "no-key-count-one-too-many": file(key_count=2),
    "no-key-count-within-limits": file(key_count=60000),

    # strings
    "no-key-name-length-huge": file(keys=[text("k", HUGE) + u32(U8) + b"\0"]),
    "no-key-name-length-wraps-plus-one": file(keys=[text("k", HUGE - 1) + u32(U8) + b"\0"]),
    "no-key-name-beyond-end": file(keys=[text("k", 60000) + u32(U8) + b"\0"]),
    "no-string-length-huge": one_key(STRING, text("v", HUGE)),
    "no-string-length-2-to-32": one_key(STRING, text("v", 2**32)),
    "no-string-beyond-end": one_key(STRING, text("v", 1000000)),
    "no-tensor-name-length-huge": one(text("t", HUGE) + u32(1) + u64(4) + u32(0) + u64(0)),
    "no-token-string-huge": one_key(ARRAY, array(STRING, [text("a"), text("b", 2**40)])),
    "no-token-string-beyond-end": one_key(ARRAY, array(STRING, [text("a"), text("b", 2**20)])),

    # values and arrays
    "no-value-type-unknown": one_key(13, b"\0" * 8),
    "no-value-type-huge": one_key(0xFFFFFFFF, b"\0" * 8),
    "no-bool-is-2": one_key(BOOL, b"\2"),
    "no-array-length-huge": one_key(ARRAY, array(U8, [b"\0"], HUGE)),
    "no-array-length-wraps-times-4": one_key(ARRAY, array(U32, [u32(0)], 2**62 + 1)),
    "no-array-length-wraps-times-8": one_key(ARRAY, array(STRING, [text("a")], 2**61 + 1)),
    "no-array-beyond-end": one_key(ARRAY, array(F32, [u32(0)], 1000000)),
    "no-array-of-strings-beyond-end": one_key(ARRAY, array(STRING, [text("a")], 1000000)),
    "no-array-type-unknown": one_key(ARRAY, array(200, [b"\0" * 8])),
    "no-array-type-13": one_key(ARRAY, array(13, [b"\0" * 8])),
    "no-array-of-arrays": one_key(ARRAY, array(ARRAY, [array(U8, [b"\1"])])),
    "no-array-nested-deep": one_key(ARRAY, array(ARRAY, [(u32(ARRAY) + u64(1)) * 200])),

    # names
    "no-key-twice": file(keys=[ARCHITECTURE, ARCHITECTURE]),
    "no-tensor-twice": file(tensors=[tensor("a", [4]), tensor("a", [4], offset=32)],
                            data=b"\0" * 64),

    # dimensions
    "no-dim-count-0": one(tensor("a", [], dim_count=0)),
    "no-dim-count-5": one(tensor("a", [1, 1, 1, 1, 1])),
    "no-dim-count-huge": one(tensor("a", [4], dim_count=0xFFFFFFFF)),
    "no-dim-zero": one(tensor("a", [4, 0])),
    "no-dim-negative": one(tensor("a", [2**63])),
    "no-dims-product-wraps-to-0": one(tensor("a", [2**32, 2**32])),
    "no-dims-product-wraps-small": one(tensor("a", [2**62 + 4, 4])),
    "no-dims-product-wraps-in-4": one(tensor("a", [2**16, 2**16, 2**16, 2**17])),
    "no-dims-bytes-wrap": one(tensor("a", [2**62])),
    "no-dims-bytes-wrap-f16": one(tensor("a", [2**63], TYPE_F16)),
    "no-dims-inflated": one(tensor("a", [2**20, 2**10])),
    "no-dims-inflated-by-one-block": one(tensor("a", [20])),
    "no-row-part-of-a-block": one(tensor("a", [33], TYPE_Q4_0)),
    "no-row-part-of-a-block-whole-total": one(tensor("a", [16, 2], TYPE_Q4_0)),

    # types
    "no-type-unknown": one(tensor("a", [4], 77)),
    "no-type-removed": one(tensor("a", [32], 4)),
    "no-type-negative": one(tensor("a", [4], 0xFFFFFFFF)),

    # offsets, sizes, padding
    "no-offset-huge": one(tensor("a", [4], offset=HUGE - 31)),
    "no-offset-wraps-with-size": one(tensor("a", [16], offset=2**64 - 64)),
    "no-offset-beyond-end": one(tensor("a", [4], offset=2**32)),
    "no-offset-unaligned": one(tensor("a", [4], offset=4)),
    "no-data-missing": one(tensor("a", [4]), data=b""),
    "no-data-one-byte-short": one(tensor("a", [16]), data=b"\0" * 63),
    "no-data-second-tensor-short": file(
        tensors=[tensor("a", [8]), tensor("b", [8], offset=32)], data=b"\0" * 40),
    "no-data-overlaps": file(tensors=[tensor("a", [16]), tensor("b", [8], offset=32)],
                             data=b"\0" * 64),
    "no-sizes-wrap-together": file(
        tensors=[tensor("a", [2**61 - 8], offset=0), tensor("b", [2**61 - 8], offset=2**63),
                 tensor("c", [16], offset=2**64 - 64)], data=b"\0" * 64),

    # alignment
    "no-alignment-0": file(keys=[key("general.alignment", U32, u32(0))],
                           tensors=[tensor("a", [4])], data=b"\0" * 64),
    "no-alignment-3": file(keys=[key("general.alignment", U32, u32(3))],
                           tensors=[tensor("a", [4])], data=b"\0" * 64),
    "no-alignment-2-to-31": file(keys=[key("general.alignment", U32, u32(2**31))],
                                 tensors=[tensor("a", [4])], data=b"\0" * 64),
    "no-alignment-2-to-63": file(keys=[key("general.alignment", U64, u64(2**63))],
                                 tensors=[tensor("a", [4])], data=b"\0" * 64),
    "no-alignment-all-ones": file(keys=[key("general.alignment", U32, u32(0xFFFFFFFF))],
                                  tensors=[tensor("a", [4])], data=b"\0" * 64),
    "no-alignment-a-string": file(keys=[key("general.alignment", STRING, text("32"))]),
    "no-alignment-array": file(keys=[key("general.alignment", ARRAY, array(U32, [u32(32)]))]),

    # short files
    "no-empty": b"",
    "no-magic-only": b"GGUF",
    "no-ends-in-counts": file()[:20],
}


def main():
    folder = pathlib.Path(__file__).resolve().parent / "corpus" / "gguf"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.gguf"):
        if old.stem.startswith(("ok-", "no-")):
            old.unlink()
    for name, data in cases.items():
        (folder / f"{name}.gguf").write_bytes(data)
    print(f"{len(cases)} files in {folder}")


if __name__ == "__main__":
    main()
