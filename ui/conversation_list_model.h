// SPDX-License-Identifier: Apache-2.0
// The conversations of the sidebar, newest first, in sections by date.
#pragma once

#include "ui/window_state.h"

#include <QAbstractListModel>
#include <QDateTime>
#include <QTimer>

namespace lectern::ui {

class ConversationListModel : public QAbstractListModel {
    Q_OBJECT
    Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
    enum Role { ConversationId = Qt::UserRole + 1, Title, Section };

    explicit ConversationListModel(QObject* parent = nullptr);

    void reset(std::vector<ConversationData> conversations);
    void upsert(ConversationData conversation);
    void remove(qint64 id);

    QString titleOf(qint64 id) const; // empty: not there
    int count() const { return static_cast<int>(m_conversations.size()); }
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    // "Today", "Yesterday", "Previous 7 days", "Previous 30 days", "March 2026".
    static QString sectionOf(const QDateTime& updated, const QDateTime& now);

signals:
    void countChanged();

private:
    void refreshSectionsAtMidnight();

    std::vector<ConversationData> m_conversations; // by updatedAtMs, descending
    QTimer m_midnight;
};

} // namespace lectern::ui
