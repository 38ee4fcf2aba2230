// SPDX-License-Identifier: Apache-2.0
// The assistant's conversations: starting, choosing, renaming, deleting, undoing.
#include "app/assistant.h"

#include "app/engine_stream.h"
#include "app/title.h"

#include <algorithm>
#include <fmt/format.h>
#include <QDateTime>

namespace lectern::app {
namespace {

constexpr int kThreads = 1;
constexpr int kPollMs = 33;

const std::vector<ChatMessage>& noMessages()
{
    static const std::vector<ChatMessage> none;
    return none;
}

} // namespace

Assistant::Assistant(AssistantOptions options, QObject* parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_journal(m_options.storage)
    , m_ingest(m_options.storage ? m_options.dataDirectory : std::filesystem::path())
    , m_host(m_options.openEngine)
    , m_background(std::make_unique<Background>(kThreads))
{
    m_host.setFallBack(m_options.fallBack);
    m_host.setPreferences(m_options.running);
    connect(&m_journal, &Journal::failed, this,
        [this](const QString& sentence) { emit notice(sentence.toStdString()); });
    connect(&m_ingest, &Ingest::done, this, &Assistant::fileRead);
    connect(&m_ingest, &Ingest::protectionsChecked, this,
        [this](const std::vector<std::string>& refused) {
            m_refused = refused;
            emit protectionsChecked();
        });
    connect(&m_ingest, &Ingest::failed, this,
        [this](qint64 id, const QString& reason) { fileRejected(id, reason.toStdString()); });
    connect(&m_ingest, &Ingest::progressed, this, [this](qint64 id, double fraction) {
        if (DraftAttachment* draft = findDraft(id)) {
            draft->progress = fraction;
            emit draftChanged(*draft);
        }
    });
    connect(&m_host, &ModelHost::changed, this, [this] {
        emit modelChanged(m_host.state());
        showUsage();
        recountDraft();
        refresh();
        trySending();
    });
    connect(&m_host, &ModelHost::remarked, this,
        [this](const QString& sentence) { emit notice(sentence.toStdString()); });
    connect(&m_host, &ModelHost::gpuKnown, this, &Assistant::gpuKnown);
    connect(&m_host, &ModelHost::progressed, this, [this] {
        emit modelChanged(m_host.state());
        if (m_waiting && !m_host.state().ready)
            setActivity("Loading the model", m_host.state().progress);
    });
    m_pollTimer.setInterval(kPollMs);
    connect(&m_pollTimer, &QTimer::timeout, this, &Assistant::poll);
}

Assistant::~Assistant()
{
    m_background.reset();
    m_check.reset();
    if (!m_answer)
        return;
    blockSignals(true);
    if (m_answer->stream)
        m_answer->engine->cancel(m_answer->request);
    poll();
    if (m_answer)
        finishAnswer(MessageState::stopped, {});
}

void Assistant::start(StartWith with)
{
    m_journal.loadConversations([this, with](std::vector<StoredConversation> stored) {
        for (StoredConversation& one : stored) {
            m_conversations.push_back(
                {{m_nextId++, std::move(one.title), one.updatedAtMs}, one.key, std::nullopt});
        }
        // A question may have been sent before the list was there; its conversation is newest.
        std::stable_sort(m_conversations.begin(), m_conversations.end(),
            [](const Conversation& a, const Conversation& b) {
                return a.entry.updatedAtMs > b.entry.updatedAtMs;
            });
        std::vector<ConversationEntry> entries;
        for (const Conversation& conversation : m_conversations)
            entries.push_back(conversation.entry);
        emit conversationsReset(entries);
        if (with == StartWith::newestConversation && m_current == 0 && !m_conversations.empty()
            && !answering())
            select(m_conversations.front().entry.id);
        else
            emit currentChanged(m_current);
    });
}

Assistant::Conversation* Assistant::find(std::int64_t conversation)
{
    const auto found = std::find_if(m_conversations.begin(), m_conversations.end(),
        [&](const Conversation& one) { return one.entry.id == conversation; });
    return found == m_conversations.end() ? nullptr : &*found;
}

ChatMessage* Assistant::findMessage(std::int64_t conversation, std::int64_t message)
{
    Conversation* owner = find(conversation);
    if (!owner || !owner->messages)
        return nullptr;
    const auto found = std::find_if(owner->messages->begin(), owner->messages->end(),
        [&](const ChatMessage& one) { return one.id == message; });
    return found == owner->messages->end() ? nullptr : &*found;
}

const std::vector<ChatMessage>& Assistant::messages() const
{
    for (const Conversation& conversation : m_conversations)
        if (conversation.entry.id == m_current && conversation.messages)
            return *conversation.messages;
    return noMessages();
}

ChatMessage& Assistant::addMessage(Conversation& conversation, ChatMessage message)
{
    message.id = m_nextId++;
    message.key = m_journal.addMessage(conversation.key, message);
    conversation.messages->push_back(std::move(message));
    if (conversation.entry.id == m_current)
        emit messageAdded(conversation.messages->back());
    return conversation.messages->back();
}

void Assistant::touch(Conversation& conversation)
{
    conversation.entry.updatedAtMs = QDateTime::currentMSecsSinceEpoch();
    emit conversationChanged(conversation.entry);
}

void Assistant::newConversation()
{
    show(0);
}

void Assistant::select(std::int64_t conversation)
{
    if (find(conversation))
        show(conversation);
}

void Assistant::show(std::int64_t conversation)
{
    if (conversation != m_current)
        cancelEdit();
    // What is not shown can be read again; its pictures need not stay in memory.
    Conversation* earlier = find(m_current);
    const bool running = m_answer && m_answer->conversation == m_current;
    if (earlier && m_current != conversation && m_options.storage && !running)
        earlier->messages.reset();

    m_current = conversation;
    m_sought = 0;
    emit currentChanged(m_current);
    Conversation* now = find(conversation);
    emit messagesReset(now && now->messages ? *now->messages : noMessages());
    showUsage();
    refresh();
    if (!now || now->messages)
        return;
    m_journal.loadMessages(now->key, [this, conversation](std::vector<ChatMessage> loaded) {
        Conversation* owner = find(conversation);
        if (!owner || owner->messages)
            return;
        for (ChatMessage& message : loaded) {
            message.id = m_nextId++;
            for (Attachment& attachment : message.attachments)
                attachment.id = m_nextId++;
        }
        owner->messages = std::move(loaded);
        if (m_current == conversation)
            emit messagesReset(*owner->messages);
        locateSought();
        showUsage();
        refresh();
        trySending();
    });
}

void Assistant::rename(std::int64_t conversation, const std::string& title)
{
    Conversation* one = find(conversation);
    const std::string clean = titleFrom(title);
    if (!one || clean.empty() || clean == one->entry.title)
        return;
    one->entry.title = clean;
    m_journal.rename(one->key, clean);
    emit conversationChanged(one->entry);
}

void Assistant::remove(std::int64_t conversation)
{
    if (m_answer && m_answer->conversation == conversation) {
        if (m_answer->stream)
            m_answer->engine->cancel(m_answer->request);
        finishAnswer(MessageState::stopped, {});
    }
    Conversation* one = find(conversation);
    if (!one)
        return;
    m_journal.remove(one->key);
    if (m_options.storage)
        one->messages.reset();
    m_removed = std::move(*one);
    m_conversations.erase(m_conversations.begin() + (one - m_conversations.data()));
    emit conversationRemoved(conversation);
    emit undoChanged(fmt::format("\"{}\" was deleted", m_removed->entry.title));
    if (m_current == conversation)
        show(0);
}

void Assistant::undo()
{
    if (!m_removed)
        return;
    m_journal.restore(m_removed->key);
    m_conversations.insert(m_conversations.begin(), std::move(*m_removed));
    m_removed.reset();
    const ConversationEntry entry = m_conversations.front().entry;
    emit conversationChanged(entry);
    emit undoChanged({});
    show(entry.id);
}

void Assistant::chooseModel(const ModelChoice& choice)
{
    m_host.choose(choice);
}

void Assistant::setRunPreferences(const RunPreferences& preferences)
{
    m_host.setPreferences(preferences);
}

void Assistant::setAnswerPreferences(const AnswerPreferences& preferences)
{
    m_options.answering = preferences;
}

bool Assistant::canSend() const
{
    if (answering() || !m_host.state().ready || m_drops > 0)
        return false;
    for (const Conversation& one : m_conversations)
        if (one.entry.id == m_current && !one.messages)
            return false; // still being loaded
    return std::none_of(m_draft.begin(), m_draft.end(), [](const DraftAttachment& draft) {
        return draft.state == DraftAttachment::State::reading;
    });
}

void Assistant::refresh()
{
    if (const bool now = answering(); now != m_wasAnswering) {
        m_wasAnswering = now;
        emit answeringChanged();
    }
    if (const bool now = canSend(); now != m_couldSend) {
        m_couldSend = now;
        emit canSendChanged();
    }
}

// What the shown conversation holds of the context, as far as its last answer tells.
void Assistant::showUsage()
{
    if (m_answer)
        return; // its progress tells
    Usage usage{0, 0, m_host.state().contextLength};
    if (!messages().empty() && messages().back().role == inference::Role::assistant) {
        usage.tokensPerSecond = messages().back().stats.tokensPerSecond();
        usage.contextUsed = messages().back().stats.contextUsed;
    }
    emit usageChanged(usage);
}

void Assistant::setActivity(const std::string& text, double progress)
{
    emit activityChanged({text, progress});
}

} // namespace lectern::app
