#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes chats.json: dialogues and the ids that a family's own template and Hugging Face tokenizers make of
# them. The templates are the publishers' and not kept here. Usage: make_chats.py LLAMA3.jinja QWEN3.jinja
import json
import pathlib
import sys

import gguf
import jinja2.ext
import jinja2.sandbox
from tokenizers import AddedToken

import make_texts

HERE = pathlib.Path(__file__).parent
CHATML = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' "
          "+ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")

DIALOGUES = [
    [("user", "Hello!")],
    [("system", "You are a terse assistant."), ("user", "What is 12345 + 1?")],
    [("user", "Hi"), ("assistant", "Hello. How can I help?"), ("user", "Say \"yes\".")],
    [("system", "Answer in German."), ("user", "Wie spät ist es?"), ("assistant", "Es ist spät."), ("user", "Und jetzt?"),
     ("assistant", "Immer noch."), ("user", "Danke \U0001f600")],
    [("user", "Code:\n\n```python\ndef f(x):\n    return x  # 你好\n```\nWhat does it do?")],
    [("user", "a\n\n\nb\tc   d"), ("assistant", "1. one\n2. two\n\n- three"), ("user", "Go on")],
    [("system", "Line one.\nLine two."), ("user", "नमस्ते, مرحبا, שלום")],
    [("user", "Quoted: <b>not a token</b> </s> [INST]")],
]
WITH_ITS_OWN = [
    [("user", "Why?"), ("assistant", "<think>\nLet me see.\n\nHm.\n</think>\n\nBecause."), ("user", "And?")],
    [("user", "Why?"), ("assistant", "<think>\n\n</think>\n\nBecause."), ("user", "And?"),
     ("assistant", "no tags here"), ("user", "ok")],
    [("user", "Look it up."), ("assistant", "Looking."), ("tool", "12 results\nfirst: x"), ("user", "So?")],
]


def reader_of(model, rules):
    fields = gguf.GGUFReader(HERE / model / "model.gguf").fields
    read = lambda key: [bytes(fields[key].parts[i]).decode() for i in fields[key].data]
    types = [int(fields["tokenizer.ggml.token_type"].parts[i][0]) for i in fields["tokenizer.ggml.token_type"].data]
    tokens = read("tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ", 1)) for m in read("tokenizer.ggml.merges")]
    made = make_texts.tokenizer(*make_texts.FAMILIES[rules], {t: i for i, t in enumerate(tokens)}, merges)
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, types) if k == 3])
    made.add_tokens([AddedToken(t, special=False, normalized=False) for t, k in zip(tokens, types) if k == 4])
    return made


def render(template, messages, **more):
    world = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                         extensions=[jinja2.ext.loopcontrols])
    return world.from_string(template).render(messages=messages, add_generation_prompt=True, **more)


def main():
    llama3, qwen3 = (pathlib.Path(path).read_text() for path in sys.argv[1:3])
    families = [
        ("Llama 3", "llama3", "llama-bpe", llama3, {"bos_token": "<|begin_of_text|>"}, DIALOGUES),
        ("ChatML", "qwen3", "qwen2", qwen3, {"enable_thinking": False}, DIALOGUES + WITH_ITS_OWN),
        ("ChatML without thoughts", "qwen3", "qwen2", CHATML, {}, DIALOGUES),
    ]
    rows = []
    for name, model, rules, template, more, dialogues in families:
        tokenizer = reader_of(model, rules)
        for dialogue in dialogues:
            messages = [{"role": role, "content": content} for role, content in dialogue]
            text = render(template, messages, **more)
            rows.append(json.dumps({"format": name, "model": model, "messages": messages, "rendered": text,
                                    "ids": tokenizer.encode(text, add_special_tokens=False).ids},
                                   separators=(",", ":")))
    (HERE / "chats.json").write_text('{"dialogues":[\n' + ",\n".join(rows) + "\n]}\n")
    print(len(rows), (HERE / "chats.json").stat().st_size)


if __name__ == "__main__":
    main()
