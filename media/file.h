// SPDX-License-Identifier: Apache-2.0
// Opening a user's file safely: only regular files, never blocking, errors as sentences.
#pragma once

#include "media/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::media {

// Which bytes these are: a file that is replaced or written to gets another identity.
struct FileIdentity {
    std::uint64_t device = 0, inode = 0, bytes = 0;
    std::int64_t modifiedSeconds = 0, modifiedNanoseconds = 0;
    bool operator==(const FileIdentity&) const = default;
};

// Owns the descriptor. Thread: any one at a time.
class RegularFile {
public:
    // Directories, pipes, sockets and devices are refused; nothing here waits for a writer.
    // "/dev/fd/N" is the open descriptor N itself, without a look into the file system: this is how
    // a reader in the sandbox opens the one file that was handed to it.
    [[nodiscard]] static Result<RegularFile> open(const std::filesystem::path& path);

    RegularFile(RegularFile&& other) noexcept;
    RegularFile& operator=(RegularFile&& other) noexcept;
    RegularFile(const RegularFile&) = delete;
    RegularFile& operator=(const RegularFile&) = delete;
    ~RegularFile();

    [[nodiscard]] std::uint64_t bytes() const { return m_identity.bytes; }

    // Stays this object's; to hand it to another process.
    [[nodiscard]] int descriptor() const { return m_descriptor; }

    // Fills `out` from `offset`; returns fewer bytes only at the file's end.
    [[nodiscard]] Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> out) const;

    // The whole file; `changed during reading` is an error. Polls `stop` per block.
    [[nodiscard]] Result<std::vector<std::byte>> readAll(std::stop_token stop) const;

    // An error if the open file, or what the path now names, is not what was opened.
    [[nodiscard]] Result<void> checkUnchanged(const std::filesystem::path& path) const;

private:
    RegularFile(int descriptor, FileIdentity identity);

    int m_descriptor = -1;
    FileIdentity m_identity;
};

[[nodiscard]] tl::unexpected<Error> cancelled();

// "512 bytes", "3.4 MB": decimal units, as file managers show them.
[[nodiscard]] std::string formatBytes(std::uint64_t bytes);

// "1,234": for counts in sentences.
[[nodiscard]] std::string formatCount(std::uint64_t count);

} // namespace lectern::media
