// SPDX-License-Identifier: Apache-2.0
// The store: conversations, messages, attachments and settings in one SQLite database.
//
// Invariants: every write is one transaction; a part is text or an attachment, never both; message
// ids grow in the order of writing.
#include "storage/store.h"

#include "storage/blob_folder.h"
#include "storage/directory_lock.h"
#include "storage/migrations.h"
#include "storage/open_directory.h"
#include "storage/salvage.h"
#include "storage/search.h"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <sys/stat.h>
#include <type_traits>
#include <unordered_set>

namespace lectern::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::array<std::string_view, 3> kRoles = {"system", "user", "assistant"};
constexpr std::array<std::string_view, 5> kStates = {
    "streaming", "complete", "stopped", "failed", "interrupted"};

template <class Enum, std::size_t N>
Enum fromName(const std::array<std::string_view, N>& names, std::string_view name, Enum otherwise)
{
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name)
            return static_cast<Enum>(i);
    return otherwise;
}

std::string_view nameOf(Role role)
{
    return kRoles[static_cast<std::size_t>(role)];
}
std::string_view nameOf(MessageState state)
{
    return kStates[static_cast<std::size_t>(state)];
}

std::int64_t nowMs()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

tl::unexpected<Error> noLonger(std::string_view what)
{
    return fail(ErrorCode::notFound, fmt::format("That {} no longer exists.", what));
}

// For a statement that must have met exactly one row.
Result<void> needOne(const Result<std::int64_t>& changed, std::string_view what)
{
    if (!changed)
        return tl::unexpected(changed.error());
    if (*changed == 0)
        return noLonger(what);
    return {};
}

// Reads the whole database; error damaged when it is not in order.
Result<void> check(Database& database)
{
    auto rows = database.query("PRAGMA quick_check(1)");
    if (!rows)
        return tl::unexpected(rows.error());
    const auto more = rows->next();
    if (!more)
        return tl::unexpected(more.error());
    if (!*more || rows->text(0) != "ok")
        return tl::unexpected(database.error(SQLITE_CORRUPT));
    // With a damaged head, which that does not see, an index could not even be made anew. (Any
    // other trouble: there is none yet.)
    const auto heads = database.query("SELECT 1 FROM search, search_titles LIMIT 0");
    if (!heads && heads.error().code == ErrorCode::searchDamaged)
        return tl::unexpected(database.error(SQLITE_CORRUPT));
    return {};
}

// Opens the database and makes sure that it is one, whole (unless it is known to be).
Result<std::unique_ptr<Database>> openChecked(const fs::path& file, bool known)
{
    auto opened = Database::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!opened)
        return opened;
    Database& database = **opened;
    if (sqlite3_db_readonly(database.handle(), "main") == 1)
        return tl::unexpected(database.error(SQLITE_READONLY));
    // Until it is known to be whole, closing must not write to it.
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    if (const auto done = database.script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                          "PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON;");
        !done)
        return tl::unexpected(done.error());
    if (!known)
        if (const auto whole = check(database); !whole)
            return tl::unexpected(whole.error());
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    return opened;
}

// Creates missing folders for this user alone; leaves existing ones as they are.
Result<void> makeDirectory(const fs::path& directory)
{
    std::error_code error;
    if (directory.has_parent_path())
        fs::create_directories(directory.parent_path(), error);
    if (::mkdir(directory.c_str(), 0700) == 0 || fs::is_directory(directory, error))
        return {};
    return fail(ErrorCode::cannotOpen,
        fmt::format("Lectern cannot create its data folder {}: {}.", directory.string(),
            error ? error.message() : "the name is taken by a file"));
}

} // namespace

struct Store::Impl {
    Impl(DirectoryLock held, BlobFolder folder, fs::path where)
        : lock(std::move(held))
        , blobs(std::move(folder))
        , directory(std::move(where))
        , shared(OpenDirectory::of(directory))
    {
    }

    DirectoryLock lock;
    BlobFolder blobs;
    fs::path directory;
    std::shared_ptr<OpenDirectory> shared;
    std::unique_ptr<Database> database;
    std::string notice;

