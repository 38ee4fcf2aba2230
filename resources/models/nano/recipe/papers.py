# SPDX-License-Identifier: Apache-2.0
"""Business papers written as layouts with slots, for every language: the text, and for every slot the passage it stands in.

A layout is a text with slots ({person}, {date2}: the kind of value is the name without its digit); " ~ " parts the
sentences of a line. The passage that answers a question for a slot is the sentence or line the slot stands in.
Layouts behind "====" are held out of training.
"""
import re

BREAK = " ~ "


def layouts(text):
    """(training, held out) layouts of a paper, as lists of lines, each a list of sentences."""
    known, *held = ([line.split(BREAK) for line in one.split("\n")] for one in text.split("\n====\n"))
    return [known], held


def fill(writer, layout):
    """(text, {slot: passage}) with every slot given a value; the first passage that has a slot is its answer."""
    values, passages, lines = {}, {}, []

    def value(match):
        name = match[1]
        if name not in values:
            values[name] = writer.value(re.sub(r"\d", "", name))
        return values[name]
    for line in layout:
        said = []
        for sentence in line:
            text = writer.lang.finish(re.sub(r"{(\w+)}", value, sentence))
            if not said or said[-1][-1] in ".!?":
                text = text[:1].upper() + text[1:]
            said.append(text)
            for name in re.findall(r"{(\w+)}", sentence):
                passages.setdefault(name, text)
        lines.append(" ".join(said))
    return "\n".join(lines), passages


def write(writer, new, kind=None):
    """-> (kind, text, [(questions, passage)], passages that sum it up, questions without an answer)."""
    kind = kind or writer.r.choice(list(writer.lang.PAPERS))
    layout, ask, lead, absent = writer.lang.PAPERS[kind]
    known, held = layouts(layout)
    text, passages = fill(writer, writer.r.choice(held if new and held else known))
    found = [(q, passages[slot]) for slot, q in ask.items()]
    leading = list(dict.fromkeys(passages[slot] for slot in lead))   # two slots in one passage: said once
    return kind, text, found, leading, [([q], []) for q in absent]
