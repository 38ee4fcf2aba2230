// SPDX-License-Identifier: Apache-2.0
// Passages as the two lines a result has, and times as people say them.
#include "ui/search_results_model.h"

#include <algorithm>
#include <QLocale>

namespace lectern::ui {
namespace {

// A row that is seen costs the window a millisecond and more, so they come a few a frame.
constexpr int kRowsAtOnce = 4;
constexpr int kRowsInView = 24;
constexpr qsizetype kLead = 32; // characters before the first hit: most of the first line

struct Letter {
    QChar character;
    bool hit = false;
};
using Letters = std::vector<Letter>;

bool isListSign(QStringView sign)
{
    return sign.size() == 1 && QStringView(u"-*+").contains(sign.front());
}

// The sign of a heading, a quote or a list, the line under a table's head.
qsizetype signAtLineStart(QStringView text, qsizetype at)
{
    qsizetype end = at;
    while (end < text.size() && text[end] == u' ')
        ++end;
    if (end + 1 < text.size() && isListSign(text.mid(end, 1)) && text[end + 1] == u' ')
        return end + 2 - at;
    end = at;
    while (end < text.size() && (text[end] == u'#' || text[end] == u'>'))
        ++end;
    if (end > at && end < text.size() && text[end] == u' ')
        return end - at;
    end = at;
    bool line = false;
    while (end < text.size() && QStringView(u"|-: ").contains(text[end]))
        line = text[end++] == u'-' || line;
    return line && end - at >= 3 && (end == text.size() || text[end] == u'\n') ? end - at : 0;
}

qsizetype signAt(QStringView text, qsizetype at)
{
    if (at == 0 || text[at - 1] == u'\n')
        if (const qsizetype size = signAtLineStart(text, at); size > 0)
            return size;
    if (text[at] == u'`' || text[at] == u'|')
        return 1;
    if (text[at] == u'[')
        return text.indexOf(u"](", at) > at ? 1 : 0;
    if (text.mid(at).startsWith(u"](")) { // where a link leads
        const qsizetype end = text.indexOf(u')', at);
        return (end < 0 ? text.size() : end + 1) - at;
    }
    // Emphasis stands at a word: "2 * 3" and "2*3" keep theirs.
    if (text[at] != u'*')
        return 0;
    const auto isLetter = [&](qsizetype i) {
        return i >= 0 && i < text.size() && text[i].isLetterOrNumber();
    };
    const auto isSpace = [&](qsizetype i) {
        return i < 0 || i >= text.size() || text[i].isSpace();
    };
    qsizetype end = at;
    while (end < text.size() && text[end] == u'*')
        ++end;
    const bool between = isLetter(at - 1) && isLetter(end);
    const bool alone = isSpace(at - 1) && isSpace(end);
    return (between && end - at == 1) || alone ? 0 : end - at;
}

Letters lettersOf(QStringView text, const std::vector<SearchResultData::Hit>& hits)
{
    Letters letters;
    auto hit = hits.begin();
    bool space = false;
    for (qsizetype at = 0; at < text.size();) {
        if (const qsizetype size = signAt(text, at); size > 0) {
            space = space || text[at] == u'|';
            const QStringView sign = text.mid(at, size).trimmed();
            at += size;
            if (at > 0 && text[at - 1] == u' ' && isListSign(sign)) {
                if (!letters.empty())
                    letters.push_back({u' '});
                letters.push_back({u'•'});
                space = true;
            }
            continue;
        }
        while (hit != hits.end() && at >= hit->to)
            ++hit;
        const bool inHit = hit != hits.end() && at >= hit->from;
        if (text[at].isSpace()) {
            space = true;
        } else {
            if (space && !letters.empty())
                letters.push_back({u' ', inHit && letters.back().hit});
            space = false;
            letters.push_back({text[at], inHit});
        }
        ++at;
    }
    return letters;
}

// Where to begin so that the first hit is seen.
std::size_t beginOf(const Letters& letters)
{
    const auto hit = std::ranges::find(letters, true, &Letter::hit);
    if (hit == letters.end() || hit - letters.begin() <= kLead)
        return 0;
    auto begin = hit - kLead;
    const auto space = std::ranges::find(begin, hit, QChar(u' '), &Letter::character);
    if (space != hit)
        begin = space + 1;
    else if (begin->character.isLowSurrogate())
        ++begin;
    return static_cast<std::size_t>(begin - letters.begin());
}

QString htmlOf(const Letters& letters, std::size_t begin)
{
    QString html = begin > 0 ? QStringLiteral("…") : QString();
    bool bold = false;
    for (std::size_t at = begin; at < letters.size(); ++at) {
        if (letters[at].hit != bold)
            html += bold ? QStringLiteral("</b>") : QStringLiteral("<b>");
        bold = letters[at].hit;
        html += QString(letters[at].character).toHtmlEscaped();
    }
    return bold ? html + QStringLiteral("</b>") : html;
}

} // namespace

QString SearchResultsModel::passageHtml(
    const QString& passage, const std::vector<SearchResultData::Hit>& hits)
{
    const Letters letters = lettersOf(passage, hits);
    return htmlOf(letters, beginOf(letters));
}

QString SearchResultsModel::whenOf(const QDateTime& time, const QDateTime& now)
{
    const QLocale locale;
    const qint64 days = time.date().daysTo(now.date());
    if (days <= 0)
        return locale.toString(time.time(), QLocale::ShortFormat);
    if (days == 1)
        return tr("Yesterday");
    if (days < 7)
        return locale.toString(time.date(), QStringLiteral("ddd"));
    return locale.toString(time.date(),
        time.date().year() == now.date().year() ? QStringLiteral("d MMM")
                                                : QStringLiteral("MMM yyyy"));
}

SearchResultsModel::SearchResultsModel(QObject* parent) : QAbstractListModel(parent)
{
    m_more.setSingleShot(true);
    m_more.setInterval(16);
    connect(&m_more, &QTimer::timeout, this, &SearchResultsModel::grow);
}

void SearchResultsModel::reset(const QString& words, std::vector<SearchResultData> results)
{
    if (words == m_words && results == m_results)
        return;
    const int kept = std::min(m_rows, static_cast<int>(results.size()));
    if (kept < m_rows)
        beginRemoveRows({}, kept, m_rows - 1);
    const bool removes = kept < m_rows;
    m_rows = kept;
    m_words = words;
    m_results = std::move(results);
    if (removes)
        endRemoveRows();
    if (kept > 0)
        emit dataChanged(index(0), index(kept - 1));
    if (m_rows < count())
        grow();
    emit changed();
}

void SearchResultsModel::grow()
{
    const int last = m_rows < kRowsInView ? std::min(m_rows + kRowsAtOnce, count()) : count();
    if (last <= m_rows)
        return;
    beginInsertRows({}, m_rows, last - 1);
    m_rows = last;
    endInsertRows();
    if (m_rows < count())
        m_more.start();
}

int SearchResultsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_rows;
}

QVariant SearchResultsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const SearchResultData& result = m_results[static_cast<std::size_t>(index.row())];
    switch (role) {
    case ConversationId:
        return result.conversation;
    case FoundMessage:
        return result.message;
    case Qt::DisplayRole:
    case Title:
        return result.message == 0 ? passageHtml(result.passage, result.hits)
                                   : result.title.toHtmlEscaped();
    case Passage:
        return result.message == 0 ? QString() : passageHtml(result.passage, result.hits);
    case Spoken:
        return result.message == 0
            ? result.title
            : result.title + QStringLiteral(": ") + result.passage.simplified();
    case When:
        return whenOf(QDateTime::fromMSecsSinceEpoch(result.timeMs), QDateTime::currentDateTime());
    default:
        return {};
    }
}

QHash<int, QByteArray> SearchResultsModel::roleNames() const
{
    return {{ConversationId, "conversationId"}, {FoundMessage, "foundMessage"}, {Title, "title"},
        {Passage, "passage"}, {Spoken, "spoken"}, {When, "when"}};
}

} // namespace lectern::ui
