// SPDX-License-Identifier: Apache-2.0
// Attention of the fast backend against the scalar reference: every set of kernels, every type of
// cache, head sizes, groups, masks, chunks; and that a token's result does not depend on its batch.
#include "inference/cpu/attention_kernels.h"
#include "inference/cpu/cpu_backend.h"
#include "inference/cpu/simd_backend.h"
#include "tests/inference/test.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <random>

using namespace lectern::inference;

namespace {

std::vector<float> noise(std::int64_t count, unsigned seed)
{
    std::vector<float> values(static_cast<std::size_t>(count));
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& value : values)
        value = normal(random);
    return values;
}

struct Set {
    const Kernels* kernels;
    const AttentionKernels* attention;
};

// Every set of kernels that runs here.
std::vector<Set> sets()
{
    std::vector<Set> all;
    if (detectedSimdLevel() >= SimdLevel::avx2)
        all.push_back({&avx2Kernels(), &avx2AttentionKernels()});
    if (detectedSimdLevel() >= SimdLevel::avx512) {
        all.push_back({&avx512Kernels(), &avx512AttentionKernels()});
        if (__builtin_cpu_supports("avx512bf16"))
            all.push_back({&avx512Kernels(), &avx512Bf16AttentionKernels()});
    }
    if (detectedSimdLevel() >= SimdLevel::amx)
        all.push_back({&avx512Kernels(), &amxAttentionKernels()});
    return all;
}

struct Case {
    std::int64_t heads, kvHeads, d, tokens, keys, firstKey, chunk;
    Mask mask;
};

struct Problem {
    Case shape;
    std::vector<float> q;
    std::vector<std::byte> keyBytes;
    std::vector<std::byte> valueBytes;
    KvRows keys;
    KvRows values;
    AttentionParams params;

    Problem(const Case& c, KvType type) : shape(c), q(noise(c.tokens * c.heads * c.d, 1))
    {
        const auto reference = createCpuBackend({1, SimdLevel::scalar});
        const auto fill = [&](std::vector<std::byte>& bytes, unsigned seed) {
            // Exactly as many bytes as the rows have: reading over the end is an error that the
            // sanitizers and valgrind see.
            bytes.resize(static_cast<std::size_t>(c.keys * c.kvHeads) * kvHeadBytes(type, c.d));
            std::vector<float> rows = noise(c.keys * c.kvHeads * c.d, seed);
            const KvRows target{bytes.data(), type, c.kvHeads, c.d};
            reference->storeKv(target, {rows.data(), c.keys, c.kvHeads * c.d});
            return target;
        };
        keys = fill(keyBytes, 2);
        values = fill(valueBytes, 3);
        params = {c.heads, c.kvHeads, c.d, 1.0F / std::sqrt(static_cast<float>(c.d)), c.mask,
            c.keys, c.firstKey, c.firstKey + c.keys - c.tokens, c.chunk};
    }
    // Of tokens [first, first + count).
    std::vector<float> attend(Backend& backend, std::int64_t first, std::int64_t count)
    {
        const std::int64_t width = shape.heads * shape.d;
        std::vector<float> out(static_cast<std::size_t>(count * width), NAN);
        AttentionParams some = params;
        some.firstPosition += first;
        backend.attention({out.data(), count, width}, {q.data() + first * width, count, width},
            keys, values, some);
        return out;
    }
    std::vector<float> attend(Backend& backend) { return attend(backend, 0, shape.tokens); }
};

struct Difference {
    double worst = 0;
    double typical = 0; // root of the mean square
};
Difference difference(const std::vector<float>& a, const std::vector<float>& b)
{
    Difference result;
    double squares = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double d = std::abs(static_cast<double>(a[i]) - b[i]);
        result.worst = std::isfinite(d) ? std::max(result.worst, d) : INFINITY;
        squares += d * d;
    }
    result.typical = std::sqrt(squares / static_cast<double>(a.size()));
    return result;
}

