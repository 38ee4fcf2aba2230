// SPDX-License-Identifier: Apache-2.0
// The writers of the window's state: each stores, and tells QML only when something changed.
#include "ui/window_state.h"

#include "ui/models.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMimeData>
#include <utility>

namespace lectern::ui {

WindowState::WindowState(QObject* parent)
    : QObject(parent)
    , m_conversations(std::make_unique<ConversationListModel>())
    , m_messages(std::make_unique<MessageListModel>())
    , m_draftAttachments(std::make_unique<AttachmentListModel>())
{
}

WindowState::~WindowState() = default;

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

QString WindowState::messageText(qint64 id) const
{
    const MessageData* message = m_messages->find(id);
    return message == nullptr ? QString() : message->markdown;
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
    return false;
}

} // namespace lectern::ui
