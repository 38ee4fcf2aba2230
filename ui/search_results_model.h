// SPDX-License-Identifier: Apache-2.0
// What a search in all conversations found, as the sidebar lists it.
#pragma once

#include <QAbstractListModel>
#include <QDateTime>
#include <QString>
#include <QTimer>
#include <QtQml/qqmlregistration.h>
#include <vector>

namespace lectern::ui {

struct SearchResultData {
    struct Hit {
        int from = 0; // characters of the passage
        int to = 0;
        bool operator==(const Hit&) const = default;
    };
    qint64 conversation = 0;
    qint64 message = 0; // the application's own number of the place; 0: the title was found
    QString title;      // of the conversation
    QString passage;    // where the words stand, as written; the title again when that was found
    std::vector<Hit> hits;
    qint64 timeMs = 0;

    bool operator==(const SearchResultData&) const = default;
};

// Results that follow others take over their rows, which is cheaper to show than new ones.
class SearchResultsModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("WindowState has it.")
    Q_PROPERTY(int count READ count NOTIFY changed)
    Q_PROPERTY(QString words READ words NOTIFY changed) // that the results answer

public:
    enum Role {
        ConversationId = Qt::UserRole + 1,
        FoundMessage,
        Title,   // inline HTML: text and <b>
        Passage, // the same; empty when the title was found
        Spoken,  // the passage without markup
        When     // "14:32", "Yesterday", "Tue", "3 Mar", "Mar 2025"
    };

    explicit SearchResultsModel(QObject* parent = nullptr);

    void reset(const QString& words, std::vector<SearchResultData> results);

    QString words() const { return m_words; }
    int count() const { return static_cast<int>(m_results.size()); } // all; rows come by and by
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

    // A passage as one line of text, without the signs of Markdown, beginning shortly before the
    // first hit; hits in <b>.
    static QString passageHtml(
        const QString& passage, const std::vector<SearchResultData::Hit>& hits);
    static QString whenOf(const QDateTime& time, const QDateTime& now);

signals:
    void changed();

private:
    void grow();

    QString m_words;
    std::vector<SearchResultData> m_results;
    int m_rows = 0; // of them, by now
    QTimer m_more;
};

} // namespace lectern::ui
