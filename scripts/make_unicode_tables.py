#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes inference/unicode_tables.cpp: canonical decompositions and combining classes, from the Unicode
# character database that comes with Python. Usage: make_unicode_tables.py > inference/unicode_tables.cpp
import sys
import unicodedata

HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic


def table(kind, name, rows):
    print(f"const {kind} {name}[] = {{")
    line = ""
    for row in rows:
        text = "{" + ", ".join(f"0x{n:X}" if n > 9 else str(n) for n in row) + "}, "
        if len(line) + len(text) > 100:
            print(line.rstrip())
            line = ""
        line += text
    print(f"{line.rstrip()}\n}};\n")


decompositions = []
for code in range(sys.maxunicode + 1):
    parts = unicodedata.decomposition(chr(code))
    if not parts or parts.startswith("<") or code in HANGUL:
        continue
    parts = [int(p, 16) for p in parts.split()]
    composes = len(parts) == 2 and unicodedata.normalize("NFC", chr(code)) == chr(code)
    decompositions.append([code, parts[0], parts[1] if len(parts) == 2 else 0, int(composes)])

classes = []
for code in range(sys.maxunicode + 1):
    kind = unicodedata.combining(chr(code))
    if kind == 0:
        continue
    if classes and classes[-1][1] == code - 1 and classes[-1][2] == kind:
        classes[-1][1] = code
    else:
        classes.append([code, code, kind])

print(f"""// SPDX-License-Identifier: Apache-2.0
// Canonical decompositions and combining classes of Unicode {unicodedata.unidata_version}, made by
// scripts/make_unicode_tables.py from the Unicode character database (UnicodeData.txt,
// CompositionExclusions.txt).
#include "inference/unicode_tables.h"

// clang-format off
namespace lectern::inference {{
namespace {{
""")
table("Decomposition", "kDecompositions", decompositions)
table("CombiningClass", "kCombiningClasses", classes)
print("""} // namespace

std::span<const Decomposition> decompositions()
{
    return kDecompositions;
}

std::span<const CombiningClass> combiningClasses()
{
    return kCombiningClasses;
}

} // namespace lectern::inference""")
