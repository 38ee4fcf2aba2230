// SPDX-License-Identifier: Apache-2.0
// Who else has the data directory open.
#include "storage/directory_lock.h"

#include <cstring>
#include <fmt/format.h>

namespace lectern::storage {
namespace {

// Open-file-description locks: owned by the descriptor, converted atomically, and a conversion that
// is refused leaves the lock held before it (fcntl(2)).
bool lock(int descriptor, int command, short type, off_t byte)
{
    struct flock range = {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = byte;
    range.l_len = 1;
    int result = 0;
    do
        result = ::fcntl(descriptor, command, &range);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

// Which byte of the file stands for what.
constexpr off_t kInUse = 0;
constexpr off_t kOpening = 1;

} // namespace

Result<DirectoryLock> DirectoryLock::take(const std::filesystem::path& directory)
{
    const auto path = directory / "store.lock";
    FileHandle file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file.isOpen() || !lock(file.get(), F_OFD_SETLKW, F_WRLCK, kOpening)
        || !lock(file.get(), F_OFD_SETLKW, F_RDLCK, kInUse))
        return fail(ErrorCode::cannotOpen,
            fmt::format("Lectern cannot write in its data folder {}: {}.", directory.string(),
                std::strerror(errno)));
    return DirectoryLock(std::move(file));
}

bool DirectoryLock::tryAlone()
{
    return lock(m_file.get(), F_OFD_SETLK, F_WRLCK, kInUse);
}

void DirectoryLock::share()
{
    lock(m_file.get(), F_OFD_SETLKW, F_RDLCK, kInUse);
}

void DirectoryLock::opened()
{
    lock(m_file.get(), F_OFD_SETLK, F_UNLCK, kOpening);
}

} // namespace lectern::storage
