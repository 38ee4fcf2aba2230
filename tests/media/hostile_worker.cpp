// SPDX-License-Identifier: Apache-2.0
// A worker taken over by its file: it stands in the same sandbox and does what the file's name
// says. What it could do it reports as a failure "did it"; what it could not, by the reason.
#include "media/worker/channel.h"
#include "media/worker/sandbox.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <map>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>

using namespace lectern::media;
using namespace lectern::media::worker;

namespace {

void report(std::string what)
{
    static_cast<void>(send(kSocket, Failure{{ErrorCode::damaged, std::move(what)}}));
}

// For calls that return a negative number when they fail.
void tell(long result)
{
    report(result < 0 ? std::strerror(errno) : "did it");
}

void tryMemory(std::size_t bytes)
{
    void* memory =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tell(memory == MAP_FAILED ? -1 : 0);
}

void openMany()
{
    for (int i = 0; i < 1000; ++i)
        if (::memfd_create("one of many", 0) < 0)
            return tell(-1);
    report("did it");
}

void writeMuch()
{
    ::signal(SIGXFSZ, SIG_IGN);
    const int memory = ::memfd_create("much", 0);
    tell(::ftruncate(memory, 2LL << 30));
}

// A memory file that can still be changed after the application has looked at it.
void answerUnsealed()
{
    const EncodedReading encoded = encode(Reading{});
    const int memory = ::memfd_create("reading", MFD_ALLOW_SEALING);
    static_cast<void>(::write(memory, encoded.fields.data(), encoded.fields.size()));
    static_cast<void>(send(kSocket, Success{encoded.fields.size()}, memory));
}

void answerOther(const std::vector<std::byte>& bytes, std::uint64_t fieldBytes)
{
    const int memory = ::memfd_create("reading", MFD_ALLOW_SEALING);
    static_cast<void>(::write(memory, bytes.data(), bytes.size()));
    ::fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    static_cast<void>(send(kSocket, Success{fieldBytes}, memory));
}

const std::map<std::string, std::function<void(int file)>, std::less<>> kDeeds{
    {"open", [](int) { tell(::open("/etc/passwd", O_RDONLY)); }},
    {"create", [](int) { tell(::open("/tmp/from-the-worker", O_WRONLY | O_CREAT, 0600)); }},
    {"open-own-memory", [](int) { tell(::open("/proc/self/mem", O_RDWR)); }},
    {"stat",
        [](int) {
            struct stat info { };
            tell(::stat("/etc/passwd", &info));
        }},
    {"list", [](int) { tell(::open("/", O_RDONLY | O_DIRECTORY)); }},
    {"write-to-the-file", [](int file) { tell(::write(file, "x", 1)); }},
    {"reopen-the-file", [](int file) { tell(::syscall(SYS_openat, file, "", O_RDWR, 0)); }},
    {"change-mode", [](int file) { tell(::fchmod(file, 0777)); }},
    {"code",
        [](int) {
            void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            tell(memory == MAP_FAILED ? -1 : 0);
        }},
    {"raise-limits",
        [](int) {
            const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
            tell(::setrlimit(RLIMIT_NOFILE, &none));
        }},
    {"memory", [](int) { tryMemory(3ULL << 29); }},
    {"many-files", [](int) { openMany(); }},
    {"much-output", [](int) { writeMuch(); }},
    {"thread", [](int) { std::thread([] { report("did it"); }).join(); }},
    // The process does not outlive these.
    {"socket", [](int) { tell(::socket(AF_INET, SOCK_STREAM, 0)); }},
    {"unix-socket", [](int) { tell(::socket(AF_UNIX, SOCK_STREAM, 0)); }},
    {"exec", [](int) { tell(::execl("/bin/true", "true", nullptr)); }},
    {"fork", [](int) { tell(::syscall(SYS_fork)); }},
    {"clone", [](int) { tell(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); }},
    {"kill", [](int) { tell(::kill(::getppid(), 0)); }},
    {"ptrace", [](int) { tell(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr)); }},
    {"spy",
        [](int) {
            std::array<char, 8> bytes{};
            const iovec here{bytes.data(), bytes.size()};
            tell(::process_vm_readv(::getppid(), &here, 1, &here, 1, 0));
        }},
    {"rename", [](int) { tell(::rename("/tmp/a", "/tmp/b")); }},
    // Bad answers, and none.
    {"hang", [](int) { std::this_thread::sleep_for(std::chrono::hours(1)); }},
    {"spin",
        [](int) {
            while (std::clock() >= 0) { }
        }},
    {"spin-and-talk",
        [](int) {
            for (std::uint64_t turns = 0;; ++turns)
                static_cast<void>(send(kSocket, Progress{turns, 0}));
        }},
    {"close-the-socket",
        [](int) {
            ::close(kSocket);
            std::this_thread::sleep_for(std::chrono::hours(1));
        }},
    {"crash", [](int) { ::raise(SIGSEGV); }},
    {"abort", [](int) { std::abort(); }},
    {"leave", [](int) { ::_exit(0); }},
    {"garbage", [](int) { static_cast<void>(::write(kSocket, "\x7Fgarbage", 8)); }},
    {"too-long",
        [](int) {
            const std::vector<char> bytes(100'000);
            static_cast<void>(::write(kSocket, bytes.data(), bytes.size()));
        }},
    {"a-request", [](int) { static_cast<void>(send(kSocket, Request{})); }},
    {"no-descriptor", [](int) { static_cast<void>(send(kSocket, Success{10})); }},
    {"the-file-itself", [](int file) { static_cast<void>(send(kSocket, Success{10}, file)); }},
    {"unsealed", [](int) { answerUnsealed(); }},
    {"no-reading", [](int) { answerOther(std::vector<std::byte>(1000, std::byte{7}), 1000); }},
    {"lying-length", [](int) { answerOther(std::vector<std::byte>(10), UINT64_MAX); }},
    {"pixels-missing",
        [](int) {
            Reading reading;
            Image image{100, 100, {}};
            image.rgb.resize(3); // what follows is shorter than the picture
            reading.parts.emplace_back(ImagePart{std::make_shared<const Image>(image), {}});
            answerOther(encode(reading).fields, encode(reading).fields.size());
        }},
    {"twice",
        [](int) {
            report("once");
            report("twice");
        }},
};

} // namespace

int main()
{
    Ready ready;
    ready.refused = limitResources();
    for (std::string& refused : enterSandbox())
        ready.refused.push_back(std::move(refused));
    if (!send(kSocket, ready))
        return 0;
    while (const auto received = receive(kSocket)) {
        const auto* request = std::get_if<Request>(&received->message);
        const auto deed = request ? kDeeds.find(request->fileName) : kDeeds.end();
        if (deed == kDeeds.end())
            return 1;
        deed->second(received->descriptor.number());
    }
    return 0;
}
