// SPDX-License-Identifier: Apache-2.0
// The store: one SQLite database (conversations, messages, parts, attachments, settings) and a
// folder of content-addressed blobs, in one data directory.
//
//   DIR/lectern.db       WAL, foreign keys on, STRICT tables, synchronous=FULL
//   DIR/blobs/ab/abcd... one file per distinct attachment, named by its SHA-256
//
// Thread: one Store per thread; the application has one on its storage thread, and may open short
// ones elsewhere to copy files in: stores of one process share what they know about drafts, and
// only the first one reads the database through. Several processes may have the directory open;
// what would disturb another one (marking answers as interrupted, recovery, removing blobs) is then
// left for the next time somebody has it alone.
#pragma once

#include "storage/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::storage {

using ConversationId = std::int64_t;
using MessageId = std::int64_t;
using AttachmentId = std::int64_t;

struct Conversation {
    ConversationId id = 0;
    std::string title;
    std::int64_t createdAt = 0; // milliseconds since the epoch, UTC
    std::int64_t updatedAt = 0;
};

enum class Role { system, user, assistant };

// streaming: being written; found at start it means the program died, and becomes interrupted.
enum class MessageState { streaming, complete, stopped, failed, interrupted };

struct Attachment {
    AttachmentId id = 0;
    std::string fileName; // as the user dropped it
    std::string sha256;   // of the blob, lower-case hex
    std::uint64_t byteSize = 0;
    std::string kind;        // "text", "image", "video"
    std::string format;      // for people: "PNG image"
    std::string detailsJson; // facts and warnings of the reading, a JSON object
};

// A message is an ordered list of parts; each is text or an attachment.
struct MessagePart {
    std::string text;                     // when attachment is empty
    std::optional<Attachment> attachment; // id 0 when adding: the store assigns it
};

struct Message {
    MessageId id = 0;
    ConversationId conversation = 0;
    Role role = Role::user;
    MessageState state = MessageState::complete;
    std::vector<MessagePart> parts; // reading order
    std::string modelName;          // of an assistant's message
    std::string statsJson;          // timings and finish reason, a JSON object; may be empty
    std::string error;              // sentence, when state is failed
    std::int64_t createdAt = 0;
};

// A place where all words of a search stand.
struct Found {
    ConversationId conversation = 0;
    std::string title;     // of the conversation
    MessageId message = 0; // 0: it is the title
    Role role = Role::user;
    std::int64_t time = 0; // of the message, or when the conversation was last used
    // The words and what is around them: of the message's text, of the names of its files (a line
    // each), or the title.
    std::string snippet;
    struct Hit {
        std::size_t begin = 0; // bytes of the snippet
        std::size_t end = 0;
    };
    std::vector<Hit> hits; // ascending
};

class Store {
public:
    // Creates the directory and database when missing, migrates an older schema (each step one
    // transaction), marks streaming messages as interrupted, purges conversations left deleted.
    // A damaged database is set aside as DIR/lectern-damaged-TIME.db and replaced by a fresh one
    // with every row that could still be read; openingNotice() says so.
    // Errors: cannotOpen, newerVersion (made by a later Lectern), full, busy, damaged (and not
    // recoverable now).
    [[nodiscard]] static Result<std::unique_ptr<Store>> open(
        const std::filesystem::path& directory);
    ~Store();

    // What the user should know about the opening (a recovery); empty when nothing.
    [[nodiscard]] const std::string& openingNotice() const;

    [[nodiscard]] Result<std::vector<Conversation>>
    conversations(); // newest first, deleted ones left out
    [[nodiscard]] Result<Conversation> createConversation(std::string_view title);
    [[nodiscard]] Result<void> renameConversation(ConversationId id, std::string_view title);
    // Hides it at once; purgeDeleted() or the next open() removes it for good. restore() undoes.
    [[nodiscard]] Result<void> deleteConversation(ConversationId id);
    [[nodiscard]] Result<void> restoreConversation(ConversationId id);
    // Removes hidden conversations, then attachments and blobs that nothing refers to any more.
    // Kept: blobs put while this process had the directory open and not yet part of a
    // message (a draft's); and all blobs while a
    // damaged database is set aside in the directory, since that may refer to them.
    [[nodiscard]] Result<void> purgeDeleted();

    [[nodiscard]] Result<std::vector<Message>> messages(ConversationId id); // oldest first
    // Stores the message with its parts in one transaction and touches the conversation. A part's
    // attachment with an id refers to that stored one (a message written again); createdAt 0: now.
    [[nodiscard]] Result<MessageId> addMessage(const Message& message);
    // Appends to the text of a streaming message (its last part, or a new one when that is an
    // attachment); durable when it returns. Errors: notFound when it is not being written.
    [[nodiscard]] Result<void> appendText(MessageId id, std::string_view delta);
    [[nodiscard]] Result<void> finishMessage(
        MessageId id, MessageState state, std::string_view statsJson, std::string_view error);
    // Removes `id` and every later message of its conversation (edit, regenerate).
    [[nodiscard]] Result<void> truncateFrom(MessageId id);

    // The messages (their texts and the names of their files) and titles that hold all of `words`,
    // the last one as the beginning of a word; case, and accents of Latin letters, make no
    // difference. What is typed is only ever words: no syntax. Titles first, where no message of
    // the conversation was found too; then messages, newest first. At most `limit`; nothing for no
    // words. An answer is found once it is over.
    [[nodiscard]] Result<std::vector<Found>> search(std::string_view words, int limit);

    // Copies a file into the blob folder (atomically: temporary name, fsync, rename) and returns
    // its address; an equal blob is kept once. `progress` gets bytes copied. Unused ones go with
    // purgeDeleted().
    struct Blob {
        std::string sha256;
        std::uint64_t byteSize = 0;
    };
    [[nodiscard]] Result<Blob> putFile(const std::filesystem::path& file, std::stop_token stop,
        const std::function<void(std::uint64_t)>& progress);
    [[nodiscard]] Result<Blob> putBytes(std::string_view bytes);
    // Empty for what is not a SHA-256 in lower-case hex.
    [[nodiscard]] std::filesystem::path blobPath(std::string_view sha256) const;

    [[nodiscard]] Result<std::optional<std::string>> setting(std::string_view key);
    [[nodiscard]] Result<void> setSetting(std::string_view key, std::string_view value);

private:
    Store();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace lectern::storage