void compare(const Case& c)
{
    for (const KvTypeName& type : kKvTypes) {
        Problem problem(c, type.type);
        const std::vector<float> expected =
            problem.attend(*createCpuBackend({1, SimdLevel::scalar}));
        for (const Set& set : sets()) {
            for (const int threads : {1, 3}) {
                SimdBackend backend(*set.kernels, *set.attention, nullptr, threads, {});
                const Difference off = difference(problem.attend(backend), expected);
                const std::string row = fmt::format(
                    "{} {} threads {}: {} heads, {} kv, d {}, {} tokens, {} keys, chunk {}: {} {}",
                    set.attention->name, threads, type.name, c.heads, c.kvHeads, c.d, c.tokens,
                    c.keys, c.chunk, off.worst, off.typical);
                // f32: values up to 5; scores, of length-d dots, enter as their exponent.
                const double exact = 20 * 4 * std::numeric_limits<float>::epsilon()
                    * std::sqrt(static_cast<double>(c.d));
                // bf16: each factor is off by at most 2^-9 of it, evenly: 2^-9 / sqrt 3 typically.
                // A score of d products of size 1, over sqrt d: sqrt(2/3) 2^-9. So a weight is off
                // by that, and by its own and its value's rounding: sqrt(4/3) 2^-9 altogether;
                // averaging over keys only helps. Six times that for the worst of many.
                const bool rounded = (set.attention == &avx512Bf16AttentionKernels()
                                         || set.attention == &amxAttentionKernels())
                    && type.type != KvType::f32 && c.tokens > kDecodeRows;
                const double typical = std::sqrt(4.0 / 3) / 512;
                CHECK_ROW(off.worst <= (rounded ? 5 * 6 * typical : exact), row);
                CHECK_ROW(!rounded || off.typical <= typical, row);
            }
        }
    }
}

} // namespace

TEST(AttentionTest, everySizeOfHead)
{
    for (const std::int64_t d : {2, 6, 16, 20, 64, 80, 88, 96, 112, 128, 192, 256}) {
        compare({4, 2, d, 1, 300, 0, 0, Mask::causal});
        compare({4, 2, d, 37, 150, 0, 0, Mask::causal});
    }
}

TEST(AttentionTest, everySizeOfGroup)
{
    for (const std::int64_t group : {1, 2, 3, 4, 5, 6, 7, 8, 11, 16}) {
        compare({2 * group, 2, 32, 1, 70, 0, 0, Mask::causal});
        compare({2 * group, 2, 32, 3, 70, 0, 0, Mask::causal});
        compare({2 * group, 2, 32, 19, 70, 0, 0, Mask::causal});
    }
    compare({200, 1, 16, 20, 40, 0, 0, Mask::causal}); // a group wider than a task
}

TEST(AttentionTest, everyNumberOfKeys)
{
    for (const std::int64_t keys : {1, 2, 3, 15, 16, 17, 63, 64, 65, 255, 256, 257, 600})
        compare({4, 1, 64, 1, keys, 0, 0, Mask::causal});
    for (const std::int64_t tokens : {2, 8, 9, 48, 49, 64, 65, 200})
        for (const std::int64_t before : {0, 1, 63, 255, 300})
            compare({3, 1, 40, tokens, before + tokens, 0, 0, Mask::causal});
}

TEST(AttentionTest, chunksAndTheirCrossings)
{
    for (const std::int64_t tokens : {1, 5, 8, 9, 33, 150}) {
        compare({2, 2, 8, tokens, 150, 0, 16, Mask::causal});   // several chunks in one batch
        compare({2, 1, 8, tokens, 150, 64, 64, Mask::causal});  // keys begin with a chunk
        compare({2, 1, 8, tokens, 150, 100, 64, Mask::causal}); // or inside of one
    }
    compare({2, 1, 64, 1, 700, 0, 512, Mask::causal});
}

TEST(AttentionTest, everyTokenOfAPictureSeesAll)
{
    compare({3, 3, 88, 70, 70, 0, 0, Mask::none});
    compare({2, 2, 88, 577, 577, 0, 0, Mask::none});
    compare({2, 1, 64, 4, 300, 0, 0, Mask::none});
}

