// SPDX-License-Identifier: Apache-2.0
// Measuring the machine's limits.
//
// Peaks: independent accumulator chains of the one instruction in question, nothing else in the
// loop. 10 chains: the latency of a multiply-add is 4 cycles on the CPUs we know, with two units
// that makes 8 in flight, and two more cost nothing.
#include "tests/bench/limits.h"

#include "inference/bench.h"
#include "inference/cpu/cpu_backend.h"

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <sched.h>
#include <sys/mman.h>
#include <thread>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace lectern::bench {

namespace {

std::atomic<std::uint64_t> g_sink{0}; // keeps results alive

constexpr std::uint64_t kReadBytes = std::uint64_t{1} << 30U; // far beyond any cache
constexpr std::uint64_t kHugePage = 2U << 20U;

// Short runs are over before the scheduler has parted two threads that woke up on one core.
void stayOn(int index)
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0)
        return;
    int left = index % CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

// Seconds from the moment all threads stand ready until the last has done its part.
double secondsTogether(int threads, const std::function<void(int thread)>& part)
{
    std::barrier ready(threads + 1);
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(threads));
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([&, t] {
            stayOn(t);
            ready.arrive_and_wait();
            part(t);
            ready.arrive_and_wait();
        });
    ready.arrive_and_wait();
    const auto begin = std::chrono::steady_clock::now();
    ready.arrive_and_wait();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Limit limitOf(const char* name, const char* unit, double perRun, const LimitsWanted& wanted,
    const std::function<void(int thread)>& part)
{
    std::vector<double> rates;
    for (int i = 0; i <= wanted.repeats; ++i) {
        const double seconds = secondsTogether(wanted.threads, part);
        if (i > 0) // the first one warms up
            rates.push_back(perRun / seconds / 1e9);
    }
    const auto spread = inference::spreadOf(rates);
    return {name, unit, spread.median, spread.min, spread.max};
}

class Pages {
public:
    explicit Pages(std::uint64_t bytes) : m_mapped(bytes + kHugePage)
    {
        m_base =
            mmap(nullptr, m_mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m_base == MAP_FAILED)
            return;
        const auto address = reinterpret_cast<std::uintptr_t>(m_base);
        m_data =
            reinterpret_cast<std::uint64_t*>((address + kHugePage - 1) / kHugePage * kHugePage);
        madvise(m_data, bytes, MADV_HUGEPAGE);
        // No two pages alike, so that nothing below us can merge them.
        std::uint64_t state = 1;
        for (std::uint64_t i = 0; i < bytes / sizeof(std::uint64_t); ++i) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            m_data[i] = state;
        }
    }
    ~Pages()
    {
        if (m_base != MAP_FAILED)
            munmap(m_base, m_mapped);
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    [[nodiscard]] const std::uint64_t* data() const { return m_data; }

private:
    std::uint64_t m_mapped;
    void* m_base = MAP_FAILED;
    std::uint64_t* m_data = nullptr;
};

#if defined(__x86_64__)

using Sum = std::uint64_t (*)(const std::byte* data, std::uint64_t bytes);

// One stream, as the hardware's own prefetchers like it.
__attribute__((target("avx2"))) std::uint64_t sumStraight(
    const std::byte* data, std::uint64_t bytes)
{
    __m256i sums[8] = {};
    for (std::uint64_t at = 0; at < bytes; at += 256)
        for (std::uint64_t i = 0; i < 8; ++i)
            sums[i] = _mm256_xor_si256(
                sums[i], _mm256_load_si256(reinterpret_cast<const __m256i*>(data + at + 32 * i)));
    for (int i = 1; i < 8; ++i)
        sums[0] = _mm256_xor_si256(sums[0], sums[i]);
    return static_cast<std::uint64_t>(_mm256_extract_epi64(sums[0], 0));
}

