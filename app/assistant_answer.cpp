// SPDX-License-Identifier: Apache-2.0
// The assistant's answers: a question waits for its files, is prepared in the background, goes to
// the engine, and its answer comes back in pieces that are shown and saved.
#include "app/assistant.h"

#include "app/attachment_json.h"
#include "app/engine_stream.h"
#include "app/preparation.h"
#include "app/title.h"
#include "media/file.h"

#include <algorithm>
#include <fmt/format.h>
#include <QRandomGenerator>

namespace lectern::app {

using inference::FinishReason;
using inference::Role;
using inference::Stage;

namespace {

// What was read again for a prompt is not read once more for the next.
void keepContents(const PreparationResult& result, std::vector<ChatMessage>& messages)
{
    for (std::size_t m = 0; m < std::min(result.contents.size(), messages.size()); ++m)
        for (std::size_t a = 0; a < result.contents[m].size(); ++a)
            messages[m].attachments[a].content = result.contents[m][a];
}

} // namespace

struct Assistant::Prepared {
    std::int64_t message = 0; // the answer it is for
    SharedEngine engine;
    PreparationResult result;
};

void Assistant::send(const std::string& text)
{
    const bool files = std::any_of(m_draft.begin(), m_draft.end(),
        [](const auto& draft) { return draft.state != DraftAttachment::State::rejected; });
    if (answering() || (titleFrom(text).empty() && !files))
        return;
    m_waiting = text;
    refresh();
    trySending();
}

void Assistant::trySending()
{
    if (!m_waiting || m_answer || m_check)
        return;
    if (!m_host.state().ready) {
        if (m_host.state().loading)
            setActivity("Loading the model", m_host.state().progress);
        else
            giveBack(m_host.state().error.empty() ? "Choose a model first." : m_host.state().error);
        return;
    }
    if (m_drops > 0) {
        setActivity("Looking what was dropped", -1);
        return;
    }
    for (const DraftAttachment& draft : m_draft)
        if (draft.state == DraftAttachment::State::reading) {
            setActivity(fmt::format("Reading {}", draft.attachment.fileName), draft.progress);
            return;
        }
    Conversation* conversation = find(m_current);
    if (conversation && !conversation->messages)
        return; // being loaded; tries again then

    if (conversation && m_edited != 0)
        checkEdited(*conversation);
    else
        ask(conversation);
}

void Assistant::ask(Conversation* conversation)
{
    ChatMessage question;
    question.text = *std::exchange(m_waiting, std::nullopt);
    std::size_t leftOut = 0;
    for (DraftAttachment& draft : std::exchange(m_draft, {})) {
        emit draftRemoved(draft.attachment.id);
        if (draft.state == DraftAttachment::State::ready)
            question.attachments.push_back(std::move(draft.attachment));
        else
            ++leftOut;
    }
    if (leftOut > 0)
        emit notice(fmt::format("{} could not be read, so the question goes without {}.",
            leftOut == 1 ? std::string("1 file") : fmt::format("{} files", leftOut),
            leftOut == 1 ? "it" : "them"));
    if (!conversation) {
        std::string title = titleFrom(question.text);
        if (title.empty() && !question.attachments.empty())
            title = titleFrom(question.attachments.front().fileName);
        Conversation fresh{{m_nextId++, title, 0}, m_journal.createConversation(title),
            std::vector<ChatMessage>{}};
        m_current = fresh.entry.id;
        conversation = &*m_conversations.insert(m_conversations.begin(), std::move(fresh));
        emit currentChanged(m_current);
    }
    touch(*conversation);
    addMessage(*conversation, std::move(question));
    beginAnswer(*conversation, Again::no);
}

void Assistant::regenerate(std::int64_t message)
{
    Conversation* conversation = find(m_current);
    if (answering() || !m_host.state().ready || !conversation || !conversation->messages
        || conversation->messages->size() < 2)
        return;
    const ChatMessage& last = conversation->messages->back();
    if (last.id != message || last.role != Role::assistant) {
        emit notice("Only the last answer can be made again.");
        return;
    }
    cancelEdit();
    std::vector<ChatMessage> messages = *conversation->messages;
    messages.pop_back();
    check(std::move(messages), [this, message, id = m_current](PreparationResult& result) {
        Conversation* owner = find(id);
        if (!result.prompt || !owner || !owner->messages || owner->messages->empty()
            || owner->messages->back().id != message) {
            setActivity({}, -1);
            if (!result.prompt)
                emit notice(result.prompt.error().message);
            refresh();
            return;
        }
        m_journal.truncateFrom(owner->messages->back().key);
        owner->messages->pop_back();
        keepContents(result, *owner->messages);
        if (id == m_current)
            emit messagesRemovedFrom(message);
        touch(*owner);
        beginAnswer(*owner, Again::yes);
    });
}

void Assistant::check(std::vector<ChatMessage> messages, CheckedFn checked)
{
    PreparationInput input{
        m_options.system, std::move(messages), m_host.engine(), m_options.answering.maxTokens};
    m_check = m_background->run([this, serial = ++m_checkSerial, input = std::move(input),
                                    checked = std::move(checked)](const std::stop_token& stop) {
        m_mailbox.post([this, serial, checked, result = prepare(input, stop)]() mutable {
            if (!m_check || serial != m_checkSerial)
                return; // stopped meanwhile
            m_check.reset();
            checked(result);
        });
    });
    setActivity("Preparing the question", -1);
    refresh();
}

void Assistant::cancelCheck()
{
    if (!m_check)
        return;
    m_check->request_stop();
    m_check.reset();
}

void Assistant::beginAnswer(Conversation& conversation, Again again)
{
    PreparationInput input{
        m_options.system, *conversation.messages, m_host.engine(), m_options.answering.maxTokens};
    ChatMessage answer;
    answer.role = Role::assistant;
    answer.state = MessageState::waiting;
    answer.modelName = m_host.state().name;
    m_answer = Answer();
    m_answer->conversation = conversation.entry.id;
    m_answer->again = again;
    m_answer->message = addMessage(conversation, std::move(answer)).id;
    m_answer->preparation = m_background->run(
        [this, id = m_answer->message, input = std::move(input)](const std::stop_token& stop) {
            m_mailbox.post(
                [this, ready = Prepared{id, input.engine, prepare(input, stop)}]() mutable {
                    prepared(ready);
                });
        });
    setActivity("Preparing the question", -1);
    refresh();
}

void Assistant::prepared(Prepared& ready)
{
    if (!m_answer || m_answer->message != ready.message)
        return; // stopped meanwhile
    Conversation& conversation = *find(m_answer->conversation);
    auto& messages = *conversation.messages;
    auto& prompt = ready.result.prompt;
    keepContents(ready.result, messages);
    for (std::size_t m = 0; prompt && m < prompt->inclusions.size(); ++m)
        for (std::size_t a = 0; a < prompt->inclusions[m].size(); ++a)
            messages[m].attachments[a].inclusion = prompt->inclusions[m][a];
    // What was read of its files stands with the question.
    if (prompt && messages.size() >= 2 && conversation.entry.id == m_current)
        emit messageChanged(messages[messages.size() - 2]);
    if (!prompt) {
        if (m_answer->again == Again::yes)
            finishAnswer(MessageState::failed, prompt.error().message);
        else
            takeBack(prompt.error().message);
        return;
    }
    m_answer->inclusions = std::move(prompt->inclusions);
    if (ChatMessage* answer = findMessage(m_answer->conversation, m_answer->message))
        answer->notices = noticesOf({answer->stats, m_answer->inclusions});

    inference::Request request;
    request.messages = std::move(prompt->messages);
    request.sampling = m_options.answering.sampling();
    request.sampling.seed = m_options.seed;
    request.maxTokens = m_options.answering.maxTokens;
    request.stops = m_options.stops;
    request.json = m_options.json;
    request.logProbs = m_options.logProbs;
    AnswerPreferences untouched;
    untouched.maxTokens = m_options.answering.maxTokens;
    if (m_options.greedyDemonstration && m_host.state().demonstration
        && m_options.answering == untouched && m_answer->again == Again::no)
        request.sampling.temperature = 0; // its first answers are the ones it was tested on
    if (request.sampling.temperature > 0 && request.sampling.seed == 0)
        request.sampling.seed = QRandomGenerator::global()->generate64();
    m_answer->engine = ready.engine;
    m_answer->stream = std::make_shared<EngineStream>();
    m_answer->request =
        m_answer->engine->submit(std::move(request), EngineStream::callbacksInto(m_answer->stream));
    m_pollTimer.start();
}

void Assistant::poll()
{
    if (!m_answer || !m_answer->stream)
        return;
    EngineStream::News news = m_answer->stream->take();
    if (news.progress)
        showProgress(*news.progress);
    if (!news.text.empty()) {
        if (ChatMessage* answer = findMessage(m_answer->conversation, m_answer->message)) {
            answer->state = MessageState::streaming;
            answer->text += news.text;
            m_journal.appendText(answer->key, news.text);
        }
        if (m_answer->conversation == m_current)
            emit textAdded(m_answer->message, news.text);
    }
    if (!news.done)
        return;
    if (!*news.done) {
        finishAnswer(MessageState::failed, news.done->error().message);
        return;
    }
    const inference::Completion& completion = **news.done;
    const int contextLength = m_answer->engine->info().contextLength;
    if (ChatMessage* answer = findMessage(m_answer->conversation, m_answer->message)) {
        answer->stats = {
            completion.timings, completion.reason, completion.contextUsed, contextLength};
        answer->stopString = completion.stopString;
        answer->logProbs = completion.logProbs;
    }
    for (const std::string& sentence : completion.warnings)
        emit notice(sentence);
    finishAnswer(completion.reason == FinishReason::cancelled ? MessageState::stopped
                                                              : MessageState::complete,
        {});
}

void Assistant::showProgress(const inference::Progress& progress)
{
    const double fraction =
        progress.total > 0 ? static_cast<double>(progress.done) / progress.total : -1;
    switch (progress.stage) {
    case Stage::vision:
        setActivity(fmt::format("Looking at picture {} of {}",
                        std::min(progress.done + 1, progress.total), progress.total),
            fraction);
        break;
    case Stage::prefill:
        setActivity(fmt::format("Reading {} of {} tokens", media::formatCount(progress.done),
                        media::formatCount(progress.total)),
            fraction);
        break;
    case Stage::decode:
        setActivity("Answering", -1);
        break;
    }
    emit usageChanged({progress.stage == Stage::decode ? progress.tokensPerSecond : 0,
        progress.contextUsed, m_answer->engine->info().contextLength});
}

void Assistant::finishAnswer(MessageState state, const std::string& error)
{
    m_pollTimer.stop();
    const Answer finished = *std::exchange(m_answer, std::nullopt);
    setActivity({}, -1);
    ChatMessage* answer = findMessage(finished.conversation, finished.message);
    if (!answer)
        return;
    answer->state = state;
    answer->error = error;
    const StoredAnswer stored{answer->stats, finished.inclusions};
    answer->notices = noticesOf(stored);
    m_journal.finish(answer->key, state, toJson(stored), error);
    if (answer->stats.contextLength > 0)
        emit usageChanged({answer->stats.tokensPerSecond(), answer->stats.contextUsed,
            answer->stats.contextLength});
    const ChatMessage copy = *answer; // slots may change the list
    if (finished.conversation == m_current)
        emit messageChanged(copy);
    if (Conversation* conversation = find(finished.conversation)) {
        touch(*conversation);
        if (conversation->entry.id != m_current && m_options.storage)
            conversation->messages.reset();
    }
    refresh();
    emit answerFinished(copy);
}

// The question cannot be asked: it goes back into the draft, with its files.
void Assistant::takeBack(const std::string& why)
{
    const Answer finished = *std::exchange(m_answer, std::nullopt);
    setActivity({}, -1);
    Conversation& conversation = *find(finished.conversation);
    auto& messages = *conversation.messages;
    ChatMessage answer = std::move(messages.back());
    messages.pop_back();
    ChatMessage question = std::move(messages.back());
    messages.pop_back();
    m_journal.truncateFrom(question.key);
    if (conversation.entry.id == m_current)
        emit messagesRemovedFrom(question.id);
    if (messages.empty()) {
        m_journal.remove(conversation.key);
        const std::int64_t id = conversation.entry.id;
        m_conversations.erase(m_conversations.begin() + (&conversation - m_conversations.data()));
        emit conversationRemoved(id);
        if (m_current == id)
            show(0);
    }
    std::vector<DraftAttachment> draft;
    for (Attachment& attachment : question.attachments) {
        attachment.inclusion.reset();
        draft.push_back({DraftAttachment::State::ready, 1, {}, std::move(attachment)});
    }
    m_draft.insert(m_draft.begin(), draft.begin(), draft.end());
    for (const DraftAttachment& one : draft)
        emit draftChanged(one);
    refresh();
    emit draftRestored(question.text);
    emit notice(why);
    answer.state = MessageState::failed;
    answer.error = why;
    emit answerFinished(answer);
}

void Assistant::stop()
{
    if (m_waiting) {
        giveBack({});
        return;
    }
    if (m_check) {
        cancelCheck();
        setActivity({}, -1);
        refresh();
        return;
    }
    if (!m_answer)
        return;
    if (m_answer->stream) {
        m_answer->engine->cancel(m_answer->request); // the end comes with poll()
        return;
    }
    m_answer->preparation.request_stop();
    finishAnswer(MessageState::stopped, {});
}

} // namespace lectern::app
