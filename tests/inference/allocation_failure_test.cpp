// SPDX-License-Identifier: Apache-2.0
// No memory left, at every place that asks for some: opening a model and answering end with a
// sentence, the engine goes on answering afterwards, and nothing leaks. This program's own malloc
// and mmap stand in front of the system's and refuse when told to.
#include "tests/inference/engine_fixture.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <execinfo.h>
#include <fmt/format.h>
#include <semaphore>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LECTERN_OWN_ALLOCATOR 0 // sanitizers have their own
#else
#define LECTERN_OWN_ALLOCATOR 1
#endif

namespace {

// One request for memory a place, a place being the calls that lead to it.
constexpr int kDepth = 14;
constexpr std::size_t kMostPlaces = 8192;

enum class Mode { off, record, failOne, failFrom };
std::atomic<Mode> mode{Mode::off};
std::atomic<std::int64_t> counter{0};
std::atomic<std::int64_t> failAt{0};
std::atomic<std::int64_t> refused{0};
std::atomic<std::int64_t> live{0};   // blocks
std::atomic<std::int64_t> mapped{0}; // bytes
std::atomic<std::int64_t> places{0};
std::array<std::atomic<std::uint64_t>, kMostPlaces> seen{};
std::array<std::int64_t, kMostPlaces> firstAt{};
thread_local bool inside = false; // of the hook: what it needs itself is never refused

// Adds the place of the caller to `seen`; that it may be there twice costs a run, no more.
void record(std::int64_t index)
{
    std::array<void*, kDepth> frames{};
    const int count = ::backtrace(frames.data(), kDepth);
    std::uint64_t hash = 1469598103934665603U;
    for (int i = 0; i < count; ++i)
        hash = (hash ^ reinterpret_cast<std::uintptr_t>(frames[static_cast<std::size_t>(i)]))
            * 1099511628211U;
    const auto known = static_cast<std::size_t>(places.load());
    for (std::size_t i = 0; i < known; ++i)
        if (seen[i] == hash)
            return;
    const auto slot = static_cast<std::size_t>(places.fetch_add(1));
    if (slot < kMostPlaces) {
        firstAt[slot] = index;
        seen[slot] = hash;
    }
}

[[maybe_unused]] bool refuses()
{
    const Mode now = mode.load(std::memory_order_relaxed);
    if (now == Mode::off || inside)
        return false;
    inside = true;
    const std::int64_t index = counter.fetch_add(1);
    if (now == Mode::record)
        record(index);
    inside = false;
    const bool refuse =
        now == Mode::failOne ? index == failAt : now == Mode::failFrom && index >= failAt;
    refused += refuse ? 1 : 0;
    return refuse;
}

} // namespace

#if LECTERN_OWN_ALLOCATOR
extern "C" {
void* __libc_malloc(std::size_t size);             // NOLINT
void* __libc_calloc(std::size_t n, std::size_t s); // NOLINT
void* __libc_realloc(void* old, std::size_t size); // NOLINT
void __libc_free(void* block);                     // NOLINT

void* malloc(std::size_t size)
{
    void* const block = refuses() ? nullptr : __libc_malloc(size);
    live += block != nullptr ? 1 : 0;
    return block;
}

void* calloc(std::size_t count, std::size_t size)
{
    void* const block = refuses() ? nullptr : __libc_calloc(count, size);
    live += block != nullptr ? 1 : 0;
    return block;
}

void* realloc(void* old, std::size_t size)
{
    void* const block = refuses() ? nullptr : __libc_realloc(old, size);
    live += old == nullptr && block != nullptr ? 1 : 0;
    return block;
}

void free(void* block)
{
    live -= block != nullptr ? 1 : 0;
    __libc_free(block);
}

void* mmap(void* wanted, std::size_t size, int access, int flags, int file, off_t offset)
{
    if (refuses()) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    const auto result = ::syscall(SYS_mmap, wanted, size, access, flags, file, offset);
    if (result == -1)
        return MAP_FAILED;
    mapped += static_cast<std::int64_t>(size);
    return reinterpret_cast<void*>(result); // NOLINT(performance-no-int-to-ptr)
}

int munmap(void* start, std::size_t size)
{
    mapped -= static_cast<std::int64_t>(size);
    return static_cast<int>(::syscall(SYS_munmap, start, size));
}

int mprotect(void* start, std::size_t size, int access)
{
    if ((access & PROT_WRITE) != 0 && refuses()) {
        errno = ENOMEM;
        return -1;
    }
    return static_cast<int>(::syscall(SYS_mprotect, start, size, access));
}
}
#endif

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// What is refused between two calls of this.
void set(Mode wanted, std::int64_t at = 0)
{
    counter = 0;
    failAt = at;
    refused = 0;
    mode = wanted;
}

