// SPDX-License-Identifier: Apache-2.0
// Rows of a conversation, and which of them change while an answer streams.
#include "ui/message_list_model.h"

#include "ui/attachment_list_model.h"
#include "ui/folded_text.h"

#include <algorithm>
#include <QElapsedTimer>

namespace lectern::ui {
namespace {

// Rows that may come into view cost the window a millisecond each, those above it only parsing.
constexpr int kRowsAtOnce = 5;
constexpr int kRowsInView = 96; // more than fit any window
constexpr int kRowsPerTick = 120;
constexpr int kTickMs = 16;
constexpr int kHurriedMs = 8; // of each tick, when rows are waited for

QString stateName(MessageData::State state)
{
    switch (state) {
    case MessageData::State::Waiting:
        return QStringLiteral("waiting");
    case MessageData::State::Streaming:
        return QStringLiteral("streaming");
    case MessageData::State::Complete:
        return QStringLiteral("complete");
    case MessageData::State::Stopped:
        return QStringLiteral("stopped");
    case MessageData::State::Failed:
        return QStringLiteral("failed");
    case MessageData::State::Interrupted:
        return QStringLiteral("interrupted");
    }
    return {};
}

QString kindName(Block::Kind kind)
{
    switch (kind) {
    case Block::Kind::Paragraph:
        return QStringLiteral("paragraph");
    case Block::Kind::Heading:
        return QStringLiteral("heading");
    case Block::Kind::Code:
        return QStringLiteral("code");
    case Block::Kind::TableRow:
        return QStringLiteral("tableRow");
    case Block::Kind::Rule:
        return QStringLiteral("rule");
    }
    return {};
}

// Among several files a remark says which one it is about.
QStringList remarksOf(const MessageData& message)
{
    QStringList remarks;
    for (const AttachmentData& file : message.attachments)
        for (const QString& warning : file.warnings)
            remarks << (message.attachments.size() > 1 && !warning.contains(file.fileName)
                    ? file.fileName + QStringLiteral(": ") + warning
                    : warning);
    return remarks;
}

QString previewOf(const QString& text)
{
    constexpr qsizetype kMaxChars = 1400;
    constexpr int kMaxLines = 14;
    qsizetype end = std::min(text.size(), kMaxChars);
    int lines = 0;
    for (qsizetype at = 0; at < end; ++at)
        if (text[at] == u'\n' && ++lines == kMaxLines)
            end = at;
    if (end + 200 >= text.size()) // not worth hiding
        return {};
    if (end > 0 && text[end - 1].isHighSurrogate())
        --end;
    return plainTextToHtml(text.left(end)) + QStringLiteral(" …");
}

} // namespace

MessageListModel::MessageListModel(QObject* parent) : QAbstractListModel(parent)
{
    m_olderTimer.setSingleShot(true);
    m_olderTimer.setInterval(kTickMs);
    connect(&m_olderTimer, &QTimer::timeout, this, &MessageListModel::tick);
}

MessageListModel::~MessageListModel() = default;

std::vector<MessageListModel::Row> MessageListModel::buildRows(std::size_t message)
{
    Entry& entry = m_messages[message];
    if (entry.message.role == MessageData::Role::User) {
        if (!entry.message.attachments.empty()) {
            entry.attachments = std::make_unique<AttachmentListModel>(this);
            entry.attachments->reset(entry.message.attachments);
        }
        return {{message, kUserRow}};
    }
    entry.stream = MarkdownStream();
    entry.stream.append(entry.message.markdown);
    std::vector<Row> rows;
    for (std::size_t block = 0; block < entry.stream.blocks().size(); ++block)
        rows.push_back({message, static_cast<int>(block)});
    rows.push_back({message, kFooterRow});
    return rows;
}

void MessageListModel::reset(std::vector<MessageData> messages)
{
    beginResetModel();
    m_messages.clear();
    m_rows.clear();
    m_messages.reserve(messages.size());
    for (MessageData& message : messages)
        m_messages.push_back({std::move(message), {}, {}});
    m_hurried = false;
    m_olderTimer.setInterval(kTickMs);
    m_olderTimer.stop();
    m_firstBuilt = m_messages.size();
    while (m_firstBuilt > 0 && count() < kRowsAtOnce) {
        const std::vector<Row> rows = buildRows(--m_firstBuilt);
        m_rows.insert(m_rows.begin(), rows.begin(), rows.end());
    }
    endResetModel();
    if (m_firstBuilt > 0)
        m_olderTimer.start();
    emit countChanged();
}

void MessageListModel::buildOlder(int rowBudget)
{
    std::deque<Row> older;
    while (m_firstBuilt > 0 && static_cast<int>(older.size()) < rowBudget) {
        const std::vector<Row> rows = buildRows(--m_firstBuilt);
        older.insert(older.begin(), rows.begin(), rows.end());
    }
    if (older.empty())
        return;
    beginInsertRows({}, 0, static_cast<int>(older.size()) - 1);
    m_rows.insert(m_rows.begin(), older.begin(), older.end());
    endInsertRows();
    if (m_firstBuilt > 0)
        m_olderTimer.start();
    emit countChanged();
}

void MessageListModel::tick()
{
    QElapsedTimer time;
    time.start();
    do
        buildOlder(count() < kRowsInView ? kRowsAtOnce : kRowsPerTick);
    while (m_hurried && m_firstBuilt > 0 && time.elapsed() < kHurriedMs);
}

void MessageListModel::hurry()
{
    m_hurried = true;
    m_olderTimer.setInterval(kTickMs - kHurriedMs);
}

int MessageListModel::rowOf(qint64 id, const QString& words) const
{
    const std::size_t message = indexOf(id);
    if (message == m_messages.size() || message < m_firstBuilt)
        return -1;
    const QStringList wanted = fold(words).text.split(u' ', Qt::SkipEmptyParts);
    const int first = firstRowOf(message);
    int best = first;
    qsizetype most = 0;
    for (int row = first; row < first + rowsOf(message); ++row) {
        const QString plain = fold(index(row).data(Plain).toString()).text;
        const qsizetype held = std::ranges::count_if(
            wanted, [&](const QString& word) { return plain.contains(word); });
        if (held > most) {
            best = row;
            most = held;
        }
    }
    return best;
}

void MessageListModel::append(MessageData message)
{
    m_messages.push_back({std::move(message), {}, {}});
    const std::size_t added = m_messages.size() - 1;
    const std::vector<Row> rows = buildRows(added);
    beginInsertRows({}, count(), count() + static_cast<int>(rows.size()) - 1);
    m_rows.insert(m_rows.end(), rows.begin(), rows.end());
    endInsertRows();
    if (added > m_firstBuilt)
        updateLasts(added - 1);
    emit countChanged();
}

void MessageListModel::appendText(qint64 id, const QString& delta)
{
    const std::size_t message = indexOf(id);
    if (message == m_messages.size() || delta.isEmpty())
        return;
    Entry& entry = m_messages[message];
    entry.message.markdown += delta;
    if (message < m_firstBuilt)
        return; // parsed when its rows are built
    if (entry.message.role == MessageData::Role::User) {
        const QModelIndex changed = index(firstRowOf(message));
        emit dataChanged(changed, changed, {Html, Plain});
        return;
    }
    if (entry.message.state == MessageData::State::Waiting)
        setState(id, MessageData::State::Streaming, entry.message.note);

    // The settled blocks cannot change; of the others, rows of the same kind are updated in place,
    // and from the first row whose kind changed on, rows are replaced (a delegate belongs to one
    // kind).
    const std::size_t settled = entry.stream.settledBlocks();
    const std::vector<Block> before(entry.stream.blocks().begin() + static_cast<qsizetype>(settled),
        entry.stream.blocks().end());
    const int firstTail = firstRowOf(message) + static_cast<int>(settled);
    entry.stream.append(delta);
    const auto oldCount = static_cast<int>(before.size());
    const int newCount = static_cast<int>(entry.stream.blocks().size() - settled);
    const auto blockAt = [&](int i) -> const Block& {
        return entry.stream.blocks()[settled + static_cast<std::size_t>(i)];
    };
    int kept = 0;
    while (kept < std::min(oldCount, newCount)
        && before[static_cast<std::size_t>(kept)].kind == blockAt(kept).kind)
        ++kept;
    if (kept < oldCount) {
        beginRemoveRows({}, firstTail + kept, firstTail + oldCount - 1);
        m_rows.erase(m_rows.begin() + firstTail + kept, m_rows.begin() + firstTail + oldCount);
        endRemoveRows();
    }
    if (kept < newCount) {
        beginInsertRows({}, firstTail + kept, firstTail + newCount - 1);
        for (int i = kept; i < newCount; ++i)
            m_rows.insert(m_rows.begin() + firstTail + i, {message, static_cast<int>(settled) + i});
        endInsertRows();
    }
    for (int i = 0; i < kept; ++i) {
        if (before[static_cast<std::size_t>(i)] == blockAt(i))
            continue;
        const QModelIndex changed = index(firstTail + i);
        emit dataChanged(changed, changed);
    }
    if (settled == 0 && oldCount == 0 && newCount > 0) { // the footer is no longer all there is
        const QModelIndex footer = index(firstTail + newCount);
        emit dataChanged(footer, footer, {FirstRow});
    }
    if (newCount != oldCount)
        emit countChanged();
}

void MessageListModel::setState(qint64 id, MessageData::State state, const QString& note)
{
    const std::size_t message = indexOf(id);
    if (message == m_messages.size())
        return;
    MessageData& data = m_messages[message].message;
    if (data.state == state && data.note == note)
        return;
    data.state = state;
    data.note = note;
    if (message < m_firstBuilt)
        return;
    const int last = firstRowOf(message) + rowsOf(message) - 1;
    emit dataChanged(index(last), index(last), {MessageState, Note, LastAnswer});
}

void MessageListModel::setAttachments(qint64 id, const std::vector<AttachmentData>& attachments)
{
    const std::size_t message = indexOf(id);
    if (message == m_messages.size())
        return;
    Entry& entry = m_messages[message];
    entry.message.attachments = attachments;
    if (entry.attachments)
        for (const AttachmentData& attachment : attachments)
            entry.attachments->upsert(attachment);
    if (message < m_firstBuilt)
        return;
    const QModelIndex row = index(firstRowOf(message));
    emit dataChanged(row, row, {Remarks});
}

void MessageListModel::removeFrom(qint64 id)
{
    const std::size_t message = indexOf(id);
    if (message == m_messages.size())
        return;
    if (message <= m_firstBuilt) { // nothing that is shown stays
        beginResetModel();
        m_rows.clear();
        m_messages.erase(m_messages.begin() + static_cast<qsizetype>(message), m_messages.end());
        m_firstBuilt = m_messages.size();
        endResetModel();
        buildOlder(kRowsAtOnce);
        emit countChanged();
        return;
    }
    const int firstRow = firstRowOf(message);
    beginRemoveRows({}, firstRow, count() - 1);
    m_rows.erase(m_rows.begin() + firstRow, m_rows.end());
    m_messages.erase(m_messages.begin() + static_cast<qsizetype>(message), m_messages.end());
    endRemoveRows();
    updateLasts(message - 1);
    emit countChanged();
}

// Back to the question at or before `message`: those may be last now, or no longer.
void MessageListModel::updateLasts(std::size_t message)
{
    for (std::size_t one = message + 1; one-- > m_firstBuilt;) {
        const QModelIndex row = index(firstRowOf(one) + rowsOf(one) - 1);
        emit dataChanged(row, row, {LastAnswer, LastQuestion});
        if (m_messages[one].message.role == MessageData::Role::User)
            return;
    }
}

std::size_t MessageListModel::lastQuestionIndex() const
{
    for (std::size_t one = m_messages.size(); one-- > 0;)
        if (m_messages[one].message.role == MessageData::Role::User)
            return one;
    return m_messages.size();
}

std::size_t MessageListModel::indexOf(qint64 id) const
{
    const auto at = std::find_if(m_messages.rbegin(), m_messages.rend(),
        [id](const Entry& entry) { return entry.message.id == id; });
    return at == m_messages.rend()
        ? m_messages.size()
        : m_messages.size() - 1 - static_cast<std::size_t>(at - m_messages.rbegin());
}

const MessageData* MessageListModel::find(qint64 id) const
{
    const std::size_t message = indexOf(id);
    return message == m_messages.size() ? nullptr : &m_messages[message].message;
}

const MessageData* MessageListModel::lastQuestion() const
{
    const std::size_t at = lastQuestionIndex();
    return at == m_messages.size() ? nullptr : &m_messages[at].message;
}

const MessageData* MessageListModel::last() const
{
    return m_messages.empty() ? nullptr : &m_messages.back().message;
}

int MessageListModel::firstRowOf(std::size_t message) const
{
    const auto at = std::lower_bound(m_rows.begin(), m_rows.end(), message,
        [](const Row& row, std::size_t wanted) { return row.message < wanted; });
    return static_cast<int>(at - m_rows.begin());
}

int MessageListModel::rowsOf(std::size_t message) const
{
    const Entry& entry = m_messages[message];
    return entry.message.role == MessageData::Role::User
        ? 1
        : static_cast<int>(entry.stream.blocks().size()) + 1;
}

int MessageListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const Entry& entry = m_messages[row.message];
    switch (role) {
    case RowKind:
    case MessageId:
    case MessageState:
    case Note:
    case Attachments:
    case Remarks:
    case LastAnswer:
    case LastQuestion:
    case FirstRow:
        return messageData(entry, row, role);
    case Html:
        if (row.block == kUserRow)
            return plainTextToHtml(entry.message.markdown);
        break;
    case Preview:
        return row.block == kUserRow ? previewOf(entry.message.markdown) : QString();
    case Plain:
        if (row.block == kUserRow)
            return entry.message.markdown;
        break;
    case RightToLeft:
        if (row.block == kUserRow)
            return entry.message.markdown.isRightToLeft();
        break;
    default:
        break;
    }
    return blockData(blockOf(entry, row), role);
}

