# SPDX-License-Identifier: Apache-2.0
"""Documents with facts in them, and for every fact the questions that ask for it and the passage that answers.

An answer about a document is always a quotation with its citation, `"The library opens at 9:30." [1]`: the model
copies, it does not phrase. [1] is the first document of the conversation, [2] the second.
A list of wordings is written "a | b || x | y"; what stands behind "||" is held out of training.
"""
from dataclasses import dataclass, field

from fields import FORMS
from words import (ACTIONS, ADJS, ADVERBS, COLOURS, FILLER, MONTHS, NOUNS, PREPS, REASONS, VERBS, heldout)

ABSENT = "The document does not say."
ABSENT_ALL = "The documents do not say."


def wordings(text):
    """(training, held out) of a list of wordings."""
    a, _, b = text.partition("||")
    return tuple([x.strip() for x in s.split("|") if x.strip()] for s in (a, b))


# What a text can say about a thing {k}: sentences, questions, and the kind of the value {v}.
FAMILIES = [(wordings(s), wordings(q), v) for s, q, v in [
    ("The {k} opens at {v}. | From {v} on the {k} is open. | Visitors can enter the {k} after {v}. || The doors of the {k} open at {v}.",
     "When does the {k} open? | At what time does the {k} open? | What time does the {k} open? || From when is the {k} open?", "time"),
    ("The {k} costs {v}. | The price of the {k} is {v}. | We paid {v} for the {k}. | For the {k} they ask {v}. || A {k} was sold for {v}.",
     "How much is the {k}? | What does the {k} cost? | What is the price of the {k}? || How expensive is the {k}? | How much did the {k} cost?", "money"),
    ("The {k} is in {v}. | You find the {k} in {v}. | In {v} stands the {k}. | The {k} was moved to {v}. || The way to the {k} leads through {v}.",
     "Where is the {k}? | In which place is the {k}? | Where do I find the {k}? || In which city is the {k}? | Where can the {k} be found?", "city"),
    ("{v} leads the {k}. | The {k} is led by {v}. | The head of the {k} is {v}. | Since last year {v} has led the {k}. || Nobody but {v} may direct the {k}.",
     "Who leads the {k}? | Who is the head of the {k}? | Who is in charge of the {k}? || By whom is the {k} led? | Who directs the {k}?", "person"),
    ("The {k} was built in {v}. | In {v} the {k} was built. | The {k} dates from {v}. | They finished the {k} in {v}. || It was in {v} that the {k} was built.",
     "When was the {k} built? | In which year was the {k} built? | How old is the {k}? || From which year is the {k}? | What year was the {k} built?", "year"),
    ("The {k} takes place on {v}. | On {v} there is the {k}. | The date of the {k} is {v}. | We meet for the {k} on {v}. || Come to the {k} on {v}.",
     "When is the {k}? | On which day is the {k}? | When does the {k} take place? | What is the date of the {k}? || On what date is the {k}?", "date"),
    ("The {k} has {v} rooms. | There are {v} rooms in the {k}. | In all, the {k} counts {v} rooms. || The {k} offers {v} rooms.",
     "How many rooms does the {k} have? | How many rooms are in the {k}? || What is the number of rooms in the {k}?", "number"),
    ("The {k} belongs to {v}. | {v} owns the {k}. | The owner of the {k} is {v}. | They sold the {k} to {v}. || In the end {v} bought the {k}.",
     "Who owns the {k}? | To whom does the {k} belong? | Who is the owner of the {k}? || Whose is the {k}?", "owner"),
    ("The {k} is painted {v}. | They painted the {k} {v}. | The color of the {k} is {v}. || Everybody knows the {v} {k}.",
     "What color is the {k}? | Which color does the {k} have? || What is the color of the {k}?", "colour"),
    ("The {k} grew because {v}. | Because {v}, the {k} grew. | The {k} became larger because {v}. || That {v} is why the {k} grew.",
     "Why did the {k} grow? | What made the {k} grow? | Why did the {k} become larger? || What is the reason that the {k} grew?", "reason"),
    ("The {k} is {v} metres long. | The length of the {k} is {v} metres. | With {v} metres, the {k} is the longest. || Over {v} metres runs the {k}.",
     "How long is the {k}? | What is the length of the {k}? || How many metres long is the {k}?", "number"),
    ("The phone number of the {k} is {v}. | Call the {k} at {v}. | The {k} can be reached at {v}. || Whoever needs the {k} calls {v}.",
     "What is the phone number of the {k}? | How can I reach the {k}? | Which number does the {k} have? || How do I call the {k}?", "phone"),
    ("The code of the {k} is {v}. | The {k} has the code {v}. | Use {v} to enter the {k}. | Code for the {k}: {v}. || Only with {v} one gets into the {k}.",
     "What is the code of the {k}? | Which code does the {k} have? | Which code do I need for the {k}? || Tell me the code of the {k}.", "code"),
    ("{v} designed the {k}. | The {k} was designed by {v}. | The {k} is a work of {v}. | For years {v} worked on the {k}. || Without {v} there would be no {k}.",
     "Who designed the {k}? | By whom was the {k} designed? | Who worked on the {k}? || Who made the {k}?", "person"),
    ("The {k} must be ready by {v}. | By {v} the {k} has to be ready. | The deadline for the {k} is {v}. || Nobody waits for the {k} beyond {v}.",
     "When must the {k} be ready? | What is the deadline for the {k}? | By when must the {k} be ready? || Until when is there time for the {k}?", "date"),
    ("About the {k} it was decided to {v}. | For the {k} they decided to {v}. | The plan for the {k} is to {v}. || As to the {k}, the wish is to {v}.",
     "What was decided about the {k}? | What is the plan for the {k}? | What did they decide for the {k}? || What should be done about the {k}?", "action"),
]]
ANY = wordings("""What does it say about the {k}? | What do we learn about the {k}? | Quote the sentence about the {k}. | Find the {k}. |
 Which sentence mentions the {k}? | What is said about the {k}? | What about the {k}? | Where is the {k} mentioned? | Look up the {k}.
 || Tell me about the {k}. | Is there anything about the {k}? | What does the text say on the {k}?""")
