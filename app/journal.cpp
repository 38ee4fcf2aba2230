// SPDX-License-Identifier: Apache-2.0
// The operations behind Journal; all of them run on the storage thread, one after another.
#include "app/journal.h"

#include "app/attachment_json.h"
#include "app/storage_thread.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

namespace lectern::app {
namespace {

storage::MessageState storedState(MessageState state)
{
    switch (state) {
    case MessageState::waiting:
    case MessageState::streaming:
        return storage::MessageState::streaming;
    case MessageState::complete:
        return storage::MessageState::complete;
    case MessageState::stopped:
        return storage::MessageState::stopped;
    case MessageState::failed:
        return storage::MessageState::failed;
    case MessageState::interrupted:
        return storage::MessageState::interrupted;
    }
    return storage::MessageState::complete;
}

MessageState stateFrom(storage::MessageState state)
{
    switch (state) {
    case storage::MessageState::complete:
        return MessageState::complete;
    case storage::MessageState::stopped:
        return MessageState::stopped;
    case storage::MessageState::failed:
        return MessageState::failed;
    case storage::MessageState::streaming: // nobody writes it here
    case storage::MessageState::interrupted:
        return MessageState::interrupted;
    }
    return MessageState::complete;
}

ChatMessage messageFrom(const storage::Message& stored, const storage::Store& store)
{
    ChatMessage message;
    message.role = stored.role == storage::Role::assistant ? inference::Role::assistant
        : stored.role == storage::Role::system             ? inference::Role::system
                                                           : inference::Role::user;
    message.state = stateFrom(stored.state);
    for (const storage::MessagePart& part : stored.parts) {
        if (part.attachment)
            message.attachments.push_back(
                fromStored(*part.attachment, store.blobPath(part.attachment->sha256)));
        else
            message.text += part.text;
    }
    message.modelName = stored.modelName;
    message.error = stored.error;
    message.key = std::make_shared<std::int64_t>(stored.id);
    return message;
}

// A row that could not be made was reported then; what would follow it is not an error again.
bool missing(const StoreKey& key)
{
    return *key == 0;
}

// What each file had in the prompt stands with the answer; it belongs to the questions before it.
void spreadInclusions(std::vector<ChatMessage>& messages, const StoredAnswer& answer)
{
    const std::size_t turns = std::min(answer.inclusions.size(), messages.size());
    for (std::size_t t = 0; t < turns; ++t) {
        const auto& list = answer.inclusions[t];
        auto& attachments = messages[t].attachments;
        for (std::size_t a = 0; a < std::min(list.size(), attachments.size()); ++a)
            attachments[a].inclusion = list[a];
    }
}

constexpr int kMostFound = 100; // more nobody reads: another word is typed

std::vector<FoundPlace> placesIn(
    const Journal::Numbered& conversations, std::vector<storage::Found> found)
{
    std::unordered_map<std::int64_t, std::int64_t> numbers;
    for (const auto& [number, key] : conversations)
        numbers[*key] = number;
    std::vector<FoundPlace> places;
    for (storage::Found& one : found) {
        const auto known = numbers.find(one.conversation);
        if (known == numbers.end())
            continue; // another window's
        FoundPlace& place = places.emplace_back();
        place.conversation = known->second;
        place.message = one.message;
        place.title = std::move(one.title);
        place.timeMs = one.time;
        place.snippet = std::move(one.snippet);
        for (const storage::Found::Hit& hit : one.hits)
            place.hits.emplace_back(hit.begin, hit.end);
    }
    return places;
}

} // namespace

Journal::Journal(StorageThread* storage, QObject* parent) : QObject(parent), m_storage(storage)
{
    if (!m_storage)
        return;
    connect(m_storage, &StorageThread::openFailed, this, [this](const QString& sentence) {
        m_lastFailure = sentence;
        emit failed(sentence + tr(" Conversations are not kept."));
    });
    connect(m_storage, &StorageThread::opened, this, [this](const QString& notice) {
        if (!notice.isEmpty())
            emit failed(notice);
    });
    connect(m_storage, &StorageThread::writeFailed, this, &Journal::failed);
}

void Journal::tell(const char* what, const char* did, const storage::Error& error)
{
    const QString reason = QString::fromStdString(error.message);
    if (reason == std::exchange(m_lastFailure, reason))
        return;
    emit failed(
        QString::fromStdString(fmt::format("{} could not be {}: {}", what, did, error.message)));
}

void Journal::write(
    const char* what, std::function<storage::Result<void>(storage::Store&)> operation)
{
    if (m_storage)
        m_storage->ask<void>(
            this, std::move(operation), [this, what](const storage::Result<void>& result) {
                if (!result)
                    tell(what, "saved", result.error());
            });
}

template <class T>
void Journal::read(const char* what, std::function<storage::Result<T>(storage::Store&)> operation,
    std::function<void(T)> reply)
{
    if (!m_storage) {
        reply(T{});
        return;
    }
    m_storage->ask<T>(this, std::move(operation),
        [this, what, reply = std::move(reply)](storage::Result<T> result) {
            if (!result)
                tell(what, "read", result.error());
            reply(result ? std::move(*result) : T{});
        });
}

StoreKey Journal::createConversation(std::string title)
{
    auto key = std::make_shared<std::int64_t>(0);
    write("The conversation",
        [key, title = std::move(title)](storage::Store& store) -> storage::Result<void> {
            auto created = store.createConversation(title);
            if (!created)
                return tl::unexpected(created.error());
            *key = created->id;
            return {};
        });
    return key;
}

void Journal::rename(const StoreKey& conversation, std::string title)
{
    write("The title", [conversation, title = std::move(title)](storage::Store& store) {
        return store.renameConversation(*conversation, title);
    });
}

void Journal::remove(const StoreKey& conversation)
{
    write("The deletion",
        [conversation](storage::Store& store) { return store.deleteConversation(*conversation); });
}

void Journal::restore(const StoreKey& conversation)
{
    write("The conversation",
        [conversation](storage::Store& store) { return store.restoreConversation(*conversation); });
}

StoreKey Journal::addMessage(const StoreKey& conversation, const ChatMessage& message)
{
    auto key = std::make_shared<std::int64_t>(0);
    write("The message",
        [key, conversation, message](storage::Store& store) -> storage::Result<void> {
            if (missing(conversation))
                return {};
            storage::Message stored;
            stored.conversation = *conversation;
            stored.role = message.role == inference::Role::assistant ? storage::Role::assistant
                                                                     : storage::Role::user;
            stored.state = storedState(message.state);
            for (const Attachment& attachment : message.attachments)
                stored.parts.push_back({{}, toStored(attachment)});
            stored.parts.push_back({message.text, std::nullopt});
            stored.modelName = message.modelName;
            auto id = store.addMessage(stored);
            if (!id)
                return tl::unexpected(id.error());
            *key = *id;
            return {};
        });
    return key;
}

void Journal::appendText(const StoreKey& message, std::string delta)
{
    if (m_storage)
        m_storage->append(message, std::move(delta));
}

void Journal::finish(
    const StoreKey& message, MessageState state, std::string statsJson, std::string error)
{
    if (m_storage)
        m_storage->finish(message, {storedState(state), std::move(statsJson), std::move(error)});
}

void Journal::truncateFrom(const StoreKey& message)
{
    write("The change", [message](storage::Store& store) {
        return missing(message) ? storage::Result<void>{} : store.truncateFrom(*message);
    });
}

void Journal::set(std::string key, std::string value)
{
    write("The setting", [key = std::move(key), value = std::move(value)](storage::Store& store) {
        return store.setSetting(key, value);
    });
}

void Journal::loadConversations(std::function<void(std::vector<StoredConversation>)> reply)
{
    using List = std::vector<StoredConversation>;
    read<List>(
        "The list of conversations",
        [](storage::Store& store) -> storage::Result<List> {
            auto stored = store.conversations();
            if (!stored)
                return tl::unexpected(stored.error());
            List list;
            for (storage::Conversation& conversation : *stored)
                list.push_back({std::move(conversation.title), conversation.updatedAt,
                    std::make_shared<std::int64_t>(conversation.id)});
            return list;
        },
        std::move(reply));
}

void Journal::loadMessages(
    const StoreKey& conversation, std::function<void(std::vector<ChatMessage>)> reply)
{
    using List = std::vector<ChatMessage>;
    read<List>(
        "The conversation",
        [conversation](storage::Store& store) -> storage::Result<List> {
            auto stored = store.messages(*conversation);
            if (!stored)
                return tl::unexpected(stored.error());
            List list;
            for (const storage::Message& message : *stored) {
                list.push_back(messageFrom(message, store));
                if (message.role != storage::Role::assistant)
                    continue;
                const StoredAnswer answer = answerFromJson(message.statsJson);
                list.back().stats = answer.stats;
                spreadInclusions(list, answer);
                list.back().notices = noticesOf(answer);
            }
            return list;
        },
        std::move(reply));
}

void Journal::loadSetting(std::string key, std::function<void(std::string)> reply)
{
    read<std::string>(
        "The setting",
        [key = std::move(key)](storage::Store& store) -> storage::Result<std::string> {
            auto value = store.setting(key);
            if (!value)
                return tl::unexpected(value.error());
            return value->value_or("");
        },
        std::move(reply));
}

void Journal::search(
    std::string words, Numbered conversations, std::function<void(std::vector<FoundPlace>)> reply)
{
    using List = std::vector<FoundPlace>;
    const std::uint64_t serial = ++*m_newestSearch;
    read<List>(
        "What you look for",
        [words = std::move(words), conversations = std::move(conversations),
            newest = m_newestSearch, serial](storage::Store& store) -> storage::Result<List> {
            if (*newest != serial)
                return List{};
            auto found = store.search(words, kMostFound);
            if (!found)
                return tl::unexpected(found.error());
            return placesIn(conversations, std::move(*found));
        },
        [this, serial, reply = std::move(reply)](List places) {
            if (*m_newestSearch == serial)
                reply(std::move(places));
        });
}

void Journal::locate(std::int64_t found, Numbered messages, std::function<void(std::int64_t)> reply)
{
    read<std::int64_t>(
        "The message",
        [found, messages = std::move(messages)](storage::Store&) -> storage::Result<std::int64_t> {
            for (const auto& [number, key] : messages)
                if (*key == found)
                    return number;
            return 0;
        },
        std::move(reply));
}

} // namespace lectern::app