// While rows are being removed a view may ask for one whose block is already gone.
const Block& MessageListModel::blockOf(const Entry& entry, const Row& row)
{
    static const Block kNone;
    const std::vector<Block>& blocks = entry.stream.blocks();
    const auto at = static_cast<std::size_t>(row.block);
    return row.block >= 0 && at < blocks.size() ? blocks[at] : kNone;
}

QVariant MessageListModel::messageData(const Entry& entry, const Row& row, int role) const
{
    switch (role) {
    case RowKind:
        if (row.block == kUserRow)
            return QStringLiteral("user");
        if (row.block == kFooterRow)
            return QStringLiteral("footer");
        return kindName(blockOf(entry, row).kind);
    case MessageId:
        return entry.message.id;
    case MessageState:
        return stateName(entry.message.state);
    case Note:
        return entry.message.note;
    case Attachments:
        return QVariant::fromValue<QObject*>(
            row.block == kUserRow ? entry.attachments.get() : nullptr);
    case Remarks:
        return row.block == kUserRow ? remarksOf(entry.message) : QStringList();
    case LastAnswer:
        return row.block == kFooterRow && row.message + 1 == m_messages.size();
    case LastQuestion:
        return row.block == kUserRow && row.message == lastQuestionIndex();
    case FirstRow:
        return row.block <= 0 && (row.block != kFooterRow || entry.stream.blocks().empty());
    default:
        return {};
    }
}