    Result<void> openDatabase(bool alone);
    Result<void> markInterrupted();
    // Runs `work`, which is one transaction. Where the search's index turns out to be damaged, it
    // is made anew and `work` is done again: nobody should lose a message for it.
    template <class Work> std::invoke_result_t<Work> mending(const Work& work)
    {
        auto done = work();
        if (done || done.error().code != ErrorCode::searchDamaged)
            return done;
        if (const auto mended = rebuildSearch(*database); !mended)
            return tl::unexpected(mended.error());
        return work();
    }
    Result<void> removeDeleted();
    Result<void> removeUnusedBlobs();
    Result<std::int64_t> addAttachment(const Attachment& attachment);
    Result<void> addPart(MessageId message, std::size_t position, const MessagePart& part);
};

Result<void> Store::Impl::openDatabase(bool alone)
{
    const DatabaseFiles files{directory};
    if (alone)
        if (const auto done = finishInterruptedRecovery(files); !done)
            return done;
    auto opened = looksEmptied(files, !blobs.isEmpty())
        ? fail(ErrorCode::damaged, "The conversation database has lost its content.")
        : openChecked(files.database(), shared->checked);
    if (!opened && opened.error().code == ErrorCode::damaged && alone) {
        auto recovered = recoverDatabase(files);
        if (!recovered)
            return tl::unexpected(recovered.error());
        notice = std::move(*recovered);
        opened = openChecked(files.database(), false);
    }
    if (!opened)
        return tl::unexpected(opened.error());
    database = std::move(*opened);
    shared->checked = true;
    if (const auto done = migrate(*database, migrations()); !done)
        return done;
    if (!alone)
        return {};
    return mending([this] { return markInterrupted(); });
}

// Nobody else is writing: what still streams was cut off by the end of its program.
Result<void> Store::Impl::markInterrupted()
{
    auto transaction = Transaction::begin(*database);
    if (!transaction)
        return tl::unexpected(transaction.error());
    std::vector<MessageId> cutOff;
    {
        auto rows = database->query(
            "UPDATE messages SET state = 'interrupted' WHERE state = 'streaming' RETURNING id");
        if (!rows)
            return tl::unexpected(rows.error());
        for (;;) {
            const auto more = rows->next();
            if (!more)
                return tl::unexpected(more.error());
            if (!*more)
                break;
            cutOff.push_back(rows->integer(0));
        }
    }
    for (const MessageId message : cutOff)
        if (const auto indexed = indexMessage(*database, message); !indexed)
            return indexed;
    return transaction->commit();
}

Result<std::unique_ptr<Store>> Store::open(const fs::path& directory)
{
    if (const auto made = makeDirectory(directory); !made)
        return tl::unexpected(made.error());
    auto lock = DirectoryLock::take(directory);
    if (!lock)
        return tl::unexpected(lock.error());
    BlobFolder blobs(directory / "blobs");
    if (const auto made = blobs.create(); !made)
        return tl::unexpected(made.error());

    std::unique_ptr<Store> store(new Store);
    store->m_impl = std::make_unique<Impl>(std::move(*lock), std::move(blobs), directory);
    Impl& impl = *store->m_impl;
    const bool alone = impl.lock.tryAlone();
    if (const auto done = impl.openDatabase(alone); !done)
        return tl::unexpected(done.error());
    if (alone)
        impl.lock.share();
    impl.lock.opened();
    if (alone) {
        // Conversations left deleted can wait for a better day; opening must not fail for them.
        (void)store->purgeDeleted();
    }
    return store;
}

Store::Store() = default;
Store::~Store() = default;

const std::string& Store::openingNotice() const
{
    return m_impl->notice;
}

Result<std::vector<Conversation>> Store::conversations()
{
    auto rows =
        m_impl->database->query("SELECT id, title, created_at, updated_at FROM conversations"
                                " WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC");
    if (!rows)
        return tl::unexpected(rows.error());
    std::vector<Conversation> all;
    for (;;) {
        const auto more = rows->next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return all;
        all.push_back({rows->integer(0), rows->text(1), rows->integer(2), rows->integer(3)});
    }
}