FIELD = wordings("""What is the {k}? | Which {k} is given? | Give me the {k}. | Find the {k}. | Tell me the {k}. | {k}? | Look up the {k}. | And the {k}?
 || What does it say for {k}? | Please find the {k}. | Which {k} does it have?""")
SUMMARIZE = wordings("""Summarize this document. | Summarize this. | Summarize the document. | What is this document about? | Give me a summary. |
 Please summarize. | Summarise this. | What is this about? | What does the document say? | Give a short summary. | Write a summary. | Sum up this document. |
 Summary, please. | Can you summarize this? | Can you summarize the file? | What are the main points? | Shorten this.
 || Please give me a short summary of this. | What does this file say? | Could you sum this up? | In short, what is this about?""")
SUMMARIZE_ALL = wordings("""Summarize these files. | Summarize the documents. | Summarize all files. | What are these documents about? | Give me a summary of all files.
 || Sum up these files. | What do these documents say?""")
FIRST = wordings("""How does it begin? | How does the text begin? | What is the first sentence? | Quote the first sentence. | How does it start?
 || What does the text start with? | Give me the first sentence.""")
LAST = wordings("How does it end? | How does the text end? | What is the last sentence? | Quote the last sentence. || What does the text end with? | Give me the last sentence.")
COPY = wordings("Repeat the document. | Copy the document. | Read it to me. | Write the text again. || Quote the whole document.")
FIELD_KEYS = """status owner color size weight price number code place date author title version room floor phone contact budget start end
 category supplier address length height speed material language model driver gate seat table team level result target limit""".split()


@dataclass
class Fact:
    questions: tuple           # wordings, with {k} where a key belongs
    quote: str
    key: str = ""


