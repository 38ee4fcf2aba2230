// SPDX-License-Identifier: Apache-2.0
// The messages of one conversation as list rows: one for a person's message, one a Markdown block
// of an answer, and one after each answer for its state and actions.
#pragma once

#include "ui/markdown_blocks.h"
#include "ui/window_state.h"

#include <deque>
#include <QAbstractListModel>
#include <QTimer>

namespace lectern::ui {

// A long conversation is shown from its end: rows of older messages are built later, a few at a
// time, and inserted at the top, so that opening one never blocks the window.
class MessageListModel : public QAbstractListModel {
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("WindowState has it.")
    Q_PROPERTY(int count READ count NOTIFY countChanged)
    Q_PROPERTY(bool complete READ complete NOTIFY countChanged)

public:
    enum Role {
        RowKind = Qt::UserRole
            + 1, // "user", "paragraph", "heading", "code", "tableRow", "rule", "footer"
        MessageId,
        MessageState, // "waiting", "streaming", "complete", "stopped", "failed", "interrupted"
        Note,
        Attachments,  // AttachmentListModel, or null
        Remarks,      // what was not read of them, sentences that name the file
        LastAnswer,   // footer: the answer that can be asked for again
        LastQuestion, // user: the question that can be changed
        FirstRow,     // the first row of its message
        Html,
        Preview, // a person's long message: its beginning; empty when it is short
        Plain,
        Language,
        Level,
        Indent,
        Marker,
        QuoteDepth,
        QuoteStart,
        Tight,
        RightToLeft,
        Cells,
        Alignments,
        ColumnChars,
        TableHeader,
        LastTableRow
    };

    explicit MessageListModel(QObject* parent = nullptr);
    ~MessageListModel() override;

    void reset(std::vector<MessageData> messages);
    void append(MessageData message);
    void appendText(qint64 id, const QString& delta); // the first text ends State::Waiting
    void setState(qint64 id, MessageData::State state, const QString& note);
    // The files of a message as they are now: what was read of them is known later than they are.
    void setAttachments(qint64 id, const std::vector<AttachmentData>& attachments);
    void removeFrom(qint64 id); // this message and all after it

    const MessageData* find(qint64 id) const; // null: not there; valid until the next change
    const MessageData* last() const;          // null: no messages
    const MessageData* lastQuestion() const;  // null: none
    qsizetype messageCount() const { return static_cast<qsizetype>(m_messages.size()); }

    // The row of a message that holds most of these words, else its first one; -1: it has no rows
    // yet, or is not there.
    Q_INVOKABLE int rowOf(qint64 id, const QString& words) const;
    // Builds all rows as fast as the window allows from now on: one of them is sought.
    Q_INVOKABLE void hurry();

    int count() const { return static_cast<int>(m_rows.size()); }
    bool complete() const { return m_firstBuilt == 0; } // every message has its rows
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QHash<int, QByteArray> roleNames() const override;

signals:
    void countChanged();

private:
    static constexpr int kUserRow = -1;
    static constexpr int kFooterRow = -2;

    struct Entry {
        MessageData message;
        MarkdownStream stream;                            // of an answer, once built
        std::unique_ptr<AttachmentListModel> attachments; // for QML, once built; null: none
    };
    struct Row {
        std::size_t message;
        int block; // or kUserRow, kFooterRow
    };

    std::vector<Row> buildRows(std::size_t message);
    void buildOlder(int rowBudget);
    void tick();
    std::size_t indexOf(qint64 id) const; // m_messages.size(): not there
    int firstRowOf(std::size_t message) const;
    int rowsOf(std::size_t message) const;
    std::size_t lastQuestionIndex() const; // m_messages.size(): none
    void updateLasts(std::size_t message);
    QVariant messageData(const Entry& entry, const Row& row, int role) const;
    static const Block& blockOf(const Entry& entry, const Row& row);
    static QVariant blockData(const Block& block, int role);

    std::vector<Entry> m_messages;
    std::size_t m_firstBuilt = 0; // messages before this one have no rows yet
    std::deque<Row> m_rows;
    QTimer m_olderTimer;
    bool m_hurried = false;
};

} // namespace lectern::ui