QVariant MessageListModel::blockData(const Block& block, int role)
{
    switch (role) {
    case Html:
        return block.html;
    case Qt::DisplayRole:
    case Plain:
        return block.plain;
    case Language:
        return block.language;
    case Level:
        return block.level;
    case Indent:
        return block.indent;
    case Marker:
        return block.marker;
    case QuoteDepth:
        return block.quoteDepth;
    case QuoteStart:
        return block.quoteStart;
    case Tight:
        return block.tight;
    case RightToLeft:
        return block.rightToLeft;
    case Cells:
        return block.cells;
    case Alignments:
        return QVariant::fromValue(block.alignments);
    case ColumnChars:
        return QVariant::fromValue(block.columnChars);
    case TableHeader:
        return block.tableHeader;
    case LastTableRow:
        return block.lastTableRow;
    default:
        return {};
    }
}

QHash<int, QByteArray> MessageListModel::roleNames() const
{
    return {{RowKind, "rowKind"}, {MessageId, "messageId"}, {MessageState, "messageState"},
        {Note, "note"}, {Attachments, "attachments"}, {Remarks, "remarks"},
        {LastAnswer, "lastAnswer"}, {LastQuestion, "lastQuestion"}, {FirstRow, "firstRow"},
        {Html, "html"}, {Plain, "plain"}, {Language, "language"}, {Level, "level"},
        {Indent, "indent"}, {Marker, "marker"}, {QuoteDepth, "quoteDepth"},
        {QuoteStart, "quoteStart"}, {Preview, "preview"}, {Tight, "tight"},
        {RightToLeft, "rightToLeft"}, {Cells, "cells"}, {Alignments, "alignments"},
        {ColumnChars, "columnChars"}, {TableHeader, "tableHeader"}, {LastTableRow, "lastTableRow"}};
}

} // namespace lectern::ui