Result<Conversation> Store::createConversation(std::string_view title)
{
    return m_impl->mending([&]() -> Result<Conversation> {
        Database& database = *m_impl->database;
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        const std::int64_t now = nowMs();
        if (const auto done = database.execute(
                "INSERT INTO conversations (title, created_at, updated_at) VALUES (?, ?, ?)", title,
                now, now);
            !done)
            return tl::unexpected(done.error());
        const ConversationId id = database.lastInsertId();
        if (const auto indexed = indexTitle(database, id); !indexed)
            return tl::unexpected(indexed.error());
        if (const auto done = transaction->commit(); !done)
            return tl::unexpected(done.error());
        return Conversation{id, std::string(title), now, now};
    });
}

Result<void> Store::renameConversation(ConversationId id, std::string_view title)
{
    return m_impl->mending([&]() -> Result<void> {
        Database& database = *m_impl->database;
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        if (const auto dropped = dropTitle(database, id); !dropped)
            return dropped;
        if (const auto renamed = needOne(
                database.execute("UPDATE conversations SET title = ? WHERE id = ?", title, id),
                "conversation");
            !renamed)
            return renamed;
        if (const auto indexed = indexTitle(database, id); !indexed)
            return indexed;
        return transaction->commit();
    });
}

Result<void> Store::deleteConversation(ConversationId id)
{
    return needOne(m_impl->database->execute(
                       "UPDATE conversations SET deleted_at = ? WHERE id = ?", nowMs(), id),
        "conversation");
}

Result<void> Store::restoreConversation(ConversationId id)
{
    return needOne(
        m_impl->database->execute("UPDATE conversations SET deleted_at = NULL WHERE id = ?", id),
        "conversation");
}

Result<void> Store::purgeDeleted()
{
    const auto removed = m_impl->mending([this] { return m_impl->removeDeleted(); });
    if (!removed)
        return removed;
    return m_impl->removeUnusedBlobs();
}

Result<void> Store::Impl::removeDeleted()
{
    auto transaction = Transaction::begin(*database);
    if (!transaction)
        return tl::unexpected(transaction.error());
    const auto deleted =
        database->integer("SELECT count(*) FROM conversations WHERE deleted_at IS NOT NULL");
    if (!deleted)
        return tl::unexpected(deleted.error());
    if (*deleted > 0)
        if (const auto done = dropDeleted(*database); !done)
            return done;
    for (const char* sql : {"DELETE FROM conversations WHERE deleted_at IS NOT NULL",
             "DELETE FROM attachments WHERE id NOT IN (SELECT attachment_id FROM message_parts"
             " WHERE attachment_id IS NOT NULL)"})
        if (const auto done = database->execute(sql); !done)
            return tl::unexpected(done.error());
    return transaction->commit();
}

Result<void> Store::Impl::removeUnusedBlobs()
{
    if (hasDamagedDatabase(directory) || !lock.tryAlone())
        return {};
    const auto remove = [&]() -> Result<void> {
        std::unordered_set<std::string> used;
        auto rows = database->query("SELECT DISTINCT sha256 FROM attachments");
        if (!rows)
            return tl::unexpected(rows.error());
        for (;;) {
            const auto more = rows->next();
            if (!more)
                return tl::unexpected(more.error());
            if (!*more)
                break;
            used.insert(rows->text(0));
        }
        return blobs.removeUnless([&](const std::string& sha256) {
            return used.contains(sha256) || shared->isDraft(sha256);
        });
    };
    auto done = remove();
    lock.share();
    return done;
}

