// SPDX-License-Identifier: Apache-2.0
// Packed weights: products against sums in double over inputs rounded as the kernels promise, bits
// that do not depend on what goes together, and whole models within their reference's tolerances.
#include "inference/cpu/packed.h"

#include "inference/cpu/cpu_backend.h"
#include "inference/dequantize.h"
#include "inference/half.h"
#include "inference/models/text_model.h"
#include "tests/inference/golden.h"
#include "tests/inference/test.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <random>

using namespace lectern::inference;
using lectern::test::golden;

namespace {

constexpr std::array kTypes{TensorType::f32, TensorType::f16, TensorType::bf16, TensorType::q8_0,
    TensorType::q4_0, TensorType::q4_k, TensorType::q5_k, TensorType::q6_k, TensorType::q4_1,
    TensorType::q5_0, TensorType::q5_1, TensorType::iq4_nl, TensorType::mxfp4, TensorType::q2_k,
    TensorType::q3_k, TensorType::iq4_xs};
constexpr std::int64_t kExact = 8;  // tokens up to which 16-bit weights are computed in f32
constexpr std::int64_t kBytes = 20; // and quantised ones by bytes, where there is AMX
constexpr std::int64_t kMost = 70;  // tokens in these tests

std::vector<SimdLevel> levels()
{
    std::vector<SimdLevel> all;
    for (const SimdLevel level : {SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
        if (level <= detectedSimdLevel())
            all.push_back(level);
    }
    return all;
}

std::unique_ptr<Backend> packing(SimdLevel level, int threads = 2)
{
    return createCpuBackend({.threads = threads, .level = level, .packWeights = true});
}

// Weights of any type with sensible scales, as a tensor of a file.
struct Tensor {
    std::vector<std::byte> bytes;
    TensorView view;
    Tensor(TensorType type, std::int64_t columns, std::int64_t rows, std::int64_t slices = 1)
    {
        const auto layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        const std::int64_t blocks = columns / layout.blockValues * rows * slices;
        bytes.resize(static_cast<std::size_t>(blocks * layout.blockBytes));
        std::mt19937 random(static_cast<unsigned>(type) + 7);
        std::normal_distribution<float> normal;
        for (std::int64_t b = 0; b < blocks; ++b) {
            std::byte* block = bytes.data() + b * layout.blockBytes;
            for (std::uint32_t i = 0; i < layout.blockBytes; ++i)
                block[i] = static_cast<std::byte>(random());
            const auto putHalf = [&](std::size_t at, float value) {
                const std::uint16_t half = floatToHalf(value);
                std::memcpy(block + at, &half, sizeof half);
            };
            const float value = normal(random);
            if (type == TensorType::f32) {
                std::memcpy(block, &value, sizeof value);
            } else if (type == TensorType::bf16) {
                std::uint32_t bits = 0;
                std::memcpy(&bits, &value, sizeof bits);
                const auto upper = static_cast<std::uint16_t>(bits >> 16U);
                std::memcpy(block, &upper, sizeof upper);
            } else if (type == TensorType::f16) {
                putHalf(0, value);
            } else if (type == TensorType::mxfp4) {
                block[0] = static_cast<std::byte>(118 + random() % 6);
            } else {
                const std::size_t scale = type == TensorType::q6_k ? 208
                    : type == TensorType::q3_k                     ? 108
                    : type == TensorType::q2_k                     ? 80
                                                                   : 0;
                putHalf(scale, 0.01F * value);
                const bool mins = type == TensorType::q4_k || type == TensorType::q5_k
                    || type == TensorType::q4_1 || type == TensorType::q5_1
                    || type == TensorType::q2_k;
                if (mins)
                    putHalf(scale + 2, 0.01F * std::abs(value));
            }
        }
        view.data = bytes.data();
        view.type = type;
        view.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows),
            static_cast<std::uint64_t>(slices), 1};
        view.rowBytes = bytes.size() / static_cast<std::size_t>(rows * slices);
    }
    [[nodiscard]] std::vector<float> row(std::int64_t index) const
    {
        std::vector<float> values(view.dims[0]);
        CHECK(dequantizeRow(
            view.type, bytes.data() + index * view.rowBytes, values.data(), values.size()));
        return values;
    }
};

