// SPDX-License-Identifier: Apache-2.0
// From the places of a row to formats of a text document.
#include "ui/found_marks.h"

#include "ui/folded_text.h"

#include <QColor>
#include <QTextBlock>
#include <QTextDocument>
#include <utility>

namespace lectern::ui {

FoundMarks::FoundMarks(QObject* parent) : QSyntaxHighlighter(parent) { }

void FoundMarks::setTextDocument(QQuickTextDocument* document)
{
    if (std::exchange(m_textDocument, document) == document)
        return;
    attach();
    emit textDocumentChanged();
}

void FoundMarks::setFind(TextFind* find)
{
    if (find == m_find)
        return;
    if (m_find)
        m_find->disconnect(this);
    m_find = find;
    if (find != nullptr) {
        connect(find, &TextFind::changed, this, &FoundMarks::refresh);
        connect(find, &TextFind::marksChanged, this, &FoundMarks::rehighlight);
    }
    refresh();
    emit placeChanged();
}

void FoundMarks::setRow(int row)
{
    if (std::exchange(m_row, row) == row)
        return;
    refresh();
    emit placeChanged();
}

void FoundMarks::setCell(int cell)
{
    if (std::exchange(m_cell, cell) == cell)
        return;
    refresh();
    emit placeChanged();
}

void FoundMarks::refresh()
{
    Found found;
    if (m_find && m_row >= 0) {
        const TextFind::Hit current = m_find->currentHit();
        for (const TextFind::Hit& hit : m_find->hitsOf(m_row)) {
            if (hit.cell != m_cell)
                continue;
            if (hit == current)
                found.current = found.count;
            ++found.count;
        }
        if (found.count > 0)
            found.folded = m_find->folded();
    }
    if (found == m_found)
        return;
    m_found = found;
    attach();
    rehighlight();
}

void FoundMarks::attach()
{
    const bool needed = m_textDocument != nullptr && (m_found.count > 0 || alwaysAttached());
    QTextDocument* document = needed ? m_textDocument->textDocument() : nullptr;
    if (document != QSyntaxHighlighter::document())
        setDocument(document);
}

int FoundMarks::placeOfCurrent() const
{
    if (m_found.current < 0 || m_textDocument == nullptr)
        return -1;
    int seen = 0;
    for (QTextBlock block = m_textDocument->textDocument()->begin(); block.isValid();
         block = block.next())
        for (const TextPlace& place : placesOf(m_found.folded, block.text()))
            if (seen++ == m_found.current)
                return block.position() + place.from;
    return -1;
}

void FoundMarks::highlightBlock(const QString& line)
{
    if (m_found.count == 0 || !m_find)
        return;
    const QVariantList marks = m_find->marks();
    const int current = placeOfCurrent();
    for (const TextPlace& place : placesOf(m_found.folded, line)) {
        const bool isCurrent = currentBlock().position() + place.from == current;
        for (int at = place.from; at < place.to; ++at) {
            QTextCharFormat marked = format(at);
            marked.setBackground(marks.value(isCurrent ? 1 : 0).value<QColor>());
            if (isCurrent)
                marked.setForeground(marks.value(2).value<QColor>());
            setFormat(at, 1, marked);
        }
    }
}

} // namespace lectern::ui
