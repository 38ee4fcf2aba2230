// SPDX-License-Identifier: Apache-2.0
// Roles and row changes of the draft's attachments.
#include "ui/attachment_list_model.h"

#include <algorithm>

namespace lectern::ui {

QString attachmentStateName(AttachmentData::State state)
{
    switch (state) {
    case AttachmentData::State::Reading:
        return QStringLiteral("reading");
    case AttachmentData::State::Ready:
        return QStringLiteral("ready");
    case AttachmentData::State::Rejected:
        return QStringLiteral("rejected");
    }
    return {};
}

void AttachmentListModel::reset(std::vector<AttachmentData> attachments)
{
    beginResetModel();
    m_attachments = std::move(attachments);
    endResetModel();
    addUp();
    emit countChanged();
}

void AttachmentListModel::upsert(AttachmentData attachment)
{
    const auto at = std::ranges::find(m_attachments, attachment.id, &AttachmentData::id);
    if (at != m_attachments.end()) {
        *at = std::move(attachment);
        const QModelIndex changed = index(static_cast<int>(at - m_attachments.begin()));
        emit dataChanged(changed, changed);
        addUp();
        return;
    }
    beginInsertRows({}, count(), count());
    m_attachments.push_back(std::move(attachment));
    endInsertRows();
    addUp();
    emit countChanged();
}

void AttachmentListModel::remove(qint64 id)
{
    const auto at = std::ranges::find(m_attachments, id, &AttachmentData::id);
    if (at == m_attachments.end())
        return;
    const int row = static_cast<int>(at - m_attachments.begin());
    beginRemoveRows({}, row, row);
    m_attachments.erase(at);
    endRemoveRows();
    addUp();
    emit countChanged();
}

void AttachmentListModel::addUp()
{
    int tokens = 0;
    int rejected = 0;
    for (const AttachmentData& attachment : m_attachments) {
        tokens += attachment.state == AttachmentData::State::Ready ? attachment.tokens : 0;
        rejected += attachment.state == AttachmentData::State::Rejected ? 1 : 0;
    }
    if (tokens == m_tokens && rejected == m_rejected)
        return;
    m_tokens = tokens;
    m_rejected = rejected;
    emit totalsChanged();
}

bool AttachmentListModel::reading() const
{
    return std::ranges::any_of(m_attachments, [](const AttachmentData& attachment) {
        return attachment.state == AttachmentData::State::Reading;
    });
}

int AttachmentListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant AttachmentListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const AttachmentData& attachment = m_attachments[static_cast<std::size_t>(index.row())];
    switch (role) {
    case AttachmentId:
        return attachment.id;
    case Qt::DisplayRole:
    case FileName:
        return attachment.fileName;
    case Kind:
        return attachment.kind;
    case Detail:
        return attachment.detail;
    case Warnings:
        return attachment.warnings;
    case State:
        return attachmentStateName(attachment.state);
    case Progress:
        return attachment.progress;
    case Thumbnail:
        return attachment.thumbnail;
    default:
        return {};
    }
}

QHash<int, QByteArray> AttachmentListModel::roleNames() const
{
    return {{AttachmentId, "attachmentId"}, {FileName, "fileName"}, {Kind, "kind"},
        {Detail, "detail"}, {Warnings, "warnings"}, {State, "readState"}, {Progress, "progress"},
        {Thumbnail, "thumbnail"}};
}

} // namespace lectern::ui
