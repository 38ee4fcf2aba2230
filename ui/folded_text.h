// SPDX-License-Identifier: Apache-2.0
// Text without the differences that do not count when it is looked for: case, accents, kinds of
// spaces.
#pragma once

#include <QString>
#include <vector>

namespace lectern::ui {

struct FoldedText {
    QString text;
    std::vector<int> places; // of each character of `text` in the original; one more: its end
};

FoldedText fold(QStringView text);

// Where something folded stands in a text, with the accents that belong to it; not overlapping.
struct TextPlace {
    int from = 0; // characters of the text
    int to = 0;
};
std::vector<TextPlace> placesOf(const QString& folded, QStringView text);

} // namespace lectern::ui
