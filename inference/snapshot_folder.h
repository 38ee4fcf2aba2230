// SPDX-License-Identifier: Apache-2.0
// The folder of snapshot files: their names, writing them so that a crash leaves no half one under
// a final name, and keeping them under a quota.
//
// Names: seg-CHAIN.lkv, CHAIN naming the end; tail-PARENT-CHAIN.lkv, PARENT naming the start, so
// that what could continue a context is found by listing; tmp-*.lkv while being written, locked by
// its writer. Several processes may use a folder: files never change, appear by rename, and may
// vanish at any time.
#pragma once

#include "inference/snapshot_file.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lectern::inference {

// A file descriptor with its owner.
class OwnedFile {
public:
    explicit OwnedFile(int descriptor = -1) : m_descriptor(descriptor) { }
    ~OwnedFile() { close(); }
    OwnedFile(OwnedFile&& other) noexcept;
    OwnedFile& operator=(OwnedFile&& other) noexcept;
    OwnedFile(const OwnedFile&) = delete;
    OwnedFile& operator=(const OwnedFile&) = delete;
    [[nodiscard]] int get() const { return m_descriptor; }
    void close();

private:
    int m_descriptor;
};

// Thread safety: none of its own; its methods touch only the file system and may be called from
// different threads at once.
class SnapshotFolder {
public:
    SnapshotFolder(std::filesystem::path path, std::uint64_t quotaBytes)
        : m_path(std::move(path)), m_quota(quotaBytes)
    {
    }

    // Makes the folder if it is not there and removes what dead writers left. Errors: cannotRead.
    [[nodiscard]] Result<void> prepare() const;

    [[nodiscard]] static std::string segmentName(const Hash128& end);
    [[nodiscard]] static std::string tailName(const Hash128& parent, const Hash128& end);
    // Of saved tails, with the chain they begin at as 32 digits.
    struct Tail {
        std::string name;
        std::string parent;
    };
    [[nodiscard]] std::vector<Tail> tails() const;
    [[nodiscard]] bool has(const std::string& name) const;
    // Opened for reading, whole in size: header parsed, the file as long as it says.
    struct Opened {
        OwnedFile file; // positioned behind the header
        SnapshotHeader header;
    };
    // Errors: cannotRead (not there, or not readable), malformed.
    [[nodiscard]] Result<Opened> open(const std::string& name) const;

    // Writes a file: `header`, whose sections' checksums are filled in on the way, and behind it
    // rows[i] for section i, header.sections[i].bytes long. Durable when it returns.
    // Errors: cannotRead (with the system's reason).
    [[nodiscard]] Result<void> write(const std::string& name, SnapshotHeader header,
        const std::vector<const std::byte*>& rows) const;
    // Used now; what was used least recently goes first.
    void touch(const std::string& name) const;
    void remove(const std::string& name) const;
    // Removes the least recently used files until the rest fits the quota.
    void keepQuota() const;

    [[nodiscard]] std::uint64_t quota() const { return m_quota; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    [[nodiscard]] Result<void> requireSpace(std::uint64_t bytes) const;

    std::filesystem::path m_path;
    std::uint64_t m_quota;
};

} // namespace lectern::inference
