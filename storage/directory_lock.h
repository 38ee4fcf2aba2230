// SPDX-License-Identifier: Apache-2.0
// Who else has the data directory open: a lock the kernel gives back when a process dies.
//
// Every Store holds DIR/store.lock shared, and opens under a second lock, one store after another:
// SQLite does not wait when two connections turn a new file into a WAL database. What must not
// happen under somebody else's hands (recovery, marking answers as interrupted, removing blobs) is
// done only while holding it alone.
#pragma once

#include "storage/error.h"
#include "storage/file_handle.h"

#include <filesystem>

namespace lectern::storage {

class DirectoryLock {
public:
    // Waits for stores that are being opened at this moment.
    [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& directory);
    // The store is open; the next one may.
    void opened();
    // True: nobody else has the directory, and nobody gets it before share() or destruction.
    [[nodiscard]] bool tryAlone();
    // Back to holding it together with others.
    void share();

private:
    explicit DirectoryLock(FileHandle file) : m_file(std::move(file)) { }
    FileHandle m_file;
};

} // namespace lectern::storage