Result<std::vector<Message>> Store::messages(ConversationId id)
{
    Database& database = *m_impl->database;
    {
        auto known = database.query("SELECT 1 FROM conversations WHERE id = ?", id);
        if (!known)
            return tl::unexpected(known.error());
        const auto more = known->next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return noLonger("conversation");
    }
    auto rows = database.query(
        "SELECT m.id, m.role, m.state, m.model_name, m.stats_json, m.error, m.created_at,"
        " p.id, p.text, a.id, a.file_name, a.sha256, a.byte_size, a.kind, a.format, a.details_json"
        " FROM messages m LEFT JOIN message_parts p ON p.message_id = m.id"
        " LEFT JOIN attachments a ON a.id = p.attachment_id"
        " WHERE m.conversation_id = ? ORDER BY m.id, p.position",
        id);
    if (!rows)
        return tl::unexpected(rows.error());
    std::vector<Message> all;
    for (;;) {
        const auto more = rows->next();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return all;
        if (all.empty() || all.back().id != rows->integer(0)) {
            Message& message = all.emplace_back();
            message.id = rows->integer(0);
            message.conversation = id;
            message.role = fromName(kRoles, rows->text(1), Role::user);
            message.state = fromName(kStates, rows->text(2), MessageState::complete);
            message.modelName = rows->text(3);
            message.statsJson = rows->text(4);
            message.error = rows->text(5);
            message.createdAt = rows->integer(6);
        }
        if (rows->isNull(7))
            continue; // a message without parts
        MessagePart& part = all.back().parts.emplace_back();
        if (rows->isNull(9))
            part.text = rows->text(8);
        else
            part.attachment = Attachment{rows->integer(9), rows->text(10), rows->text(11),
                static_cast<std::uint64_t>(rows->integer(12)), rows->text(13), rows->text(14),
                rows->text(15)};
    }
}

Result<std::int64_t> Store::Impl::addAttachment(const Attachment& attachment)
{
    const auto done = database->execute(
        "INSERT INTO attachments (file_name, sha256, byte_size, kind, format, details_json)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        attachment.fileName, attachment.sha256, attachment.byteSize, attachment.kind,
        attachment.format, attachment.detailsJson);
    if (!done)
        return tl::unexpected(done.error());
    return database->lastInsertId();
}

Result<void> Store::Impl::addPart(MessageId message, std::size_t position, const MessagePart& part)
{
    if (!part.attachment) {
        const auto done = database->execute(
            "INSERT INTO message_parts (message_id, position, text) VALUES (?, ?, ?)", message,
            position, part.text);
        return needOne(done, "message");
    }
    std::int64_t attachment = part.attachment->id;
    if (attachment == 0) {
        const auto added = addAttachment(*part.attachment);
        if (!added)
            return tl::unexpected(added.error());
        attachment = *added;
    }
    const auto done = database->execute(
        "INSERT INTO message_parts (message_id, position, attachment_id) VALUES (?, ?, ?)", message,
        position, attachment);
    return needOne(done, "message");
}

Result<MessageId> Store::addMessage(const Message& message)
{
    return m_impl->mending([&]() -> Result<MessageId> {
        Database& database = *m_impl->database;
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        const std::int64_t now = nowMs();
        if (const auto touched =
                needOne(database.execute(
                            "UPDATE conversations SET updated_at = max(updated_at, ?) WHERE id = ?",
                            now, message.conversation),
                    "conversation");
            !touched)
            return tl::unexpected(touched.error());
        const auto inserted = database.execute(
            "INSERT INTO messages (conversation_id, role, state, model_name, stats_json, error,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            message.conversation, nameOf(message.role), nameOf(message.state), message.modelName,
            message.statsJson, message.error, message.createdAt != 0 ? message.createdAt : now);
        if (!inserted)
            return tl::unexpected(inserted.error());
        const MessageId id = database.lastInsertId();
        for (std::size_t position = 0; position < message.parts.size(); ++position)
            if (const auto added = m_impl->addPart(id, position, message.parts[position]); !added)
                return tl::unexpected(added.error());
        if (const auto indexed = indexMessage(database, id); !indexed)
            return tl::unexpected(indexed.error());
        if (const auto done = transaction->commit(); !done)
            return tl::unexpected(done.error());

        for (const MessagePart& part : message.parts)
            if (part.attachment && part.attachment->id == 0)
                m_impl->shared->endDraft(part.attachment->sha256);
        return id;
    });
}