// Four streams of one thread with prefetches 4 KiB ahead: the most one core gets here.
__attribute__((target("avx2"))) std::uint64_t sumFourStreams(
    const std::byte* data, std::uint64_t bytes)
{
    constexpr std::uint64_t kStreams = 4;
    constexpr std::uint64_t kAhead = 4096;
    const std::uint64_t part = bytes / kStreams;
    __m256i sums[2 * kStreams] = {};
    for (std::uint64_t at = 0; at < part; at += 64)
        for (std::uint64_t s = 0; s < kStreams; ++s) {
            const std::byte* line = data + s * part + at;
            _mm_prefetch(reinterpret_cast<const char*>(line + kAhead), _MM_HINT_T0);
            for (std::uint64_t half = 0; half < 2; ++half)
                sums[2 * s + half] = _mm256_xor_si256(sums[2 * s + half],
                    _mm256_load_si256(reinterpret_cast<const __m256i*>(line + 32 * half)));
        }
    for (std::uint64_t i = 1; i < 2 * kStreams; ++i)
        sums[0] = _mm256_xor_si256(sums[0], sums[i]);
    return static_cast<std::uint64_t>(_mm256_extract_epi64(sums[0], 0));
}

Limit readLimit(const LimitsWanted& wanted)
{
    const Pages pages(kReadBytes);
    if (pages.data() == nullptr)
        return {"read", "GB/s", 0, 0, 0};
    const std::uint64_t share =
        kReadBytes / static_cast<std::uint64_t>(wanted.threads) / kHugePage * kHugePage;
    Limit best;
    for (const Sum sum : {sumStraight, sumFourStreams}) {
        const auto part = [&](int thread) {
            g_sink += sum(reinterpret_cast<const std::byte*>(pages.data())
                    + share * static_cast<std::uint64_t>(thread),
                share);
        };
        const Limit limit =
            limitOf("read", "GB/s", static_cast<double>(share) * wanted.threads, wanted, part);
        if (limit.median > best.median)
            best = limit;
    }
    return best;
}

constexpr std::int64_t kRounds = 10'000'000; // of 10 instructions: some 15 ms
constexpr int kChains = 10;

// Inline assembly, because a compiler would see through ten equal sums.
#define LECTERN_PEAK(NAME, TARGET, REGISTER, INSTRUCTION)                                          \
    __attribute__((target(TARGET))) void NAME()                                                    \
    {                                                                                              \
        REGISTER c0{}, c1{}, c2{}, c3{}, c4{}, c5{}, c6{}, c7{}, c8{}, c9{};                       \
        const REGISTER a{}, b{};                                                                   \
        for (std::int64_t round = 0; round < kRounds; ++round)                                     \
            asm volatile(INSTRUCTION " %10, %11, %0\n" INSTRUCTION " %10, %11, %1\n" INSTRUCTION   \
                                     " %10, %11, %2\n" INSTRUCTION " %10, %11, %3\n" INSTRUCTION   \
                                     " %10, %11, %4\n" INSTRUCTION " %10, %11, %5\n" INSTRUCTION   \
                                     " %10, %11, %6\n" INSTRUCTION " %10, %11, %7\n" INSTRUCTION   \
                                     " %10, %11, %8\n" INSTRUCTION " %10, %11, %9"                 \
                         : "+v"(c0), "+v"(c1), "+v"(c2), "+v"(c3), "+v"(c4), "+v"(c5), "+v"(c6),   \
                         "+v"(c7), "+v"(c8), "+v"(c9)                                              \
                         : "v"(a), "v"(b));                                                        \
    }

LECTERN_PEAK(fma256, "avx2,fma", __m256, "vfmadd231ps")
LECTERN_PEAK(fma512, "avx512f", __m512, "vfmadd231ps")
LECTERN_PEAK(bf16Dot512, "avx512f,avx512bf16", __m512, "vdpbf16ps")
LECTERN_PEAK(int8Dot512, "avx512f,avx512vnni", __m512, "vpdpbusd")

