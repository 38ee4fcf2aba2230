// SPDX-License-Identifier: Apache-2.0
// The database's schema, step by step.
#include "storage/migrations.h"

#include <array>
#include <fmt/format.h>

namespace lectern::storage {
namespace {

// Times are milliseconds since the epoch, UTC. AUTOINCREMENT: ids are never reused, so ordering by
// id is the order of writing, and an id the application still holds cannot name something else.
constexpr const char* kConversations = R"sql(
CREATE TABLE conversations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    title       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    deleted_at  INTEGER
) STRICT;

CREATE TABLE messages (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id  INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    role             TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant')),
    state            TEXT NOT NULL
        CHECK (state IN ('streaming', 'complete', 'stopped', 'failed', 'interrupted')),
    model_name       TEXT NOT NULL,
    stats_json       TEXT NOT NULL,
    error            TEXT NOT NULL,
    created_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_by_conversation ON messages (conversation_id, id);
CREATE INDEX messages_streaming ON messages (id) WHERE state = 'streaming';

CREATE TABLE attachments (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    file_name     TEXT NOT NULL,
    sha256        TEXT NOT NULL CHECK (length(sha256) = 64),
    byte_size     INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    format        TEXT NOT NULL,
    details_json  TEXT NOT NULL
) STRICT;
CREATE INDEX attachments_by_blob ON attachments (sha256);

CREATE TABLE message_parts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id     INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
    position       INTEGER NOT NULL,
    text           TEXT,
    attachment_id  INTEGER REFERENCES attachments(id),
    UNIQUE (message_id, position),
    CHECK ((text IS NULL) <> (attachment_id IS NULL))
) STRICT;
CREATE INDEX message_parts_by_attachment ON message_parts (attachment_id)
    WHERE attachment_id IS NOT NULL;

CREATE TABLE settings (
    key    TEXT PRIMARY KEY NOT NULL,
    value  TEXT NOT NULL
) STRICT;
)sql";

// Full-text search. The index holds no text: `searchable` and `conversations` are its content, and
// storage/search.cpp writes to it together with them. (Not triggers: SQLite refuses them FTS5
// tables as long as the schema of a file is not trusted.) A message's text changes only while it
// streams, which is when it is not in the index; so streaming costs the index nothing.
constexpr const char* kSearch = R"sql(
CREATE VIEW searchable (id, conversation_id, text, files) AS
SELECT m.id, m.conversation_id,
    (SELECT group_concat(text, char(10)) FROM
        (SELECT p.text AS text FROM message_parts p
         WHERE p.message_id = m.id AND p.text IS NOT NULL ORDER BY p.position)),
    (SELECT group_concat(name, char(10)) FROM
        (SELECT a.file_name AS name FROM message_parts p JOIN attachments a ON a.id = p.attachment_id
         WHERE p.message_id = m.id ORDER BY p.position))
FROM messages m WHERE m.state <> 'streaming' AND m.role <> 'system';

CREATE VIRTUAL TABLE search USING fts5 (
    text, files, content = 'searchable', content_rowid = 'id', tokenize = 'lectern');
CREATE VIRTUAL TABLE search_titles USING fts5 (
    title, content = 'conversations', content_rowid = 'id', tokenize = 'lectern');
INSERT INTO search (search) VALUES ('rebuild');
INSERT INTO search_titles (search_titles) VALUES ('rebuild');
)sql";

constexpr std::array kMigrations = {
    Migration{"conversations, messages, attachments, settings", kConversations},
    Migration{"search", kSearch},
};

} // namespace

std::span<const Migration> migrations()
{
    return kMigrations;
}

Result<void> migrate(Database& database, std::span<const Migration> steps)
{
    const auto newest = static_cast<std::int64_t>(steps.size());
    for (;;) {
        auto version = database.integer("PRAGMA user_version");
        if (!version)
            return tl::unexpected(version.error());
        if (*version > newest)
            return fail(ErrorCode::newerVersion,
                fmt::format("These conversations were saved by a later version of Lectern (data "
                            "version {}, this one knows {}); please update Lectern.",
                    *version, newest));
        if (*version == newest)
            return {};
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        // Another process may have taken the step while this one waited for the lock.
        const auto locked = database.integer("PRAGMA user_version");
        if (!locked)
            return tl::unexpected(locked.error());
        if (*locked != *version)
            continue;
        const auto index = static_cast<std::size_t>(*version);
        if (const auto done = database.script(steps[index].sql); !done)
            return tl::unexpected(done.error());
        if (const auto done =
                database.script(fmt::format("PRAGMA user_version = {}", *version + 1));
            !done)
            return tl::unexpected(done.error());
        if (const auto done = transaction->commit(); !done)
            return tl::unexpected(done.error());
    }
}

} // namespace lectern::storage
