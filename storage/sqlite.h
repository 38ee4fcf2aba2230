// SPDX-License-Identifier: Apache-2.0
// The one adapter to the SQLite C API: connection, cached statements, transactions, errors as
// values.
//
// Thread: a Database and everything made from it belong to one thread (SQLITE_OPEN_NOMUTEX).
#pragma once

#include "storage/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

namespace lectern::storage {

struct CloseDatabase {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class Database;

// The result rows of one statement; hands the statement back to its database when it goes.
class Rows {
public:
    Rows(Database& database, sqlite3_stmt* statement)
        : m_database(&database), m_statement(statement)
    {
    }
    ~Rows();
    Rows(Rows&& other) noexcept
        : m_database(other.m_database), m_statement(std::exchange(other.m_statement, nullptr))
    {
    }
    Rows& operator=(Rows&&) = delete;
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    // True while there is a row to read.
    [[nodiscard]] Result<bool> next();

    [[nodiscard]] int columnCount() const { return sqlite3_column_count(m_statement); }
    [[nodiscard]] bool isNull(int column) const
    {
        return sqlite3_column_type(m_statement, column) == SQLITE_NULL;
    }
    [[nodiscard]] std::int64_t integer(int column) const
    {
        return sqlite3_column_int64(m_statement, column);
    }
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] sqlite3_stmt* handle() const { return m_statement; }

private:
    Database* m_database;
    sqlite3_stmt* m_statement;
};

class Database {
public:
    // `flags`: SQLITE_OPEN_READWRITE and so on; NOMUTEX is added. Sets the busy timeout and the
    // defensive switches, adds the tokenizer of the search; nothing that touches the file.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(
        const std::filesystem::path& file, int flags);

    // Runs a script of statements that return nothing of interest.
    [[nodiscard]] Result<void> script(const std::string& sql);
    // Runs one statement and returns the number of rows it changed.
    template <class... Arguments>
    [[nodiscard]] Result<std::int64_t> execute(std::string_view sql, const Arguments&... arguments)
    {
        auto rows = query(sql, arguments...);
        if (!rows)
            return tl::unexpected(rows.error());
        for (;;) {
            const auto more = rows->next();
            if (!more)
                return tl::unexpected(more.error());
            if (!*more)
                return sqlite3_changes64(m_handle.get());
        }
    }
    // Arguments: integers, string views, nullptr. The compiled statement is kept for the next time.
    template <class... Arguments>
    [[nodiscard]] Result<Rows> query(std::string_view sql, const Arguments&... arguments)
    {
        auto statement = borrow(sql);
        if (!statement)
            return tl::unexpected(statement.error());
        Rows rows(*this, *statement);
        int index = 0;
        int code = SQLITE_OK;
        ((code = code == SQLITE_OK ? bind(*statement, ++index, arguments) : code), ...);
        if (code != SQLITE_OK)
            return tl::unexpected(error(code));
        return rows;
    }
    // The single integer of a query such as a PRAGMA.
    [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);

    [[nodiscard]] std::int64_t lastInsertId() const
    {
        return sqlite3_last_insert_rowid(m_handle.get());
    }
    [[nodiscard]] bool inTransaction() const { return !sqlite3_get_autocommit(m_handle.get()); }
    // What `code` of this connection means for the user.
    [[nodiscard]] Error error(int code) const;
    [[nodiscard]] sqlite3* handle() const { return m_handle.get(); }

private:
    friend class Rows;
    Database() = default;
    [[nodiscard]] Result<sqlite3_stmt*> borrow(std::string_view sql);
    void giveBack(sqlite3_stmt* statement);
    template <class Argument> static int bind(sqlite3_stmt* statement, int index, const Argument& a)
    {
        if constexpr (std::is_same_v<Argument, std::nullptr_t>)
            return sqlite3_bind_null(statement, index);
        else if constexpr (std::is_integral_v<Argument>)
            return sqlite3_bind_int64(statement, index, static_cast<std::int64_t>(a));
        else
            return bindText(statement, index, std::string_view(a));
    }
    static int bindText(sqlite3_stmt* statement, int index, std::string_view text);

    std::unique_ptr<sqlite3, CloseDatabase> m_handle;
    // Idle compiled statements by their text; destroyed before the connection.
    std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> m_idle;
};

// A write transaction (BEGIN IMMEDIATE); rolled back unless committed.
class Transaction {
public:
    [[nodiscard]] static Result<Transaction> begin(Database& database);
    [[nodiscard]] Result<void> commit();
    ~Transaction();
    Transaction(Transaction&& other) noexcept : m_database(std::exchange(other.m_database, nullptr))
    {
    }
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

private:
    explicit Transaction(Database& database) : m_database(&database) { }
    Database* m_database;
};

} // namespace lectern::storage
