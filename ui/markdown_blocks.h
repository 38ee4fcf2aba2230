// SPDX-License-Identifier: Apache-2.0
// Markdown of an answer as flat display blocks, one list row each, parsed incrementally while it
// streams.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <vector>

namespace lectern::ui {

// One row of an answer. Lists and quotes are not blocks of their own: they are the context
// (`indent`, `marker`, `quoteDepth`) of the blocks inside them.
struct Block {
    enum class Kind { Paragraph, Heading, Code, TableRow, Rule };
    Kind kind = Kind::Paragraph;
    // Paragraph, Heading: escaped inline HTML of a fixed small vocabulary (b, i, s, br, span, a).
    // Colours are the placeholders kLinkColor, kCodeBackground, kCodeColor, replaced when shown.
    QString html;
    QString plain;           // the same without markup; for Code the code itself
    QString language;        // Code: the first word of the info string
    int level = 0;           // Heading: 1..6
    int indent = 0;          // list nesting, 0..8
    QString marker;          // "•", "3.", "☐": only on the first block of a list item
    int quoteDepth = 0;      // 0..4
    bool quoteStart = false; // the first block of a quote
    bool tight = false;      // an item of a list without blank lines: small gap above
    bool rightToLeft = false;
    // TableRow:
    QStringList cells;      // inline HTML
    QList<int> alignments;  // Qt::AlignLeft, AlignHCenter, AlignRight; one a column
    QList<int> columnChars; // the widest text of each column of the whole table, in characters
    bool tableHeader = false;
    bool lastTableRow = false;

    bool operator==(const Block&) const = default;
};

inline constexpr QChar kPlaceholder = u'\u0001'; // never left in text: dropped from the input
inline constexpr QStringView kLinkColor = u"\u0001L";
inline constexpr QStringView kCodeBackground = u"\u0001B";
inline constexpr QStringView kCodeColor = u"\u0001C";

// Everything at once. Raw HTML is text, images are their description, links are only http and
// https.
std::vector<Block> parseMarkdown(const QString& markdown);

// Text of a person or a file as inline HTML that shows exactly these characters.
QString plainTextToHtml(const QString& text);

// Grows with the answer; only the last top-level block is parsed again. The result after any
// sequence of append() equals parseMarkdown() of the whole.
class MarkdownStream {
public:
    void append(const QString& delta);
    const std::vector<Block>& blocks() const { return m_blocks; }
    std::size_t settledBlocks() const { return m_settledBlocks; } // no append() changes these
    const QString& source() const { return m_source; }

private:
    QString m_source; // normalised: only '\n' line ends, no placeholder characters
    bool m_lastWasReturn = false;
    qsizetype m_tailStart = 0;       // everything before is settled ...
    std::size_t m_settledBlocks = 0; // ... and is this many blocks
    std::vector<Block> m_blocks;
};

} // namespace lectern::ui
