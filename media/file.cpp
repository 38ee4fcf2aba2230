// SPDX-License-Identifier: Apache-2.0
// Opening a user's file safely, reading and hashing it.
#include "media/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lectern::media {

namespace {

constexpr std::size_t kBlockBytes = 1 << 20; // a cancelled read ends within a millisecond or so

FileIdentity identityOf(const struct stat& info)
{
    return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
        static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

std::string systemReason(int error)
{
    return std::generic_category().message(error);
}

tl::unexpected<Error> cannotOpen(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return fail(ErrorCode::cannotOpen, "The file does not exist.");
    case EACCES:
    case EPERM:
        return fail(ErrorCode::cannotOpen, "You do not have permission to read this file.");
    case ENXIO:
        return fail(ErrorCode::cannotOpen, "This is a socket or a device, not a file.");
    case ELOOP:
        return fail(ErrorCode::cannotOpen, "This link leads back to itself.");
    default:
        return fail(ErrorCode::cannotOpen,
            fmt::format("The file could not be opened ({}).", systemReason(error)));
    }
}

tl::unexpected<Error> notRegular(mode_t mode)
{
    if (S_ISDIR(mode))
        return fail(ErrorCode::cannotOpen, "This is a folder, not a file.");
    if (S_ISFIFO(mode))
        return fail(ErrorCode::cannotOpen, "This is a pipe, not a file.");
    if (S_ISSOCK(mode))
        return fail(ErrorCode::cannotOpen, "This is a socket, not a file.");
    return fail(ErrorCode::cannotOpen, "This is a device, not a file.");
}

std::optional<int> handedDescriptor(std::string_view path)
{
    constexpr std::string_view kFolder = "/dev/fd/";
    if (!path.starts_with(kFolder))
        return std::nullopt;
    path.remove_prefix(kFolder.size());
    int number = -1;
    const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
    if (error != std::errc() || end != path.data() + path.size())
        return std::nullopt;
    return number;
}

tl::unexpected<Error> changed()
{
    return fail(ErrorCode::damaged,
        "The file changed while it was being read; add it again when it is complete.");
}

} // namespace

tl::unexpected<Error> cancelled()
{
    return fail(ErrorCode::cancelled, "Reading was stopped.");
}

RegularFile::RegularFile(int descriptor, FileIdentity identity)
    : m_descriptor(descriptor), m_identity(identity)
{
}

RegularFile::RegularFile(RegularFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_identity(other.m_identity)
{
}

RegularFile& RegularFile::operator=(RegularFile&& other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_identity, other.m_identity);
    return *this;
}

RegularFile::~RegularFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Result<RegularFile> RegularFile::open(const std::filesystem::path& path)
{
    // O_NONBLOCK: a pipe without a writer must not hold us.
    const auto handed = handedDescriptor(path.native());
    const int descriptor = handed
        ? ::fcntl(*handed, F_DUPFD_CLOEXEC, 0)
        : ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0)
        return cannotOpen(errno);
    RegularFile file(descriptor, {});
    struct stat info { };
    if (::fstat(descriptor, &info) != 0)
        return cannotOpen(errno);
    if (!S_ISREG(info.st_mode))
        return notRegular(info.st_mode);
    file.m_identity = identityOf(info);
    return file;
}

Result<std::size_t> RegularFile::readAt(std::uint64_t offset, std::span<std::byte> out) const
{
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t count = ::pread(m_descriptor, out.data() + done,
            std::min(out.size() - done, kBlockBytes), static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(ErrorCode::cannotOpen,
                fmt::format("The file could not be read ({}).", systemReason(errno)));
        if (count == 0)
            break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

Result<std::vector<std::byte>> RegularFile::readAll(std::stop_token stop) const
{
    std::vector<std::byte> all(bytes());
    for (std::size_t done = 0; done < all.size(); done += kBlockBytes) {
        if (stop.stop_requested())
            return cancelled();
        const auto block = std::span(all).subspan(done, std::min(kBlockBytes, all.size() - done));
        const auto count = readAt(done, block);
        if (!count)
            return tl::unexpected(count.error());
        if (*count != block.size())
            return changed();
    }
    return all;
}

Result<void> RegularFile::checkUnchanged(const std::filesystem::path& path) const
{
    struct stat info { };
    if (::fstat(m_descriptor, &info) != 0 || identityOf(info) != m_identity)
        return changed();
    if (::stat(path.c_str(), &info) != 0)
        return fail(ErrorCode::cannotOpen, "The file was removed while it was being read.");
    if (identityOf(info) != m_identity)
        return changed();
    return {};
}

std::string formatBytes(std::uint64_t bytes)
{
    static constexpr std::array kUnits{"bytes", "kB", "MB", "GB", "TB"};
    if (bytes < 1000)
        return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < kUnits.size()) {
        value /= 1000;
        ++unit;
    }
    return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit])
                        : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string formatCount(std::uint64_t count)
{
    std::string digits = fmt::format("{}", count);
    for (std::size_t end = digits.size(); end > 3; end -= 3)
        digits.insert(end - 3, ",");
    return digits;
}

} // namespace lectern::media
