// SPDX-License-Identifier: Apache-2.0
// The assistant's editing: the last question goes back into the draft and is asked anew.
#include "app/assistant.h"

#include <algorithm>

namespace lectern::app {

void Assistant::edit(std::int64_t message)
{
    Conversation* conversation = find(m_current);
    if (answering() || !conversation || !conversation->messages || message == m_edited)
        return;
    const auto& messages = *conversation->messages;
    const auto question = std::find_if(messages.rbegin(), messages.rend(),
        [](const ChatMessage& one) { return one.role == inference::Role::user; });
    if (question == messages.rend() || question->id != message) {
        emit notice("Only the last question can be changed.");
        return;
    }
    cancelEdit();
    m_edited = message;
    emit editedChanged(m_edited);
    for (const Attachment& attachment : question->attachments) {
        m_draft.push_back({DraftAttachment::State::ready, 1, {}, attachment});
        m_draft.back().attachment.inclusion.reset(); // the new prompt decides anew
        m_editedFiles.push_back(attachment.id);
        emit draftChanged(m_draft.back());
    }
    refresh();
    emit draftRestored(question->text);
}

void Assistant::cancelEdit()
{
    if (m_edited == 0)
        return;
    if (m_waiting) // in its place: it must not go into another conversation instead
        giveBack({});
    m_edited = 0;
    for (const std::int64_t file : std::exchange(m_editedFiles, {}))
        detach(file);
    emit editedChanged(0);
}

std::vector<std::int64_t> Assistant::draftIds() const
{
    std::vector<std::int64_t> ids;
    for (const DraftAttachment& draft : m_draft)
        if (draft.state == DraftAttachment::State::ready)
            ids.push_back(draft.attachment.id);
    return ids;
}

// Whether what is in the draft fits in place of the edited question.
void Assistant::checkEdited(const Conversation& conversation)
{
    std::vector<ChatMessage> messages;
    for (const ChatMessage& message : *conversation.messages) {
        if (message.id == m_edited)
            break;
        messages.push_back(message);
    }
    ChatMessage question;
    question.text = *m_waiting;
    for (const DraftAttachment& draft : m_draft)
        if (draft.state == DraftAttachment::State::ready)
            question.attachments.push_back(draft.attachment);
    messages.push_back(std::move(question));
    check(std::move(messages),
        [this, files = draftIds(), engine = m_host.engine(), edited = m_edited, text = *m_waiting](
            PreparationResult& result) {
            if (m_waiting != text)
                return;
            // What was checked is not what is there now: again.
            if (engine != m_host.engine() || files != draftIds() || edited != m_edited)
                trySending();
            else
                editedChecked(files, result);
        });
}

void Assistant::editedChecked(const std::vector<std::int64_t>& files, PreparationResult& result)
{
    if (!result.prompt) {
        giveBack(result.prompt.error().message); // the exchange stays, and so does the edit
        return;
    }
    for (std::size_t i = 0; i < files.size(); ++i) // read now, not once more
        if (DraftAttachment* draft = findDraft(files[i]))
            draft->attachment.content = result.contents.back()[i];
    Conversation* conversation = find(m_current);
    removeEdited(*conversation);
    ask(conversation);
}

// The question being edited and what follows it make room for what is in the draft.
void Assistant::removeEdited(Conversation& conversation)
{
    const std::int64_t edited = std::exchange(m_edited, 0);
    m_editedFiles.clear();
    auto& messages = *conversation.messages;
    const auto question = std::find_if(
        messages.begin(), messages.end(), [&](const ChatMessage& one) { return one.id == edited; });
    if (question != messages.end()) {
        m_journal.truncateFrom(question->key);
        messages.erase(question, messages.end());
        emit messagesRemovedFrom(edited);
    }
    emit editedChanged(0);
}

} // namespace lectern::app