#undef LECTERN_PEAK

// Four sums of 16 x 16, each used again after three others: what a tile product of whole tiles
// reaches.
constexpr std::int64_t kTileRounds = 1'000'000; // of 4 instructions: some 30 ms
constexpr double kTileOps = 2.0 * 16 * 16;      // for each value of a row of inputs
#define LECTERN_TILE_PEAK(NAME, TARGET, INSTRUCTION)                                               \
    __attribute__((target(TARGET))) void NAME()                                                    \
    {                                                                                              \
        alignas(64) std::uint8_t shapes[64] = {1}; /* palette 1 */                                 \
        for (int tile = 0; tile < 8; ++tile) {                                                     \
            shapes[16 + 2 * tile] = 64; /* bytes of a row */                                       \
            shapes[48 + tile] = 16;     /* rows */                                                 \
        }                                                                                          \
        asm volatile("ldtilecfg %0" : : "m"(shapes));                                              \
        for (std::int64_t round = 0; round < kTileRounds; ++round)                                 \
            asm volatile(INSTRUCTION " %tmm6, %tmm4, %tmm0\n" INSTRUCTION                          \
                                     " %tmm7, %tmm4, %tmm1\n" INSTRUCTION                          \
                                     " %tmm6, %tmm5, %tmm2\n" INSTRUCTION " %tmm7, %tmm5, %tmm3"); \
        asm volatile("tilerelease");                                                               \
    }

LECTERN_TILE_PEAK(int8Tile, "amx-tile,amx-int8", "tdpbssd")
LECTERN_TILE_PEAK(bf16Tile, "amx-tile,amx-bf16", "tdpbf16ps")

#undef LECTERN_TILE_PEAK

struct Abilities {
    bool avx2, avx512, bf16, vnni, tiles;
};

Abilities abilities()
{
    __builtin_cpu_init();
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0;
    unsigned int eax = 0;
    unsigned int ebx = 0;
    unsigned int ecx = 0;
    unsigned int edx = 0;
    // CPUID leaf 7, subleaf 1, EAX bit 5: AVX512_BF16.
    const bool bf16 = __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & 32U) != 0;
    return {__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), avx512, avx512 && bf16,
        avx512 && __builtin_cpu_supports("avx512vnni"),
        inference::detectedSimdLevel() >= inference::SimdLevel::amx};
}

#endif

} // namespace

std::vector<Limit> measureLimits(const LimitsWanted& wanted)
{
    std::vector<Limit> limits;
#if defined(__x86_64__)
    const Abilities has = abilities();
    if (wanted.read && has.avx2)
        limits.push_back(readLimit(wanted));
    const auto loops = [&](bool able, const char* name, const char* unit, double operations,
                           void (*loop)()) {
        if (able && wanted.peaks)
            limits.push_back(
                limitOf(name, unit, operations * wanted.threads, wanted, [&](int) { loop(); }));
    };
    const auto peak = [&](bool able, const char* name, const char* unit, double perInstruction,
                          void (*loop)()) {
        loops(able, name, unit, static_cast<double>(kRounds) * kChains * perInstruction, loop);
    };
    peak(has.avx512, "f32-fma", "GFLOP/s", 32, fma512);
    peak(!has.avx512 && has.avx2, "f32-fma", "GFLOP/s", 16, fma256);
    peak(has.bf16, "bf16-dot", "GFLOP/s", 64, bf16Dot512);
    peak(has.vnni, "int8-dot", "GOP/s", 128, int8Dot512);
    constexpr double kTileRun = 4.0 * kTileRounds * kTileOps;
    loops(has.tiles, "bf16-tile", "GFLOP/s", kTileRun * 32, bf16Tile);
    loops(has.tiles, "int8-tile", "GOP/s", kTileRun * 64, int8Tile);
#else
    (void)wanted;
#endif
    return limits;
}

} // namespace lectern::bench
