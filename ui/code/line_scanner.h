// SPDX-License-Identifier: Apache-2.0
// Walks along one line of code and notes the spans it takes.
#pragma once

#include "ui/code/code_lexer.h"

#include <algorithm>

namespace lectern::ui {

class LineScanner {
public:
    explicit LineScanner(QStringView line) : m_line(line) { }

    [[nodiscard]] bool atEnd() const { return m_at >= m_line.size(); }
    [[nodiscard]] qsizetype position() const { return m_at; }
    [[nodiscard]] QChar peek(qsizetype ahead = 0) const // a null character behind the end
    {
        return m_at + ahead < m_line.size() ? m_line[m_at + ahead] : QChar();
    }
    [[nodiscard]] QStringView rest() const { return m_line.mid(m_at); }
    [[nodiscard]] bool startsWith(QStringView text) const { return rest().startsWith(text); }
    [[nodiscard]] QStringView word() const; // the name that begins here; empty: none does
    [[nodiscard]] QChar nextVisible(qsizetype ahead) const; // the first after `ahead` and spaces

    void skip(qsizetype count = 1) { m_at = std::min(m_at + count, m_line.size()); }
    void take(qsizetype count, CodeToken token);
    void takeRest(CodeToken token) { take(m_line.size() - m_at, token); }
    // From here to the end of the first `close` at or after `from` characters; a character after
    // `escape` does not count. False: the line ends before, and all of it was taken.
    bool takeUntil(QStringView close, qsizetype from, CodeToken token, QChar escape = {});
    bool takeNumber(); // false: none begins here

    [[nodiscard]] LexedLine finish(int state) { return {std::move(m_spans), state}; }

private:
    QStringView m_line;
    qsizetype m_at = 0;
    std::vector<CodeSpan> m_spans;
};

// Words of a literal list, as "if else while".
class WordSet {
public:
    explicit WordSet(QStringView words);
    [[nodiscard]] bool contains(QStringView word) const;
    [[nodiscard]] bool containsAnyCase(QStringView word) const; // the list is in lower case

private:
    std::vector<QStringView> m_words; // ascending
};

} // namespace lectern::ui
