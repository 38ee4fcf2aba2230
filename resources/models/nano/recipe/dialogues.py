# SPDX-License-Identifier: Apache-2.0
"""All the conversations the model learns from, and the tasks it is measured on.

A conversation is a list of (role, parts); its prompt reads exactly as the application's prompt builder writes it:
documents in their tags, then pictures, then frames behind their [mm:ss], then the question.
"""
from documents import ABSENT, ABSENT_ALL, COPY, FIRST, LAST, SUMMARIZE, SUMMARIZE_ALL, cite, cite_all, Doc
from seeing import Seeing

MIX = dict(document=44, documents=6, copying=6, image=20, shapeless=2, two_images=1, video=6, shapeless_video=1, chat=10)


class Generator(Seeing):
    """`size` is about the most sentences of a document, `most` the most questions about one."""

    def __init__(self, split="train", seed=0, tile=112, multi_tile=0.0, mix=None, size=12, most=8):
        super().__init__(split, seed, tile, multi_tile)
        self.mix, self.size, self.most = dict(mix or MIX), size, most

    def sentences(self):
        return self.r.randint(2, max(3, self.size))

    def question(self, doc, number, asked):
        """One question about a document, with its answer; now and then one it has no answer to.

        `asked` holds the facts asked for already: an answer given before would be too easy to give again."""
        w, r = self.writer, self.r
        q = r.random()
        if q < .12 or not doc.facts:
            return self.style(w.ask_absent(doc, self.new)), None
        if q < .17:
            last = r.random() < .5
            return self.say(LAST if last else FIRST), cite(doc.last if last else doc.first, number)
        fact = r.choice([f for f in doc.facts if id(f) not in asked] or doc.facts)
        asked.add(id(fact))
        return self.style(w.ask(doc, fact, self.new)), cite(fact.quote, number)

    def talk(self, docs, qas):
        text = "".join(d.block() for d in docs)
        none = ABSENT if len(docs) == 1 else ABSENT_ALL
        out = self.system()
        for i, (q, a) in enumerate(qas):
            out += [("user", [text + q if i == 0 else q]), ("assistant", [none if a is None else a])]
        return out

    # ---- training
    def document(self):
        doc = self.writer.document(self.sentences(), self.new)
        asked = set()
        qas = [self.question(doc, 1, asked) for _ in range(self.r.randint(2, max(2, min(self.most, len(doc.facts) + 1))))]
        if self.r.random() < .3:
            qas.insert(self.r.randint(0, len(qas)), (self.say(SUMMARIZE), cite_all(doc.lead, [1] * 9)))
        if self.r.random() < .08:
            qas.append(self.chat_turn("thanks"))
        return self.talk([doc], qas), "document"

    def some(self, n):
        """Several documents; no name, no thing and no passage twice."""
        while True:
            docs = [self.writer.document(max(2, self.sentences() // n), self.new) for _ in range(n)]
            keys = [f.key.lower() for d in docs for f in d.facts if f.key]
            if len({d.name for d in docs}) == n and len(set(keys)) == len(keys):
                return docs

    def documents(self):
        docs = self.some(self.r.choice([2, 2, 3]))
        asked = set()
        qas = [self.across(docs, asked) for _ in range(self.r.randint(2, max(2, min(self.most, sum(len(d.facts) for d in docs)))))]
        if self.r.random() < .3:
            qas.insert(0, self.all_in_short(docs))
        return self.talk(docs, qas), "documents"

    def across(self, docs, asked):
        """A question that only one of the documents answers: one about a thing with a name."""
        r = self.r
        named = [(i, f) for i, d in enumerate(docs) for f in d.facts if f.key]
        if not named or r.random() < .12:
            return self.nowhere(docs), None
        i, f = r.choice([x for x in named if id(x[1]) not in asked] or named)
        asked.add(id(f))
        return self.style(self.writer.ask(docs[i], f, self.new)), cite(f.quote, i + 1)

    def nowhere(self, docs):
        keys = {f.key for d in docs for f in d.facts}
        while True:
            q, k = self.r.choice(self.r.choice(docs).absent)
            if k and k not in keys:
                return self.style(self.writer.pick(q, self.new).format(k=k))
            if not k and not any(f.questions is q for d in docs for f in d.facts):
                return self.style(self.writer.pick(q, self.new))

    def all_in_short(self, docs):
        return self.say(SUMMARIZE_ALL), cite_all([d.lead[0] for d in docs], range(1, len(docs) + 1))

    def copying(self):
        """The densest lesson in copying: a whole text once more. Words without meaning, codes, numbers too."""
        r, w = self.r, self.writer
        q = r.random()
        if q < .5:
            doc = w.document(r.randint(2, 5), self.new)
        else:
            word = r.choice([w.names.word, w.code, lambda: str(r.randint(0, 99999)), w.thing, w.names.person])
            lines = [" ".join(word() for _ in range(r.randint(1, 8))) for _ in range(r.randint(2, 8))]
            doc = Doc(w.file_name(), "\n".join(lines), [], lines[:3], [], lines[0], lines[-1])
        return self.talk([doc], [(self.say(COPY), doc.text)]), "copying"

    def sample(self):
        kind = self.r.choices(list(self.mix), list(self.mix.values()))[0]
        return getattr(self, kind)()

    # ---- measuring
    def lookup(self, kind, size=None):
        w = self.writer
        n = size or self.sentences()
        while True:
            doc = w.prose(n, self.new) if kind == "prose" else w.table(n) if kind == "table" else w.form()
            if doc.facts:
                break
        fact = self.r.choice(doc.facts)
        return self.talk([doc], [(self.style(w.ask(doc, fact, self.new)), cite(fact.quote))]), "doc_" + kind

    def absent(self):
        doc = self.writer.document(self.sentences(), self.new)
        return self.talk([doc], [(self.style(self.writer.ask_absent(doc, self.new)), None)]), "doc_absent"

    def summary(self):
        doc = self.writer.document(self.sentences(), self.new)
        return self.talk([doc], [(self.say(SUMMARIZE), cite_all(doc.lead, [1] * 9))]), "doc_summary"

    def ends(self):
        doc = self.writer.document(self.sentences(), self.new)
        last = self.r.random() < .5
        return self.talk([doc], [(self.say(LAST if last else FIRST), cite(doc.last if last else doc.first))]), "doc_ends"

    def which(self):
        docs = self.some(2)
        while not any(f.key for d in docs for f in d.facts):
            docs = self.some(2)
        named = [(i, f) for i, d in enumerate(docs) for f in d.facts if f.key]
        i, f = self.r.choice(named)
        return self.talk(docs, [(self.style(self.writer.ask(docs[i], f, self.new)), cite(f.quote, i + 1))]), "docs_lookup"

    def docs_summary(self):
        docs = self.some(2)
        return self.talk(docs, [self.all_in_short(docs)]), "docs_summary"

    def follow_up(self):
        """The third question of a conversation; what came before is answered right."""
        doc, asked = self.writer.document(self.sentences(), self.new), set()
        return self.talk([doc], [self.question(doc, 1, asked) for _ in range(3)]), "doc_follow_up"

    def needle(self, sentences, depth):
        """One fact at a depth of 0..1 in a text that is else without any."""
        w = self.writer
        doc = w.prose(1, self.new, filler=0)
        while not doc.facts:
            doc = w.prose(1, self.new, filler=0)
        lines = [w.sentence() for _ in range(sentences)]
        lines.insert(round(depth * sentences), doc.facts[0].quote)
        paragraphs = [" ".join(lines[i:i + 4]) for i in range(0, len(lines), 4)]
        doc.text = "\n\n".join(paragraphs)
        return self.talk([doc], [(w.pick(doc.facts[0].questions, self.new).format(k=doc.facts[0].key), cite(doc.facts[0].quote))]), "needle"


TASKS = {
    "doc_prose": lambda g: g.lookup("prose"), "doc_table": lambda g: g.lookup("table"), "doc_form": lambda g: g.lookup("form"),
    "doc_long": lambda g: g.lookup("prose", 60), "doc_absent": lambda g: g.absent(), "doc_ends": lambda g: g.ends(),
    "doc_follow_up": lambda g: g.follow_up(), "docs_lookup": lambda g: g.which(), "doc_summary": lambda g: g.summary(),
    "docs_summary": lambda g: g.docs_summary(),
    "image_describe": lambda g: g.image("describe", 1), "image_count": lambda g: g.image("count", 1), "image_colour": lambda g: g.image("colour", 1),
    "image_where": lambda g: g.image("where", 1), "image_shape": lambda g: g.image("shape", 1), "image_background": lambda g: g.image("bg", 1),
    "image_yesno": lambda g: g.image("is", 1), "image_list": lambda g: g.image(g.r.choice(["colours", "shapes"]), 1),
    "image_shapeless": lambda g: g.shapeless(1), "image_two": lambda g: g.two_images(),
    "video_what": lambda g: g.video("what"), "video_when": lambda g: g.video("when"), "video_direction": lambda g: g.video("direction"),
    "chat_smalltalk": lambda g: g.chat("small"), "chat_unknown": lambda g: g.chat("unknown"), "chat_harm": lambda g: g.chat("harm"),
    "chat_repeat": lambda g: g.chat("repeat"),
}
