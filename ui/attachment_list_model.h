// SPDX-License-Identifier: Apache-2.0
// The files of the draft, in the order they were added.
#pragma once

#include "ui/window_state.h"

#include <QAbstractListModel>

namespace lectern::ui {

class AttachmentListModel : public QAbstractListModel {
    Q_OBJECT
    Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
    enum Role {
        AttachmentId = Qt::UserRole + 1,
        FileName,
        Kind,
        Detail,
        Warnings,
        State, // "reading", "ready", "rejected"
        Progress,
        Thumbnail // QImage
    };

    using QAbstractListModel::QAbstractListModel;

    void reset(std::vector<AttachmentData> attachments);
    void upsert(AttachmentData attachment); // new ones go to the end
    void remove(qint64 id);

    bool reading() const; // any of them
    int count() const { return static_cast<int>(m_attachments.size()); }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void countChanged();

private:
    std::vector<AttachmentData> m_attachments;
};

// "reading", "ready", "rejected": how QML sees the state.
QString attachmentStateName(AttachmentData::State state);

} // namespace lectern::ui
