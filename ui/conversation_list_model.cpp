// SPDX-License-Identifier: Apache-2.0
// Order, sections and row changes of the conversation list.
#include "ui/conversation_list_model.h"

#include <algorithm>
#include <QLocale>

namespace lectern::ui {
namespace {

bool newerFirst(const ConversationData& a, const ConversationData& b)
{
    return a.updatedAtMs != b.updatedAtMs ? a.updatedAtMs > b.updatedAtMs : a.id > b.id;
}

} // namespace

ConversationListModel::ConversationListModel(QObject* parent) : QAbstractListModel(parent)
{
    m_midnight.setSingleShot(true);
    connect(&m_midnight, &QTimer::timeout, this, [this] {
        if (count() > 0)
            emit dataChanged(index(0), index(count() - 1), {Section});
        refreshSectionsAtMidnight();
    });
    refreshSectionsAtMidnight();
}

void ConversationListModel::refreshSectionsAtMidnight()
{
    const QDateTime now = QDateTime::currentDateTime();
    const qint64 wait = now.msecsTo(now.date().addDays(1).startOfDay()) + 1000;
    m_midnight.start(static_cast<int>(std::clamp<qint64>(wait, 1000, 25 * 3600 * 1000)));
}

void ConversationListModel::reset(std::vector<ConversationData> conversations)
{
    beginResetModel();
    m_conversations = std::move(conversations);
    std::ranges::sort(m_conversations, newerFirst);
    endResetModel();
    emit countChanged();
}

void ConversationListModel::upsert(ConversationData conversation)
{
    const auto begin = m_conversations.begin();
    const auto old = std::ranges::find(m_conversations, conversation.id, &ConversationData::id);
    if (old == m_conversations.end()) {
        const auto at = std::lower_bound(begin, m_conversations.end(), conversation, newerFirst);
        const int row = static_cast<int>(at - begin);
        beginInsertRows({}, row, row);
        m_conversations.insert(at, std::move(conversation));
        endInsertRows();
        emit countChanged();
        return;
    }
    const auto from = old - begin;
    // Where it belongs among the others, with its own row still counted.
    auto to = std::count_if(begin, m_conversations.end(), [&](const ConversationData& other) {
        return other.id != conversation.id && newerFirst(other, conversation);
    });
    if (to != from) {
        const auto destination = to > from ? to + 1 : to;
        beginMoveRows(
            {}, static_cast<int>(from), static_cast<int>(from), {}, static_cast<int>(destination));
        if (to > from)
            std::rotate(begin + from, begin + from + 1, begin + to + 1);
        else
            std::rotate(begin + to, begin + from, begin + from + 1);
        endMoveRows();
    }
    m_conversations[static_cast<std::size_t>(to)] = std::move(conversation);
    const QModelIndex changed = index(static_cast<int>(to));
    emit dataChanged(changed, changed);
}

void ConversationListModel::remove(qint64 id)
{
    const auto at = std::ranges::find(m_conversations, id, &ConversationData::id);
    if (at == m_conversations.end())
        return;
    const int row = static_cast<int>(at - m_conversations.begin());
    beginRemoveRows({}, row, row);
    m_conversations.erase(at);
    endRemoveRows();
    emit countChanged();
}

QString ConversationListModel::titleOf(qint64 id) const
{
    const auto at = std::ranges::find(m_conversations, id, &ConversationData::id);
    return at == m_conversations.end() ? QString() : at->title;
}

int ConversationListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant ConversationListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ConversationData& conversation = m_conversations[static_cast<std::size_t>(index.row())];
    switch (role) {
    case ConversationId:
        return conversation.id;
    case Qt::DisplayRole:
    case Title:
        return conversation.title;
    case Section:
        return sectionOf(
            QDateTime::fromMSecsSinceEpoch(conversation.updatedAtMs), QDateTime::currentDateTime());
    default:
        return {};
    }
}

QHash<int, QByteArray> ConversationListModel::roleNames() const
{
    return {{ConversationId, "conversationId"}, {Title, "title"}, {Section, "section"}};
}

QString ConversationListModel::sectionOf(const QDateTime& updated, const QDateTime& now)
{
    const qint64 days = updated.date().daysTo(now.date());
    if (days <= 0)
        return tr("Today");
    if (days == 1)
        return tr("Yesterday");
    if (days <= 7)
        return tr("Previous 7 days");
    if (days <= 30)
        return tr("Previous 30 days");
    return QLocale().toString(updated.date(), QStringLiteral("MMMM yyyy"));
}

} // namespace lectern::ui
