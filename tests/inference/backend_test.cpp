// SPDX-License-Identifier: Apache-2.0
// Every op of the fast CPU backend against the scalar reference: instruction sets, threads, weight
// types, and sizes that are no multiple of anything.
#include "inference/cpu/cpu_backend.h"
#include "inference/half.h"
#include "tests/inference/random_weights.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <random>

using namespace lectern::inference;

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

struct Values {
    std::vector<float> data;
    Rows rows;
    Values(std::int64_t count, std::int64_t width, unsigned seed, float spread = 1.0F)
        : data(static_cast<std::size_t>(count * width))
    {
        std::mt19937 random(seed);
        std::normal_distribution<float> normal(0.0F, spread);
        for (float& value : data)
            value = normal(random);
        rows = {data.data(), count, width};
    }
};

struct Weights {
    std::vector<std::byte> bytes;
    Matrix matrix;
    Weights(TensorType type, std::int64_t columns, std::int64_t rows, std::int64_t slices = 1)
    {
        const auto layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        const std::int64_t rowBytes = columns / layout.blockValues * layout.blockBytes;
        bytes.resize(static_cast<std::size_t>(rowBytes * rows * slices));
        lectern::test::fillRandomly(bytes, type, 7);
        matrix = {bytes.data(), type, columns, rows, slices, rowBytes};
    }
};

using Op = std::function<void(Backend&, Rows out)>;

// Runs `op` on the reference and on every fast backend. `scale` bounds the magnitude of the terms
// an output is the sum of; `terms` is how many there are.
void compare(const std::string& row, Rows shape, const Op& op, double scale, double terms)
{
    const auto size = static_cast<std::size_t>(shape.count * shape.width);
    const std::vector<float> start(shape.data, shape.data + size);
    std::vector<float> expected = start;
    op(*createCpuBackend({1, SimdLevel::scalar}), {expected.data(), shape.count, shape.width});
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
        for (const int threads : {1, 2, 3}) {
            if (level > detectedSimdLevel())
                continue;
            if (lectern::test::kThreadSanitizer && (threads != 3 || level != detectedSimdLevel()))
                continue;
            std::vector<float> got = start;
            op(*createCpuBackend({threads, level}), {got.data(), shape.count, shape.width});
            double worst = 0;
            for (std::size_t i = 0; i < size; ++i)
                worst = std::isfinite(got[i])
                    ? std::max(worst, std::abs(static_cast<double>(got[i]) - expected[i]))
                    : INFINITY;
            CHECK_ROW(worst <= scale * kEpsilon * std::sqrt(terms) * 4,
                fmt::format(
                    "{}, level {}, {} threads: {}", row, static_cast<int>(level), threads, worst));
        }
    }
}

// Length of the longest row.
double longest(const float* data, std::int64_t count, std::int64_t width)
{
    double most = 0;
    for (std::int64_t r = 0; r < count; ++r) {
        double squares = 0;
        for (std::int64_t i = 0; i < width; ++i)
            squares += static_cast<double>(data[r * width + i]) * data[r * width + i];
        most = std::max(most, std::sqrt(squares));
    }
    return most;
}

double longest(const Matrix& weights)
{
    Values decoded(weights.rows, weights.columns, 1);
    std::vector<std::int32_t> ids;
    for (std::int32_t r = 0; r < weights.rows; ++r)
        ids.push_back(r);
    createCpuBackend({1, SimdLevel::scalar})->embed(decoded.rows, weights, ids);
    return longest(decoded.data.data(), weights.rows, weights.columns);
}

constexpr std::array kTypes{TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0,
    TensorType::q4_0, TensorType::q4_k, TensorType::q6_k};

// All that can be computed with, those above included.
std::vector<TensorType> allTypes()
{
    std::vector<TensorType> types;
    for (std::uint32_t id = 0; id < 64; ++id) {
        if (isComputable(static_cast<TensorType>(id)))
            types.push_back(static_cast<TensorType>(id));
    }
    return types;
}

} // namespace

TEST(BackendTest, multipliesByEveryTypeOfWeights)
{
    using Sizes = std::vector<std::int64_t>;
    for (const TensorType type : allTypes()) {
        const auto layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        // The rarer types share one path: fewer sizes, but beyond one buffer and one panel.
        const bool common = std::ranges::count(kTypes, type) > 0;
        if (lectern::test::kThreadSanitizer && common && type != TensorType::q4_k)
            continue; // they meet in the same places
        for (const std::int64_t blocks : common ? Sizes{1, 3, 5, 37} : Sizes{1, 5, 37}) {
            const std::int64_t columns = blocks * layout.blockValues;
            for (const std::int64_t rows : common ? Sizes{1, 5, 6, 67, 301} : Sizes{1, 7, 37}) {
                const Weights weights(type, columns, rows);
                const Values bias(1, rows, 3);
                for (const std::int64_t tokens : common ? Sizes{1, 2, 4, 7, 133} : Sizes{1, 7}) {
                    const Values in(tokens, columns, 5);
                    Values out(tokens, rows, 0);
                    compare(
                        fmt::format("{} {}x{} {} tokens", layout.name, rows, columns, tokens),
                        out.rows,
                        [&](Backend& backend, Rows result) {
                            backend.matmul(result, weights.matrix, in.rows,
                                tokens % 2 ? Vector{bias.data.data(), rows} : Vector{});
                        },
                        longest(weights.matrix) * longest(in.data.data(), tokens, columns) + 8,
                        static_cast<double>(columns) / 8 + 1);
                }
            }
        }
    }
}

