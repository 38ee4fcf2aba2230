// SPDX-License-Identifier: Apache-2.0
// Starting the worker with nothing but its socket, and watching over one reading.
#include "media/worker/process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace lectern::media::worker {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLookMs = 20; // how often a stop is looked for: a fifth of the 100 ms promised
constexpr std::uint64_t kGigabyte = 1'000'000'000;

// What the decoders need of the environment; everything else, secrets too, stays here.
constexpr std::array kPassedOn{"LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH",
    "QT_PLUGIN_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"};

struct SpawnActions {
    posix_spawn_file_actions_t value{};
    SpawnActions() { ::posix_spawn_file_actions_init(&value); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    ~SpawnActions() { ::posix_spawn_file_actions_destroy(&value); }
};
struct SpawnAttributes {
    posix_spawnattr_t value{};
    SpawnAttributes() { ::posix_spawnattr_init(&value); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    ~SpawnAttributes() { ::posix_spawnattr_destroy(&value); }
};

// The error number; 0 when it runs.
int spawn(const std::filesystem::path& program, int socket, pid_t& id)
{
    SpawnActions actions;
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO})
        ::posix_spawn_file_actions_addopen(&actions.value, standard, "/dev/null", O_RDWR, 0);
        // What a decoder prints is chosen by whoever made the file, and no terminal should see it.
        // Sanitizers say there what they found.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ::posix_spawn_file_actions_addopen(&actions.value, STDERR_FILENO, "/dev/null", O_RDWR, 0);
#endif
    ::posix_spawn_file_actions_adddup2(&actions.value, socket, kSocket);
    ::posix_spawn_file_actions_addclosefrom_np(&actions.value, kSocket + 1);

    SpawnAttributes attributes;
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes.value, &all);
    ::posix_spawnattr_setsigmask(&attributes.value, &none);
    ::posix_spawnattr_setpgroup(&attributes.value, 0); // Ctrl+C is for the application to handle
    ::posix_spawnattr_setflags(
        &attributes.value, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

    std::vector<std::string> variables;
    for (const char* name : kPassedOn)
        if (const char* value = std::getenv(name))
            variables.push_back(fmt::format("{}={}", name, value));
    std::vector<char*> environment;
    environment.reserve(variables.size() + 1);
    for (std::string& variable : variables)
        environment.push_back(variable.data());
    environment.push_back(nullptr);
    std::string name = program.string();
    const std::array<char*, 2> arguments{name.data(), nullptr};
    return ::posix_spawn(
        &id, name.c_str(), &actions.value, &attributes.value, arguments.data(), environment.data());
}

tl::unexpected<Error> cannotStart(const std::filesystem::path& program, std::string_view reason)
{
    return fail(ErrorCode::unsupported,
        fmt::format("The program that reads files ({}) does not start: {}. Install Lectern again.",
            program.filename().string(), reason));
}

