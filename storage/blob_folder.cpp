// SPDX-License-Identifier: Apache-2.0
// Files kept under the SHA-256 of their content.
#include "storage/blob_folder.h"

#include "storage/file_handle.h"
#include "storage/sha256.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sys/stat.h>

namespace lectern::storage {
namespace fs = std::filesystem;
namespace {

// Big enough that system calls do not count, small enough that stopping is at once.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr std::string_view kUnfinishedPrefix = "new-";

tl::unexpected<Error> cannotWrite(int systemError)
{
    if (systemError == ENOSPC || systemError == EDQUOT || systemError == EFBIG)
        return fail(ErrorCode::full,
            "There is not enough space on the disk to keep a copy of this file; free some space "
            "and try again.");
    return fail(ErrorCode::failed,
        fmt::format("Lectern could not keep a copy of this file in its data folder: {}.",
            std::strerror(systemError)));
}

tl::unexpected<Error> cannotRead(const fs::path& file, std::string_view why)
{
    return fail(ErrorCode::cannotRead, fmt::format("{} {}", file.filename().string(), why));
}

bool isSha256(std::string_view text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

// A temporary file that goes unless it was moved into place.
class Unfinished {
public:
    explicit Unfinished(const fs::path& folder)
        : m_path((folder / (std::string(kUnfinishedPrefix) + "XXXXXX")).string())
        , m_file(::mkostemp(m_path.data(), O_CLOEXEC))
    {
    }
    ~Unfinished()
    {
        if (m_file.isOpen() || !m_moved)
            ::unlink(m_path.c_str());
    }
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;

    [[nodiscard]] FileHandle& file() { return m_file; }
    [[nodiscard]] bool moveTo(const fs::path& target)
    {
        m_moved = ::fsync(m_file.get()) == 0 && m_file.close()
            && ::rename(m_path.c_str(), target.c_str()) == 0;
        return m_moved;
    }

private:
    std::string m_path;
    FileHandle m_file;
    bool m_moved = false;
};

} // namespace

Result<void> BlobFolder::create()
{
    const bool made = ::mkdir(m_root.c_str(), 0700) == 0;
    if ((!made && errno != EEXIST) || (made && !syncDirectory(m_root.parent_path())))
        return fail(ErrorCode::cannotOpen,
            fmt::format("Lectern cannot write in its data folder {}: {}.",
                m_root.parent_path().string(), std::strerror(errno)));
    return {};
}

fs::path BlobFolder::pathOf(std::string_view sha256) const
{
    return isSha256(sha256) ? m_root / sha256.substr(0, 2) / sha256 : fs::path();
}

bool BlobFolder::isEmpty() const
{
    std::error_code error;
    return fs::directory_iterator(m_root, error) == fs::directory_iterator();
}

Result<Store::Blob> BlobFolder::put(const std::function<Result<std::string_view>()>& read)
{
    Unfinished copy(m_root);
    if (!copy.file().isOpen())
        return cannotWrite(errno);
    Sha256 hash;
    Store::Blob blob;
    for (;;) {
        const auto chunk = read();
        if (!chunk)
            return tl::unexpected(chunk.error());
        if (chunk->empty())
            break;
        hash.update(*chunk);
        blob.byteSize += chunk->size();
        if (!writeAll(copy.file().get(), *chunk))
            return cannotWrite(errno);
    }
    blob.sha256 = hash.finish();
    const fs::path target = pathOf(blob.sha256);
    const fs::path folder = target.parent_path();
    const bool made = ::mkdir(folder.c_str(), 0700) == 0;
    if (!made && errno != EEXIST)
        return cannotWrite(errno);
    // An equal blob is replaced by its equal: one file, and a damaged one heals.
    if (!copy.moveTo(target) || !syncDirectory(folder) || (made && !syncDirectory(m_root)))
        return cannotWrite(errno);
    return blob;
}

Result<Store::Blob> BlobFolder::putBytes(std::string_view bytes)
{
    return put([&]() -> Result<std::string_view> {
        const std::string_view chunk = bytes.substr(0, kChunkBytes);
        bytes.remove_prefix(chunk.size());
        return chunk;
    });
}

Result<Store::Blob> BlobFolder::putFile(const fs::path& file, const std::stop_token& stop,
    const std::function<void(std::uint64_t)>& progress)
{
    // NONBLOCK: opening a pipe without a writer would wait for ever.
    const FileHandle source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat before = {};
    if (!source.isOpen() || ::fstat(source.get(), &before) != 0)
        return cannotRead(file, fmt::format("cannot be read: {}.", std::strerror(errno)));
    if (S_ISDIR(before.st_mode))
        return cannotRead(file, "is a folder, not a file.");
    if (!S_ISREG(before.st_mode))
        return cannotRead(file, "is not a regular file.");

    std::vector<char> buffer(kChunkBytes);
    std::uint64_t copied = 0;
    auto blob = put([&]() -> Result<std::string_view> {
        if (stop.stop_requested())
            return fail(ErrorCode::cancelled, "Reading the file was stopped.");
        ssize_t got = 0;
        do
            got = ::read(source.get(), buffer.data(), buffer.size());
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return cannotRead(file, fmt::format("cannot be read: {}.", std::strerror(errno)));
        copied += static_cast<std::uint64_t>(got);
        if (got > 0) {
            if (progress)
                progress(copied);
            return std::string_view(buffer.data(), static_cast<std::size_t>(got));
        }
        // The end: it must be the file that was opened, not a mixture of two of its states.
        struct stat after = {};
        if (::fstat(source.get(), &after) != 0)
            return cannotRead(file, fmt::format("cannot be read: {}.", std::strerror(errno)));
        if (copied != static_cast<std::uint64_t>(before.st_size) || after.st_size != before.st_size
            || after.st_mtim.tv_sec != before.st_mtim.tv_sec
            || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec)
            return cannotRead(file, "changed while it was being read; add it again.");
        return std::string_view();
    });
    return blob;
}

Result<void> BlobFolder::removeUnless(const std::function<bool(const std::string&)>& keep)
{
    std::error_code error;
    std::vector<fs::path> unwanted;
    for (fs::directory_iterator top(m_root, error), end; !error && top != end;
         top.increment(error)) {
        if (top->path().filename().string().starts_with(kUnfinishedPrefix))
            unwanted.push_back(top->path());
        if (!top->is_directory(error))
            continue;
        for (fs::directory_iterator blob(top->path(), error); !error && blob != end;
             blob.increment(error)) {
            const std::string name = blob->path().filename().string();
            // What is not ours is left alone.
            if (isSha256(name) && !keep(name))
                unwanted.push_back(blob->path());
        }
    }
    for (const fs::path& path : unwanted)
        if (!error)
            fs::remove(path, error);
    if (error)
        return fail(ErrorCode::failed,
            fmt::format("Lectern could not remove attachments that are no longer used: {}.",
                error.message()));
    return {};
}

} // namespace lectern::storage
