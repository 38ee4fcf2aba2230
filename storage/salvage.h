// SPDX-License-Identifier: Apache-2.0
// A damaged database: how it is noticed, set aside, and what can be read of it carried over.
//
//   DIR/lectern.db              the database
//   DIR/lectern-recovering.db   being built from the damaged one; takes its place when complete
//   DIR/lectern-damaged-*.db    damaged ones set aside; nothing here ever removes them
//
// All of this requires holding the directory alone (DirectoryLock).
#pragma once

#include "storage/error.h"

#include <filesystem>
#include <string>

namespace lectern::storage {

struct DatabaseFiles {
    std::filesystem::path directory;
    [[nodiscard]] std::filesystem::path database() const { return directory / "lectern.db"; }
    [[nodiscard]] std::filesystem::path recovering() const
    {
        return directory / "lectern-recovering.db";
    }
};

// Ends a recovery that was interrupted by a crash: adopts its result or drops it.
[[nodiscard]] Result<void> finishInterruptedRecovery(const DatabaseFiles& files);

// True when the file lost its content where there must have been some.
[[nodiscard]] bool looksEmptied(const DatabaseFiles& files, bool blobsExist);

// Builds a fresh database of the newest schema from every row that can still be read, sets the
// damaged one aside, and puts the fresh one in its place. Returns the sentence for the user.
[[nodiscard]] Result<std::string> recoverDatabase(const DatabaseFiles& files);

// Whether a set-aside database lies in the directory.
[[nodiscard]] bool hasDamagedDatabase(const std::filesystem::path& directory);

} // namespace lectern::storage