// The first request for memory of each place of `work`.
std::vector<std::int64_t> placesOf(const std::function<void()>& work)
{
    places = 0;
    set(Mode::record);
    work();
    mode = Mode::off;
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(places), kMostPlaces);
    std::vector<std::int64_t> indices(firstAt.begin(), firstAt.begin() + count);
    std::sort(indices.begin(), indices.end());
    return indices;
}

bool skipped()
{
    if (!LECTERN_OWN_ALLOCATOR)
        std::printf("SKIP: a sanitizer has its own allocator\n");
    return !LECTERN_OWN_ALLOCATOR;
}

// A request whose callbacks take no memory, so that all that is refused is the engine's.
struct Answer {
    std::array<char, 4096> text{};
    std::size_t length = 0;
    int done = 0;
    Result<Completion> result;
    std::binary_semaphore ended{0};
};

void ask(LocalEngine& engine, Answer& answer, Request request, Mode failure, std::int64_t at)
{
    Callbacks callbacks;
    callbacks.onDelta = [&answer](std::string_view delta) {
        const std::size_t size = std::min(delta.size(), answer.text.size() - answer.length);
        std::memcpy(answer.text.data() + answer.length, delta.data(), size);
        answer.length += size;
    };
    callbacks.onDone = [&answer](Result<Completion> result) {
        mode = Mode::off;
        answer.result = std::move(result);
        ++answer.done;
        answer.ended.release();
    };
    set(failure, at);
    engine.submit(std::move(request), std::move(callbacks));
    answer.ended.acquire();
}

Request question(const char* text)
{
    Request request = greedy({says(Role::user, text)}, 12);
    request.stops = {"zzzz"};
    return request;
}

LocalEngineOptions options(WeightMode weights, const TemporaryFolder* snapshots)
{
    LocalEngineOptions made = nanoOptions();
    made.threads = 2;
    made.contextLength = 512;
    made.weights = weights;
    if (snapshots)
        made.snapshotFolder = *snapshots / "saved";
    return made;
}

} // namespace

TEST(AllocationFailureTest, openingSaysThatMemoryRanOut)
{
    if (skipped())
        return;
    for (const WeightMode weights : {WeightMode::mapped, WeightMode::packed}) {
        const LocalEngineOptions wanted = options(weights, nullptr);
        const auto open = [&] { return LocalEngine::open(wanted); };
        REQUIRE(open()); // what is made once in a process is there now
        const auto indices = placesOf([&] { (void)open(); });
        CHECK(indices.size() > 100);
        int failed = 0;
        int withoutMessage = 0;
        std::int64_t blocksBefore = 0;
        std::int64_t bytesBefore = 0;
        for (const Mode failure : {Mode::failOne, Mode::failFrom}) {
            for (const std::int64_t at : indices) {
                blocksBefore = live;
                bytesBefore = mapped;
                std::string sentence;
                {
                    set(failure, at);
                    auto engine = open();
                    mode = Mode::off;
                    if (!engine) {
                        ++failed;
                        withoutMessage += engine.error().message.empty() ? 1 : 0;
                        sentence = engine.error().message;
                    }
                }
                const std::string row =
                    fmt::format("request {} of {}: {}", at, indices.size(), sentence);
                CHECK_ROW(mapped == bytesBefore, row);
                // A thread that ends leaves a block to the next one, no more.
                CHECK_ROW(
                    live - blocksBefore <= 8, row + fmt::format(" {} blocks", live - blocksBefore));
            }
        }
        CHECK(failed > static_cast<int>(indices.size()));
        CHECK(withoutMessage == 0);
        REQUIRE(open());
        std::printf(
            "  %zu places, %d of %zu opens refused\n", indices.size(), failed, 2 * indices.size());
    }
}

