#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpora of the split, load, tokenizer and chat fuzz entries.

    python3 tests/fuzz/make_model_corpus.py            # rewrites tests/fuzz/corpus/{split_gguf,...}/
"""
import pathlib
import struct

from make_gguf_corpus import (ARRAY, BOOL, F32, I32, STRING, TYPE_F16, TYPE_F32, U16, U32, array,
                              file, key, tensor, text, u32)

u16 = lambda n: struct.pack("<H", n)
f32 = lambda x: struct.pack("<f", x)
count = lambda dims: dims[0] * (count(dims[1:]) if dims[1:] else 1)
SPECIAL = ["<|begin_of_text|>", "<|header_start|>", "<|header_end|>", "<|eot|>", "<|eom|>",
           "<|end_of_text|>", "<|image_start|>", "<|image_end|>", "<|image|>", "<|patch|>",
           "<|tile_x_separator|>", "<|tile_y_separator|>"]


def written_bytes():
    """How a vocabulary writes the 256 bytes."""
    after = 0x100
    for byte in range(256):
        itself = 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or byte >= 0xAE
        yield chr(byte if itself else after)
        after += not itself


def split_keys(part, parts, tensors):
    return [key("split.no", U16, u16(part)), key("split.count", U16, u16(parts)),
            key("split.tensors.count", I32, u32(tensors))]


def part(number, parts, tensors, names, keys=()):
    return file(keys=[*split_keys(number, parts, tensors), *keys],
                tensors=[tensor(name, [4], offset=32 * i) for i, name in enumerate(names)],
                data=b"\1" * (32 * len(names)))


NAME = key("general.name", STRING, text("m"))
split_cases = {
    "two": part(0, 2, 3, ["a", "b"], [NAME]) + part(1, 2, 3, ["c"]),
    "three-first-empty": part(0, 3, 2, [], [NAME]) + part(1, 3, 2, ["a"]) + part(2, 3, 2, ["b"]),
    "one": part(0, 1, 1, ["a"]),
    "whole": file(),
    "order": part(1, 2, 2, ["a"]) + part(0, 2, 2, ["b"]),
    "same-twice": part(0, 2, 2, ["a"]) + part(0, 2, 2, ["a"]),
    "tensor-twice": part(0, 2, 2, ["a"]) + part(1, 2, 2, ["a"]),
    "too-few": part(0, 2, 9, ["a"]) + part(1, 2, 9, ["b"]),
    "other-total": part(0, 2, 2, ["a"]) + part(1, 2, 3, ["b"]),
    "other-count": part(0, 2, 2, ["a"]) + part(1, 3, 2, ["b"]),
    "other-name": part(0, 2, 2, ["a"], [NAME])
                  + part(1, 2, 2, ["b"], [key("general.name", STRING, text("n"))]),
    "count-0": file(keys=[key("split.count", U16, u16(0))]),
    "no-text": file(keys=[key("split.count", U16, u16(2)), key("split.no", STRING, text("0"))]),
    "name": b"m-00002-of-00003.gguf",
}


def weights(shapes, element_type=TYPE_F32):
    size = 4 if element_type == TYPE_F32 else 2
    descriptions, data = [], b""
    for name, dims in shapes:
        descriptions.append(tensor(name, dims, element_type, len(data)))
        data += b"\0" * (count(dims) * size)
        data += b"\0" * (-len(data) % 32)
    return descriptions, data


def text_model(**changes):
    """A llama4 model of one layer and a vocabulary of bytes and special tokens."""
    tokens = [*written_bytes(), *SPECIAL]
    sizes = {"block_count": 1, "context_length": 64, "embedding_length": 8, "vocab_size": len(tokens),
             "attention.head_count": 2, "attention.head_count_kv": 1, "attention.key_length": 4,
             "attention.value_length": 4, "rope.dimension_count": 4, "feed_forward_length": 8,
             "expert_feed_forward_length": 8, "expert_count": 2, "expert_used_count": 1,
             "interleave_moe_layer_step": 1} | changes
    keys = [key("general.architecture", STRING, text("llama4")),
            *[key(f"llama4.{name}", U32, u32(value)) for name, value in sizes.items()],
            key("llama4.attention.layer_norm_rms_epsilon", F32, f32(1e-5)),
            key("llama4.rope.freq_base", F32, f32(5e5)),
            key("tokenizer.ggml.model", STRING, text("gpt2")),
            key("tokenizer.ggml.pre", STRING, text("llama4")),
            key("tokenizer.ggml.tokens", ARRAY, array(STRING, [text(t) for t in tokens])),
            key("tokenizer.ggml.token_type", ARRAY,
                array(I32, [u32(1)] * 256 + [u32(3)] * len(SPECIAL))),
            key("tokenizer.ggml.merges", ARRAY, array(STRING, [])),
            key("tokenizer.ggml.bos_token_id", U32, u32(256)),
            key("tokenizer.ggml.eos_token_id", U32, u32(259))]
    tensors, data = weights([
        ("token_embd.weight", [8, len(tokens)]), ("output_norm.weight", [8]),
        ("blk.0.attn_norm.weight", [8]), ("blk.0.attn_q.weight", [8, 8]),
        ("blk.0.attn_k.weight", [8, 4]), ("blk.0.attn_v.weight", [8, 4]),
        ("blk.0.attn_output.weight", [8, 8]), ("blk.0.ffn_norm.weight", [8]),
        ("blk.0.ffn_gate_inp.weight", [8, 2]), ("blk.0.ffn_gate_exps.weight", [8, 8, 2]),
        ("blk.0.ffn_up_exps.weight", [8, 8, 2]), ("blk.0.ffn_down_exps.weight", [8, 8, 2]),
        ("blk.0.ffn_gate_shexp.weight", [8, 8]), ("blk.0.ffn_up_shexp.weight", [8, 8]),
        ("blk.0.ffn_down_shexp.weight", [8, 8])], TYPE_F16)
    return file(keys=keys, tensors=tensors, data=data)


def vision_model():
    c, side, patch = 8, 4, 2
    numbers = {"image_size": side * patch, "patch_size": patch, "embedding_length": c,
               "feed_forward_length": 4 * c, "block_count": 1, "attention.head_count": 2,
               "projection_dim": c, "projector.scale_factor": 2}
    three = array(F32, [f32(0.5)] * 3)
    keys = [key("general.architecture", STRING, text("clip")),
            key("clip.has_vision_encoder", BOOL, b"\1"),
            key("clip.projector_type", STRING, text("llama4")), key("clip.use_gelu", BOOL, b"\1"),
            key("clip.vision.attention.layer_norm_epsilon", F32, f32(1e-5)),
            key("clip.vision.image_mean", ARRAY, three), key("clip.vision.image_std", ARRAY, three),
            *[key(f"clip.vision.{name}", U32, u32(value)) for name, value in numbers.items()]]
    shapes = [("v.class_embd", [c]), ("v.position_embd.weight", [c, side * side + 1]),
              ("v.patch_embd.weight", [3 * patch * patch, c]),
              ("mm.model.mlp.1.weight", [4 * c, c]), ("mm.model.mlp.2.weight", [c, c]),
              ("mm.model.fc.weight", [c, c])]
    for norm in ("v.pre_ln", "v.post_ln", "v.blk.0.ln1", "v.blk.0.ln2"):
        shapes += [(norm + ".weight", [c]), (norm + ".bias", [c])]
    for name, columns, rows in (("attn_q", c, c), ("attn_k", c, c), ("attn_v", c, c),
                                ("attn_out", c, c), ("ffn_up", c, 4 * c), ("ffn_down", 4 * c, c)):
        shapes += [(f"v.blk.0.{name}.weight", [columns, rows]), (f"v.blk.0.{name}.bias", [rows])]
    tensors, data = weights(shapes)
    return file(keys=keys, tensors=tensors, data=data)


load_cases = {
    "text": text_model(),
    "heads-do-not-divide": text_model(**{"attention.head_count_kv": 3}),
    "experts-used-0": text_model(expert_used_count=0),
    "layers-huge": text_model(block_count=2**32 - 1),
    "context-huge": text_model(context_length=2**32 - 1),
    "vision": vision_model(),
}

FF = b"\xff"
WORDS = "H\nel\nlo\nhe\nhello\n\u0120w\n<|eot|>\n<|"
tokenizer_cases = {
    "words": FF.join([WORDS.encode(), b"11111131", b"e l\nl o\nh e\nhe l", b"hello wello <|eot|>"]),
    "no-bytes": FF.join([b"!a\nb", b"11", b"", b"ab"]),
    "merge-without-result": FF.join([b"ab", b"1", b"a b\nab a", b"aba"]),
    "specials-nested": FF.join([b"<a\n<ab\n<abc>\n\n", b"3333", b"", b"<a<ab<abc><abc<"]),
    "same-token-twice": FF.join([b"ab\nab\na", b"111", b"a b\na b", b"abab" * 20]),
    "foreign-characters": FF.join(["\u4e2d\n \nab ".encode(), b"111", b"a b", "\u4e2d a".encode()]),
    "long-run": FF.join([b"aa\naaaa", b"11", b"a a\naa aa", b"a" * 300]),
    "cut-text": FF.join([b"", b"", b"", b"caf\xc3\xa9 \xe2\x82 \xf0\x9f\x98\x80 \xc3"]),
    "spaces": FF.join([b"", b"", b"", b" \n\n  \t\r\n x   y's 12345 \xe1\x85\xb5"]),
}
chat_cases = {
    "question": b"\0You are brief." + FF + b"\1Hello" + FF + b"\2Hi." + FF + b"\1Again",
    "special-names": b"\1<|eot|><|header_start|>system<|header_end|>\n\n<|image|>",
    "pictures": b"\x09two" + FF + b"\x59grid <|patch|>" + FF + b"\x03tool" + FF + b"\x06continues",
    "cut-text": b"\1\xf0\x9f" + FF + b"\2\x98\x80",
    "empty": b"",
}


def main():
    for folder_name, cases in (("split_gguf", split_cases), ("model_load", load_cases),
                               ("tokenizer", tokenizer_cases), ("chat_format", chat_cases)):
        folder = pathlib.Path(__file__).resolve().parent / "corpus" / folder_name
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in cases.items():
            (folder / f"{name}.bin").write_bytes(data)
        print(f"{len(cases)} files in {folder}")


if __name__ == "__main__":
    main()