@dataclass
class Doc:
    name: str
    text: str
    facts: list
    lead: list                 # the passages that sum it up
    absent: list = field(default_factory=list)   # wordings of questions it has no answer to
    first: str = ""
    last: str = ""

    def block(self):
        """As the application's prompt builder writes it."""
        return f'<document name="{self.name}">\n{self.text}\n</document>\n\n'


class Writer:
    """Writes documents. `held` takes names and things from the part of the name space that training never sees."""

    def __init__(self, rng, names, held):
        self.r, self.names, self.held = rng, names, held

    # ---- words
    def thing(self):
        r = self.r
        while True:
            q = r.random()
            noun = r.choice(NOUNS)
            if q < .45:
                k = f"{r.choice(ADJS)} {noun}"
            elif q < .6:
                k = f"{self.names.word().capitalize()} {noun}"
            elif q < .75:
                k = f"{self.names.word()}"
            elif q < .85:
                k = f"{noun} of {self.names.city()}"
            else:
                k = f"{noun} {r.choice(NOUNS)}"
            if heldout(k) == self.held:
                return k

    def date(self):
        r = self.r
        return f"{r.randint(1, 28)} {r.choice(MONTHS)} {r.randint(2010, 2032)}"

    def value(self, kind):
        r, n = self.r, self.names
        if kind == "time":
            return f"{r.randint(5, 22)}:{r.choice(['00', '15', '30', '45', '10', '20'])}"
        if kind == "money":
            v = r.choice([r.randint(2, 99), r.randint(100, 9999), r.randint(10000, 99999)])
            return r.choice(["{:,} euros", "${:,}", "{:,} dollars", "EUR {:,}", "{:,} pounds"]).format(v)
        if kind == "owner":
            return n.person() if r.random() < .5 else n.firm()
        if kind in ("city", "person"):
            return getattr(n, kind)()
        if kind == "year":
            return str(r.randint(1700, 2030))
        if kind == "number":
            return str(r.randint(2, 9999))
        if kind == "colour":
            return r.choice(list(COLOURS))
        if kind == "reason":
            return r.choice(REASONS)
        if kind == "action":
            return r.choice(ACTIONS)
        if kind == "phone":
            return f"{r.randint(100, 999)} {r.randint(1000, 9999)}"
        if kind == "code":
            return self.code()
        return self.date()

    def code(self):
        r = self.r
        letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghkmnpqrstuvwxyz0123456789"
        return "".join(r.choice(letters) for _ in range(r.randint(2, 4))) + r.choice(["-", "", "/"]) + str(r.randint(10, 9999))

    def sentence(self, odd=.25):
        """A grammatical sentence without sense; `odd` is the share of words no dictionary has."""
        r = self.r

        def noun():
            return (r.choice(ADJS) + " " if r.random() < .5 else "") + (self.names.word() if r.random() < odd else r.choice(NOUNS))

        def det():
            return r.choice(["the", "the", "a", "every", "this", "our"])
        s = f"{det()} {noun()} {r.choice(VERBS)} {det()} {noun()}"
        if r.random() < .5:
            s += f" {r.choice(PREPS)} {det()} {noun()}"
        if r.random() < .25:
            s += " " + r.choice(ADVERBS)
        if r.random() < .12:
            s = f"in {r.randint(1950, 2030)} " + s
        return s[0].upper() + s[1:] + "."

    def pick(self, choice, new):
        """One wording; `new` takes those held out, where there are any."""
        return self.r.choice(choice[1] if new and choice[1] else choice[0])

    def file_name(self, stems=("notes", "text", "report", "article", "readme", "info", "paper")):
        r = self.r
        stem = r.choice(stems) if r.random() < .5 else self.names.word()
        return stem + (f"_{r.randint(1, 2030)}" if r.random() < .2 else "") + r.choice([".txt", ".pdf", ".docx", ".md", ".txt"])

    # ---- documents
    def prose(self, facts, new, filler=.3):
        """Sentences about things, in paragraphs, lines or lists. `facts` is about how many sentences it has."""
        r = self.r
        made, said, keys = [], [], set()
        families = r.sample(FAMILIES, min(len(FAMILIES), r.choice([2, 3, 6, 16])))
        while len(said) < facts:
            if r.random() < filler:
                said.append(r.choice(FILLER) if r.random() < .3 else self.sentence())
                continue
            sentences, questions, kind = r.choice(families)
            k = self.thing()
            if k in keys:
                continue
            keys.add(k)
            s = self.pick(sentences, new and r.random() < .5).format(k=k, v=self.value(kind))
            s = s[0].upper() + s[1:]
            made.append(Fact(questions, s, k))
            said.append(s)
        title = r.choice(["", "", "# {}", "{}", "About {}"]).format(" ".join(self.thing().capitalize().split()[:3]))
        layout = r.random()
        heads = [title] if title else []
        if layout < .6:
            paragraphs, i = [], 0
            while i < len(said):
                n = r.randint(1, 5)
                paragraphs.append(said[i:i + n])
                i += n
            text = r.choice(["\n\n", "\n"]).join(heads + [" ".join(p) for p in paragraphs])
            lead = [p[0] for p in paragraphs][:3]
        else:
            mark = r.choice(["", "- ", "* ", "{}. "])
            text = "\n".join(heads + [mark.format(i + 1) + s for i, s in enumerate(said)])
            lead = said[:3]
        absent = [(q, self.thing()) for _, q, _ in r.sample(FAMILIES, 3)] + [(ANY, self.thing())]
        return Doc(self.file_name(), text, made, lead, [a for a in absent if a[1] not in keys], said[0], said[-1])

    def table(self, rows):
        """Keys and values, a line each."""
        r = self.r
        sep = r.choice([": ", ": ", " = ", " | ", " - ", ", "])
        mark = r.choice(["", "", "- "])
        keys = set()
        while len(keys) < rows:
            keys.add(f"{r.choice(FIELD_KEYS)}" if r.random() < .4 else r.choice([self.thing, self.thing, self.code])())
        made, lines = [], []
        for k in sorted(keys, key=lambda _: r.random()):
            kind = r.choice(["time", "money", "city", "person", "year", "date", "number", "owner", "colour", "phone", "code", "action"])
            s = k[0].upper() + k[1:] + sep + self.value(kind) if r.random() < .5 else k + sep + self.value(kind)
            made.append(Fact(FIELD, s, k))
            lines.append(s)
        head = [self.thing().capitalize()] if r.random() < .4 else []
        absent = [(FIELD, k) for k in r.sample(FIELD_KEYS, 4) if k not in keys] + [(FIELD, self.thing())]
        return Doc(self.file_name(("list", "data", "table", "items", "config")), "\n".join(head + [mark + s for s in lines]), made, lines[:3],
                   absent, lines[0], lines[-1])

    def form(self, kind=None):
        """An invoice, a letter, a report, minutes or a memo."""
        kind = kind or self.r.choice(list(FORMS))
        text, found, lead, absent = FORMS[kind](self)
        facts = [Fact(q, s) for q, s in found]
        lines = [s for s in text.split("\n") if s]
        return Doc(self.file_name((kind, kind, "scan", "mail")), text, facts, lead, [(q, "") for q in absent], lines[0], lines[-1])

    def document(self, sentences, new):
        q = self.r.random()
        if q < .5:
            return self.prose(sentences, new)
        if q < .75:
            return self.table(max(2, min(40, sentences)))
        return self.form()

    # ---- questions
    def ask(self, doc, fact, new):
        general = bool(fact.key) and fact.questions is not FIELD and self.r.random() < .3
        return self.pick(ANY if general else fact.questions, new).format(k=fact.key)

    def ask_absent(self, doc, new):
        q, k = self.r.choice(doc.absent)
        return self.pick(q, new).format(k=k)


def cite(quote, number=1):
    return f'"{quote}" [{number}]'


def cite_all(quotes, numbers):
    return "\n".join(cite(q, n) for q, n in zip(quotes, numbers))