Result<void> Store::appendText(MessageId id, std::string_view delta)
{
    Database& database = *m_impl->database;
    auto transaction = Transaction::begin(database);
    if (!transaction)
        return tl::unexpected(transaction.error());
    auto changed = database.execute(
        "UPDATE message_parts SET text = text || ?2 WHERE message_id = ?1 AND text IS NOT NULL"
        " AND position = (SELECT max(position) FROM message_parts WHERE message_id = ?1)"
        " AND EXISTS (SELECT 1 FROM messages WHERE id = ?1 AND state = 'streaming')",
        id, delta);
    if (changed && *changed == 0)
        changed = database.execute(
            "INSERT INTO message_parts (message_id, position, text) SELECT m.id,"
            " (SELECT coalesce(max(position), -1) + 1 FROM message_parts WHERE message_id = m.id),"
            " ?2 FROM messages m WHERE m.id = ?1 AND m.state = 'streaming'",
            id, delta);
    if (!changed)
        return tl::unexpected(changed.error());
    if (*changed == 0)
        return fail(ErrorCode::notFound, "That answer is no longer being written.");
    return transaction->commit();
}

Result<void> Store::finishMessage(
    MessageId id, MessageState state, std::string_view statsJson, std::string_view error)
{
    return m_impl->mending([&]() -> Result<void> {
        Database& database = *m_impl->database;
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        // One that was over before is in the index, and its text is the same.
        const auto ended =
            database.execute("UPDATE messages SET state = ? WHERE id = ? AND state = 'streaming'",
                nameOf(state), id);
        if (!ended)
            return tl::unexpected(ended.error());
        if (*ended == 1)
            if (const auto indexed = indexMessage(database, id); !indexed)
                return indexed;
        const auto finished =
            needOne(database.execute(
                        "UPDATE messages SET state = ?, stats_json = ?, error = ? WHERE id = ?",
                        nameOf(state), statsJson, error, id),
                "message");
        if (!finished)
            return finished;
        if (const auto touched =
                database.execute("UPDATE conversations SET updated_at = max(updated_at, ?)"
                                 " WHERE id = (SELECT conversation_id FROM messages WHERE id = ?)",
                    nowMs(), id);
            !touched)
            return tl::unexpected(touched.error());
        return transaction->commit();
    });
}

Result<void> Store::truncateFrom(MessageId id)
{
    return m_impl->mending([&]() -> Result<void> {
        Database& database = *m_impl->database;
        auto transaction = Transaction::begin(database);
        if (!transaction)
            return tl::unexpected(transaction.error());
        if (const auto dropped = dropMessagesFrom(database, id); !dropped)
            return dropped;
        if (const auto removed =
                needOne(database.execute("DELETE FROM messages WHERE id >= ?1 AND conversation_id ="
                                         " (SELECT conversation_id FROM messages WHERE id = ?1)",
                            id),
                    "message");
            !removed)
            return removed;
        return transaction->commit();
    });
}

Result<std::vector<Found>> Store::search(std::string_view words, int limit)
{
    return m_impl->mending([&] { return searchEverywhere(*m_impl->database, words, limit); });
}

Result<Store::Blob> Store::putFile(
    const fs::path& file, std::stop_token stop, const std::function<void(std::uint64_t)>& progress)
{
    auto blob = m_impl->blobs.putFile(file, stop, progress);
    if (blob)
        m_impl->shared->addDraft(blob->sha256);
    return blob;
}

Result<Store::Blob> Store::putBytes(std::string_view bytes)
{
    auto blob = m_impl->blobs.putBytes(bytes);
    if (blob)
        m_impl->shared->addDraft(blob->sha256);
    return blob;
}

fs::path Store::blobPath(std::string_view sha256) const
{
    return m_impl->blobs.pathOf(sha256);
}

Result<std::optional<std::string>> Store::setting(std::string_view key)
{
    auto rows = m_impl->database->query("SELECT value FROM settings WHERE key = ?", key);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto more = rows->next();
    if (!more)
        return tl::unexpected(more.error());
    if (!*more)
        return std::nullopt;
    return rows->text(0);
}

Result<void> Store::setSetting(std::string_view key, std::string_view value)
{
    return needOne(
        m_impl->database->execute("INSERT INTO settings (key, value) VALUES (?, ?)"
                                  " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key, value),
        "setting");
}

} // namespace lectern::storage
