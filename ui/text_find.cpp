// SPDX-License-Identifier: Apache-2.0
// The places, kept in order while rows come, change and go.
#include "ui/text_find.h"

#include "ui/folded_text.h"
#include "ui/message_list_model.h"

#include <algorithm>
#include <QElapsedTimer>
#include <utility>

namespace lectern::ui {
namespace {

constexpr int kSliceMs = 6; // of a frame's 16
constexpr int kRowsASlice = 64;

// Before any place of a row.
TextFind::Hit startOf(int row)
{
    return {row, 0, -1, -1};
}

} // namespace

TextFind::TextFind(QObject* parent) : QObject(parent)
{
    m_more.setSingleShot(true);
    m_more.setInterval(0);
    connect(&m_more, &QTimer::timeout, this, &TextFind::lookOn);
}

void TextFind::setModel(QObject* model)
{
    auto* list = qobject_cast<QAbstractItemModel*>(model);
    if (list == m_model)
        return;
    if (m_model != nullptr)
        m_model->disconnect(this);
    m_model = list;
    if (m_model != nullptr) {
        connect(m_model, &QAbstractItemModel::modelReset, this, &TextFind::lookAgain);
        connect(m_model, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex&, int first, int last) { rowsInserted(first, last); });
        connect(m_model, &QAbstractItemModel::rowsRemoved, this,
            [this](const QModelIndex&, int first, int last) { rowsRemoved(first, last); });
        connect(m_model, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& first, const QModelIndex& last) {
                rowsChanged(first.row(), last.row());
            });
    }
    lookAgain();
    emit modelChanged();
}

void TextFind::setText(const QString& text)
{
    if (std::exchange(m_text, text) == text)
        return;
    m_folded = fold(text).text;
    begin(m_current >= 0 ? currentHit() : startOf(m_startRow));
}

void TextFind::lookAgain()
{
    if (!m_folded.isEmpty())
        begin(startOf(m_startRow));
}

// Looks through everything again; the first place from `anchor` on will be the current one.
void TextFind::begin(const Hit& anchor)
{
    m_anchor = anchor;
    m_hits.clear();
    m_current = -1;
    m_lookedFrom = m_model != nullptr && !m_folded.isEmpty() ? m_model->rowCount() : 0;
    lookOn();
}

// Goes on upwards for as long as the window can wait.
void TextFind::lookOn()
{
    QElapsedTimer time;
    time.start();
    std::vector<Hit> now;
    while (m_lookedFrom > 0 && time.elapsed() < kSliceMs) {
        const int first = std::max(0, m_lookedFrom - kRowsASlice);
        std::vector<Hit> some = look(first, m_lookedFrom - 1);
        some.insert(some.end(), now.begin(), now.end());
        now = std::move(some);
        m_lookedFrom = first;
    }
    m_hits.insert(m_hits.begin(), now.begin(), now.end());
    if (m_current >= 0)
        m_current += static_cast<int>(now.size());
    if (m_lookedFrom > 0)
        m_more.start();
    settle();
}

std::vector<TextFind::Hit> TextFind::look(int first, int last) const
{
    std::vector<Hit> hits;
    for (int row = first; row <= last; ++row) {
        const QModelIndex index = m_model->index(row, 0);
        const QString plain = index.data(MessageListModel::Plain).toString();
        if (plain.size() < m_folded.size())
            continue;
        const bool cells = index.data(MessageListModel::RowKind).toString() == u"tableRow";
        const QStringList texts = cells ? plain.split(u'\t') : QStringList{plain};
        for (int cell = 0; cell < texts.size(); ++cell)
            for (const TextPlace& place : placesOf(m_folded, texts[cell]))
                hits.push_back({row, cell, place.from, place.to});
    }
    return hits;
}

// Tells what changed. The current place, when there was none: once it is known what stands at the
// anchor, the first one from there on, else the last before.
void TextFind::settle()
{
    const bool chooses = m_current < 0 && !m_hits.empty() && m_lookedFrom <= m_anchor.row;
    if (chooses)
        choose(m_anchor);
    emit changed();
    if (chooses)
        emit moved();
}

void TextFind::choose(const Hit& from)
{
    const auto at = std::ranges::lower_bound(m_hits, from);
    m_current = static_cast<int>(at - m_hits.begin()) - (at == m_hits.end() ? 1 : 0);
}

void TextFind::rowsChanged(int first, int last)
{
    first = std::max(first, m_lookedFrom); // the others are still to come
    if (m_folded.isEmpty() || first > last)
        return;
    const std::vector<Hit> now = look(first, last);
    const auto begin = std::ranges::lower_bound(m_hits, startOf(first));
    const auto end = std::ranges::lower_bound(m_hits, startOf(last + 1));
    if (std::equal(begin, end, now.begin(), now.end()))
        return;
    const Hit before = currentHit();
    const auto at = m_hits.erase(begin, end);
    m_hits.insert(at, now.begin(), now.end());
    if (m_current >= 0)
        choose(before);
    settle();
}

void TextFind::rowsInserted(int first, int last)
{
    const int rows = last - first + 1;
    for (Hit& hit : m_hits)
        if (hit.row >= first)
            hit.row += rows;
    for (int* row : {&m_startRow, &m_anchor.row})
        if (*row >= first)
            *row += rows;
    if (first < m_lookedFrom)
        m_lookedFrom += rows;
    else
        rowsChanged(first, last);
    if (!m_hits.empty())
        emit changed(); // places have other rows
}

void TextFind::rowsRemoved(int first, int last)
{
    const int rows = last - first + 1;
    const auto moved = [&](int row) { return row > last ? row - rows : std::min(row, first); };
    m_startRow = moved(m_startRow);
    m_anchor.row = moved(m_anchor.row);
    m_lookedFrom = moved(m_lookedFrom);
    if (m_hits.empty())
        return;
    Hit from = currentHit();
    if (from.row >= first)
        from =
            from.row > last ? Hit{moved(from.row), from.cell, from.from, from.to} : startOf(first);
    std::erase_if(m_hits, [&](const Hit& hit) { return hit.row >= first && hit.row <= last; });
    for (Hit& hit : m_hits)
        hit.row = moved(hit.row);
    if (m_current >= 0)
        choose(from);
    emit changed();
}

std::span<const TextFind::Hit> TextFind::hitsOf(int row) const
{
    const auto begin = std::ranges::lower_bound(m_hits, startOf(row));
    const auto end = std::ranges::lower_bound(m_hits, startOf(row + 1));
    return {begin, end};
}

TextFind::Hit TextFind::currentHit() const
{
    return m_current >= 0 ? m_hits[static_cast<std::size_t>(m_current)] : Hit{-1, 0, 0, 0};
}

void TextFind::step(int by)
{
    if (m_hits.empty())
        return;
    m_current = (m_current + by + count()) % count();
    emit changed();
    emit moved();
}

} // namespace lectern::ui
