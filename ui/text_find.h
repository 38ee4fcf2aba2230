// SPDX-License-Identifier: Apache-2.0
// Finding in the conversation that is shown: where a text stands in its rows, and which of those
// places is looked at.
#pragma once

#include <QAbstractItemModel>
#include <QObject>
#include <QTimer>
#include <QtQml/qqmlregistration.h>
#include <QVariantList>
#include <span>
#include <vector>

namespace lectern::ui {

// Follows the model: rows that change or come later (a long conversation is built from its end)
// are looked through then. A long conversation is looked through from its end, a little at a time,
// so that the window goes on. Case and accents make no difference. Thread: the GUI thread.
class TextFind : public QObject {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QObject* model READ model WRITE setModel NOTIFY modelChanged) // MessageListModel
    Q_PROPERTY(QString text READ text WRITE setText NOTIFY changed) // empty: nothing is sought
    Q_PROPERTY(int count READ count NOTIFY changed)
    Q_PROPERTY(bool looking READ looking NOTIFY changed) // more may be found
    Q_PROPERTY(int current READ current NOTIFY changed)  // counted from 1; 0: none
    // The row from which on a place is looked at first, if there is one.
    Q_PROPERTY(int startRow MEMBER m_startRow NOTIFY startRowChanged)
    // Colours, for ui/found_marks.h: behind a place, behind the current one, that one's letters.
    Q_PROPERTY(QVariantList marks MEMBER m_marks NOTIFY marksChanged)
    Q_PROPERTY(int currentRow READ currentRow NOTIFY changed) // -1: none

public:
    struct Hit {
        int row = 0;
        int cell = 0; // of a table's row; else 0
        int from = 0; // characters of the row's plain text, or of the cell's
        int to = 0;
        auto operator<=>(const Hit&) const = default;
    };

    explicit TextFind(QObject* parent = nullptr);

    QObject* model() const { return m_model; }
    void setModel(QObject* model);
    QString text() const { return m_text; }
    const QString& folded() const { return m_folded; } // the text, as ui/folded_text.h has it
    void setText(const QString& text);
    int count() const { return static_cast<int>(m_hits.size()); }
    bool looking() const { return m_lookedFrom > 0; }
    int current() const { return m_current + 1; }
    int currentRow() const { return currentHit().row; }
    const QVariantList& marks() const { return m_marks; }
    std::span<const Hit> hitsOf(int row) const; // valid until the next change
    Hit currentHit() const;                     // rows from 0; row -1: none

    Q_INVOKABLE void step(int by); // to the next one (1) or the one before (-1), round the ends

signals:
    void modelChanged();
    void startRowChanged();
    void marksChanged();
    void changed();
    void moved(); // the current place is another one: show it

private:
    void begin(const Hit& anchor);
    void lookOn();
    void lookAgain();
    [[nodiscard]] std::vector<Hit> look(int first, int last) const;
    void settle();
    void choose(const Hit& from);
    void rowsChanged(int first, int last);
    void rowsInserted(int first, int last);
    void rowsRemoved(int first, int last);

    QAbstractItemModel* m_model = nullptr; // of the window's state, which outlives the window
    QString m_text;
    QString m_folded;
    int m_startRow = 0;
    QVariantList m_marks;
    int m_lookedFrom = 0;    // rows before this one are still to be looked through
    Hit m_anchor;            // where the current place is sought, while there is none
    std::vector<Hit> m_hits; // ascending
    int m_current = -1;
    QTimer m_more;
};

} // namespace lectern::ui
