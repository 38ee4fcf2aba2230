// SPDX-License-Identifier: Apache-2.0
// The database's schema as a table of steps; PRAGMA user_version says which one a file has reached.
#pragma once

#include "storage/sqlite.h"

#include <span>

namespace lectern::storage {

// Step N (counted from 1) takes a database of version N-1 to version N. A released step is never
// edited; a change of the schema is a new step at the end.
struct Migration {
    const char* what;
    const char* sql;
};

[[nodiscard]] std::span<const Migration> migrations();

// Runs the missing steps, each in one transaction; a failed step leaves the version before it.
// Errors: newerVersion, when the file is ahead of `steps`; what the database says.
[[nodiscard]] Result<void> migrate(Database& database, std::span<const Migration> steps);

} // namespace lectern::storage
