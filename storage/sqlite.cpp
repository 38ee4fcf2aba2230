// SPDX-License-Identifier: Apache-2.0
// The one adapter to the SQLite C API.
#include "storage/sqlite.h"

#include "storage/search_tokenizer.h"

#include <fmt/format.h>

namespace lectern::storage {
namespace {

// A second writer waits this long before it is told that the database is busy.
constexpr int kBusyTimeoutMs = 5000;

} // namespace

Rows::~Rows()
{
    if (m_statement)
        m_database->giveBack(m_statement);
}

Result<bool> Rows::next()
{
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return tl::unexpected(m_database->error(code));
}

std::string Rows::text(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    const int size = sqlite3_column_bytes(m_statement, column);
    return bytes ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, int flags)
{
    std::unique_ptr<Database> database(new Database);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    database->m_handle.reset(handle);
    if (code != SQLITE_OK)
        return tl::unexpected(database->error(code));
    sqlite3_busy_timeout(handle, kBusyTimeoutMs);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (const int added = addSearchTokenizer(handle); added != SQLITE_OK)
        return tl::unexpected(database->error(added));
    return database;
}

Result<void> Database::script(const std::string& sql)
{
    const int code = sqlite3_exec(m_handle.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return tl::unexpected(error(code));
    return {};
}

Result<std::int64_t> Database::integer(std::string_view sql)
{
    auto rows = query(sql);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto more = rows->next();
    if (!more)
        return tl::unexpected(more.error());
    return *more ? rows->integer(0) : 0;
}

Result<sqlite3_stmt*> Database::borrow(std::string_view sql)
{
    if (const auto found = m_idle.find(std::string(sql)); found != m_idle.end()) {
        sqlite3_stmt* statement = found->second.release();
        m_idle.erase(found);
        return statement;
    }
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(m_handle.get(), sql.data(), static_cast<int>(sql.size()),
        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return tl::unexpected(error(code));
    return statement;
}

void Database::giveBack(sqlite3_stmt* statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    m_idle[sqlite3_sql(statement)].reset(statement);
}

int Database::bindText(sqlite3_stmt* statement, int index, std::string_view text)
{
    return sqlite3_bind_text64(statement, index, text.data() ? text.data() : "", text.size(),
        SQLITE_TRANSIENT, SQLITE_UTF8);
}

Error Database::error(int code) const
{
    const int primary = code & 0xff;
    if (primary == SQLITE_FULL)
        return {ErrorCode::full,
            "The disk that holds your conversations is full; free some space and try again."};
    // A quota or a size limit arrives here (SQLite tells only ENOSPC apart), and a failing disk
    // too.
    if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE)
        return {ErrorCode::full,
            "Your conversations could not be written: the disk is full, a limit is reached, or it "
            "fails; free some space and try again."};
    if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
        return {ErrorCode::busy,
            "Another program is using the conversation database; try again in a moment."};
    if (code == SQLITE_CORRUPT_VTAB)
        return {ErrorCode::searchDamaged,
            "The search index of the conversation database is damaged; restart Lectern."};
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        return {ErrorCode::damaged,
            "The conversation database is damaged; restart Lectern to recover what can be read."};
    if (primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_PERM)
        return {ErrorCode::cannotOpen,
            "Lectern cannot write its conversation database; check the permissions of the data "
            "folder."};
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
        return {ErrorCode::notFound, "That conversation, message or attachment no longer exists."};
    return {ErrorCode::failed,
        fmt::format("The conversation database reported an error ({}).",
            m_handle ? sqlite3_errmsg(m_handle.get()) : sqlite3_errstr(code))};
}

Result<Transaction> Transaction::begin(Database& database)
{
    if (const auto begun = database.execute("BEGIN IMMEDIATE"); !begun)
        return tl::unexpected(begun.error());
    return Transaction(database);
}

Result<void> Transaction::commit()
{
    // On failure the destructor rolls back, so a full disk leaves the database as it was.
    if (const auto committed = m_database->execute("COMMIT"); !committed)
        return tl::unexpected(committed.error());
    m_database = nullptr;
    return {};
}

Transaction::~Transaction()
{
    // SQLite may have rolled back by itself (disk full, I/O error).
    if (m_database && m_database->inTransaction())
        (void)m_database->execute("ROLLBACK");
}

} // namespace lectern::storage
