// SPDX-License-Identifier: Apache-2.0
// The assistant's search, and the way to what was found.
#include "app/assistant.h"

#include <utility>

namespace lectern::app {

void Assistant::search(const std::string& words)
{
    Journal::Numbered conversations;
    conversations.reserve(m_conversations.size());
    for (const Conversation& one : m_conversations)
        conversations.emplace_back(one.entry.id, one.key);
    m_journal.search(words, std::move(conversations),
        [this, words](const std::vector<FoundPlace>& places) { emit found(words, places); });
}

void Assistant::openFound(std::int64_t conversation, std::int64_t message)
{
    if (conversation != m_current)
        select(conversation);
    if (m_current != conversation)
        return; // it is gone
    m_sought = message;
    locateSought();
}

// Only the storage thread knows which of the messages that is.
void Assistant::locateSought()
{
    const Conversation* shown = find(m_current);
    if (m_sought == 0 || !shown || !shown->messages)
        return; // asked again when they are loaded
    Journal::Numbered messages;
    messages.reserve(shown->messages->size());
    for (const ChatMessage& message : *shown->messages)
        messages.emplace_back(message.id, message.key);
    m_journal.locate(std::exchange(m_sought, 0), std::move(messages),
        [this, conversation = m_current](std::int64_t message) {
            if (message != 0 && m_current == conversation)
                emit messageSought(message);
        });
}

} // namespace lectern::app
