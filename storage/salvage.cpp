// SPDX-License-Identifier: Apache-2.0
// A damaged database: set aside, and what can be read of it carried over.
#include "storage/salvage.h"

#include "storage/file_handle.h"
#include "storage/migrations.h"
#include "storage/search.h"

#include <array>
#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <limits>
#include <set>
#include <vector>

namespace lectern::storage {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kDamagedPrefix = "lectern-damaged-";
// Parents before children, as the foreign keys go.
constexpr std::array<const char*, 5> kTables = {
    "conversations", "messages", "attachments", "message_parts", "settings"};

// Rows whose parent could not be read get a stand-in or go; then every reference holds again.
constexpr const char* kRepairReferences = R"sql(
INSERT INTO conversations (id, title, created_at, updated_at)
    SELECT conversation_id, 'Recovered conversation', min(created_at), max(created_at)
    FROM messages WHERE conversation_id NOT IN (SELECT id FROM conversations)
    GROUP BY conversation_id;
UPDATE message_parts SET attachment_id = NULL, text = '[An attachment that could not be recovered]'
    WHERE attachment_id IS NOT NULL AND attachment_id NOT IN (SELECT id FROM attachments);
DELETE FROM message_parts WHERE message_id NOT IN (SELECT id FROM messages);
)sql";

fs::path besides(const fs::path& file, const char* suffix)
{
    fs::path result = file;
    result += suffix;
    return result;
}

tl::unexpected<Error> cannotSetAside(const std::error_code& error)
{
    return fail(ErrorCode::damaged,
        fmt::format("The conversation database is damaged and could not be set aside: {}.",
            error.message()));
}

// The columns of a table, in the order SELECT * gives them; empty when it cannot be told.
std::vector<std::string> columnsOf(Database& database, const std::string& table)
{
    std::vector<std::string> names;
    auto rows = database.query("SELECT name FROM pragma_table_info(?)", table);
    if (!rows)
        return names;
    for (auto more = rows->next(); more && *more; more = rows->next())
        names.push_back(rows->text(0));
    return names;
}

class TableCopy {
public:
    TableCopy(Database& from, Database& to, const std::string& table) : m_from(from), m_table(table)
    {
        const auto has = columnsOf(from, table);
        const std::set<std::string> known(has.begin(), has.end());
        std::string places;
        for (const std::string& column : columnsOf(to, table)) {
            if (!known.contains(column))
                continue;
            m_columns += (m_columns.empty() ? "" : ", ") + column;
            places += places.empty() ? "?" : ", ?";
            ++m_columnCount;
        }
        const std::string sql =
            fmt::format("INSERT OR IGNORE INTO {} ({}) VALUES ({})", table, m_columns, places);
        sqlite3_stmt* statement = nullptr;
        if (m_columnCount > 0)
            sqlite3_prepare_v2(to.handle(), sql.c_str(), -1, &statement, nullptr);
        m_insert.reset(statement);
    }

    // Every row that can be reached: forwards to the damage, then backwards from the end to it.
    [[nodiscard]] Result<std::int64_t> run()
    {
        if (!m_insert)
            return 0;
        std::int64_t last = std::numeric_limits<std::int64_t>::min();
        const auto forwards = copy(
            fmt::format("SELECT rowid, {} FROM {} NOT INDEXED ORDER BY rowid", m_columns, m_table),
            &last);
        if (!forwards || m_complete)
            return forwards;
        const auto backwards = copy(
            fmt::format("SELECT rowid, {} FROM {} NOT INDEXED WHERE rowid > {} ORDER BY rowid DESC",
                m_columns, m_table, last),
            nullptr);
        if (!backwards)
            return backwards;
        return *forwards + *backwards;
    }

private:
    Result<std::int64_t> copy(const std::string& sql, std::int64_t* last)
    {
        std::int64_t copied = 0;
        auto rows = m_from.query(sql);
        if (!rows)
            return 0; // not even the table's first page
        for (;;) {
            const auto more = rows->next();
            m_complete = more && !*more;
            if (!more || !*more)
                return copied;
            if (last)
                *last = rows->integer(0);
            for (int column = 0; column < m_columnCount; ++column)
                sqlite3_bind_value(
                    m_insert.get(), column + 1, sqlite3_column_value(rows->handle(), column + 1));
            const int code = sqlite3_step(m_insert.get());
            sqlite3_reset(m_insert.get());
            sqlite3* target = sqlite3_db_handle(m_insert.get());
            if (code == SQLITE_DONE)
                copied += sqlite3_changes64(target);
            // A row with impossible values is left out; any other trouble is the new file's.
            else if ((code & 0xff) != SQLITE_CONSTRAINT && (code & 0xff) != SQLITE_MISMATCH)
                return fail(ErrorCode::full,
                    "The conversation database is damaged, and there is not enough space on the "
                    "disk to recover it; free some space and start Lectern again.");
        }
    }

