// SPDX-License-Identifier: Apache-2.0
// What a plan says before loading, against what the system counts afterwards; and that a plan which
// says no is followed.
#include "inference/bench.h"
#include "inference/cpu/host_memory.h"
#include "inference/memory_need.h"
#include "tests/inference/slow_model.h"

#include <fmt/format.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// What `measure` returns in a process of its own, so that no memory freed earlier is used again and
// limits end with it; nullopt when that process crashed.
std::optional<std::string> inChild(const std::function<std::string()>& measure)
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        return std::nullopt;
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string result = measure();
        const auto written = ::write(ends[1], result.data(), result.size());
        ::_exit(written == static_cast<ssize_t>(result.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string result;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)
        result.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::optional(result) : std::nullopt;
}

MemoryNeed needOf(const std::filesystem::path& path, const LoadChoice& choice)
{
    const auto file = ModelFile::open(path);
    if (!file)
        return {};
    const auto need = memoryNeed(**file, nullptr, choice);
    return need ? *need : MemoryNeed{};
}

// Bytes by which a run of `tokens` and then a few more raises this process's peak.
std::string peakOfRun(const std::filesystem::path& path, KvType kvType, std::int64_t tokens)
{
    const std::uint64_t before = processMemory().now;
    std::ofstream("/proc/self/clear_refs") << "5"; // the peak starts over
    const auto bench =
        Bench::open({.model = path, .threads = 2, .kvType = kvType, .packWeights = false});
    if (!bench || !(*bench)->run({BenchCase::Kind::prefill, tokens, 0}, 1)
        || !(*bench)->run({BenchCase::Kind::decode, 4, tokens}, 1))
        return "0";
    return std::to_string(processMemory().peak - before);
}

// The peak of loading, of the first token, and of a prompt of `tokens`, beyond what the process
// had.
std::string peakOfLoad(const std::filesystem::path& path, bool packed, std::int64_t tokens)
{
    const std::uint64_t before = processMemory().now;
    std::ofstream("/proc/self/clear_refs") << "5"; // the peak starts over
    const auto bench = Bench::open({.model = path, .threads = 2, .packWeights = packed});
    if (!bench || (tokens > 0 && !(*bench)->run({BenchCase::Kind::prefill, tokens, 0}, 1)))
        return "0";
    return std::to_string(processMemory().peak - before);
}

} // namespace

TEST(MemoryNeedTest, countsEveryPart)
{
    const auto text = ModelFile::open(nano("nano-text-f16.gguf"));
    const auto vision = ModelFile::open(nano("mmproj-nano-f16.gguf"));
    REQUIRE(text && vision);
    const auto need = memoryNeed(**text, nullptr, {.kvType = KvType::q8_0, .contextLength = 100});
    REQUIRE(need.has_value());
    // Every tensor but the vectors, which are kept as floats.
    CHECK(need->weights > 8'000'000 && need->weights < (*text)->byteSize());
    CHECK(need->activations > 512 * 192 * 4 * 6); // six rows of a micro-batch at least
    CHECK(need->tokenizer > 2048 * 32);
    CHECK(need->vision == 0);
    CHECK(need->trainedContext == 8192);
    CHECK(need->wantedContext == 100);
    CHECK(need->kvType == KvType::q8_0);
    CHECK(need->available > 0);
    CHECK(need->total(100) >= need->fixed() + KvCache::bytesFor(need->kv, KvType::q8_0, 100));
    CHECK(need->total(100) < need->fixed() + 2 * KvCache::bytesFor(need->kv, KvType::q8_0, 100));

    const auto both = memoryNeed(**text, vision->get(), {});
    REQUIRE(both.has_value());
    CHECK(both->vision > (*vision)->byteSize() * 9 / 10);
    CHECK(both->fixed() == need->fixed() + both->vision);
}

TEST(MemoryNeedTest, predictsThePeakWithinATenth)
{
    if (kSanitized) {
        std::printf("SKIP: a sanitizer takes memory of its own\n");
        return;
    }
    struct Row {
        const char* model;
        KvType kvType;
        std::int64_t tokens;
    };
    for (const auto& [model, kvType, tokens] :
        {Row{"nano-text-f16.gguf", KvType::f16, 512}, Row{"nano-text-f16.gguf", KvType::f32, 4096},
            Row{"nano-text-q8_0.gguf", KvType::q8_0, 2048}}) {
        const auto path = nano(model);
        const MemoryNeed need = needOf(path, {.kvType = kvType, .threads = 2});
        const auto planned = static_cast<double>(need.total(tokens + 4));
        const auto peak =
            inChild([&, kv = kvType, count = tokens] { return peakOfRun(path, kv, count); });
        REQUIRE(peak.has_value());
        const double measured = std::stod(*peak);
        // Code that is paged in, the allocator's slack and 2 MiB pages that are not full are no
        // part of a plan; they count here only because the model is so small.
        CHECK_ROW(std::abs(planned - measured) <= 0.1 * measured + 4e6,
            fmt::format("{} {} tokens: planned {:.1f} MB, measured {:.1f} MB", model, tokens,
                planned / 1e6, measured / 1e6));
    }
}

