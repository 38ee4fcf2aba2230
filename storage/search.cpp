// SPDX-License-Identifier: Apache-2.0
// From typed words to the places where all of them stand.
#include "storage/search.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

namespace lectern::storage {
namespace {

// Noncharacters, which Unicode reserves for such use inside of a program.
constexpr std::string_view kHitStart = "\xEF\xB7\x90"; // U+FDD0
constexpr std::string_view kHitEnd = "\xEF\xB7\x91";   // U+FDD1

constexpr std::string_view kInTitles =
    "SELECT c.id, c.title, c.updated_at,"
    " highlight(search_titles, 0, char(0xFDD0), char(0xFDD1))"
    " FROM search_titles CROSS JOIN conversations c ON c.id = search_titles.rowid"
    " WHERE search_titles MATCH ?1 AND c.deleted_at IS NULL"
    " ORDER BY c.updated_at DESC, c.id DESC LIMIT ?2";
// Newest first is the order of the index, so no more is read of it than is shown, however many
// messages hold the first letter of a word. (By rank, every one would have to be looked at.) 24
// words around the hits are more than the two lines a result has.
constexpr std::string_view kInMessages =
    "SELECT c.id, c.title, m.created_at,"
    " snippet(search, -1, char(0xFDD0), char(0xFDD1), '…', 24), m.id, m.role = 'assistant'"
    " FROM search CROSS JOIN messages m ON m.id = search.rowid"
    " CROSS JOIN conversations c ON c.id = m.conversation_id"
    " WHERE search MATCH ?1 AND c.deleted_at IS NULL ORDER BY search.rowid DESC LIMIT ?2";

bool isSpace(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Text with marked hits, as text and hits.
void unmark(std::string_view marked, Found& found)
{
    while (!marked.empty()) {
        const bool begins = marked.starts_with(kHitStart);
        if (begins || marked.starts_with(kHitEnd)) {
            if (begins)
                found.hits.push_back({found.snippet.size(), found.snippet.size()});
            else if (!found.hits.empty())
                found.hits.back().end = found.snippet.size();
            marked.remove_prefix(kHitStart.size());
            continue;
        }
        const std::size_t next = marked.find(kHitStart.front(), 1);
        found.snippet += marked.substr(0, next);
        marked.remove_prefix(std::min(next, marked.size()));
    }
}

Result<std::vector<Found>> collect(
    Database& database, std::string_view sql, std::string_view query, int limit)
{
    auto rows = database.query(sql, query, limit);
    if (!rows)
        return tl::unexpected(rows.error());
    std::vector<Found> all;
    for (;;) {
        const auto more = rows->next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return all;
        Found& found = all.emplace_back();
        found.conversation = rows->integer(0);
        found.title = rows->text(1);
        found.time = rows->integer(2);
        unmark(rows->text(3), found);
        if (rows->columnCount() > 4) {
            found.message = rows->integer(4);
            found.role = rows->integer(5) != 0 ? Role::assistant : Role::user;
        }
    }
}

Result<void> write(Database& database, std::string_view sql, std::int64_t id)
{
    const auto done = database.execute(sql, id);
    if (!done)
        return tl::unexpected(done.error());
    return {};
}

} // namespace

std::string searchQuery(std::string_view words)
{
    std::string query;
    std::size_t at = 0;
    while (at < words.size()) {
        if (isSpace(words[at]) || words[at] == '\0') {
            ++at;
            continue;
        }
        query += query.empty() ? "\"" : " \"";
        for (; at < words.size() && !isSpace(words[at]) && words[at] != '\0'; ++at)
            query += words[at] == '"' ? std::string_view("\"\"") : words.substr(at, 1);
        query += '"';
    }
    if (!query.empty())
        query += " *";
    return query;
}

Result<std::vector<Found>> searchEverywhere(Database& database, std::string_view words, int limit)
{
    const std::string query = searchQuery(words);
    if (query.empty())
        return std::vector<Found>{};
    auto found = collect(database, kInTitles, query, limit);
    if (!found)
        return found;
    auto messages = collect(database, kInMessages, query, limit);
    if (!messages)
        return messages;
    // Most titles are the beginning of a question, which says more.
    std::unordered_set<ConversationId> withMessage;
    for (const Found& one : *messages)
        withMessage.insert(one.conversation);
    std::erase_if(
        *found, [&](const Found& title) { return withMessage.contains(title.conversation); });
    found->insert(found->end(), std::make_move_iterator(messages->begin()),
        std::make_move_iterator(messages->end()));
    if (found->size() > static_cast<std::size_t>(limit))
        found->resize(static_cast<std::size_t>(limit));
    return found;
}

Result<void> indexMessage(Database& database, MessageId message)
{
    return write(database,
        "INSERT INTO search (rowid, text, files)"
        " SELECT id, text, files FROM searchable WHERE id = ?",
        message);
}

Result<void> dropMessagesFrom(Database& database, MessageId first)
{
    return write(database,
        "INSERT INTO search (search, rowid, text, files)"
        " SELECT 'delete', id, text, files FROM searchable WHERE id >= ?1"
        " AND conversation_id = (SELECT conversation_id FROM messages WHERE id = ?1)",
        first);
}

Result<void> indexTitle(Database& database, ConversationId conversation)
{
    return write(database,
        "INSERT INTO search_titles (rowid, title) SELECT id, title FROM conversations WHERE id = ?",
        conversation);
}

Result<void> dropTitle(Database& database, ConversationId conversation)
{
    return write(database,
        "INSERT INTO search_titles (search_titles, rowid, title)"
        " SELECT 'delete', id, title FROM conversations WHERE id = ?",
        conversation);
}

Result<void> dropDeleted(Database& database)
{
    return database.script(R"sql(
INSERT INTO search (search, rowid, text, files) SELECT 'delete', id, text, files FROM searchable
    WHERE conversation_id IN (SELECT id FROM conversations WHERE deleted_at IS NOT NULL);
INSERT INTO search_titles (search_titles, rowid, title)
    SELECT 'delete', id, title FROM conversations WHERE deleted_at IS NOT NULL;
INSERT INTO search (search) VALUES ('optimize');
INSERT INTO search_titles (search_titles) VALUES ('optimize');
)sql");
}

Result<void> rebuildSearch(Database& database)
{
    return database.script("INSERT INTO search (search) VALUES ('rebuild');"
                           "INSERT INTO search_titles (search_titles) VALUES ('rebuild');");
}

} // namespace lectern::storage
