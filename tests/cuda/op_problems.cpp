// SPDX-License-Identifier: Apache-2.0
// Solving problems twice, comparing.
#include "tests/cuda/op_problems.h"

#include "inference/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace lectern::test {

namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

// Activations as the fast products of few rows round them: 32 to a scale, to signed bytes.
Values roundedToBytes(Values values)
{
    for (std::size_t at = 0; at < values.data.size(); at += 32) {
        float largest = 0;
        for (std::size_t i = at; i < at + 32; ++i)
            largest = std::max(largest, std::abs(values.data[i]));
        for (std::size_t i = at; i < at + 32 && largest > 0; ++i)
            values.data[i] = largest / 127.0F * std::nearbyint(values.data[i] * (127.0F / largest));
    }
    return values;
}

Values roundedToBfloats(Values values)
{
    for (float& value : values.data)
        value = bfloat16ToFloat(floatToBfloat16(value));
    return values;
}

double longest(const std::vector<float>& data, std::int64_t width)
{
    double most = 0;
    for (std::size_t at = 0; at < data.size(); at += static_cast<std::size_t>(width)) {
        double squares = 0;
        for (std::int64_t i = 0; i < width; ++i)
            squares += std::pow(static_cast<double>(data[at + static_cast<std::size_t>(i)]), 2);
        most = std::max(most, std::sqrt(squares));
    }
    return most;
}

double worstDifference(const std::vector<float>& got, const std::vector<float>& expected)
{
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
        worst = std::isfinite(got[i])
            ? std::max(worst, std::abs(static_cast<double>(got[i]) - expected[i]))
            : INFINITY;
    return worst;
}

std::vector<float> multiplied(
    Backend& backend, const WeightBits& weights, const Values& in, const Values* bias)
{
    Side side(backend);
    const Rows out = side.rows(Values(in.count, weights.rows, 4));
    backend.matmul(out, side.matrix(weights), side.rows(in), bias ? side.vector(*bias) : Vector{});
    return side.read(out);
}

} // namespace

void compareOp(const std::string& name, const Shape& shape, bool exact, const Op& op)
{
    const Values start(shape.count, shape.width, 4);
    const auto solve = [&](Backend& backend) {
        Side side(backend);
        side.out = side.rows(start);
        op(side);
        CHECK_ROW(backend.synchronize().has_value(), name);
        return side.read(side.out);
    };
    const double worst = worstDifference(solve(underTest(exact)), solve(reference()));
    CHECK_ROW(worst <= shape.size * kEpsilon * 4, fmt::format("{}: {}", name, worst));
}

void compareProduct(const WeightBits& weights, std::int64_t tokens, bool exact)
{
    const Values in(tokens, weights.columns, 5);
    const Values bias(1, weights.rows, 3);
    const Values* added = tokens % 2 ? &bias : nullptr;
    const bool few = tokens <= kDecodeRows;
    // What the fast products round is rounded for the reference too, so that both agree as closely
    // as exact ones.
    const bool bytes = !exact && few && inBytes(weights.type);
    const bool bfloats = !exact && !few && weights.type != TensorType::f32;
    const Values seen = bytes ? roundedToBytes(in) : bfloats ? roundedToBfloats(in) : in;
    const std::vector<float> expected =
        multiplied(reference(), bfloats ? weights.decoded(true) : weights, seen, added);
    const std::vector<float> got = multiplied(underTest(exact), weights, in, added);
    const WeightBits floats = weights.decoded(false);
    std::vector<float> decoded(floats.bytes.size() / sizeof(float));
    std::memcpy(decoded.data(), floats.bytes.data(), floats.bytes.size());
    const double size = longest(decoded, weights.columns) * longest(in.data, in.width) + 8;
    const double worst = worstDifference(got, expected);
    CHECK_ROW(
        worst <= size * kEpsilon * std::sqrt(static_cast<double>(weights.columns) / 8 + 1) * 4,
        fmt::format("{} {}x{}, {} tokens{}: {}", nameOf(weights.type), weights.rows,
            weights.columns, tokens, exact ? ", exact" : "", worst));
}

