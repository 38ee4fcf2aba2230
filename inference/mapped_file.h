// SPDX-License-Identifier: Apache-2.0
// One file mapped into memory for reading, which survives that the file changes under it.
//
// A mapped file that another program cuts, or whose disk fails, ends the process at the next touch
// (SIGBUS). Here a signal handler puts zeros under the rest of the mapping and marks it as damaged,
// so that the reader goes on; whoever has used the bytes asks checkIntact() before the result
// counts. The handler is installed with the first mapping and passes on what is not its own.
#pragma once

#include "inference/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace lectern::inference {

// Thread safety: immutable after open(), checkIntact() on any thread.
class MappedFile {
public:
    // Errors, with the file's name in the sentence: cannotRead; truncated when it is empty.
    [[nodiscard]] static Result<MappedFile> open(const std::filesystem::path& path);
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    [[nodiscard]] std::span<const std::byte> bytes() const { return m_bytes; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::string name() const { return m_path.filename().string(); }

    // Whether all that was read so far came from the file as it was when opened: no read met
    // missing bytes, and size and time of change are the same. Costs a system call. Errors:
    // cannotRead.
    [[nodiscard]] Result<void> checkIntact() const;

private:
    struct Stamp {
        std::int64_t size = 0;
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        bool operator==(const Stamp&) const = default;
    };
    struct Watch; // what the signal handler knows of a mapping

    MappedFile() = default;
    void swap(MappedFile& other) noexcept;
    [[nodiscard]] static bool stampOf(int descriptor, Stamp& stamp);

    std::filesystem::path m_path;
    std::span<const std::byte> m_bytes;
    int m_descriptor = -1;
    Stamp m_stamp;
    Watch* m_watch = nullptr;
};

} // namespace lectern::inference
