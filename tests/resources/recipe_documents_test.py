# SPDX-License-Identifier: Apache-2.0
"""Every answer about a document stands in that document, in every language, and names the right place of it."""
import unittest

from recipe_fixture import CITED, SPLITS, Generator, answers, documents, each, languages, places
import curriculum
from dialogues import TASKS
from words import heldout

QUOTING = ["doc_prose", "doc_table", "doc_form", "doc_long", "doc_ends", "doc_referring", "docs_lookup", "doc_summary", "docs_summary"]
TALK = ["chat_smalltalk", "chat_unknown", "chat_harm", "chat_repeat"]


def text_of(conversation):
    return [(role, "".join(p for p in parts if isinstance(p, str))) for role, parts in conversation]


class LanguagesTest(unittest.TestCase):
    def test_all_speak_of_the_same(self):
        english = languages.load("en")
        for code in languages.CODES:
            lang = languages.load(code)
            for name in languages.NAMES:
                self.assertTrue(hasattr(lang, name), f"{code} has no {name}")
            for table in ("Q", "A", "PARTS", "COLOURS", "KINDS", "SIZES", "DIRECTIONS"):
                self.assertEqual(set(getattr(english, table)), set(getattr(lang, table)), f"{code}.{table}")
            self.assertEqual(len(english.CELLS), len(lang.CELLS))

    def test_held_out_wordings_are_not_those_of_training(self):
        for code in languages.CODES:
            lang = languages.load(code)
            lists = [*lang.Q.values(), lang.ANY, lang.FIELD, lang.SUMMARIZE, lang.FIRST, lang.LAST, lang.UNKNOWN, lang.HARMFUL, lang.HARM_ACTS, lang.REPEAT,
                     *(x for sentences, questions, _ in lang.FAMILIES for x in (sentences, questions))]
            for known, held in lists:
                self.assertTrue(known and held, f"{code}: {known} | {held}")
                self.assertFalse(set(known) & set(held), f"{code}: {set(known) & set(held)}")
            for kind, (layout, ask, lead, _) in lang.PAPERS.items():
                for one in layout.split("\n====\n"):
                    for slot in (*ask, *lead):
                        self.assertIn("{" + slot + "}", one, f"{code}.{kind}")

    def test_english_stays_the_majority(self):
        for at in range(len(curriculum.STARTS)):
            weights = curriculum.column(curriculum.LANGUAGES, at)
            self.assertGreater(weights["en"], sum(weights.values()) / 2)


