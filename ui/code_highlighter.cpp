// SPDX-License-Identifier: Apache-2.0
// From the spans of a lexer to formats of a text document.
#include "ui/code_highlighter.h"

#include <algorithm>
#include <QColor>
#include <QTextDocument>

namespace lectern::ui {

CodeHighlighter::CodeHighlighter(QObject* parent) : FoundMarks(parent) { }

void CodeHighlighter::setLanguage(const QString& language)
{
    if (language == m_language)
        return;
    m_language = language;
    m_lexer = codeLexerFor(language);
    rehighlight();
    emit languageChanged();
}

void CodeHighlighter::setColors(const QVariantList& colors)
{
    if (colors == m_colors)
        return;
    m_colors = colors;
    rehighlight();
    emit colorsChanged();
}

void CodeHighlighter::highlightBlock(const QString& line)
{
    if (m_lexer != nullptr) {
        const LexedLine lexed = m_lexer(line, std::max(0, previousBlockState()));
        for (const CodeSpan& span : lexed.spans) {
            const QColor color = m_colors.value(static_cast<int>(span.token)).value<QColor>();
            if (color.isValid())
                setFormat(static_cast<int>(span.start), static_cast<int>(span.length), color);
        }
        setCurrentBlockState(lexed.state);
    }
    FoundMarks::highlightBlock(line);
}

} // namespace lectern::ui
