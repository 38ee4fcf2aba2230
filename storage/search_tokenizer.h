// SPDX-License-Identifier: Apache-2.0
// How text is cut into the words that full-text search finds.
#pragma once

#include <sqlite3.h>

namespace lectern::storage {

// Makes the FTS5 tokenizer "lectern" known to a connection; without it the search tables cannot be
// used. It is unicode61 with case and diacritics folded, but for scripts that write no spaces
// between words (Chinese, Japanese, Korean, Thai, ...) every letter is a word of its own, so that
// what is typed is found as a phrase, wherever in a text it stands.
//
// It is a part of the schema: what it makes of a text must not change without a new migration that
// rebuilds the search tables.
// Returns a result code of SQLite.
[[nodiscard]] int addSearchTokenizer(sqlite3* database);

} // namespace lectern::storage
