// SPDX-License-Identifier: Apache-2.0
// Folding by Unicode's own decompositions, a character at a time, so that places can be kept.
#include "ui/folded_text.h"

namespace lectern::ui {
namespace {

QChar baseOf(QChar c)
{
    if (c.unicode() < 0x80)
        return c == u'\t' ? QChar(u' ') : c.toCaseFolded();
    // A syllable of Korean decomposes too, but into letters, not into a letter and its accent.
    while (c.decompositionTag() == QChar::Canonical && c.script() != QChar::Script_Hangul)
        c = c.decomposition().front();
    return c == QChar::Nbsp ? QChar(u' ') : c.toCaseFolded();
}

} // namespace

FoldedText fold(QStringView text)
{
    FoldedText folded;
    folded.text.reserve(text.size());
    folded.places.reserve(static_cast<std::size_t>(text.size()) + 1);
    for (qsizetype at = 0; at < text.size(); ++at) {
        const QChar c = text[at];
        if (c.unicode() >= 0x300 && c.category() == QChar::Mark_NonSpacing)
            continue;
        folded.text += c.isSurrogate() ? c : baseOf(c);
        folded.places.push_back(static_cast<int>(at));
    }
    folded.places.push_back(static_cast<int>(text.size()));
    return folded;
}

std::vector<TextPlace> placesOf(const QString& folded, QStringView text)
{
    std::vector<TextPlace> places;
    if (folded.isEmpty())
        return places;
    const FoldedText all = fold(text);
    for (qsizetype at = all.text.indexOf(folded); at >= 0;
         at = all.text.indexOf(folded, at + folded.size()))
        places.push_back({all.places[static_cast<std::size_t>(at)],
            all.places[static_cast<std::size_t>(at + folded.size())]});
    return places;
}

} // namespace lectern::ui
