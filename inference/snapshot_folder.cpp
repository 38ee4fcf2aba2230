// SPDX-License-Identifier: Apache-2.0
// Snapshot files on disk: names, atomic writing, quota.
#include "inference/snapshot_folder.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lectern::inference {

namespace {

constexpr std::string_view kSuffix = ".lkv";
constexpr std::string_view kSegment = "seg-";
constexpr std::string_view kTail = "tail-";
constexpr std::string_view kTemporary = "tmp-";
constexpr std::size_t kHexDigits = 32;
// Bytes written, and hashed while still in the cache, at a time.
constexpr std::uint64_t kWritePiece = 1U << 20U;
// Left free on the disk: others need it more than a cache does.
constexpr std::uint64_t kLeftFree = 1ULL << 30U;
constexpr std::uint64_t kLeftFreePart = 20; // or this part of the disk, if that is less
// Files kept, however small: a request looks into those it could continue.
constexpr std::size_t kMostFiles = 4096;

std::string systemSays(int error)
{
    return std::generic_category().message(error);
}

tl::unexpected<Error> cannotSave(const std::filesystem::path& folder, const std::string& why)
{
    return fail(ErrorCode::cannotRead,
        fmt::format("What was read cannot be kept for the next start: {}: {}. Answers are not "
                    "affected.",
            folder.string(), why));
}

bool isName(std::string_view name, std::string_view prefix, std::size_t hexDigits)
{
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix)
        || name.size() != prefix.size() + hexDigits + kSuffix.size())
        return false;
    return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(prefix.size()),
        name.end() - static_cast<std::ptrdiff_t>(kSuffix.size()),
        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; });
}

bool isSegment(std::string_view name)
{
    return isName(name, kSegment, kHexDigits);
}

bool isTail(std::string_view name)
{
    return isName(name, kTail, 2 * kHexDigits + 1);
}