TEST(AllocationFailureTest, requestsSayThatMemoryRanOutAndTheNextOneAnswers)
{
    if (skipped())
        return;
    const TemporaryFolder folder;
    // Not with a JSON schema: the JSON library's destructor asks for memory and ends the process
    // when there is none.
    for (const bool saving : {false, true}) {
        auto engine = openEngine(options(WeightMode::packed, saving ? &folder : nullptr));
        REQUIRE(engine);
        const Request first = question("What is the capital of France?");
        const Request other = question("Name three colours.");
        const auto right = std::make_unique<Answer>();
        ask(*engine, *right, first, Mode::off, 0);
        REQUIRE(right->result.has_value());
        const std::string expected(right->text.data(), right->length);
        {
            Answer between;
            ask(*engine, between, other, Mode::off, 0);
        }
        std::vector<std::int64_t> indices;
        {
            Answer recorded;
            places = 0;
            ask(*engine, recorded, first, Mode::record, 0);
            mode = Mode::off;
            const auto count = std::min<std::size_t>(static_cast<std::size_t>(places), kMostPlaces);
            indices.assign(firstAt.begin(), firstAt.begin() + count);
        }
        std::sort(indices.begin(), indices.end());
        CHECK(indices.size() > 30);
        int failed = 0;
        int thrown = 0;
        for (const Mode failure : {Mode::failOne, Mode::failFrom}) {
            for (const std::int64_t at : indices) {
                // Slow: where contexts are saved too, every second place each way.
                if (saving && (at % 2 == 0) == (failure == Mode::failOne))
                    continue;
                {
                    Answer between; // so that the next one has to read its prompt
                    ask(*engine, between, other, Mode::off, 0);
                    CHECK(between.result.has_value());
                }
                Answer hit;
                bool submitted = true;
                try {
                    ask(*engine, hit, first, failure, at);
                } catch (const std::bad_alloc&) { // submit() itself: the caller knows at once
                    mode = Mode::off;
                    submitted = false;
                    ++thrown;
                }
                const std::string row = fmt::format("request {}", at);
                if (submitted && !hit.result) {
                    ++failed;
                    CHECK_ROW(hit.result.error().code == ErrorCode::outOfMemory,
                        row + hit.result.error().message);
                    CHECK_ROW(!hit.result.error().message.empty(), row);
                } else if (submitted) {
                    CHECK_ROW(std::string(hit.text.data(), hit.length) == expected, row);
                }
                CHECK_ROW(hit.done == (submitted ? 1 : 0), row);
                Answer after;
                ask(*engine, after, first, Mode::off, 0);
                CHECK_ROW(after.result.has_value(), row);
                CHECK_ROW(std::string(after.text.data(), after.length) == expected, row);
            }
        }
        CHECK(failed > static_cast<int>(indices.size()) / 4);
        std::printf(
            "  %zu places, %d requests refused, %d by submit()\n", indices.size(), failed, thrown);
    }
}

int main(int argc, char** argv)
{
    // The unwinder loads its tables at its first use.
    std::array<void*, 4> frames{};
    (void)::backtrace(frames.data(), 4);
    return lectern::test::run(argc, argv);
}