void compareExperts(const ExpertCase& c, bool exact)
{
    const std::int64_t hidden = c.type == TensorType::q4_k ? 256 : 64;
    const std::int64_t width = c.type == TensorType::q4_k ? 256 : 96;
    const WeightBits router(TensorType::f32, hidden, 6);
    const WeightBits gate(c.type, hidden, width, 6, 11);
    const WeightBits up(c.type, hidden, width, 6, 12);
    const WeightBits down(c.type, width, hidden, 6, 13);
    const Values in(c.tokens, hidden, 9, 0.1F);
    Routing routes[2];
    const auto solve = [&](Backend& backend, Routing* routing) {
        Side side(backend);
        const FfnWeights all{side.matrix(gate), side.matrix(up), side.matrix(down)};
        MoeWeights weights{side.matrix(router), all, {}, c.used, c.gating};
        if (c.withShared)
            weights.shared = {all.gate.slice(1), all.up.slice(2), all.down.slice(3)};
        const Rows out = side.rows(Values(c.tokens, hidden, 1));
        backend.moe(out, weights, side.rows(in), routing);
        return side.read(out);
    };
    const std::vector<float> expected = solve(reference(), &routes[0]);
    const std::vector<float> got = solve(underTest(exact), &routes[1]);
    const std::string row = fmt::format("{}, {} of 6 experts, {} tokens, gating {}{}{}",
        nameOf(c.type), c.used, c.tokens, static_cast<int>(c.gating),
        c.withShared ? ", shared" : "", exact ? ", exact" : "");
    CHECK_ROW(routes[0].experts == routes[1].experts, row);
    CHECK_ROW(
        solve(underTest(exact), nullptr) == got, row); // asking for the routing changes nothing
    double squares = 0;
    double errors = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        squares += static_cast<double>(expected[i]) * expected[i];
        errors += std::pow(static_cast<double>(got[i]) - expected[i], 2);
    }
    // Rounded: inputs are off by 2^-8 of the largest of 32 at most, twice on the way; exact: sums
    // of some hundred products.
    const double off = std::sqrt(errors / squares);
    CHECK_ROW(off <= (exact ? 1e-6 : 0.02), fmt::format("{}: {}", row, off));
}

void compareStoring(KvType type, std::int64_t headDim)
{
    Values values(5, 3 * headDim, 8);
    for (std::size_t i = 0; i < values.data.size(); ++i)
        values.data[i] *= i % 7 == 0 ? 1e6F : i % 5 == 0 ? 1e-9F : 1.0F;
    std::fill_n(values.data.begin(), headDim, 0.0F);
    const auto solve = [&](Backend& backend) {
        Side side(backend);
        const KvRows stored = side.cache(type, 3, headDim, values);
        const std::int64_t bytes = 5 * stored.rowBytes();
        std::vector<float> words =
            side.read({reinterpret_cast<float*>(stored.data), 1, (bytes + 3) / 4});
        std::vector<std::byte> got(static_cast<std::size_t>(bytes));
        std::memcpy(got.data(), words.data(), got.size());
        return got;
    };
    CHECK_ROW(solve(underTest(false)) == solve(reference()),
        fmt::format("{} d {}", kvTypeName(type), headDim));
}

namespace {

std::vector<float> attended(
    Backend& backend, const AttentionCase& c, KvType type, std::int64_t first, std::int64_t count)
{
    Side side(backend);
    const Values q(c.tokens, c.heads * c.d, 1);
    const KvRows keys = side.cache(type, c.kvHeads, c.d, Values(c.keys, c.kvHeads * c.d, 2));
    const KvRows values = side.cache(type, c.kvHeads, c.d, Values(c.keys, c.kvHeads * c.d, 3));
    AttentionParams params;
    params.heads = c.heads;
    params.kvHeads = c.kvHeads;
    params.headDim = c.d;
    params.scale = 1.0F / std::sqrt(static_cast<float>(c.d));
    params.mask = c.mask;
    params.keyCount = c.keys;
    params.firstKey = c.firstKey;
    params.firstPosition = c.firstKey + c.keys - c.tokens + first;
    params.chunk = c.chunk;
    const Rows out = side.rows(Values(count, q.width, 5));
    backend.attention(out, side.rows(q).slice(first, count), keys, values, params);
    CHECK(backend.synchronize().has_value());
    return side.read(out);
}

std::string nameOf(const AttentionCase& c, KvType type)
{
    return fmt::format("{}: {} heads, {} kv, d {}, {} tokens, {} keys, chunk {}", kvTypeName(type),
        c.heads, c.kvHeads, c.d, c.tokens, c.keys, c.chunk);
}

} // namespace