TEST(BackendTest, embedsExactly)
{
    const std::vector<std::int32_t> ids{4, 0, 2, 4};
    for (const TensorType type : allTypes()) {
        const auto layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        const Weights table(type, 3 * layout.blockValues, 5);
        Values out(4, table.matrix.columns, 0);
        compare(
            std::string(layout.name), out.rows,
            [&](Backend& backend, Rows rows) { backend.embed(rows, table.matrix, ids); }, 0, 1);
    }
}

TEST(BackendTest, goesRowByRow)
{
    for (const std::int64_t width : {1, 7, 8, 16, 33, 64, 5120}) {
        const Values in(5, width, 1);
        const Values weight(1, width, 2);
        const Values bias(1, width, 3);
        const Vector w{weight.data.data(), width};
        const Vector b{bias.data.data(), width};
        const std::string row = std::to_string(width);
        Values out(5, width, 4);
        const double scale = 12 * std::sqrt(static_cast<double>(width) + 1);
        compare(
            "rmsNorm " + row, out.rows,
            [&](Backend& x, Rows o) { x.rmsNorm(o, in.rows, w, 1e-5F); }, scale, 1);
        compare(
            "rmsNorm without weight " + row, out.rows,
            [&](Backend& x, Rows o) { x.rmsNorm(o, in.rows, {}, 1e-5F); }, scale, 1);
        if (width > 1) // the variance of one value is nothing but rounding
            compare(
                "layerNorm " + row, out.rows,
                [&](Backend& x, Rows o) { x.layerNorm(o, in.rows, w, b, 1e-5F); }, 4 * scale, 1);
        compare(
            "add " + row, out.rows, [&](Backend& x, Rows o) { x.add(o, in.rows); }, 0, 1);
        compare(
            "gelu " + row, out.rows, [&](Backend& x, Rows o) { x.gelu(o); }, 6, 1);
        const std::vector<float> factors{1.5F, -2, 0, 1, 0.25F};
        compare(
            "scaleRows " + row, out.rows, [&](Backend& x, Rows o) { x.scaleRows(o, factors); }, 0,
            1);
    }
}

TEST(BackendTest, rotatesAtLargePositions)
{
    Values x(3, 4 * 88, 1);
    for (const std::int64_t position : {0, 8191, 10'000'000})
        compare(
            std::to_string(position), x.rows,
            [&](Backend& b, Rows o) {
                b.rope(o, {88, 500000.0F, {}}, position);
            },
            4, 1);
    for (const std::int64_t position : {0, 8191, 10'000'000})
        compare(
            "halves " + std::to_string(position), x.rows,
            [&](Backend& b, Rows o) {
                b.rope(o, {88, 500000.0F, {}, RopePairs::halves}, position);
            },
            4, 1);
    Values patches(17, 4 * 88, 1);
    compare(
        "patches", patches.rows,
        [&](Backend& b, Rows o) {
            b.rope2d(o, {88, 4, 10000.0F});
        },
        4, 1);
}

TEST(BackendTest, mixesExperts)
{
    for (const TensorType type : {TensorType::f16, TensorType::q8_0}) {
        const Weights router(TensorType::f32, 64, 6);
        const Weights gate(type, 64, 96, 6);
        const Weights up(type, 64, 96, 6);
        const Weights down(type, 96, 64, 6);
        const FfnWeights all{gate.matrix, up.matrix, down.matrix};
        const FfnWeights shared{gate.matrix.slice(1), up.matrix.slice(2), down.matrix.slice(3)};
        for (const std::int64_t used : {1, 3, 6}) {
            for (const std::int64_t tokens : {1, 2, 50}) {
                const Values in(tokens, 64, 9, 0.1F);
                Values out(tokens, 64, 0);
                const double size = longest(gate.matrix) * longest(in.data.data(), tokens, 64);
                compare(
                    fmt::format("{} of 6 experts, {} tokens", used, tokens), out.rows,
                    [&](Backend& b, Rows o) {
                        b.moe(o, {router.matrix, all, shared, used}, in.rows, nullptr);
                    },
                    size * size * longest(down.matrix) * static_cast<double>(used + 1), 12);
                compare(
                    "dense", out.rows, [&](Backend& b, Rows o) { b.ffn(o, shared, in.rows); },
                    size * size * longest(down.matrix), 12);
            }
        }
    }
}