    Database& m_from;
    std::string m_table;
    std::string m_columns;
    int m_columnCount = 0;
    bool m_complete = false;
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> m_insert;
};

struct Recovered {
    std::int64_t conversations = 0;
    std::int64_t messages = 0;
};

Result<Recovered> copyReadable(const fs::path& damaged, const fs::path& fresh)
{
    Recovered recovered;
    auto to = Database::open(fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!to)
        return tl::unexpected(to.error());
    Database& target = **to;
    // One file without a log, complete on the disk before it is renamed into place.
    if (const auto done = target.script("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;"
                                        "PRAGMA foreign_keys = OFF;");
        !done)
        return tl::unexpected(done.error());
    if (const auto done = migrate(target, migrations()); !done)
        return tl::unexpected(done.error());

    auto from = Database::open(damaged, SQLITE_OPEN_READWRITE);
    if (!from)
        return recovered;
    // The damaged file stays as it was found.
    sqlite3_db_config((*from)->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    auto transaction = Transaction::begin(target);
    if (!transaction)
        return tl::unexpected(transaction.error());
    for (const char* table : kTables) {
        const auto copied = TableCopy(**from, target, table).run();
        if (!copied)
            return tl::unexpected(copied.error());
    }
    if (const auto done = target.script(kRepairReferences); !done)
        return tl::unexpected(done.error());
    if (const auto done = rebuildSearch(target); !done)
        return tl::unexpected(done.error());
    const auto conversations = target.integer("SELECT count(*) FROM conversations");
    const auto messages = target.integer("SELECT count(*) FROM messages");
    if (!conversations || !messages)
        return tl::unexpected((conversations ? messages : conversations).error());
    recovered = {*conversations, *messages};
    if (const auto done = transaction->commit(); !done)
        return tl::unexpected(done.error());
    return recovered;
}

std::string stamp()
{
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts = {};
    ::localtime_r(&now, &parts);
    std::array<char, 32> text = {};
    std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &parts);
    return text.data();
}

// A name that nothing has yet.
fs::path asideName(const fs::path& directory)
{
    const std::string base = std::string(kDamagedPrefix) + stamp();
    fs::path path = directory / (base + ".db");
    for (int number = 2; fs::exists(path); ++number)
        path = directory / fmt::format("{}-{}.db", base, number);
    return path;
}

void removeWithLog(const fs::path& database, std::error_code& error)
{
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
        if (!error)
            fs::remove(besides(database, suffix), error);
}

} // namespace

Result<void> finishInterruptedRecovery(const DatabaseFiles& files)
{
    std::error_code error;
    if (!fs::exists(files.recovering(), error))
        return {};
    // The damaged database leaves its place only after the recovered one is complete.
    if (fs::exists(files.database(), error))
        removeWithLog(files.recovering(), error);
    else
        fs::rename(files.recovering(), files.database(), error);
    if (error)
        return cannotSetAside(error);
    return {};
}

bool looksEmptied(const DatabaseFiles& files, bool blobsExist)
{
    std::error_code error;
    const auto size = fs::file_size(files.database(), error);
    return !error && size == 0 && blobsExist && !fs::exists(besides(files.database(), "-wal"));
}

Result<std::string> recoverDatabase(const DatabaseFiles& files)
{
    std::error_code error;
    removeWithLog(files.recovering(), error);
    if (error)
        return cannotSetAside(error);
    const auto recovered = copyReadable(files.database(), files.recovering());
    if (!recovered) {
        std::error_code ignored;
        removeWithLog(files.recovering(), ignored);
        return tl::unexpected(recovered.error());
    }
    // The log first: it must never meet another database under the old name.
    const fs::path aside = asideName(files.directory);
    if (fs::exists(besides(files.database(), "-wal"), error))
        fs::rename(besides(files.database(), "-wal"), besides(aside, "-wal"), error);
    if (!error)
        fs::remove(besides(files.database(), "-shm"), error);
    if (!error)
        fs::remove(besides(files.database(), "-journal"), error);
    if (!error)
        fs::rename(files.database(), aside, error);
    if (!error)
        fs::rename(files.recovering(), files.database(), error);
    if (error)
        return cannotSetAside(error);
    syncDirectory(files.directory);
    const std::string what = recovered->messages == 0 && recovered->conversations == 0
        ? std::string("nothing in it could be read any more")
        : fmt::format("{} and {} could be recovered",
            recovered->conversations == 1
                ? "1 conversation"
                : fmt::format("{} conversations", recovered->conversations),
            recovered->messages == 1 ? "1 message"
                                     : fmt::format("{} messages", recovered->messages));
    return fmt::format("The conversation database was damaged: {}. The damaged file is kept as {}.",
        what, aside.string());
}

bool hasDamagedDatabase(const fs::path& directory)
{
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().filename().string().starts_with(kDamagedPrefix))
            return true;
    return false;
}

} // namespace lectern::storage
