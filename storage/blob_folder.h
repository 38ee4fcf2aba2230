// SPDX-License-Identifier: Apache-2.0
// Files kept under the SHA-256 of their content: BLOBS/ab/abcd..., written all or not at all.
//
//   BLOBS/new-XXXXXX   a copy in progress; renamed when complete and on the disk
//
// Thread: the store's.
#pragma once

#include "storage/store.h"

namespace lectern::storage {

class BlobFolder {
public:
    explicit BlobFolder(std::filesystem::path root) : m_root(std::move(root)) { }
    [[nodiscard]] Result<void> create();

    // Errors: cannotRead (missing, not a file, changed meanwhile), cancelled, full, failed. After
    // an error nothing is left behind.
    [[nodiscard]] Result<Store::Blob> putFile(const std::filesystem::path& file,
        const std::stop_token& stop, const std::function<void(std::uint64_t)>& progress);
    [[nodiscard]] Result<Store::Blob> putBytes(std::string_view bytes);

    // Empty for what is not a SHA-256 in lower-case hex.
    [[nodiscard]] std::filesystem::path pathOf(std::string_view sha256) const;
    // Whether anything was ever put here.
    [[nodiscard]] bool isEmpty() const;
    // Removes blobs that `keep` does not want, and copies that were never completed. Only while no
    // other process writes here.
    [[nodiscard]] Result<void> removeUnless(const std::function<bool(const std::string&)>& keep);

private:
    // Copies what `read` yields (an empty view ends it) into place.
    [[nodiscard]] Result<Store::Blob> put(const std::function<Result<std::string_view>()>& read);

    std::filesystem::path m_root;
};

} // namespace lectern::storage
