// SPDX-License-Identifier: Apache-2.0
// Mapping a file, and the handler for reads beyond what is left of it.
#include "inference/mapped_file.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lectern::inference {

// Invariant: a Watch is never freed, only reused, so that the handler may walk the list at any
// time. begin is 0 while it watches nothing; end is set before begin and cleared after it.
struct MappedFile::Watch {
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<bool> damaged{false};
    Watch* next = nullptr;

    static std::atomic<Watch*> first;
    static Watch* add(std::span<const std::byte> bytes);
    static void remove(Watch* watch);
    static void onBusError(int signal, siginfo_t* info, void* context);
};

std::atomic<MappedFile::Watch*> MappedFile::Watch::first{nullptr};

namespace {

std::mutex& watchMutex() // of those who add and remove, not of the handler
{
    static std::mutex mutex;
    return mutex;
}

struct sigaction previousAction { };
std::uintptr_t pageSize = 4096;

std::string systemSays(int error)
{
    return std::generic_category().message(error);
}

} // namespace

MappedFile::Watch* MappedFile::Watch::add(std::span<const std::byte> bytes)
{
    const std::scoped_lock lock(watchMutex());
    static const bool installed = [] {
        pageSize = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        struct sigaction action { };
        action.sa_sigaction = onBusError;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
        ::sigemptyset(&action.sa_mask);
        return ::sigaction(SIGBUS, &action, &previousAction) == 0;
    }();
    (void)installed; // without it the process ends as it would have anyway
    Watch* watch = first;
    while (watch != nullptr && watch->end != 0)
        watch = watch->next;
    if (watch == nullptr) {
        watch = new Watch; // NOLINT: see the invariant
        watch->next = first;
        first = watch;
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
    watch->damaged = false;
    watch->end = begin + bytes.size();
    watch->begin = begin;
    return watch;
}

void MappedFile::Watch::remove(Watch* watch)
{
    const std::scoped_lock lock(watchMutex());
    watch->begin = 0;
    watch->end = 0;
}

// Async-signal-safe: atomics and system calls only.
void MappedFile::Watch::onBusError(int signal, siginfo_t* info, void* context)
{
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (Watch* watch = first; watch != nullptr; watch = watch->next) {
        const std::uintptr_t begin = watch->begin;
        const std::uintptr_t end = watch->end;
        if (begin == 0 || address < begin || address >= end)
            continue;
        // All that follows is zeros too: of a cut file it is missing as well, and a fault for each
        // page of a hundred gigabytes would take minutes.
        const std::uintptr_t page = address / pageSize * pageSize;
        std::byte* const start = static_cast<std::byte*>(info->si_addr) - (address - page);
        const int savedError = errno;
        watch->damaged = true;
        void* zeros =
            ::mmap(start, end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        errno = savedError;
        if (zeros != MAP_FAILED)
            return;
    }
    if ((previousAction.sa_flags & SA_SIGINFO) != 0 && previousAction.sa_sigaction != nullptr) {
        previousAction.sa_sigaction(signal, info, context);
        return;
    }
    if (previousAction.sa_handler != SIG_DFL && previousAction.sa_handler != SIG_IGN) {
        previousAction.sa_handler(signal);
        return;
    }
    // The default: the instruction runs again and ends the process.
    ::signal(SIGBUS, SIG_DFL); // NOLINT(bugprone-unused-return-value,cert-err33-c)
}

bool MappedFile::stampOf(int descriptor, Stamp& stamp)
{
    struct stat status { };
    if (::fstat(descriptor, &status) != 0)
        return false;
    stamp = {status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    return true;
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    MappedFile file;
    file.m_path = path;
    const auto cannotRead = [&](std::string_view why) {
        return fail(ErrorCode::cannotRead, fmt::format("{}: The file {}.", file.name(), why));
    };
    // Non-blocking, so that a pipe is refused below instead of being waited for.
    file.m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file.m_descriptor < 0)
        return cannotRead(fmt::format("cannot be opened ({})", systemSays(errno)));
    struct stat status { };
    if (::fstat(file.m_descriptor, &status) != 0 || !stampOf(file.m_descriptor, file.m_stamp))
        return cannotRead(fmt::format("cannot be examined ({})", systemSays(errno)));
    if (S_ISDIR(status.st_mode))
        return cannotRead("is a folder; choose the GGUF file inside it");
    if (!S_ISREG(status.st_mode))
        return cannotRead("is not an ordinary file but a pipe, socket or device");
    if (status.st_size == 0)
        return fail(ErrorCode::truncated, fmt::format("{}: The file is empty.", file.name()));

    const auto size = static_cast<std::size_t>(status.st_size);
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.m_descriptor, 0);
    if (mapping == MAP_FAILED)
        return cannotRead(fmt::format("cannot be mapped into memory ({})", systemSays(errno)));
    file.m_bytes = {static_cast<const std::byte*>(mapping), size};
    file.m_watch = Watch::add(file.m_bytes);
    return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
{
    swap(other);
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept
{
    MappedFile taken(std::move(other));
    swap(taken);
    return *this;
}

MappedFile::~MappedFile()
{
    if (m_watch != nullptr)
        Watch::remove(m_watch);
    if (!m_bytes.empty())
        ::munmap(const_cast<std::byte*>(m_bytes.data()), m_bytes.size());
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void MappedFile::swap(MappedFile& other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_stamp, other.m_stamp);
    std::swap(m_watch, other.m_watch);
}

Result<void> MappedFile::checkIntact() const
{
    Stamp now;
    if (m_watch->damaged) {
        return fail(ErrorCode::cannotRead,
            fmt::format("{}: The file became shorter or unreadable while it was in use; restore it "
                        "and load it again.",
                name()));
    }
    if (!stampOf(m_descriptor, now) || now != m_stamp) {
        return fail(ErrorCode::cannotRead,
            fmt::format("{}: The file was changed by another program while it was in use; load it "
                        "again.",
                name()));
    }
    return {};
}

} // namespace lectern::inference
