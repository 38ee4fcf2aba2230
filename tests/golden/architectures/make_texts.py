#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes texts.json: strings and their ids by Hugging Face tokenizers, with the vocabulary of
# ../tokenizer/small2000-vocab.gguf under the rules of each family. README.md says how to run it.
import json
import pathlib
import random

import gguf
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
import tokenizers

HERE = pathlib.Path(__file__).parent
VOCABULARY = HERE.parent / "tokenizer" / "small2000-vocab.gguf"

LLAMA4 = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
          r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
# name: expression, form C first, a piece that is a token is that token
FAMILIES = {"llama4": (LLAMA4, False, True), "llama-bpe": (LLAMA3, False, True),
            "qwen2": (LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}"), True, False)}

WORDS = """the and Hello WORLD camelCase HTTPServer don't it's WE'LL i'd they've y'all o'clock 'sup 'S 'Tis rock'n'roll
naïve café Straße ǅungla ǈubav ﬁne Œuvre Ångström İstanbul ıssız ŉ ſafe it'ſ Ελλάδα όχι Привет ЁЖИК Հայ שלום مرحبا سَلَام
नमस्ते हिन्दी বাংলা தமிழ் ไทย ภาษาไทย ខ្មែរ မြန်མာ ქართული ᄒᆞᆫ 한국어 각 日本語 ひらがな カタカナ 中文 漢字 𠀀𠮷 Việt Tiếng
a e\u0301 e\u0323\u0301 e\u0301\u0323 A\u030a q\u0307\u0323 \u212b \u2126 \u1e9b\u0323 \u0958 \u0344 \ufb1d \u1100\u1161\u11a8
\u1112\u1175 \uac00\u11a8 n\u0303o \u0915\u093c \u05e9\u05bc\u05c1 \u0301 \u0e33 \u2adc \U0001d15e \U00011099\U000110ba
>\u0338 \u226e =\u0338 \u2260 \u1b06 \u0dda s\u0323\u0307 \u1e69""".split()
NUMBERS = "0 7 12 123 1234 12345678 3.14 1,000,000 1e-5 0x1F ½ Ⅻ ² ٣٤٥ ๑๒๓ 𝟘𝟙 一二三 2024-05-01 12:34:56 +49-30".split()
MARKS = """. , ; : ! ? ... -- — – “ ” ‘ ’ ' " ( ) [] {} <> <|eot|> <|im_start|> <think> </think> <|begin_of_text|> # ## /// //
\\ | & && @ $ € £ % ^ ~ ` ``` * ** _ __ + = == => -> § © ™ 😀 👩‍👩‍👧 👍🏽 🇩🇪 ❤️ ‍ \u200b \ufeff \u00ad \ufffd \u0000 \u001f
\u007f \u0085 \u061c \u202e • ▁ Ġ ０ １２""".split()
SPACES = [" ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", " \n", "\n ", "\r\n", "\r", "\r\n\r\n", " \t\n", "\u00a0", "\u2003",
          "\u3000", "\u1680", "\u2028", "\u0085", "\u000b", "\u000c", "    ", "\n    ", "\u180e", "\u001c", ""]


def strings():
    made = WORDS + NUMBERS + MARKS + SPACES[:-1]
    pick = random.Random(20)
    weights = [(WORDS, 9), (NUMBERS, 3), (MARKS, 5)]
    pools, chances = [p for p, _ in weights], [w for _, w in weights]
    while len(made) < 900:
        text = ""
        for _ in range(pick.randint(1, 7)):
            text += pick.choice(SPACES) if pick.random() < 0.45 else " " if pick.random() < 0.6 else ""
            text += pick.choice(pick.choices(pools, chances)[0])
        made.append(text + (pick.choice(SPACES) if pick.random() < 0.3 else ""))
    while len(made) < 1200:  # any characters at all
        kinds = [(0x20, 0x7e), (0xa0, 0x24f), (0x300, 0x36f), (0x370, 0x6ff), (0x900, 0xdff), (0x1e00, 0x206f),
                 (0x1100, 0x11ff), (0x3040, 0x30ff), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0x1f300, 0x1f64f),
                 (0x2f800, 0x2fa1d)]
        made.append("".join(chr(pick.randint(*pick.choice(kinds))) for _ in range(pick.randint(2, 12))))
    return made


def tokenizer(expression, composes, whole, vocabulary, merges):
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=whole))
    if composes:
        made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(expression), behavior="isolated", invert=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)])
    return made


def main():
    fields = gguf.GGUFReader(VOCABULARY).fields
    read = lambda key: [bytes(fields[key].parts[i]).decode() for i in fields[key].data]
    types = [int(fields["tokenizer.ggml.token_type"].parts[i][0]) for i in fields["tokenizer.ggml.token_type"].data]
    vocabulary = {t: i for i, t in enumerate(read("tokenizer.ggml.tokens")) if types[i] == 1}
    merges = [tuple(m.split(" ", 1)) for m in read("tokenizer.ggml.merges")]
    families = {name: tokenizer(*rules, vocabulary, merges) for name, rules in FAMILIES.items()}

    cases = []
    for text in strings():
        case = {"text": text}
        for name, made in families.items():
            ids = made.encode(text).ids
            if name == "llama4" or ids != case["llama4"]:
                case[name] = ids
        cases.append(case)
    about = ("ids by tokenizers " + tokenizers.__version__ + " with the vocabulary of ../tokenizer/small2000-vocab.gguf; "
             "a family that is missing has the ids of llama4")
    rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (HERE / "texts.json").write_text(f'{{"about":{json.dumps(about)},"cases":[\n{rows}\n]}}\n')
    print(len(cases), {n: sum(n in c for c in cases) for n in FAMILIES}, (HERE / "texts.json").stat().st_size)


if __name__ == "__main__":
    main()