std::vector<float> normals(std::int64_t count, unsigned seed)
{
    std::vector<float> values(static_cast<std::size_t>(count));
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (float& value : values)
        value = normal(random);
    return values;
}

float toBfloat(float value)
{
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x7fffU + (bits >> 16U & 1U)) & 0xffff0000U;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

// What the kernels promise to make of the inputs.
enum class Rounding { none, bfloat, bytes };

Rounding roundingOf(TensorType type, SimdLevel level, std::int64_t tokens)
{
    if (type == TensorType::f32)
        return Rounding::none;
    if (type != TensorType::f16 && type != TensorType::bf16)
        return level == SimdLevel::amx && tokens > kBytes ? Rounding::bfloat : Rounding::bytes;
    const bool bfloats = level == SimdLevel::amx
        || (level == SimdLevel::avx512
            && packing(level)->description().find("BF16") != std::string::npos);
    return tokens > kExact && bfloats ? Rounding::bfloat : Rounding::none;
}

std::vector<float> rounded(std::vector<float> values, Rounding rounding)
{
    if (rounding == Rounding::bfloat) {
        for (float& value : values)
            value = toBfloat(value);
    }
    if (rounding == Rounding::bytes) {
        for (std::size_t first = 0; first < values.size(); first += 32) {
            float most = 0;
            for (std::size_t i = first; i < first + 32; ++i)
                most = std::max(most, std::abs(values[i]));
            for (std::size_t i = first; i < first + 32; ++i)
                values[i] =
                    most > 0 ? std::nearbyint(values[i] * (127.0F / most)) * (most / 127.0F) : 0.0F;
        }
    }
    return values;
}

} // namespace

TEST(PackedTest, takesTheBytesOfTheFileAndEveryOneOnce)
{
    for (const TensorType type : kTypes) {
        const Tensor tensor(type, 512, 16);
        const std::int64_t size = packedGroupBytes(type, 512);
        CHECK(size == static_cast<std::int64_t>(tensor.bytes.size()));
        std::vector<std::byte> packed(static_cast<std::size_t>(size));
        packGroup(type, tensor.bytes.data(), static_cast<std::int64_t>(tensor.view.rowBytes), 16,
            512, packed.data());
        std::vector<std::byte> sorted = tensor.bytes;
        std::sort(sorted.begin(), sorted.end());
        std::sort(packed.begin(), packed.end());
        CHECK_ROW(packed == sorted, std::to_string(static_cast<int>(type)));
    }
}

TEST(PackedTest, multipliesByInputsRoundedAsPromised)
{
    for (const TensorType type : kTypes) {
        const auto layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        const std::int64_t columns = layout.blockValues == 1 ? 333 : 512;
        for (const std::int64_t rows : {1, 16, 17, 47, 96}) {
            const Tensor tensor(type, columns, rows);
            const std::vector<float> bias = normals(rows, 3);
            for (const SimdLevel level : levels()) {
                const auto backend = packing(level);
                const auto weights = backend->matrix(tensor.view);
                REQUIRE(weights.has_value());
                CHECK(weights->packed);
                for (const std::int64_t tokens : {1, 2, 6, 7, 8, 9, 13, 25, 70}) {
                    std::vector<float> in = normals(tokens * columns, 5);
                    std::vector<float> out(static_cast<std::size_t>(tokens * rows), NAN);
                    backend->matmul({out.data(), tokens, rows}, *weights,
                        {in.data(), tokens, columns}, {bias.data(), rows});
                    const Rounding rounding = roundingOf(type, level, tokens);
                    double worst = 0; // relative to the size of what is summed
                    for (std::int64_t r = 0; r < rows; ++r) {
                        std::vector<float> row = tensor.row(r);
                        if (rounding == Rounding::bfloat)
                            row = rounded(std::move(row), rounding);
                        for (std::int64_t t = 0; t < tokens; ++t) {
                            const std::vector<float> x =
                                rounded({in.begin() + t * columns, in.begin() + (t + 1) * columns},
                                    rounding);
                            double sum = bias[static_cast<std::size_t>(r)];
                            double size = std::abs(sum);
                            for (std::int64_t i = 0; i < columns; ++i) {
                                sum += static_cast<double>(row[i]) * x[i];
                                size += std::abs(static_cast<double>(row[i]) * x[i]);
                            }
                            const double got = out[static_cast<std::size_t>(t * rows + r)];
                            worst = std::isfinite(got) ? std::max(worst, std::abs(got - sum) / size)
                                                       : INFINITY;
                        }
                    }
                    // A quantised weight between two bfloats may go either way: the scale's last
                    // bit decides.
                    const bool unpacked = rounding == Rounding::bfloat && layout.blockValues > 1;
                    CHECK_ROW(worst <= (unpacked ? 2e-5 : 2e-6),
                        fmt::format("{}, {} rows, {} tokens, level {}: {}", layout.name, rows,
                            tokens, static_cast<int>(level), worst));
                }
            }
        }
    }
}

