// SPDX-License-Identifier: Apache-2.0
// Names, numbers and strings as nearly all languages write them.
#include "ui/code/line_scanner.h"

#include <algorithm>
#include <QList>
#include <QString>

namespace lectern::ui {
namespace {

bool isNamePart(QChar c)
{
    return c.isLetterOrNumber() || c == u'_' || c.isSurrogate();
}

} // namespace

QStringView LineScanner::word() const
{
    qsizetype end = m_at;
    if (end >= m_line.size() || m_line[end].isDigit())
        return {};
    while (end < m_line.size() && isNamePart(m_line[end]))
        ++end;
    return m_line.mid(m_at, end - m_at);
}

QChar LineScanner::nextVisible(qsizetype ahead) const
{
    for (qsizetype at = m_at + ahead; at < m_line.size(); ++at)
        if (!m_line[at].isSpace())
            return m_line[at];
    return {};
}

void LineScanner::take(qsizetype count, CodeToken token)
{
    count = std::min(count, m_line.size() - m_at);
    if (count <= 0)
        return;
    if (!m_spans.empty() && m_spans.back().token == token
        && m_spans.back().start + m_spans.back().length == m_at)
        m_spans.back().length += count;
    else
        m_spans.push_back({m_at, count, token});
    m_at += count;
}

bool LineScanner::takeUntil(QStringView close, qsizetype from, CodeToken token, QChar escape)
{
    for (qsizetype at = m_at + from; at < m_line.size(); ++at) {
        if (!escape.isNull() && m_line[at] == escape) {
            ++at;
        } else if (m_line.mid(at).startsWith(close)) {
            take(at + close.size() - m_at, token);
            return true;
        }
    }
    takeRest(token);
    return false;
}

// 42, 0x1f, 1_000, 1'000, 2.5e-3f, .5
bool LineScanner::takeNumber()
{
    const bool point = peek() == u'.' && peek(1).isDigit();
    if (!peek().isDigit() && !point)
        return false;
    const bool hex = peek() == u'0' && (peek(1) == u'x' || peek(1) == u'X');
    qsizetype length = 1;
    while (true) {
        const QChar c = peek(length);
        const QChar before = peek(length - 1).toLower();
        const bool exponent = hex ? before == u'p' : before == u'e';
        const bool goesOn = c.isLetterOrNumber() || c == u'_'
            || (c == u'.' && peek(length + 1).isDigit())
            || (c == u'\'' && peek(length + 1).isDigit()) || ((c == u'+' || c == u'-') && exponent);
        if (!goesOn)
            break;
        ++length;
    }
    take(length, CodeToken::Number);
    return true;
}

WordSet::WordSet(QStringView words)
{
    for (const QStringView word : words.split(u' ', Qt::SkipEmptyParts))
        m_words.push_back(word);
    std::sort(m_words.begin(), m_words.end());
}

bool WordSet::contains(QStringView word) const
{
    return std::binary_search(m_words.begin(), m_words.end(), word);
}

bool WordSet::containsAnyCase(QStringView word) const
{
    const QString lower = word.toString().toLower();
    return contains(lower);
}

} // namespace lectern::ui
