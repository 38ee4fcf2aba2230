// SPDX-License-Identifier: Apache-2.0
// Colours the code of a text item as it grows.
#pragma once

#include "ui/code/code_lexer.h"
#include "ui/found_marks.h"

#include <QString>
#include <QtQml/qqmlregistration.h>
#include <QVariantList>

namespace lectern::ui {

// Thread: the GUI thread. Only lines that changed are read again. It also marks what is found,
// because a document has one highlighter: a second one would take away its formats.
class CodeHighlighter : public lectern::ui::FoundMarks { // in full: qmllint 6.4 finds it so
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QString language READ language WRITE setLanguage NOTIFY languageChanged)
    // One a CodeToken, in its order.
    Q_PROPERTY(QVariantList colors READ colors WRITE setColors NOTIFY colorsChanged)

public:
    explicit CodeHighlighter(QObject* parent = nullptr);

    QString language() const { return m_language; }
    void setLanguage(const QString& language);
    QVariantList colors() const { return m_colors; }
    void setColors(const QVariantList& colors);

signals:
    void languageChanged();
    void colorsChanged();

protected:
    void highlightBlock(const QString& line) override;
    bool alwaysAttached() const override { return true; }

private:
    QString m_language;
    CodeLexer m_lexer = nullptr; // null: plain text
    QVariantList m_colors;
};

} // namespace lectern::ui