TEST(PackedTest, bitsDoNotDependOnTokensOrThreadsThatGoTogether)
{
    const std::int64_t columns = 1024;
    const std::int64_t rows = 83;
    for (const TensorType type : kTypes) {
        const Tensor tensor(type, columns, rows);
        for (const SimdLevel level : levels()) {
            const std::vector<float> in = normals(kMost * columns, 11);
            const auto product = [&](std::int64_t first, std::int64_t tokens, int threads) {
                const auto backend = packing(level, threads);
                const auto weights = backend->matrix(tensor.view);
                std::vector<float> out(static_cast<std::size_t>(tokens * rows));
                std::vector<float> part(
                    in.begin() + first * columns, in.begin() + (first + tokens) * columns);
                if (weights)
                    backend->matmul(
                        {out.data(), tokens, rows}, *weights, {part.data(), tokens, columns});
                return out;
            };
            // Whether so many are computed like one.
            const bool halves = type == TensorType::f16 || type == TensorType::bf16;
            const auto alike = [&](std::int64_t tokens) {
                return halves ? tokens <= kExact
                              : roundingOf(type, level, tokens) == roundingOf(type, level, 1);
            };
            const std::vector<float> all = product(0, kMost, 2);
            const std::vector<float> few = product(0,
                alike(kMost)        ? kMost
                    : alike(kBytes) ? kBytes
                                    : kExact,
                2);
            for (const std::int64_t tokens : {1, 2, 3, 7, 8, 9, 20, 21, 31}) {
                const std::vector<float>& expected = alike(tokens) ? few : all;
                const std::vector<float> got = product(0, tokens, 3);
                CHECK_ROW(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)) == 0,
                    fmt::format("type {}, {} tokens, level {}", static_cast<int>(type), tokens,
                        static_cast<int>(level)));
            }
            const std::vector<float> last = product(7, 1, 1);
            CHECK(
                std::memcmp(last.data(), few.data() + 7 * rows, last.size() * sizeof(float)) == 0);
        }
    }
}

TEST(PackedTest, quantisedBitsDoNotDependOnTheInstructions)
{
    const std::int64_t rows = 40;
    for (const TensorType type : kTypes) {
        if (type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16)
            continue;
        const auto block = tensorTypeInfo(static_cast<std::uint32_t>(type))->blockValues;
        const std::int64_t columns = block == 32 ? 736 : 768; // 23 blocks: no even number
        const Tensor tensor(type, columns, rows);
        for (const std::int64_t tokens : {1, 9, 20, 41}) {
            std::vector<float> in = normals(tokens * columns, 4);
            std::vector<float> expected; // of AVX2
            for (const SimdLevel level : levels()) {
                const auto backend = packing(level);
                const auto weights = backend->matrix(tensor.view);
                REQUIRE(weights.has_value());
                std::vector<float> out(static_cast<std::size_t>(tokens * rows));
                backend->matmul({out.data(), tokens, rows}, *weights, {in.data(), tokens, columns});
                if (roundingOf(type, level, tokens) != Rounding::bytes)
                    continue;
                if (expected.empty())
                    expected = out;
                CHECK_ROW(out == expected,
                    fmt::format("type {}, {} tokens, level {}", static_cast<int>(type), tokens,
                        static_cast<int>(level)));
            }
        }
    }
}