TEST(AttentionTest, atThePositionsOfALongContext)
{
    const std::int64_t first = 10'000'000;
    compare({4, 2, 16, 3, 500, first / 8192 * 8192, 8192, Mask::causal});
    compare({1, 1, 8, 1, 262'144, 0, 0, Mask::causal});
    compare({1, 1, 8, 20, 262'144, 0, 0, Mask::causal});
}

// Scores far beyond what exp can take, and values beside which others vanish.
TEST(AttentionTest, largeScoresNeitherOverflowNorVanish)
{
    Problem problem({2, 1, 32, 20, 300, 0, 0, Mask::causal}, KvType::f32);
    for (float& value : problem.q)
        value *= 300;
    const auto expected = problem.attend(*createCpuBackend({1, SimdLevel::scalar}));
    for (const Set& set : sets()) {
        SimdBackend backend(*set.kernels, *set.attention, nullptr, 2, {});
        // Scores of 1000 carry errors of 1000 eps, and so do weights.
        CHECK_ROW(difference(problem.attend(backend), expected).worst <= 0.01, set.attention->name);
        CHECK_ROW(difference(problem.attend(backend, 19, 1),
                      std::vector<float>(expected.end() - 64, expected.end()))
                      .worst
                <= 0.01,
            set.attention->name);
    }
}

// What checking a draft and replaying after a rewind rely on.
TEST(AttentionTest, aTokenGetsTheSameBitsInEverySmallBatch)
{
    for (const KvTypeName& type : kKvTypes) {
        for (const Case& c : {Case{5, 1, 88, kDecodeRows, 777, 0, 0, Mask::causal},
                 Case{8, 2, 64, 7, 300, 0, 128, Mask::causal}}) {
            Problem problem(c, type.type);
            for (const Set& set : sets()) {
                SimdBackend one(*set.kernels, *set.attention, nullptr, 1, {});
                std::vector<float> single;
                for (std::int64_t t = 0; t < c.tokens; ++t) {
                    const std::vector<float> token = problem.attend(one, t, 1);
                    single.insert(single.end(), token.begin(), token.end());
                }
                for (const int threads : {1, 2, 5}) {
                    SimdBackend backend(*set.kernels, *set.attention, nullptr, threads, {});
                    const auto batch = problem.attend(backend);
                    const auto bytes = batch.size() * sizeof(float);
                    CHECK_ROW(std::memcmp(batch.data(), single.data(), bytes) == 0,
                        fmt::format("{} {} threads {}", set.attention->name, threads, type.name));
                }
            }
        }
    }
}

TEST(AttentionTest, aBatchGetsTheSameBitsOnAnyNumberOfThreads)
{
    Problem problem({6, 2, 48, 70, 200, 0, 0, Mask::causal}, KvType::f16);
    for (const Set& set : sets()) {
        SimdBackend one(*set.kernels, *set.attention, nullptr, 1, {});
        const std::vector<float> expected = problem.attend(one);
        for (const int threads : {2, 5}) {
            SimdBackend backend(*set.kernels, *set.attention, nullptr, threads, {});
            const auto got = problem.attend(backend);
            CHECK_ROW(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) == 0,
                set.attention->name);
        }
    }
}

TEST(AttentionTest, storesEveryTypeAsTheReferenceDoes)
{
    for (const KvTypeName& type : kKvTypes) {
        for (const std::int64_t d : {1, 6, 16, 31, 32, 33, 37, 80, 88, 128, 256}) {
            std::vector<float> rows = noise(5 * 3 * d, 8);
            for (std::size_t i = 0; i < rows.size(); ++i)
                rows[i] *= i % 7 == 0 ? 1e6F : i % 5 == 0 ? 1e-9F : 1.0F;
            std::fill_n(rows.begin(), d, 0.0F);
            std::vector<std::byte> expected(15 * kvHeadBytes(type.type, d));
            createCpuBackend({1, SimdLevel::scalar})
                ->storeKv({expected.data(), type.type, 3, d}, {rows.data(), 5, 3 * d});
            for (const Set& set : sets()) {
                std::vector<std::byte> got(expected.size());
                SimdBackend(*set.kernels, *set.attention, nullptr, 2, {})
                    .storeKv({got.data(), type.type, 3, d}, {rows.data(), 5, 3 * d});
                CHECK_ROW(
                    got == expected, fmt::format("{} {} d {}", set.attention->name, type.name, d));
            }
        }
    }
}
