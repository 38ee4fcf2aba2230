// SPDX-License-Identifier: Apache-2.0
// Text selected over several rows of the conversation. Inside one row a text item selects on its
// own; once the mouse reaches another, this says what of each row is selected.
#pragma once

#include <QAbstractItemModel>
#include <QObject>
#include <QPersistentModelIndex>
#include <QtQml/qqmlregistration.h>

namespace lectern::ui {

// Positions count characters of a row as it is shown. Thread: the GUI thread.
class TextSelection : public QObject {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QObject* model READ model WRITE setModel NOTIFY modelChanged) // MessageListModel
    Q_PROPERTY(bool spanning READ spanning NOTIFY changed) // more than one row was reached

public:
    using QObject::QObject;

    QObject* model() const { return m_model; }
    void setModel(QObject* model);
    bool spanning() const { return m_spanning; }

    Q_INVOKABLE void begin(int row, int position);
    Q_INVOKABLE void extend(int row, int position);
    Q_INVOKABLE void clear();

    // What of a row is selected; -1 for `from`: nothing, -1 for `to`: up to its end.
    Q_INVOKABLE int from(int row) const;
    Q_INVOKABLE int to(int row) const;

    Q_INVOKABLE QString text() const; // with list markers, without Markdown's signs
    Q_INVOKABLE void copy() const;    // to the clipboard

signals:
    void modelChanged();
    void changed();

private:
    struct End {
        QPersistentModelIndex row; // stays right when rows come and go
        int position = 0;
    };

    void dropWhatIsGone();
    QString shown(int row) const;

    QAbstractItemModel* m_model = nullptr; // of the window's state, which outlives the window
    End m_anchor;
    End m_head;
    bool m_spanning = false;
};

} // namespace lectern::ui
