// SPDX-License-Identifier: Apache-2.0
// The files of the draft, in the order they were added.
#pragma once

#include "ui/window_state.h"

#include <QAbstractListModel>

namespace lectern::ui {

class AttachmentListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("WindowState has it.")
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(int tokens READ tokens NOTIFY totalsChanged)
    Q_PROPERTY(int rejected READ rejected NOTIFY totalsChanged)

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

    bool reading() const;                       // any of them
    int tokens() const { return m_tokens; }     // of all that are ready
    int rejected() const { return m_rejected; } // how many
    int count() const { return static_cast<int>(m_attachments.size()); }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void countChanged();
    void totalsChanged();

private:
    void addUp();

    int m_tokens = 0;
    int m_rejected = 0;
    std::vector<AttachmentData> m_attachments;
};

// "reading", "ready", "rejected": how QML sees the state.
QString attachmentStateName(AttachmentData::State state);

} // namespace lectern::ui
