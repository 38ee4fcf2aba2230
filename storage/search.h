// SPDX-License-Identifier: Apache-2.0
// Full-text search in the tables that the migrations make.
#pragma once

#include "storage/sqlite.h"
#include "storage/store.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::storage {

// What a person typed as a query of FTS5: every word taken literally, the last one as the beginning
// of a word. Empty when there is nothing to look for.
[[nodiscard]] std::string searchQuery(std::string_view words);

// See Store::search. Error searchDamaged, here and below: the index is; rebuildSearch() mends it.
[[nodiscard]] Result<std::vector<Found>> searchEverywhere(
    Database& database, std::string_view words, int limit);

// The index follows what is stored by these, each called in the transaction of the change. Before
// it, for what is about to go or change; after it, for what has come.
[[nodiscard]] Result<void> indexMessage(Database& database, MessageId message); // no longer streams
[[nodiscard]] Result<void> dropMessagesFrom(Database& database, MessageId first); // to the last one
[[nodiscard]] Result<void> indexTitle(Database& database, ConversationId conversation);
[[nodiscard]] Result<void> dropTitle(Database& database, ConversationId conversation);
// Everything of the conversations that are marked as deleted, without a trace: an index keeps words
// of what was dropped until parts of it happen to be merged, so all of them are.
[[nodiscard]] Result<void> dropDeleted(Database& database);

// Makes the index anew from what is stored.
[[nodiscard]] Result<void> rebuildSearch(Database& database);

} // namespace lectern::storage
