# SPDX-License-Identifier: Apache-2.0
"""Byte-level BPE with Llama 4's pre-tokenizer regex and special tokens, trained on the synthetic text."""
import json
import re
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>",
           "<|finetune_right_pad|>", "<|image_start|>", "<|image_end|>", "<|tile_x_separator|>", "<|tile_y_separator|>",
           "<|image|>", "<|patch|>"]


def train_tokenizer(texts, vocab_size):
    """Digits are kept apart in the training text, so that no merge ever joins digits: numbers stay one token a digit."""
    t = Tokenizer(models.BPE(byte_fallback=False))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(O200K), "isolated", False),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    tr = trainers.BpeTrainer(vocab_size=vocab_size - len(SPECIAL), initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
                             special_tokens=[], show_progress=False, min_frequency=2)
    t.train_from_iterator((re.sub(r"\d", " ", s) for s in texts), tr)
    base = t.get_vocab_size()
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    assert t.get_vocab_size() == vocab_size, (base, t.get_vocab_size(), vocab_size)
    return t


class Chat:
    """Encodes conversations into ids, loss mask and tiles, in Llama 4's chat and image format."""

    def __init__(self, tok, tokens_per_tile):
        self.t, self.n = tok, tokens_per_tile
        self.id = {s: tok.token_to_id(s) for s in SPECIAL}
        self.eot, self.pad, self.patch, self.bos = (self.id[s] for s in ("<|eot|>", "<|finetune_right_pad|>", "<|patch|>", "<|begin_of_text|>"))
        self.cache = {}

    def text(self, s):
        if len(s) > 40:
            return self.t.encode(s, add_special_tokens=False).ids
        r = self.cache.get(s)
        if r is None:
            r = self.cache[s] = self.t.encode(s, add_special_tokens=False).ids
            if len(self.cache) > 200000:
                self.cache.clear()
        return r

    def image(self, grid):
        i, (gh, gw) = self.id, grid
        p = [self.patch] * self.n
        out = [i["<|image_start|>"]]
        if gh * gw > 1:
            for _ in range(gh):
                for x in range(gw):
                    out += p + ([i["<|tile_x_separator|>"]] if x < gw - 1 else [])
                out.append(i["<|tile_y_separator|>"])
        return out + [i["<|image|>"]] + p + [i["<|image_end|>"]]

    def header(self, role):
        return [self.id["<|header_start|>"]] + self.text(role) + [self.id["<|header_end|>"]] + self.text("\n\n")

    def content(self, parts):
        """Adjacent strings are merged first, so that text is tokenized exactly as a runtime would."""
        ids, tiles, buf = [], [], ""
        for p in parts:
            if isinstance(p, str):
                buf += p
                continue
            if buf:
                ids += self.text(buf)
                buf = ""
            ids += self.image(p.grid)
            tiles.append(p.tiles)
        if buf:
            ids += self.text(buf)
        return ids, tiles

    def encode(self, msgs, prompt_only=False):
        ids, mask, tiles = [self.bos], [0], []
        if prompt_only and msgs[-1][0] == "assistant":
            msgs = msgs[:-1]
        for role, parts in msgs:
            h = self.header(role)
            c, t = self.content(parts)
            body = c + [self.eot]
            ids += h + body
            mask += [0] * len(h) + [1 if role == "assistant" else 0] * len(body)
            tiles += t
        if prompt_only:
            ids += self.header("assistant")
        return ids, mask, tiles

    def render(self, msgs, marker="<__media__>"):
        """The same prompt as text, with `marker` for each image (for llama.cpp tools); without the leading BOS."""
        out = ""
        for role, parts in msgs:
            out += f"<|header_start|>{role}<|header_end|>\n\n" + "".join(p if isinstance(p, str) else marker for p in parts) + "<|eot|>"
        return out


CHAT_TEMPLATE = """{{- bos_token }}{%- for m in messages %}{{- '<|header_start|>' + m['role'] + '<|header_end|>\\n\\n' }}{%- if m['content'] is string %}{{- m['content'] }}{%- else %}{%- for c in m['content'] %}{%- if c['type'] == 'image' %}{{- '<|image|>' }}{%- elif c['type'] == 'text' %}{{- c['text'] }}{%- endif %}{%- endfor %}{%- endif %}{{- '<|eot|>' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|header_start|>assistant<|header_end|>\\n\\n' }}{%- endif %}"""


def load(path):
    return Tokenizer.from_file(str(path))


def save_hf(tok, out: Path):
    tok.save(str(out / "tokenizer.json"))
    (out / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|eot|>",
        "pad_token": "<|finetune_right_pad|>", "clean_up_tokenization_spaces": False, "add_bos_token": True,
        "model_max_length": 8192, "chat_template": CHAT_TEMPLATE,
        "added_tokens_decoder": {str(tok.token_to_id(s)): {"content": s, "lstrip": False, "normalized": False, "rstrip": False,
                                                          "single_word": False, "special": True} for s in SPECIAL}}, indent=1))
    (out / "special_tokens_map.json").write_text(json.dumps({"bos_token": "<|begin_of_text|>", "eos_token": "<|eot|>",
                                                             "pad_token": "<|finetune_right_pad|>"}, indent=1))
