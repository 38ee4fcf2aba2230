// SPDX-License-Identifier: Apache-2.0
// What all stores of this process on one data directory share.
#include "storage/open_directory.h"

#include <map>

namespace lectern::storage {

std::shared_ptr<OpenDirectory> OpenDirectory::of(const std::filesystem::path& directory)
{
    static std::mutex mutex;
    static std::map<std::filesystem::path, std::weak_ptr<OpenDirectory>> all; // guarded by mutex
    std::error_code error;
    const std::filesystem::path canonical = std::filesystem::canonical(directory, error);
    const std::lock_guard lock(mutex);
    std::weak_ptr<OpenDirectory>& known = all[error ? directory : canonical];
    std::shared_ptr<OpenDirectory> shared = known.lock();
    if (!shared) {
        shared = std::make_shared<OpenDirectory>();
        known = shared;
    }
    return shared;
}

void OpenDirectory::addDraft(const std::string& sha256)
{
    const std::lock_guard lock(m_mutex);
    ++m_drafts[sha256];
}

void OpenDirectory::endDraft(const std::string& sha256)
{
    const std::lock_guard lock(m_mutex);
    if (const auto draft = m_drafts.find(sha256); draft != m_drafts.end() && --draft->second == 0)
        m_drafts.erase(draft);
}

bool OpenDirectory::isDraft(const std::string& sha256)
{
    const std::lock_guard lock(m_mutex);
    return m_drafts.contains(sha256);
}

} // namespace lectern::storage