TEST(MemoryNeedTest, countsTheBackendsMicroBatch)
{
    const auto of = [](std::int64_t tokens) {
        const MemoryNeed need = needOf(nano("nano-text-f16.gguf"), {.microBatch = tokens});
        return need.activations;
    };
    // Rows of a micro-batch; buffers are rounded up to whole pages of 2 MiB.
    const auto large = static_cast<double>(of(32768) - of(16384));
    const double ratio = large / static_cast<double>(of(16384) - of(8192));
    CHECK_ROW(std::abs(ratio - 2) < 0.05, std::to_string(ratio));
    CHECK(of(kMicroBatch) == needOf(nano("nano-text-f16.gguf"), {}).activations);
}

TEST(MemoryNeedTest, loadsNeverHoldAModelTwice)
{
    if (kSanitized) {
        std::printf("SKIP: a sanitizer takes memory of its own\n");
        return;
    }
    const TemporaryFolder folder;
    const auto path = slowModel(folder).model; // 130 MB: what every process has counts for little
    const auto fileBytes = static_cast<double>(std::filesystem::file_size(path));
    for (const bool packed : {false, true}) {
        const MemoryNeed need = needOf(path, {.packed = packed, .threads = 2});
        const auto planned = static_cast<double>(need.total(512));
        const auto peak = [&, inOrder = packed](std::int64_t tokens) {
            return std::stod(
                inChild([&] { return peakOfLoad(path, inOrder, tokens); }).value_or("0"));
        };
        const double load = peak(0);
        const double prompt = peak(512);
        const std::string row = fmt::format(
            "{}: file {:.1f} MB, loaded {:.1f} MB, with a prompt {:.1f} MB, planned {:.1f} MB",
            packed ? "packed" : "mapped", fileBytes / 1e6, load / 1e6, prompt / 1e6, planned / 1e6);
        std::printf("  %s\n", row.c_str());
        CHECK_ROW(load > 0.5 * fileBytes, row);
        CHECK_ROW(load <= 1.15 * fileBytes + 4e6, row); // code and libraries are no part of a model
        CHECK_ROW(std::abs(planned - prompt) <= 0.1 * prompt + 4e6, row);
    }
}

TEST(MemoryNeedTest, seesLimitsOfTheProcess)
{
    if (kSanitized) {
        std::printf("SKIP: a sanitizer takes addresses of its own\n");
        return;
    }
    const auto said = inChild([] {
        const auto file = ModelFile::open(nano("nano-text-f16.gguf"));
        const std::uint64_t unlimited = addressSpaceLeft();
        rlimit limit{};
        limit.rlim_cur = limit.rlim_max = std::uint64_t{4} << 30U;
        setrlimit(RLIMIT_AS, &limit);
        const std::uint64_t left = addressSpaceLeft();
        const auto need = memoryNeed(**file, nullptr, {});
        const bool right = unlimited == 0 && left > 0 && left < limit.rlim_cur && need
            && need->available <= left + (*file)->byteSize();
        return std::string(right ? "right" : "wrong");
    });
    CHECK(said == "right");
}

// Whatever the limit, opening either works and answers or says why not; it never ends the process.
TEST(MemoryNeedTest, survivesEveryLimitOnAddresses)
{
    if (kSanitized) {
        std::printf("SKIP: a sanitizer takes addresses of its own\n");
        return;
    }
    int refused = 0;
    int answered = 0;
    for (std::uint64_t megabytes = 1; megabytes <= 4096; megabytes += 1 + megabytes / 4) {
        const auto said = inChild([megabytes] {
            std::uint64_t pages = 0;
            std::ifstream("/proc/self/statm") >> pages;
            rlimit limit{};
            limit.rlim_cur = limit.rlim_max = pages * 4096 + (megabytes << 20U);
            setrlimit(RLIMIT_AS, &limit);
            LocalEngineOptions options = nanoOptions();
            options.threads = 2;
            auto engine = LocalEngine::open(options);
            if (!engine)
                return engine.error().message.empty() ? std::string("silent")
                                                      : std::string("refused");
            const std::string text = answer(**engine, greedy({says(Role::user, "Hello")}, 4));
            return std::string(text.empty() ? "silent" : "answered");
        });
        CHECK_ROW(said.has_value() && said != "silent", std::to_string(megabytes));
        refused += said == "refused" ? 1 : 0;
        answered += said == "answered" ? 1 : 0;
    }
    CHECK(refused > 0);
    CHECK(answered > 0);
}
