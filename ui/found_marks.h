// SPDX-License-Identifier: Apache-2.0
// Marks what TextFind found in one text of the conversation.
#pragma once

#include "ui/text_find.h"

#include <QPointer>
#include <QQuickTextDocument>
#include <QSyntaxHighlighter>
#include <QtQml/qqmlregistration.h>

namespace lectern::ui {

// The places are looked up in the text as it is shown: the model's plain text may have other
// spaces. Costs nothing as long as nothing is found in the text. Thread: the GUI thread.
class FoundMarks : public QSyntaxHighlighter {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument* textDocument READ textDocument WRITE setTextDocument NOTIFY
            textDocumentChanged)
    Q_PROPERTY(lectern::ui::TextFind* find READ find WRITE setFind NOTIFY placeChanged)
    Q_PROPERTY(int row READ row WRITE setRow NOTIFY placeChanged)
    Q_PROPERTY(int cell READ cell WRITE setCell NOTIFY placeChanged)

public:
    explicit FoundMarks(QObject* parent = nullptr);

    QQuickTextDocument* textDocument() const { return m_textDocument; }
    void setTextDocument(QQuickTextDocument* document);
    TextFind* find() const { return m_find; }
    void setFind(TextFind* find);
    int row() const { return m_row; }
    void setRow(int row);
    int cell() const { return m_cell; }
    void setCell(int cell);

    // Where the current place is in the document; -1: not in what is shown of this text.
    Q_INVOKABLE int placeOfCurrent() const;

signals:
    void textDocumentChanged();
    void placeChanged();

protected:
    // Marks in the block that is being highlighted, over the formats it has by now.
    void highlightBlock(const QString& line) override;
    // Whether the document is worked on even where nothing is found.
    virtual bool alwaysAttached() const { return false; }

private:
    struct Found {
        QString folded;
        int count = 0;    // in this text
        int current = -1; // which of them is the current one
        bool operator==(const Found&) const = default;
    };
    void refresh();
    void attach();

    QQuickTextDocument* m_textDocument = nullptr; // of the item that also holds this
    QPointer<TextFind> m_find;                    // may be destroyed before a pooled row is
    int m_row = -1;
    int m_cell = 0;
    Found m_found;
};

} // namespace lectern::ui