TEST(PackedTest, mixesExpertsAsUnpackedWeightsDo)
{
    const Tensor router(TensorType::f32, 64, 6);
    const Tensor gate(TensorType::f32, 64, 96, 6);
    const Tensor up(TensorType::f32, 64, 96, 6);
    const Tensor down(TensorType::f32, 96, 64, 6);
    for (const SimdLevel level : levels()) {
        for (const std::int64_t tokens : {1, 2, 50}) {
            std::vector<float> in = normals(tokens * 64, 9);
            std::vector<float> results[2];
            for (const bool packed : {false, true}) {
                const auto backend =
                    createCpuBackend({.threads = 2, .level = level, .packWeights = packed});
                const auto take = [&](const Tensor& tensor) {
                    return backend->matrix(tensor.view).value_or(Matrix{});
                };
                const FfnWeights all{take(gate), take(up), take(down)};
                const MoeWeights weights{
                    take(router), all, {all.gate.slice(1), all.up.slice(2), all.down.slice(3)}, 2};
                results[packed].resize(in.size());
                backend->moe({results[packed].data(), tokens, 64}, weights, {in.data(), tokens, 64},
                    nullptr);
            }
            float largest = 0;
            float worst = 0;
            for (std::size_t i = 0; i < in.size(); ++i) {
                largest = std::max(largest, std::abs(results[0][i]));
                worst = std::max(worst, std::abs(results[0][i] - results[1][i]));
            }
            CHECK_ROW(worst <= 1e-5F * largest, fmt::format("{} of {}", worst, largest));
        }
    }
}

TEST(PackedTest, quantisedModelStaysWithinItsTolerance)
{
    const nlohmann::json reference = lectern::test::readJson(golden("quant-model/Q4_K_M.json"));
    const std::vector<float> logits =
        lectern::test::readF32(golden("quant-model/Q4_K_M.logits.f32"));
    for (const SimdLevel level : levels()) {
        const auto backend = packing(level);
        const auto file = ModelFile::open(golden("quant-model/Q4_K_M.gguf"));
        REQUIRE(file.has_value());
        const auto model = TextModel::load(**file, *backend);
        REQUIRE(model.has_value());
        const auto vocabulary = static_cast<std::size_t>((*model)->graph().vocabulary);
        double squares = 0;
        std::size_t count = 0;
        for (const nlohmann::json& prompt : reference["prompts"]) {
            const auto ids = prompt["ids"].get<std::vector<std::int32_t>>();
            auto kv = (*model)->createKvCache(KvType::f32, static_cast<std::int64_t>(ids.size()));
            REQUIRE(kv.has_value());
            ForwardRequest request;
            request.tokens = ids;
            request.logits = LogitsOf::all;
            const auto got = (*model)->forward(*kv, request);
            REQUIRE(got.has_value());
            const std::size_t row = prompt.value("logits_row", 0);
            for (std::size_t t = 0; t < ids.size(); ++t) {
                const float* expected = logits.data() + (row + t) * vocabulary;
                const float* mine = got->data() + t * vocabulary;
                for (std::size_t i = 0; i < vocabulary; ++i)
                    squares +=
                        (static_cast<double>(mine[i]) - expected[i]) * (mine[i] - expected[i]);
                count += vocabulary;
                const auto best = std::max_element(expected, expected + vocabulary) - expected;
                float second = -INFINITY;
                for (std::size_t i = 0; i < vocabulary; ++i)
                    second = static_cast<std::ptrdiff_t>(i) == best ? second
                                                                    : std::max(second, expected[i]);
                const auto chosen = std::max_element(mine, mine + vocabulary) - mine;
                CHECK_ROW(expected[best] - second <= 1.5F || chosen == best,
                    fmt::format("position {}", t));
            }
        }
        const double rms = std::sqrt(squares / static_cast<double>(count));
        CHECK_ROW(rms <= 0.3, std::to_string(rms));
    }
}
