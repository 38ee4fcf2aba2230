// SPDX-License-Identifier: Apache-2.0
// What all stores of this process on one data directory share for as long as one of them is open.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace lectern::storage {

// Thread safety: any thread. Shared ownership, because the stores (the storage thread's, and short
// ones that copy files) end in any order.
class OpenDirectory {
public:
    [[nodiscard]] static std::shared_ptr<OpenDirectory> of(const std::filesystem::path& directory);

    // Blobs put and not yet part of a message, with how often; they outlive a purge.
    void addDraft(const std::string& sha256);
    void endDraft(const std::string& sha256);
    [[nodiscard]] bool isDraft(const std::string& sha256);

    // Whether a store that is still open has read the database through and found it whole.
    std::atomic<bool> checked = false;

private:
    std::mutex m_mutex;
    std::unordered_map<std::string, int> m_drafts; // guarded by m_mutex
};

} // namespace lectern::storage
