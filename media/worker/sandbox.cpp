// SPDX-License-Identifier: Apache-2.0
// Resource limits and the filter of system calls (seccomp).
#include "media/worker/sandbox.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lectern::media::worker {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true; // shadow memory takes terabytes of addresses
#else
constexpr bool kSanitized = false;
#endif

struct Limit {
    __rlimit_resource resource;
    rlim_t value;
    const char* refused;
    bool ofMemory;
};
// kMemoryBytes is RLIMIT_DATA: memory of the worker's own. The address space is larger by
// libraries, stacks, memory files and what the allocator only reserves.
constexpr std::array kLimits = std::to_array<Limit>({
    {RLIMIT_DATA, kMemoryBytes, "The reading process's memory is not limited.", true},
    {RLIMIT_AS, 4 * kMemoryBytes, "The reading process's address space is not limited.", true},
    {RLIMIT_FSIZE, kMemoryBytes, "The size of the reading process's output is not limited.", false},
    {RLIMIT_NOFILE, 64, "The reading process's open files are not limited.", false},
    {RLIMIT_CORE, 0, "The reading process may leave memory dumps behind.", false},
    // Against a worker that nobody watches any more; the application has a limit for each file.
    {RLIMIT_CPU, 24 * 3600, "The reading process's processor time is not limited.", false},
});

// All that decoders need once their libraries are loaded. Descriptors are open already: the socket,
// the file, and the memory file made with memfd_create.
constexpr std::array kAllowed{SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(fcntl), SCMP_SYS(dup), SCMP_SYS(ftruncate), SCMP_SYS(memfd_create),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg), SCMP_SYS(eventfd2), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
    SCMP_SYS(madvise), SCMP_SYS(mincore), SCMP_SYS(futex), SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu), SCMP_SYS(gettid),
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times),
    SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(getrandom), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(membarrier), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

// No decoder has an honest reason for these: the process ends on the spot. Everything that is on
// neither list is answered with an error, because libraries ask for files they can do without.
constexpr std::array kDeadly{SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
    SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(execve),
    SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(bpf), SCMP_SYS(mount),
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(perf_event_open), SCMP_SYS(init_module),
    SCMP_SYS(finit_module), SCMP_SYS(open_by_handle_at), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2)};

// When a rule holds: (argument & mask) == value.
scmp_arg_cmp bits(unsigned argument, scmp_datum_t mask, scmp_datum_t value)
{
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}
scmp_arg_cmp equals(unsigned argument, scmp_datum_t value)
{
    return {argument, SCMP_CMP_EQ, value, 0};
}

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

bool addRules(scmp_filter_ctx filter)
{
    const auto add = [&](std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> when) {
        const int result = seccomp_rule_add_array(
            filter, action, call, static_cast<unsigned>(when.size()), when.begin());
        return result == 0 || result == -EDOM
            || result == -EFAULT; // the call is not of this system
    };
    bool ok = true;
    for (const int call : kAllowed)
        ok = add(SCMP_ACT_ALLOW, call, {}) && ok;
    for (const int call : kDeadly)
        ok = add(SCMP_ACT_KILL_PROCESS, call, {}) && ok;

    // Threads, but no processes. clone3 hides its flags in memory: glibc then falls back to clone.
    const auto clone = SCMP_SYS(clone);
    ok = add(SCMP_ACT_ALLOW, clone, {bits(0, CLONE_THREAD, CLONE_THREAD)}) && ok;
    ok = add(SCMP_ACT_KILL_PROCESS, clone, {bits(0, CLONE_THREAD, 0)}) && ok;
    ok = add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {}) && ok;
    // Memory, but no new code in it.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
        ok = add(SCMP_ACT_ALLOW, call, {bits(2, PROT_EXEC, 0)}) && ok;
    // fstat() of glibc: of a descriptor, whose path is empty.
    ok = add(SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH)}) && ok;
    // Limits may be asked for, not changed; threads may name themselves; abort() may end us.
    ok = add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {equals(2, 0)}) && ok;
    ok = add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {equals(0, PR_SET_NAME)}) && ok;
    const auto self = static_cast<scmp_datum_t>(::getpid());
    ok = add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {equals(0, self)}) && ok;
    return ok;
}

bool filterCalls()
{
    const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    return filter != nullptr
        && seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
        && seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0    // all threads
        && seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 // a tree, not a list
        && addRules(filter.get()) && seccomp_load(filter.get()) == 0;
}

} // namespace

std::vector<std::string> limitResources()
{
    std::vector<std::string> refused;
    for (const auto& [resource, value, sentence, ofMemory] : kLimits) {
        if (kSanitized && ofMemory)
            continue;
        rlimit limit{};
        if (::getrlimit(resource, &limit) == 0 && limit.rlim_max <= value)
            continue; // somebody was stricter
        limit = {value, value};
        if (::setrlimit(resource, &limit) != 0)
            refused.emplace_back(sentence);
    }
    return refused;
}

std::vector<std::string> enterSandbox()
{
    std::vector<std::string> refused;
    // No debugger, no look into /proc/PID/mem by other processes of the user.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        refused.emplace_back("Other programs can look into the reading process.");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        refused.emplace_back("The reading process could gain privileges.");
    if (!filterCalls())
        refused.emplace_back(
            "This system's kernel does not filter system calls (seccomp), so a harmful file that "
            "takes over its reader could reach other files and the network.");
    return refused;
}

} // namespace lectern::media::worker
