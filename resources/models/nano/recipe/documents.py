# SPDX-License-Identifier: Apache-2.0
"""Documents with facts in them, and for every fact the questions that ask for it and the passage that answers.

An answer about a document is always a quotation with its citation, `"The library opens at 9:30." [1]`: the model
copies, it does not phrase. [1] is the first document of the conversation, [2] the second; in a document whose text
names its places, as the application writes them ("[page 3]" on a line of its own), the citation names the last place
before the passage, `[1, page 3]`.
"""
import re
from dataclasses import dataclass, field

import languages
import papers
from fields import FORMS
from words import COLOURS, heldout

PLACE = re.compile(r"^\[((?:page|slide|sheet) [^\]]+)\]$", re.M)


@dataclass
class Fact:
    questions: tuple           # wordings, with the slots of a thing
    quote: str
    slots: dict = field(default_factory=dict)

    @property
    def key(self):
        return self.slots.get("k", "")


@dataclass
class Doc:
    name: str
    text: str
    facts: list
    lead: list                 # the passages that sum it up
    absent: list = field(default_factory=list)   # (wordings, slots) of questions it has no answer to
    first: str = ""
    last: str = ""

    def block(self):
        """As the application's prompt builder writes it."""
        return f'<document name="{self.name}">\n{self.text}\n</document>\n\n'

    def place(self, at):
        """The place that the text names last before an offset in it; "" where it names none."""
        names = [m[1] for m in PLACE.finditer(self.text, 0, at)]
        return names[-1] if names else ""

    def cite(self, quote, number=1, last=False):
        """A passage with its citation; of several the first, or the last."""
        place = self.place(self.text.rindex(quote) if last else self.text.index(quote))
        return f'"{quote}" [{number}, {place}]' if place else f'"{quote}" [{number}]'

    def cite_lead(self, number=1, most=9):
        return "\n".join(self.cite(q, number) for q in self.lead[:most])