class DocumentsTest(unittest.TestCase):
    def test_quotations_stand_in_the_document_they_name(self):
        seen = 0
        for code, split, task, conversation in each(QUOTING, 6):
            texts = documents(conversation)
            for answer in answers(conversation):
                for line in answer.split("\n"):
                    match = CITED.fullmatch(line)
                    self.assertTrue(match, f"{code} {split} {task}: {line}")
                    quote, number, place = match[1], int(match[2]), match[3] or ""
                    self.assertLessEqual(number, len(texts), line)
                    self.assertIn(quote, texts[number - 1], f"{code} {split} {task}")
                    self.assertIn(place, places(texts[number - 1], quote), f"{code} {split} {task}: {line}")
                    seen += bool(place)
        self.assertGreater(seen, 50, "citations with a page, slide or sheet")

    def test_a_fact_names_its_thing_and_what_is_absent_has_no_fact(self):
        for code in languages.CODES:
            for split in SPLITS:
                g = Generator(split, 11, lang=code)
                for _ in range(60):
                    doc = g.made()
                    keys = [f.key for f in doc.facts if f.key]
                    for fact in doc.facts:
                        self.assertIn(fact.quote, doc.text)
                        # Cases and articles bend the first words of a thing; its last names it.
                        self.assertIn(fact.key.split()[-1].lower() if fact.key else "", fact.quote.lower())
                    for _, slots in doc.absent:
                        self.assertNotIn(slots.get("k", None), keys)

    def test_a_document_is_asked_for_nothing_that_it_does_not_answer(self):
        for code, split, task, conversation in each(["doc_absent"], 20):
            self.assertEqual(answers(conversation), [languages.load(code).ABSENT])
            self.assertEqual(len(documents(conversation)), 1)

    def test_several_documents_give_one_passage_each(self):
        for code, _, _, conversation in each(["docs_summary"], 6):
            numbers = [int(CITED.fullmatch(line)[2]) for line in answers(conversation)[-1].split("\n")]
            self.assertEqual(numbers, list(range(1, len(documents(conversation)) + 1)), code)

    def test_a_planted_fact_stands_at_its_depth(self):
        for code in languages.CODES:
            for depth in (0, .25, .5, 1):
                conversation = Generator("value", 3, lang=code).needle(120, depth)
                text, quote = documents(conversation)[0], CITED.fullmatch(answers(conversation)[0])[1]
                self.assertEqual(text.count(quote), 1)
                self.assertAlmostEqual(text.index(quote) / (len(text) - len(quote)), depth, delta=.06)

    def test_it_asks_on_with_a_pronoun_where_the_language_has_one(self):
        for code, pronouns in (("en", {"it"}), ("de", {"er", "ihn", "ihm", "sie", "ihr", "es"})):
            g = Generator("value", 5, lang=code)
            for _ in range(20):
                conversation = g.portrait()
                for role, text in text_of(conversation)[2:] if conversation[0][0] == "user" else text_of(conversation)[3:]:
                    if role == "user":
                        self.assertTrue(pronouns & set(text.lower().rstrip("?.").split()), text)


class SplitsTest(unittest.TestCase):
    def test_things_of_training_are_not_those_of_the_evaluation(self):
        for code in languages.CODES:
            for split in SPLITS:
                w = Generator(split, 2, lang=code).writer
                for _ in range(40):
                    self.assertEqual(heldout(w.thing()["k"]), split != "train")

    def test_the_same_seed_gives_the_same(self):
        def some(seed):
            g = Generator("train", seed)
            g.tasks = {k: v for k, v in g.tasks.items() if k in ("document", "documents", "portrait", "copying", "long", "chat")}
            g.languages = {code: 1 for code in languages.CODES}
            return [text_of(g.sample()) for _ in range(20)]
        self.assertEqual(some(9), some(9))
        self.assertNotEqual(some(9), some(10))

    def test_harmful_requests_are_refused_and_nothing_is_known(self):
        for code, _, task, conversation in each(TALK, 10):
            lang, answer = languages.load(code), answers(conversation)[-1]
            if task == "chat_harm":
                self.assertEqual(answer, lang.HARM)
            elif task == "chat_unknown":
                self.assertEqual(answer, lang.DONTKNOW)
            elif task == "chat_repeat":
                self.assertTrue(text_of(conversation)[-2][1].endswith(answer))
            self.assertNotRegex(text_of(conversation)[-2][1], r"[{}]")


class CurriculumTest(unittest.TestCase):
    def test_every_row_is_a_task_of_every_phase(self):
        phases = len(curriculum.STARTS)
        self.assertEqual(list(curriculum.STARTS), sorted(curriculum.STARTS))
        for table in (curriculum.TASKS, curriculum.LANGUAGES):
            self.assertTrue(all(len(row) == phases for row in table.values()))
        self.assertTrue(len(curriculum.LONGEST) == len(curriculum.SENTENCES) == len(curriculum.EASE) == phases)
        for task in curriculum.TASKS:
            self.assertTrue(callable(getattr(Generator, task, None)), task)

    def test_every_task_of_the_evaluation_makes_a_conversation(self):
        for code in languages.CODES:
            for task in [t for t in TASKS if t.startswith(("doc", "chat"))]:
                conversation = TASKS[task](Generator("wording", 1, lang=code))
                self.assertEqual(conversation[-1][0], "assistant")
                for _, text in text_of(conversation):
                    self.assertNotRegex(text, r"\{[a-z]+\d?\}", task)


if __name__ == "__main__":
    unittest.main()