bool writeAll(int file, const void* data, std::size_t size, off_t at)
{
    const auto* bytes = static_cast<const std::byte*>(data);
    while (size > 0) {
        const ssize_t written = ::pwrite(file, bytes, size, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        at += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

bool readAll(int file, std::span<std::byte> target)
{
    while (!target.empty()) {
        const ssize_t got = ::read(file, target.data(), target.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        target = target.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

// Calls use(name) for each entry; what cannot be listed is empty. Not by directory_iterator, whose
// increment ends the process when memory runs out.
template <class Use> void eachEntry(const std::filesystem::path& folder, const Use& use)
{
    const auto close = [](DIR* directory) { ::closedir(directory); };
    const std::unique_ptr<DIR, decltype(close)> directory(::opendir(folder.c_str()), close);
    if (!directory)
        return;
    while (const dirent* const entry = ::readdir(directory.get()))
        use(std::string(entry->d_name));
}

} // namespace

OwnedFile::OwnedFile(OwnedFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

OwnedFile& OwnedFile::operator=(OwnedFile&& other) noexcept
{
    if (this != &other) {
        close();
        m_descriptor = std::exchange(other.m_descriptor, -1);
    }
    return *this;
}

void OwnedFile::close()
{
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

Result<void> SnapshotFolder::prepare() const
{
    std::error_code failed;
    const bool made = std::filesystem::create_directories(m_path, failed);
    if (failed)
        return cannotSave(m_path, failed.message());
    if (made) // the tokens of conversations lie here: for their owner only
        ::chmod(m_path.c_str(), S_IRWXU);
    if (::access(m_path.c_str(), R_OK | W_OK | X_OK) != 0)
        return cannotSave(m_path, systemSays(errno));
    eachEntry(m_path, [&](const std::string& name) {
        if (!name.starts_with(kTemporary) || !name.ends_with(kSuffix))
            return;
        const OwnedFile file(::open((m_path / name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
            ::unlink((m_path / name).c_str()); // its writer is gone
    });
    return {};
}

std::string SnapshotFolder::segmentName(const Hash128& end)
{
    return fmt::format("{}{}{}", kSegment, end.hex(), kSuffix);
}

std::string SnapshotFolder::tailName(const Hash128& parent, const Hash128& end)
{
    return fmt::format("{}{}-{}{}", kTail, parent.hex(), end.hex(), kSuffix);
}

std::vector<SnapshotFolder::Tail> SnapshotFolder::tails() const
{
    std::vector<Tail> found;
    eachEntry(m_path, [&](const std::string& name) {
        if (isTail(name))
            found.push_back({name, name.substr(kTail.size(), kHexDigits)});
    });
    return found;
}

bool SnapshotFolder::has(const std::string& name) const
{
    return ::access((m_path / name).c_str(), R_OK) == 0;
}

Result<SnapshotFolder::Opened> SnapshotFolder::open(const std::string& name) const
{
    const auto cutOff = [] {
        return fail(ErrorCode::malformed, "A saved context is not usable: the file is cut off.");
    };
    Opened opened;
    opened.file =
        OwnedFile(::open((m_path / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status { };
    if (opened.file.get() < 0 || ::fstat(opened.file.get(), &status) != 0
        || !S_ISREG(status.st_mode))
        return fail(ErrorCode::cannotRead,
            fmt::format("A saved context cannot be read ({}).", systemSays(errno)));
    std::vector<std::byte> header(kSnapshotPrefix);
    if (!readAll(opened.file.get(), header))
        return cutOff();
    const auto size = snapshotHeaderSize(header);
    if (!size)
        return tl::unexpected(size.error());
    if (*size > static_cast<std::uint64_t>(status.st_size))
        return cutOff();
    header.resize(*size);
    if (!readAll(opened.file.get(), std::span(header).subspan(kSnapshotPrefix)))
        return cutOff();
    auto parsed = parseSnapshotHeader(header);
    if (!parsed)
        return tl::unexpected(parsed.error());
    if (parsed->fileSize() != static_cast<std::uint64_t>(status.st_size))
        return cutOff();
    opened.header = std::move(*parsed);
    ::posix_fadvise(opened.file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    return opened;
}

Result<void> SnapshotFolder::requireSpace(std::uint64_t bytes) const
{
    struct statvfs disk { };
    if (::statvfs(m_path.c_str(), &disk) != 0)
        return cannotSave(m_path, systemSays(errno));
    const std::uint64_t unit = disk.f_frsize;
    const std::uint64_t left = std::min(kLeftFree, disk.f_blocks * unit / kLeftFreePart);
    if (disk.f_bavail * unit < bytes + left)
        return cannotSave(m_path, "the disk is almost full");
    return {};
}

Result<void> SnapshotFolder::write(
    const std::string& name, SnapshotHeader header, const std::vector<const std::byte*>& rows) const
{
    static std::atomic<unsigned> counter = 0;
    if (auto space = requireSpace(header.fileSize()); !space)
        return space;
    const std::filesystem::path temporary =
        m_path / fmt::format("{}{}-{}{}", kTemporary, ::getpid(), counter++, kSuffix);
    OwnedFile file(::open(
        temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (file.get() < 0)
        return cannotSave(m_path, systemSays(errno));
    const auto giveUp = [&] {
        const int error = errno;
        ::unlink(temporary.c_str());
        return cannotSave(m_path, systemSays(error));
    };
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return giveUp();
    std::uint64_t at = header.byteSize();
    for (std::size_t i = 0; i < header.sections.size(); ++i) {
        SnapshotSection& section = header.sections[i];
        RunningChecksum checksum;
        for (std::uint64_t done = 0; done < section.bytes; done += kWritePiece) {
            const std::size_t size = std::min(kWritePiece, section.bytes - done);
            checksum.update(rows[i] + done, size);
            if (!writeAll(file.get(), rows[i] + done, size, static_cast<off_t>(at + done)))
                return giveUp();
        }
        section.checksum = checksum.digest();
        at += section.bytes;
    }
    const std::vector<std::byte> bytes = writeSnapshotHeader(header);
    if (!writeAll(file.get(), bytes.data(), bytes.size(), 0) || ::fsync(file.get()) != 0
        || ::rename(temporary.c_str(), (m_path / name).c_str()) != 0)
        return giveUp();
    const OwnedFile folder(::open(m_path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0)
        return cannotSave(m_path, systemSays(errno));
    return {};
}

void SnapshotFolder::touch(const std::string& name) const
{
    // The system's own "now" is only as fine as its clock tick; the order matters here.
    struct timespec times[2] = {{0, UTIME_OMIT}, {}};
    ::clock_gettime(CLOCK_REALTIME, &times[1]);
    ::utimensat(AT_FDCWD, (m_path / name).c_str(), times, AT_SYMLINK_NOFOLLOW);
}

void SnapshotFolder::remove(const std::string& name) const
{
    ::unlink((m_path / name).c_str());
}

void SnapshotFolder::keepQuota() const
{
    struct Entry {
        std::string name;
        struct timespec used;
        std::uint64_t bytes;
    };
    std::vector<Entry> entries;
    std::uint64_t total = 0;
    eachEntry(m_path, [&](const std::string& name) {
        struct stat status { };
        if ((!isSegment(name) && !isTail(name)) || ::lstat((m_path / name).c_str(), &status) != 0
            || !S_ISREG(status.st_mode))
            return;
        entries.push_back({name, status.st_mtim, static_cast<std::uint64_t>(status.st_size)});
        total += entries.back().bytes;
    });
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(a.used.tv_sec, a.used.tv_nsec) < std::pair(b.used.tv_sec, b.used.tv_nsec);
    });
    std::size_t files = entries.size();
    for (const Entry& entry : entries) {
        if (total <= m_quota && files <= kMostFiles)
            return;
        remove(entry.name);
        total -= entry.bytes;
        --files;
    }
}

} // namespace lectern::inference
