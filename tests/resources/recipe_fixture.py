# SPDX-License-Identifier: Apache-2.0
"""What the tests of the recipe share: its folder on the path, a clear SKIP without NumPy or Pillow, parsed conversations."""
import re
import sys
from pathlib import Path

RECIPE = Path(__file__).resolve().parents[2] / "resources/models/nano/recipe"
sys.path.insert(0, str(RECIPE))
try:
    import numpy  # noqa: F401
    import PIL  # noqa: F401
except ImportError as missing:
    print(f"SKIP: the recipe's pictures need {missing.name} (Debian: python3-numpy, python3-pil)")
    sys.exit(77)

import languages  # noqa: E402
from dialogues import TASKS, Generator  # noqa: E402

SPLITS = ("train", "value", "wording")
CITED = re.compile(r'"(.*)" \[(\d+)(?:, ([^\]]+))?\]')
PLACE = re.compile(r"^\[(?:(page|slide) (\d+)|sheet ([^\]]+))\]$", re.M)


def documents(conversation):
    """The texts of the documents a conversation begins with."""
    text = "".join(p for role, parts in conversation for p in parts if isinstance(p, str) and role == "user")
    return re.findall(r'<document name="[^"]*">\n(.*?)\n</document>\n\n', text, re.S)


def answers(conversation):
    return [parts[0] for role, parts in conversation if role == "assistant"]


def pictures(conversation):
    return [p for _, parts in conversation for p in parts if not isinstance(p, str)]


def places(text, quote):
    """The places a text names last before each occurrence of a quotation; "" where none is named before."""
    found, at = set(), text.find(quote)
    while at >= 0:
        before = [m[0][1:-1] for m in PLACE.finditer(text) if m.end() <= at]
        found.add(before[-1] if before else "")
        at = text.find(quote, at + 1)
    return found


def each(tasks, count, splits=SPLITS):
    """(language, split, task, conversation) of `count` conversations a task."""
    for code in languages.CODES:
        for split in splits:
            for at, task in enumerate(tasks):
                g = Generator(split, 7000 + at, lang=code)
                for _ in range(count):
                    yield code, split, task, TASKS[task](g)
