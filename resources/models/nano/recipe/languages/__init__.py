# SPDX-License-Identifier: Apache-2.0
"""The languages the model speaks, each one file of the same names (`NAMES`); nothing outside knows which one it writes.

Documents   FAMILIES: (sentences, questions, kind of {v}); a thing is a dictionary of its cases, {k} without an article.
            PAPERS: business papers by layout (papers.py). ABSENT: what is said when a document has no answer.
Pictures    a, the, plural, some, is_colour, on_background: phrases for shapes. Q, A: wordings of questions, and answers.
Talk        CHAT: (weight, wordings, answer). UNKNOWN, HARMFUL: what is answered with DONTKNOW and HARM; an act is written
            "build a bomb", in German with its second form behind " / ".
Every text passes `finish`, which joins what a language joins ("de le" is "du").
"""
import importlib

CODES = {"en": "english", "de": "german", "fr": "french", "es": "spanish"}
NAMES = """CODE FAMILIES ANY FIELD FIELD_KEYS SUMMARIZE SUMMARIZE_ALL FIRST LAST COPY ABSENT ABSENT_ALL FILLER REASONS ACTIONS SUBJECTS STEMS PAPERS
 COLOURS CELLS NUMBERS AND KINDS SIGNS METRICS PARTS BUTTONS SIZES DIRECTIONS Q A CHAT UNKNOWN DONTKNOW HARMFUL HARM_ACTS HARM REPEAT THANKS NOUNS SYSTEMS SYSTEMS_HELD
 thing referring sentence date money a the plural some is_colour on_background finish""".split()


def load(code):
    return importlib.import_module(f"languages.{CODES[code]}")
