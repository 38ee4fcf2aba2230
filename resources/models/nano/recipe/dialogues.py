# SPDX-License-Identifier: Apache-2.0
"""All the conversations the model learns from, and the tasks it is measured on.

A conversation is a list of (role, parts); its prompt reads exactly as the application's prompt builder writes it:
documents in their tags, then pictures, then frames behind their [mm:ss], then the question.
"""
import curriculum
from documents import Doc
from watching import Watching

LATE = len(curriculum.STARTS) - 1


class Generator(Watching):
    """`size` is about the most sentences of a document, `most` the most questions about one, `room` the tokens that a
    conversation may have, about; `tasks` and `languages` are the weights that `sample` draws by."""

    def __init__(self, split="train", seed=0, tile=112, lang="en", tiles=1, multi_tile=1.0, size=12, most=8):
        super().__init__(split, seed, tile, lang, tiles, multi_tile)
        self.size, self.most, self.room = size, most, 4000
        self.tasks, self.languages = curriculum.column(curriculum.TASKS, LATE), {lang: 1}

    def sentences(self):
        return self.r.randint(2, max(3, self.size))

    def enter(self, progress, limit):
        """Takes the weights and lengths of the curriculum's phase at a progress of 0..1; -> the most tokens a conversation may have."""
        at = curriculum.phase(progress)
        self.tasks, self.languages = curriculum.column(curriculum.TASKS, at), curriculum.column(curriculum.LANGUAGES, at)
        self.ease, self.room = curriculum.EASE[at], min(curriculum.LONGEST[at], limit)
        self.size = self.r.randint(3, curriculum.SENTENCES[at])   # as many short documents as long ones
        return self.room

    def sample(self):
        """A conversation of the mixture."""
        self.speak(self.r.choices(list(self.languages), list(self.languages.values()))[0])
        return getattr(self, self.r.choices(list(self.tasks), list(self.tasks.values()))[0])()

    # ---- about documents
    def question(self, doc, number, asked):
        """One question about a document, with its answer; now and then one it has no answer to.

        `asked` holds the facts asked for already: an answer given before would be too easy to give again."""
        w, r = self.writer, self.r
        q = r.random()
        if (q < .12 and doc.absent) or not doc.facts:
            return self.style(w.ask_absent(doc, self.new)), self.lang.ABSENT
        if q < .17:
            return self.end(doc, number, r.random() < .5)
        fact = r.choice([f for f in doc.facts if id(f) not in asked] or doc.facts)
        asked.add(id(fact))
        return self.style(w.ask(doc, fact, self.new)), doc.cite(fact.quote, number)

    def end(self, doc, number, last):
        return (self.say(self.lang.LAST if last else self.lang.FIRST),
                doc.cite(doc.last, number, last=True) if last else doc.cite(doc.first, number))

    def talk(self, docs, qas):
        return self.turns(["".join(d.block() for d in docs)], qas)

    def made(self):
        return self.writer.document(self.sentences(), self.new)

    def shortened(self, doc):
        return self.say(self.lang.SUMMARIZE), doc.cite_lead()

    def document(self):
        doc, asked = self.made(), set()
        qas = [self.question(doc, 1, asked) for _ in range(self.r.randint(2, max(2, min(self.most, len(doc.facts) + 1))))]
        if self.r.random() < .3:
            qas.insert(self.r.randint(0, len(qas)), self.shortened(doc))
        if self.r.random() < .12:
            qas.append(self.chat_turn(self.r.choice(["thanks", "harm", "unknown"])))
        return self.talk([doc], qas)

    def some(self, n):
        """Several documents; no name, no thing and no passage twice."""
        while True:
            docs = [self.writer.document(max(2, self.sentences() // n), self.new) for _ in range(n)]
            keys = [f.key.lower() for d in docs for f in d.facts if f.key]
            if len({d.name for d in docs}) == n and len(set(keys)) == len(keys):
                return docs

    def documents(self):
        docs = self.some(self.r.choice([2, 2, 3, 4]))
        asked = set()
        qas = [self.across(docs, asked) for _ in range(self.r.randint(2, max(2, min(self.most, sum(len(d.facts) for d in docs)))))]
        if self.r.random() < .35:
            qas.insert(0, self.all_in_short(docs))
        return self.talk(docs, qas)

    def across(self, docs, asked):
        """A question that only one of the documents answers: one about a thing with a name."""
        r = self.r
        named = [(i, f) for i, d in enumerate(docs) for f in d.facts if f.key]
        if not named or r.random() < .12:
            return self.nowhere(docs), self.lang.ABSENT_ALL
        i, f = r.choice([x for x in named if id(x[1]) not in asked] or named)
        asked.add(id(f))
        return self.style(self.writer.ask(docs[i], f, self.new)), docs[i].cite(f.quote, i + 1)

    def nowhere(self, docs):
        keys = {f.key for d in docs for f in d.facts}
        while True:
            q, slots = self.r.choice(self.r.choice(docs).absent)
            known = slots["k"] in keys if slots else any(f.questions is q or set(q[0]) & set(f.questions[0]) for d in docs for f in d.facts)
            if not known:
                return self.style(self.writer.write(self.writer.pick(q, self.new), **slots))

    def all_in_short(self, docs):
        """Of every document the passage that says most."""
        return self.say(self.lang.SUMMARIZE_ALL), "\n".join(d.cite(d.lead[0], i + 1) for i, d in enumerate(docs))

    def portrait(self):
        """Questions that go on about the thing named before, by "it" where the language has it."""
        doc, w = self.writer.portrait(self.new), self.writer
        key = self.r.choice(doc.facts).key
        facts = [f for f in doc.facts if f.key == key]
        self.r.shuffle(facts)
        qas = [(self.style(w.write(w.pick(facts[0].questions, self.new), **facts[0].slots)), doc.cite(facts[0].quote))]
        return self.talk([doc], qas + [(self.style(w.ask_on(f, self.new)), doc.cite(f.quote)) for f in facts[1:]])

    def copying(self):
        """The densest lesson in copying: a whole text once more. Words without meaning, codes, numbers too."""
        r, w = self.r, self.writer
        if r.random() < .5:
            doc = w.document(r.randint(2, 5), self.new)
        else:
            word = r.choice([w.names.word, w.code, lambda: str(r.randint(0, 99999)), lambda: w.thing()["k"], w.names.person])
            lines = [" ".join(word() for _ in range(r.randint(1, 8))) for _ in range(r.randint(2, 8))]
            doc = Doc(w.file_name(), "\n".join(lines), [], lines[:3])
        return self.talk([doc], [(self.say(self.lang.COPY), doc.text)])

    def planted(self, sentences, depths):
        """Facts at depths of 0..1 in a text that is else without any; nothing in it names a place."""
        w, facts = self.writer, []
        while len(facts) < len(depths):
            found = w.prose(1, self.new, filler=0).facts
            facts += [f for f in found if f.key not in [x.key for x in facts]]
        lines = [w.sentence() for _ in range(sentences)]
        for fact, depth in sorted(zip(facts, depths), key=lambda x: -x[1]):
            lines.insert(round(depth * sentences), fact.quote)
        paragraphs = [" ".join(lines[i:i + 4]) for i in range(0, len(lines), 4)]
        return Doc(w.file_name(), "\n\n".join(paragraphs), facts, lines[:3])

    def long(self):
        """Two to four facts anywhere in a text of up to the length there is room for."""
        r, w = self.r, self.writer
        doc = self.planted(r.randint(8, max(9, self.room // 17)), [r.random() for _ in range(r.choice([2, 3, 4]))])
        return self.talk([doc], [(self.style(w.ask(doc, f, self.new)), doc.cite(f.quote)) for f in doc.facts])

    # ---- measuring: one question, or the last of several
    def lookup(self, kind, size=None):
        w = self.writer
        n = size or self.sentences()
        while True:
            doc = w.prose(n, self.new) if kind == "prose" else w.table(n) if kind == "table" else w.form(self.new)
            if doc.facts:
                break
        fact = self.r.choice(doc.facts)
        return self.talk([doc], [(self.style(w.ask(doc, fact, self.new)), doc.cite(fact.quote))])

    def absent(self):
        doc = self.made()
        while not doc.absent:
            doc = self.made()
        return self.talk([doc], [(self.style(self.writer.ask_absent(doc, self.new)), self.lang.ABSENT)])

    def summary(self):
        doc = self.made()
        return self.talk([doc], [self.shortened(doc)])

    def ends(self):
        doc = self.made()
        return self.talk([doc], [self.end(doc, 1, self.r.random() < .5)])

    def which(self):
        docs = self.some(2)
        while not any(f.key for d in docs for f in d.facts):
            docs = self.some(2)
        i, f = self.r.choice([(i, f) for i, d in enumerate(docs) for f in d.facts if f.key])
        return self.talk(docs, [(self.style(self.writer.ask(docs[i], f, self.new)), docs[i].cite(f.quote, i + 1))])

    def docs_summary(self):
        docs = self.some(self.r.choice([2, 3]))
        return self.talk(docs, [self.all_in_short(docs)])

    def follow_up(self):
        """The third question of a conversation; what came before is answered right."""
        doc, asked = self.made(), set()
        return self.talk([doc], [self.question(doc, 1, asked) for _ in range(3)])

    def needle(self, sentences, depth):
        """One fact at a depth of 0..1."""
        doc = self.planted(sentences, [depth])
        fact = doc.facts[0]
        return self.talk([doc], [(self.writer.write(self.writer.pick(fact.questions, self.new), **fact.slots), doc.cite(fact.quote))])


TASKS = {
    "doc_prose": lambda g: g.lookup("prose"), "doc_table": lambda g: g.lookup("table"), "doc_form": lambda g: g.lookup("form"),
    "doc_long": lambda g: g.lookup("prose", 60), "doc_absent": lambda g: g.absent(), "doc_ends": lambda g: g.ends(),
    "doc_follow_up": lambda g: g.follow_up(), "doc_referring": lambda g: g.portrait(), "docs_lookup": lambda g: g.which(),
    "doc_summary": lambda g: g.summary(), "docs_summary": lambda g: g.docs_summary(),
    "image_describe": lambda g: g.image("describe"), "image_count": lambda g: g.image("count"), "image_colour": lambda g: g.image("colour"),
    "image_where": lambda g: g.image("where"), "image_shape": lambda g: g.image("shape_at"), "image_background": lambda g: g.image("background"),
    "image_yesno": lambda g: g.image("yesno"), "image_list": lambda g: g.image(g.r.choice(["colours", "shapes"])),
    "image_shapeless": lambda g: g.shapeless(one=True), "image_two": lambda g: g.two_images(),
    "chart_describe": lambda g: g.chart("describe"), "chart_title": lambda g: g.chart("title"), "chart_largest": lambda g: g.chart("largest"),
    "chart_smallest": lambda g: g.chart("smallest"), "chart_trend": lambda g: g.chart("trend"),
    "text_read": lambda g: g.printed("text"), "text_where": lambda g: g.printed("where"), "text_colour": lambda g: g.printed("colour"),
    "screen_parts": lambda g: g.screenshot("parts"), "screen_title": lambda g: g.screenshot("title"), "screen_buttons": lambda g: g.screenshot("buttons"),
    "screen_where": lambda g: g.screenshot("where"),
    "video_what": lambda g: g.video("what"), "video_when": lambda g: g.video("when"), "video_direction": lambda g: g.video("direction"),
    "video_place": lambda g: g.video("place_at"), "video_colour": lambda g: g.video("colour_at"),
    "chat_smalltalk": lambda g: g.chat("small"), "chat_unknown": lambda g: g.chat("unknown"), "chat_harm": lambda g: g.chat("harm"),
    "chat_repeat": lambda g: g.chat("repeat"),
}
