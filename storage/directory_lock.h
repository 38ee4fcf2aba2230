// SPDX-License-Identifier: Apache-2.0
// Who else has the data directory open: a lock the kernel gives back when a process dies.
//
// Every Store holds DIR/store.lock shared. What must not happen under somebody else's hands
// (recovery, marking answers as interrupted, removing blobs) is done only while holding it alone.
#pragma once

#include "storage/error.h"
#include "storage/file_handle.h"

#include <filesystem>

namespace lectern::storage {

class DirectoryLock {
public:
    [[nodiscard]] static Result<DirectoryLock> take(const std::filesystem::path& directory);
    // True: nobody else has the directory, and nobody gets it before share() or destruction.
    [[nodiscard]] bool tryAlone();
    // Back to holding it together with others.
    void share();

private:
    explicit DirectoryLock(FileHandle file) : m_file(std::move(file)) { }
    FileHandle m_file;
};

} // namespace lectern::storage