void compareAttention(const AttentionCase& c, KvType type, bool exact)
{
    const auto expected = attended(reference(), c, type, 0, c.tokens);
    const double worst =
        worstDifference(attended(underTest(exact), c, type, 0, c.tokens), expected);
    // Exact: values up to 5; scores, of length-d dots, enter as their exponent. In bfloats: 2^-9 in
    // every factor and weight, as tests/inference/attention_test.cpp derives it.
    const double bound = exact ? 20 * 4 * kEpsilon * std::sqrt(static_cast<double>(c.d))
                               : 5 * 6 * std::sqrt(4.0 / 3) / 512;
    CHECK_ROW(
        worst <= bound, fmt::format("{}{}: {}", nameOf(c, type), exact ? ", exact" : "", worst));
    CHECK_ROW(exact || worst > 0, nameOf(c, type)); // else it did not round
}

void checkRowsAlone(TensorType type)
{
    const WeightBits weights(type, 3 * std::max<std::int64_t>(blockOf(type), 32), 21);
    const Values in(kDecodeRows, weights.columns, 5);
    const std::vector<float> together = multiplied(underTest(false), weights, in, nullptr);
    for (std::int64_t t = 0; t < in.count; ++t) {
        Values one(1, in.width, 1);
        std::copy_n(in.data.begin() + t * in.width, in.width, one.data.begin());
        const std::vector<float> alone = multiplied(underTest(false), weights, one, nullptr);
        CHECK_ROW(std::memcmp(alone.data(), together.data() + t * weights.rows,
                      alone.size() * sizeof(float))
                == 0,
            fmt::format("{} row {}", nameOf(type), t));
    }
}

void checkTokensAlone(const AttentionCase& c, KvType type)
{
    const std::vector<float> together = attended(underTest(false), c, type, 0, c.tokens);
    for (std::int64_t t = 0; t < c.tokens; ++t) {
        const std::vector<float> alone = attended(underTest(false), c, type, t, 1);
        CHECK_ROW(std::memcmp(alone.data(), together.data() + t * c.heads * c.d,
                      alone.size() * sizeof(float))
                == 0,
            fmt::format("{} token {}", nameOf(c, type), t));
    }
}

void checkFusion(
    const std::string& name, TensorType type, const std::function<void(FusionCase&)>& ops)
{
    constexpr std::int64_t kWidth = 256;
    const WeightBits square(type, kWidth, kWidth);
    const WeightBits router(TensorType::f32, kWidth, 6);
    const WeightBits experts(type, kWidth, kWidth, 6, 11);
    for (const std::int64_t tokens : {1, 3, 20}) {
        std::vector<float> results[2];
        for (const bool pausing : {false, true}) {
            Side side(underTest(false));
            FusionCase on{side.backend, {}, {}, {}, {}, {}, {}, {}, {}};
            unsigned seed = 1;
            for (Rows* rows : {&on.hidden, &on.normed, &on.delta, &on.other})
                *rows = side.rows(Values(tokens, kWidth, ++seed));
            on.pause = [&] {
                if (pausing)
                    CHECK(side.backend.synchronize().has_value());
            };
            on.weight = side.vector(Values(1, kWidth, 9));
            on.square = side.matrix(square);
            const Matrix all = side.matrix(experts);
            on.experts = {
                side.matrix(router), {all, all, all}, {on.square, on.square, on.square}, 2};
            ops(on);
            for (const Rows& rows : {on.hidden, on.normed, on.delta, on.other}) {
                const std::vector<float> values = side.read(rows);
                results[pausing].insert(results[pausing].end(), values.begin(), values.end());
            }
        }
        CHECK_ROW(
            std::memcmp(results[0].data(), results[1].data(), results[0].size() * sizeof(float))
                == 0,
            fmt::format("{}, {}, {} tokens", name, nameOf(type), tokens));
    }
}

int runOnCuda(int argc, char** argv)
{
    const auto backend = cudaUnderTest(false);
    if (!backend) {
        std::printf("SKIP: %s\n", backend.error().message.c_str());
        return 77; // ctest's SKIP_RETURN_CODE
    }
    std::printf("On: %s (%s)\n", whatIsTested(), (*backend)->description().c_str());
    return run(argc, argv);
}

} // namespace lectern::test