std::chrono::nanoseconds processorTimeOf(pid_t id)
{
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(id, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return {};
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

Process::Process(pid_t id, Descriptor socket, const Limits& limits)
    : m_id(id), m_socket(std::move(socket)), m_limits(limits)
{
}

Process::Process(Process&& other) noexcept
    : m_id(std::exchange(other.m_id, -1))
    , m_socket(std::move(other.m_socket))
    , m_limits(other.m_limits)
    , m_refused(std::move(other.m_refused))
    , m_reusable(other.m_reusable)
    , m_files(other.m_files)
{
}

Process& Process::operator=(Process&& other) noexcept
{
    std::swap(m_id, other.m_id);
    std::swap(m_socket, other.m_socket);
    std::swap(m_limits, other.m_limits);
    std::swap(m_refused, other.m_refused);
    std::swap(m_reusable, other.m_reusable);
    std::swap(m_files, other.m_files);
    return *this;
}

Process::~Process()
{
    kill();
}

void Process::kill()
{
    m_reusable = false;
    if (m_id <= 0)
        return;
    ::kill(m_id, SIGKILL);
    while (::waitpid(m_id, nullptr, 0) < 0 && errno == EINTR) { }
    m_id = -1;
}

Result<Process> Process::start(
    const std::filesystem::path& program, const Limits& limits, const std::stop_token& stop)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return cannotStart(program, std::generic_category().message(errno));
    Descriptor ours(ends[0]);
    pid_t id = -1;
    {
        const Descriptor theirs(ends[1]); // closed here, so that the worker's end is our hang-up
        if (const int error = spawn(program, theirs.number(), id); error != 0)
            return cannotStart(program, std::generic_category().message(error));
    }
    Process process(id, std::move(ours), limits);
    return process.awaitReady(stop).map([&] { return std::move(process); });
}

bool Process::isWaiting() const
{
    pollfd look{m_socket.number(), POLLIN, 0};
    return ::poll(&look, 1, 0) == 0;
}

// Whether a message (or the end) is there after so long; an error when stopped.
Result<bool> Process::waitForMessage(const std::stop_token& stop, int milliseconds) const
{
    if (stop.stop_requested())
        return cancelled();
    pollfd look{m_socket.number(), POLLIN, 0};
    return ::poll(&look, 1, milliseconds) > 0;
}

Result<void> Process::awaitReady(const std::stop_token& stop)
{
    const auto begin = Clock::now();
    while (true) {
        const auto there = waitForMessage(stop, kLookMs);
        if (!there)
            return tl::unexpected(there.error());
        if (*there)
            break;
        if (Clock::now() - begin > m_limits.patience)
            return fail(ErrorCode::unsupported,
                "The program that reads files does not answer. Try again, or install Lectern "
                "again.");
    }
    const auto received = receive(m_socket.number());
    const auto* ready = received ? std::get_if<Ready>(&received->message) : nullptr;
    if (ready == nullptr || ready->version != kProtocolVersion)
        return fail(ErrorCode::unsupported,
            "The program that reads files failed at its start or belongs to another version. "
            "Install Lectern again.");
    m_refused = ready->refused;
    return {};
}

// Which signal ended it says what went wrong. One that only closed its socket is killed.
Error Process::whyItEnded()
{
    constexpr int kLooks = 100;
    int status = 0;
    pid_t waited = ::waitpid(m_id, &status, WNOHANG);
    for (int look = 0; waited == 0 && look < kLooks; ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        waited = ::waitpid(m_id, &status, WNOHANG);
    }
    if (waited == 0)
        kill();
    m_id = -1;
    const int signal = waited > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (signal == SIGKILL)
        return {ErrorCode::tooLarge,
            "The program that reads files was ended from outside, perhaps because memory ran out. "
            "Try again."};
    if (signal == SIGSYS)
        return {ErrorCode::damaged,
            "The file made its reader try something that is forbidden to it, so reading was "
            "stopped; be careful with this file."};
    return {ErrorCode::damaged,
        "The file made its reader fail, so nothing of it was read; it is damaged, or made to do "
        "harm."};
}

Result<Reading> Process::read(const RegularFile& file, const std::string& fileName,
    const ReadOptions& options, const std::stop_token& stop, const ProgressFn& progress,
    const Meanwhile& meanwhile)
{
    m_reusable = false;
    const auto allowed = m_limits.processorTime * (1 + file.bytes() / kGigabyte);
    const auto timeBefore = processorTimeOf(m_id);
    if (!send(m_socket.number(), Request{fileName, options}, file.descriptor()))
        return tl::unexpected(whyItEnded());
    bool busy = true; // `meanwhile` has more to do
    std::optional<Received> success;
    auto lastHeard = Clock::now();
    while (busy || !success) {
        if (busy) {
            const auto more = meanwhile();
            if (!more)
                return tl::unexpected(more.error());
            busy = *more;
        }
        if (success)
            continue;
        const auto there = waitForMessage(stop, busy ? 0 : kLookMs);
        if (!there)
            return tl::unexpected(there.error());
        if (processorTimeOf(m_id) - timeBefore > allowed)
            return fail(ErrorCode::tooLarge,
                "Reading this file takes too much time, so it was stopped. Split the file or "
                "convert it.");
        if (!*there) {
            if (Clock::now() - lastHeard > m_limits.patience)
                return fail(ErrorCode::damaged,
                    "Reading this file came to a standstill, so it was stopped; the file may be "
                    "damaged.");
            continue;
        }
        lastHeard = Clock::now();
        auto received = receive(m_socket.number());
        if (!received && received.error() == Silence::closed)
            return tl::unexpected(whyItEnded());
        if (received && std::holds_alternative<Success>(received->message)) {
            success = std::move(*received);
        } else if (received && std::holds_alternative<Failure>(received->message)) {
            const Error& error = std::get<Failure>(received->message).error;
            m_reusable = ++m_files < kMaxFiles;
            return tl::unexpected(error);
        } else if (received && std::holds_alternative<Progress>(received->message)) {
            const auto& [done, total] = std::get<Progress>(received->message);
            if (progress && !busy)
                progress(done, total);
        } else {
            kill();
            return fail(ErrorCode::damaged,
                "The file made its reader answer nonsense, so nothing of it was read.");
        }
    }
    auto reading = unseal(
        success->descriptor, std::get<Success>(success->message).fieldBytes, m_limits.outputBytes);
    if (!reading)
        return fail(ErrorCode::damaged,
            "The file made its reader answer nonsense, so nothing of it was read.");
    m_reusable = ++m_files < kMaxFiles;
    return std::move(*reading);
}

} // namespace lectern::media::worker
