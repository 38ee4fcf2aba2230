// SPDX-License-Identifier: Apache-2.0
// The writers of the window's state: each stores, and tells QML only when something changed.
#include "ui/window_state.h"

#include "ui/models.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>
#include <utility>

namespace lectern::ui {
namespace {

constexpr qsizetype kLongestPaste = 10'000; // characters: five pages; more takes long to lay out

} // namespace

WindowState::WindowState(QObject* parent)
    : QObject(parent)
    , m_conversations(std::make_unique<ConversationListModel>())
    , m_messages(std::make_unique<MessageListModel>())
    , m_draftAttachments(std::make_unique<AttachmentListModel>())
    , m_searchResults(std::make_unique<SearchResultsModel>())
{
    connect(
        this, &WindowState::currentConversationChanged, this, &WindowState::currentTitleChanged);
    const ConversationListModel* conversations = m_conversations.get();
    connect(
        conversations, &QAbstractItemModel::modelReset, this, &WindowState::currentTitleChanged);
    connect(
        conversations, &QAbstractItemModel::dataChanged, this, &WindowState::currentTitleChanged);
    connect(
        conversations, &QAbstractItemModel::rowsInserted, this, &WindowState::currentTitleChanged);
    connect(
        conversations, &QAbstractItemModel::rowsRemoved, this, &WindowState::currentTitleChanged);
    const AttachmentListModel* draft = m_draftAttachments.get();
    connect(draft, &AttachmentListModel::countChanged, this, &WindowState::updateReadingFiles);
    connect(draft, &QAbstractItemModel::dataChanged, this, &WindowState::updateReadingFiles);
}

WindowState::~WindowState() = default;

void WindowState::updateReadingFiles()
{
    const bool reading = m_draftAttachments->reading();
    if (std::exchange(m_readingFiles, reading) != reading)
        emit readingFilesChanged();
}

QObject* WindowState::conversationsObject() const
{
    return m_conversations.get();
}

QObject* WindowState::messagesObject() const
{
    return m_messages.get();
}

QObject* WindowState::draftAttachmentsObject() const
{
    return m_draftAttachments.get();
}

QObject* WindowState::searchResultsObject() const
{
    return m_searchResults.get();
}

void WindowState::setCurrentConversation(qint64 id)
{
    if (std::exchange(m_currentConversation, id) != id)
        emit currentConversationChanged();
}

void WindowState::setAnswering(bool answering)
{
    if (std::exchange(m_answering, answering) != answering)
        emit answeringChanged();
}

void WindowState::setCanSend(bool canSend)
{
    if (std::exchange(m_canSend, canSend) != canSend)
        emit canSendChanged();
}

void WindowState::setActivity(const QString& text, double progress)
{
    if (m_activity == text && m_activityProgress == progress)
        return;
    m_activity = text;
    m_activityProgress = progress;
    emit activityChanged();
}

void WindowState::setModel(const ModelData& model)
{
    m_model = model;
    emit modelChanged();
}

void WindowState::setUsage(double tokensPerSecond, int contextUsed, int contextSize)
{
    if (m_tokensPerSecond == tokensPerSecond && m_contextUsed == contextUsed
        && m_contextSize == contextSize)
        return;
    m_tokensPerSecond = tokensPerSecond;
    m_contextUsed = contextUsed;
    m_contextSize = contextSize;
    emit usageChanged();
}

void WindowState::setEditedMessage(qint64 id)
{
    if (std::exchange(m_editedMessage, id) != id)
        emit editedMessageChanged();
}

void WindowState::setUndo(const QString& text)
{
    if (std::exchange(m_undoText, text) != text)
        emit undoChanged();
}

void WindowState::setColorScheme(const QString& scheme)
{
    const bool known = scheme == u"light" || scheme == u"dark";
    const QString valid = known ? scheme : QStringLiteral("system");
    if (std::exchange(m_colorScheme, valid) != valid)
        emit colorSchemeChanged();
}

void WindowState::setSettings(const QVariantMap& settings)
{
    if (m_settings == settings)
        return;
    m_settings = settings;
    emit settingsChanged();
}

void WindowState::setAbout(const QVariantMap& about)
{
    if (m_about == about)
        return;
    m_about = about;
    emit aboutChanged();
}

QString WindowState::currentTitle() const
{
    return m_conversations->titleOf(m_currentConversation);
}

QString WindowState::messageText(qint64 id) const
{
    const MessageData* message = m_messages->find(id);
    return message == nullptr ? QString() : message->markdown;
}

qint64 WindowState::lastAnswer() const
{
    const MessageData* last = m_messages->last();
    return last != nullptr && last->role == MessageData::Role::Assistant ? last->id : 0;
}

qint64 WindowState::lastQuestion() const
{
    const MessageData* last = m_messages->lastQuestion();
    return last != nullptr ? last->id : 0;
}

bool WindowState::pasteIntoDraft()
{
    const QMimeData* clipboard = QGuiApplication::clipboard()->mimeData();
    if (clipboard == nullptr)
        return false;
    QList<QUrl> files;
    for (const QUrl& url : clipboard->urls())
        if (url.isLocalFile())
            files.append(url);
    if (!files.isEmpty()) {
        emit filesDropped(files);
        return true;
    }
    // Word processors offer text as a picture too: the text wins.
    if (clipboard->hasImage() && !clipboard->hasText()) {
        emit imagePasteRequested();
        return true;
    }
    if (const QString text = clipboard->text(); text.size() > kLongestPaste) {
        emit textPasteRequested(text);
        return true;
    }
    return false;
}

} // namespace lectern::ui