TEST(BackendTest, rotatesHalvesAsItRotatesAdjacentPairs)
{
    constexpr std::int64_t kHeadDim = 12;
    Values adjacent(3, 2 * kHeadDim, 7);
    Values halves = adjacent;
    const auto reorder = [&](Values& from, Values& to) { // pair j: from 2j, 2j + 1 to j, j + half
        for (std::int64_t i = 0; i < 3 * 2 * kHeadDim; ++i) {
            const std::int64_t inHead = i % kHeadDim;
            to.data[i - inHead + inHead / 2 + inHead % 2 * kHeadDim / 2] = from.data[i];
        }
    };
    reorder(adjacent, halves);
    const auto backend = createCpuBackend({1, SimdLevel::scalar});
    const auto rows = [](Values& values) { return Rows{values.data.data(), 3, 2 * kHeadDim}; };
    backend->rope(rows(adjacent), {kHeadDim, 10000.0F}, 5);
    backend->rope(rows(halves), {kHeadDim, 10000.0F, {}, RopePairs::halves}, 5);
    Values expected = halves;
    reorder(adjacent, expected);
    CHECK(halves.data == expected.data);
    CHECK(halves.data != adjacent.data);
}

TEST(BackendTest, mixesExpertsByTheSoftmaxOfTheirLogits)
{
    const Weights router(TensorType::f32, 64, 7);
    const Weights gate(TensorType::f16, 64, 40, 7);
    const Weights up(TensorType::f16, 64, 40, 7);
    const Weights down(TensorType::f16, 40, 64, 7);
    const FfnWeights all{gate.matrix, up.matrix, down.matrix};
    const FfnWeights shared{gate.matrix.slice(1), up.matrix.slice(2), down.matrix.slice(3)};
    for (const bool withShared : {false, true}) {
        for (const std::int64_t used : {1, 3, 7}) {
            for (const std::int64_t tokens : {1, 2, 50}) {
                const MoeWeights weights{router.matrix, all, withShared ? shared : FfnWeights{},
                    used, Gating::softmaxOfOutput};
                const Values in(tokens, 64, 9, 0.1F);
                Values out(tokens, 64, 1); // whatever `out` held must not show
                const double size = longest(gate.matrix) * longest(in.data.data(), tokens, 64);
                compare(
                    fmt::format("{} of 7 experts, {} tokens", used, tokens), out.rows,
                    [&](Backend& b, Rows o) { b.moe(o, weights, in.rows, nullptr); },
                    size * size * longest(down.matrix) * 2, 12);
            }
        }
    }
}

TEST(BackendTest, oneExpertOfOneIsItsPlainOutput)
{
    const Weights router(TensorType::f32, 64, 5);
    const Weights gate(TensorType::f32, 64, 40, 5);
    const Weights up(TensorType::f32, 64, 40, 5);
    const Weights down(TensorType::f32, 40, 64, 5);
    const MoeWeights weights{
        router.matrix, {gate.matrix, up.matrix, down.matrix}, {}, 1, Gating::softmaxOfOutput};
    const Values in(1, 64, 9, 0.1F);
    Values mixed(1, 64, 1);
    Values plain(1, 64, 2);
    const auto backend = createCpuBackend({1, SimdLevel::scalar});
    Routing routing;
    backend->moe({mixed.data.data(), 1, 64}, weights, in.rows, &routing);
    REQUIRE(routing.experts.size() == 1);
    const std::int64_t e = routing.experts[0];
    backend->ffn({plain.data.data(), 1, 64},
        {gate.matrix.slice(e), up.matrix.slice(e), down.matrix.slice(e)}, in.rows);
    CHECK(mixed.data == plain.data); // the softmax of one logit is 1
}

TEST(BackendTest, stopsEarlyWhenAsked)
{
    std::stop_source stop;
    stop.request_stop();
    const auto backend = createCpuBackend({2, {}});
    backend->setStopToken(stop.get_token());
    const auto result = backend->synchronize();
    CHECK(!result && result.error().code == ErrorCode::cancelled);
    backend->setStopToken({});
    CHECK(backend->synchronize().has_value());
}

TEST(BackendTest, refusesMemoryThatIsNotThere)
{
    const auto backend = createCpuBackend({1, {}});
    const auto whole = backend->allocate(std::uint64_t{1} << 46U);
    CHECK(!whole && whole.error().code == ErrorCode::outOfMemory);
    const auto beyond = backend->reserve(std::uint64_t{1} << 60U);
    CHECK(!beyond && beyond.error().code == ErrorCode::outOfMemory);
}