class Writer:
    """Writes documents in `lang`. `held` takes names and things from the part of the name space that training never sees."""

    def __init__(self, rng, names, held, lang="en"):
        self.r, self.names, self.held, self.lang = rng, names, held, languages.load(lang)

    # ---- words
    def thing(self):
        """The cases of a thing; {k} is the name itself."""
        while True:
            slots = self.lang.thing(self.r, self.names)
            if heldout(slots["k"]) == self.held:
                return slots

    def write(self, template, **slots):
        """A sentence of a template: its slots filled, joined as the language joins, its first letter a capital (a bare name stays as it is)."""
        s = self.lang.finish(template.format(**slots))
        return s if template.startswith("{k}") else s[:1].upper() + s[1:]

    def value(self, kind):
        r, n = self.r, self.names
        if kind in ("time", "clock"):
            return f"{r.randint(5, 22)}:{r.choice(['00', '15', '30', '45', '10', '20'])}"
        if kind == "money":
            return self.lang.money(r, r.choice([r.randint(2, 99), r.randint(100, 9999), r.randint(10000, 99999)]))
        if kind == "owner":
            return n.person() if r.random() < .5 else n.firm()
        if kind in ("city", "person", "firm"):
            return getattr(n, kind)()
        if kind == "year":
            return str(r.randint(1700, 2030))
        if kind == "number":
            return str(r.randint(2, 9999))
        if kind == "colour":
            return self.lang.COLOURS[r.choice(list(COLOURS))]
        if kind == "reason":
            return r.choice(self.lang.REASONS)
        if kind == "action":
            return r.choice(self.lang.ACTIONS)
        if kind == "subject":
            return r.choice(self.lang.SUBJECTS)
        if kind == "phone":
            return f"{r.randint(100, 999)} {r.randint(1000, 9999)}"
        if kind == "code":
            return self.code()
        assert kind == "date", kind
        return self.lang.date(r)

    def date(self):
        return self.lang.date(self.r)

    def code(self):
        r = self.r
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz0123456789"
        return "".join(r.choice(letters) for _ in range(r.randint(2, 4))) + r.choice(["-", "", "/"]) + str(r.randint(10, 9999))

    def sentence(self):
        return self.lang.sentence(self.r, self.names)

    def pick(self, choice, new):
        """One wording; `new` takes those held out, where there are any."""
        return self.r.choice(choice[1] if new and choice[1] else choice[0])

    def file_name(self, stems=None):
        r = self.r
        stem = r.choice(stems or self.lang.STEMS) if r.random() < .5 else self.names.word()
        return stem + (f"_{r.randint(1, 2030)}" if r.random() < .2 else "") + r.choice([".txt", ".pdf", ".docx", ".md", ".txt"])

    # ---- documents
    def prose(self, facts, new, filler=.3):
        """Sentences about things, in paragraphs, lines or lists. `facts` is about how many sentences it has."""
        r, lang = self.r, self.lang
        made, said, keys = [], [], set()
        families = r.sample(lang.FAMILIES, min(len(lang.FAMILIES), r.choice([2, 3, 6, 16])))
        while len(said) < facts:
            if r.random() < filler:
                said.append(r.choice(lang.FILLER) if r.random() < .3 else self.sentence())
                continue
            sentences, questions, kind = r.choice(families)
            slots = self.thing()
            if slots["k"] in keys:
                continue
            keys.add(slots["k"])
            s = self.write(self.pick(sentences, new and r.random() < .5), **slots, v=self.value(kind))
            made.append(Fact(questions, s, slots))
            said.append(s)
        title = r.choice(["", "", "# {}", "{}"]).format(self.heading())
        layout = r.random()
        heads = [title] if title else []
        if layout < .6:
            paragraphs, i = [], 0
            while i < len(said):
                n = r.randint(1, 5)
                paragraphs.append(said[i:i + n])
                i += n
            blocks = [" ".join(p) for p in paragraphs]
            lead = [p[0] for p in paragraphs][:3]
            text = r.choice(["\n\n", "\n"]).join(heads + self.placed(blocks))
        else:
            mark = r.choice(["", "- ", "* ", "{}. "])
            text = "\n".join(heads + self.placed([mark.format(i + 1) + s for i, s in enumerate(said)]))
            lead = said[:3]
        absent = [(q, self.thing()) for _, q, _ in r.sample(lang.FAMILIES, 3)] + [(lang.ANY, self.thing())]
        return Doc(self.file_name(), text, made, lead, [a for a in absent if a[1]["k"] not in keys], said[0], said[-1])

    def heading(self):
        k = " ".join(self.thing()["k"].split()[:3])
        return k[0].upper() + k[1:]

    def placed(self, blocks):
        """Blocks of a text, in one document of four with the lines that name pages or slides before some of them."""
        r = self.r
        if r.random() > .25:
            return blocks
        kind, number, out = r.choice(["page", "page", "page", "slide"]), r.choice([1, 1, r.randint(1, 90)]), []
        for i, b in enumerate(blocks):
            if i == 0 or r.random() < .4:
                out.append(f"[{kind} {number}]")
                number += 1
            out.append(b)
        return out

    def table(self, rows):
        """Keys and values, a line each."""
        r, lang = self.r, self.lang
        sep = r.choice([": ", ": ", " = ", " | ", " - ", ", "])
        mark = r.choice(["", "", "- "])
        keys = {}
        while len(keys) < rows:
            k = r.choice(lang.FIELD_KEYS) if r.random() < .4 else self.code() if r.random() < .33 else self.thing()["k"]
            keys[k] = True
        made, lines = [], []
        for k in keys:
            kind = r.choice(["time", "money", "city", "person", "year", "date", "number", "owner", "colour", "phone", "code", "action"])
            s = k[0].upper() + k[1:] + sep + self.value(kind) if r.random() < .5 else k + sep + self.value(kind)
            made.append(Fact(lang.FIELD, s, {"k": k}))
            lines.append(s)
        head = [self.heading()] if r.random() < .4 else []
        head += [f"[sheet {self.names.word().capitalize()}, A1:B{rows}]"] if r.random() < .15 else []
        absent = [(lang.FIELD, {"k": k}) for k in r.sample(lang.FIELD_KEYS, 4) if k not in keys]
        other = self.thing()["k"]
        absent += [(lang.FIELD, {"k": other})] if other not in keys else []
        return Doc(self.file_name(("list", "data", "table", "items", "config")), "\n".join(head + [mark + s for s in lines]), made, lines[:3],
                   absent, lines[0], lines[-1])

    def form(self, new=False):
        """A business paper: in English also the invoices, letters, reports, minutes and memos of fields.py."""
        if self.lang.CODE == "en" and self.r.random() < .7:
            kind = self.r.choice(list(FORMS))
            text, found, lead, absent = FORMS[kind](self)
        else:
            kind, text, found, lead, absent = papers.write(self, new)
        facts = [Fact(q, s) for q, s in found]
        lines = [s for s in text.split("\n") if s]
        return Doc(self.file_name((kind, kind, "scan", "mail")), text, facts, lead, [(q, {}) for q in absent], lines[0], lines[-1])

    def portrait(self, new):
        """Two or three things, of each several facts: for questions that go on about the thing asked for before."""
        r, lang = self.r, self.lang
        things = []
        while len(things) < r.choice([2, 3]):
            slots = self.thing()
            if slots["k"] not in [t["k"] for t in things]:
                things.append(slots)
        made = [(slots, family) for slots in things for family in r.sample(lang.FAMILIES, r.randint(2, 4))]
        if r.random() < .5:
            r.shuffle(made)
        facts = [Fact(questions, self.write(self.pick(sentences, new and r.random() < .5), **slots, v=self.value(kind)), slots)
                 for slots, (sentences, questions, kind) in made]
        said = [f.quote for f in facts]
        for _ in range(r.randint(0, 3)):
            said.insert(r.randint(0, len(said)), self.sentence())
        text = "\n".join(self.placed(said)) if r.random() < .5 else " ".join(said)
        return Doc(self.file_name(), text, facts, said[:3], [], said[0], said[-1])

    def document(self, sentences, new):
        q = self.r.random()
        if q < .5:
            return self.prose(sentences, new)
        if q < .75:
            return self.table(max(2, min(40, sentences)))
        return self.form(new)

    # ---- questions
    def ask(self, doc, fact, new):
        general = bool(fact.key) and fact.questions is not self.lang.FIELD and self.r.random() < .3
        return self.write(self.pick(self.lang.ANY if general else fact.questions, new), **fact.slots)

    def ask_on(self, fact, new):
        """The question for a fact when its thing was named before: "When does it open?" """
        said = self.lang.referring(self.pick(fact.questions, new), fact.slots)
        return said[:1].upper() + said[1:] if said else self.write(self.pick(fact.questions, new), **fact.slots)

    def ask_absent(self, doc, new):
        q, slots = self.r.choice(doc.absent)
        return self.write(self.pick(q, new), **slots)
