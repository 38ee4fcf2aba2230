// SPDX-License-Identifier: Apache-2.0
// The ends of the selection in order, and its text from the rows.
#include "ui/text_selection.h"

#include "ui/message_list_model.h"

#include <algorithm>
#include <QClipboard>
#include <QGuiApplication>
#include <QTextDocument>

namespace lectern::ui {

void TextSelection::setModel(QObject* model)
{
    auto* list = qobject_cast<QAbstractItemModel*>(model);
    if (list == m_model)
        return;
    clear();
    if (m_model != nullptr)
        m_model->disconnect(this);
    m_model = list;
    if (m_model != nullptr) {
        connect(m_model, &QAbstractItemModel::rowsRemoved, this, &TextSelection::dropWhatIsGone);
        connect(m_model, &QAbstractItemModel::modelReset, this, &TextSelection::clear);
    }
    emit modelChanged();
}

void TextSelection::begin(int row, int position)
{
    clear();
    if (m_model != nullptr)
        m_anchor = {m_model->index(row, 0), position};
}

void TextSelection::extend(int row, int position)
{
    if (!m_anchor.row.isValid())
        return;
    m_head = {m_model->index(row, 0), position};
    if (!m_spanning && m_anchor.row.row() == row)
        return;
    m_spanning = true;
    emit changed();
}

void TextSelection::clear()
{
    m_anchor = {};
    m_head = {};
    if (std::exchange(m_spanning, false))
        emit changed();
}

void TextSelection::dropWhatIsGone()
{
    if (m_spanning && !(m_anchor.row.isValid() && m_head.row.isValid()))
        clear();
}

int TextSelection::from(int row) const
{
    if (!m_spanning)
        return -1;
    const int first = std::min(m_anchor.row.row(), m_head.row.row());
    const int last = std::max(m_anchor.row.row(), m_head.row.row());
    if (row < first || row > last)
        return -1;
    if (first == last)
        return std::min(m_anchor.position, m_head.position);
    return row != first ? 0 : m_anchor.row.row() == first ? m_anchor.position : m_head.position;
}

int TextSelection::to(int row) const
{
    const int first = std::min(m_anchor.row.row(), m_head.row.row());
    const int last = std::max(m_anchor.row.row(), m_head.row.row());
    if (first == last)
        return std::max(m_anchor.position, m_head.position);
    return row != last ? -1 : m_anchor.row.row() == last ? m_anchor.position : m_head.position;
}

// The characters of a row, one a position.
QString TextSelection::shown(int row) const
{
    const QModelIndex index = m_model->index(row, 0);
    if (index.data(MessageListModel::RowKind).toString() == u"code")
        return index.data(MessageListModel::Plain).toString();
    QTextDocument document;
    document.setHtml(index.data(MessageListModel::Html).toString());
    QString text = document.toRawText();
    text.replace(QChar::LineSeparator, u'\n');
    text.replace(QChar::ParagraphSeparator, u'\n');
    text.replace(QChar::Nbsp, u' ');
    return text;
}

QString TextSelection::text() const
{
    if (!m_spanning)
        return {};
    QString all;
    const int last = std::max(m_anchor.row.row(), m_head.row.row());
    for (int row = std::min(m_anchor.row.row(), m_head.row.row()); row <= last; ++row) {
        const QModelIndex index = m_model->index(row, 0);
        const QString kind = index.data(MessageListModel::RowKind).toString();
        if (kind == u"footer" || kind == u"rule")
            continue;
        const int begin = from(row);
        const int end = to(row);
        QString text;
        if (kind == u"tableRow" || (begin == 0 && end < 0))
            text = index.data(MessageListModel::Plain).toString();
        else
            text = shown(row).mid(begin, end < 0 ? -1 : end - begin);
        const QString marker = index.data(MessageListModel::Marker).toString();
        if (begin == 0 && !marker.isEmpty())
            text.prepend(QString(2 * (index.data(MessageListModel::Indent).toInt() - 1), u' ')
                + marker + u' ');
        const bool close = index.data(MessageListModel::Tight).toBool()
            || (kind == u"tableRow" && !index.data(MessageListModel::TableHeader).toBool());
        if (!all.isEmpty())
            all += close ? QStringLiteral("\n") : QStringLiteral("\n\n");
        all += text;
    }
    return all;
}

void TextSelection::copy() const
{
    if (m_spanning)
        QGuiApplication::clipboard()->setText(text());
}

} // namespace lectern::ui
