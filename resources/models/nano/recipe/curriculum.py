# SPDX-License-Identifier: Apache-2.0
"""What is learned when: the one table of tasks, languages and lengths by phase.

A phase begins at a share of the run (data.Steps gives it: of its time, or of a preset's `span` of tokens). Looking up by
copying comes first, on short texts and densely; the eyes join once it stands; length comes last. Weights of a column need
not sum to anything. Add a task: a row here, a method of dialogues.Generator, a row in dialogues.TASKS.
"""

STARTS = (.00, .03, .20, .50, .80)
LONGEST = (256, 384, 640, 1100, 14000)      # tokens of a conversation; a preset's `limit` may be less
SENTENCES = (4, 7, 12, 22, 50)              # about the most in a document
EASE = (.9, .8, .5, .3, .2)                 # share of plain scenes among pictures of shapes

TASKS = {
    # documents
    "document":        (55, 42, 36, 34, 34),
    "portrait":        (0, 4, 4, 4, 4),       # follow-ups that say "it"
    "documents":       (2, 5, 7, 7, 7),
    "long":            (0, 0, 0, 2, 2),       # a fact at any depth of a text as long as fits
    "copying":         (20, 6, 3, 4, 3),
    # pictures
    "image":           (6, 20, 18, 14, 12),
    "shapeless":       (0, 2, 2, 1.5, 1.5),
    "two_images":      (0, 0, 1, 1, 1),
    "printed":         (0, 4, 6, 6, 6),
    "chart":           (0, 2, 5, 5, 5),
    "screenshot":      (0, 1, 4, 4, 4),
    # clips
    "video":           (0, 4, 8, 8, 8),
    "shapeless_video": (0, 0, 1, .5, .5),
    # talk
    "chat":            (17, 12, 9, 8, 8),
}
LANGUAGES = {
    "en": (1, .88, .70, .64, .64),
    "de": (0, .04, .10, .12, .12),
    "fr": (0, .04, .10, .12, .12),
    "es": (0, .04, .10, .12, .12),
}


def phase(progress):
    """The index of the phase at a progress of 0..1."""
    return max(i for i, start in enumerate(STARTS) if start <= progress)


def column(table, at):
    """{name: weight} of one phase, without the names that have none."""
    return {name: row[at] for name, row in table.items() if row[at]}
