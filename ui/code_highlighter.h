// SPDX-License-Identifier: Apache-2.0
// Colours the code of a text item as it grows.
#pragma once

#include "ui/code/code_lexer.h"

#include <QQuickTextDocument>
#include <QString>
#include <QSyntaxHighlighter>
#include <QtQml/qqmlregistration.h>
#include <QVariantList>

namespace lectern::ui {

// Thread: the GUI thread. Only lines that changed are read again.
class CodeHighlighter : public QSyntaxHighlighter {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QQuickTextDocument* textDocument READ textDocument WRITE setTextDocument NOTIFY
            textDocumentChanged)
    Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
    // One a CodeToken, in its order.
    Q_PROPERTY(QVariantList colors READ colors WRITE setColors NOTIFY colorsChanged)

public:
    explicit CodeHighlighter(QObject* parent = nullptr);

    QQuickTextDocument* textDocument() const { return m_textDocument; }
    void setTextDocument(QQuickTextDocument* document);
    QString language() const { return m_language; }
    void setLanguage(const QString& language);
    QVariantList colors() const { return m_colors; }
    void setColors(const QVariantList& colors);

signals:
    void textDocumentChanged();
    void languageChanged();
    void colorsChanged();

protected:
    void highlightBlock(const QString& line) override;

private:
    QQuickTextDocument* m_textDocument = nullptr; // of the item that also holds this
    QString m_language;
    CodeLexer m_lexer = nullptr; // null: plain text
    QVariantList m_colors;
};

} // namespace lectern::ui
