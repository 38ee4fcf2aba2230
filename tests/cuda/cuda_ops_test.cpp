// SPDX-License-Identifier: Apache-2.0
// Every op of the CUDA backend against the scalar reference, per shape and type: exact in f32, and
// with the rounding of the fast products.
#include "inference/cpu/cpu_backend.h"
#include "tests/cuda/op_problems.h"

#include <cstring>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// Both arithmetics, or nothing where there is no device.
std::vector<bool> arithmetics()
{
    return {true, false};
}

} // namespace

TEST(CudaOpsTest, embedsExactly)
{
    const std::vector<std::int32_t> ids{4, 0, 2, 4};
    for (const TensorType type : allTypes()) {
        const WeightBits table(type, 3 * blockOf(type), 5);
        compareOp(fmt::format("embed {}", nameOf(type)), {4, table.columns, 0}, true,
            [&](Side& on) { on.backend.embed(on.out, on.table(table), ids); });
    }
}

TEST(CudaOpsTest, multipliesFewRowsByEveryTypeOfWeights)
{
    for (const bool exact : arithmetics()) {
        for (const TensorType type : allTypes()) {
            for (const std::int64_t blocks : {1, 5, 37}) {
                const std::int64_t columns = blocks * blockOf(type);
                if (columns > 2048 && blocks > 5)
                    continue;
                for (const std::int64_t rows : {1, 37}) {
                    const WeightBits weights(type, columns, rows);
                    for (const std::int64_t tokens : {1, 2, 8})
                        compareProduct(weights, tokens, exact);
                }
            }
        }
    }
}

TEST(CudaOpsTest, multipliesManyRowsByEveryTypeOfWeights)
{
    for (const bool exact : arithmetics()) {
        for (const TensorType type : allTypes()) {
            const std::int64_t blocks = blockOf(type) == 256 ? 1 : blockOf(type) == 1 ? 97 : 5;
            const WeightBits weights(type, blocks * blockOf(type), 137);
            compareProduct(weights, 9, exact);
            if (type == TensorType::q4_k || type == TensorType::bf16)
                compareProduct(weights, 150, exact);
        }
    }
}

TEST(CudaOpsTest, aRowGetsTheSameBitsInEverySmallBatch)
{
    for (const TensorType type : {TensorType::f32, TensorType::f16, TensorType::q8_0,
             TensorType::q4_k, TensorType::q6_k, TensorType::q3_k})
        checkRowsAlone(type);
    for (const KvTypeName& type : kKvTypes)
        checkTokensAlone({5, 1, 24, kDecodeRows, 300, 0, 256, Mask::causal}, type.type);
}

// Ties, values that are no numbers, and rows of one, several and a great many tiles.
TEST(CudaOpsTest, findsTheLargestOfRows)
{
    for (const std::int64_t width : {1, 5, 64, 1000, 1024, 1025, 5000, 66'000}) {
        Values rows(3, width, 17);
        for (std::size_t i = 0; i < rows.data.size(); ++i) {
            float& value = rows.data[i];
            value = i % 3 == 0 ? std::nearbyint(value) : value; // a step of 1 makes ties, and -0
            value = i % 11 == 7 ? NAN : i % 97 == 9 ? INFINITY : i % 13 == 4 ? -INFINITY : value;
        }
        for (const std::int64_t k : {1, 2, 40, 64}) {
            if (k > width)
                continue;
            const auto solve = [&](Backend& backend) {
                Side side(backend);
                std::vector<TokenLogit> out(static_cast<std::size_t>(3 * k));
                backend.largest(out, side.rows(rows), k);
                CHECK(backend.synchronize().has_value());
                return out;
            };
            const auto expected = solve(reference());
            const auto got = solve(underTest(false));
            for (std::size_t i = 0; i < expected.size(); ++i)
                CHECK_ROW(got[i].id == expected[i].id && got[i].logit == expected[i].logit,
                    fmt::format("width {}, k {}, {}: {} ({}), not {} ({})", width, k, i, got[i].id,
                        got[i].logit, expected[i].id, expected[i].logit));
        }
    }
}

// Asking for a result runs what is held back: the same ops with and without that in between.
TEST(CudaOpsTest, opsThatGoTogetherGiveWhatTheyGiveAlone)
{
    for (const TensorType type : {TensorType::f32, TensorType::q4_k}) {
        checkFusion("norm, products, sum", type, [](FusionCase& on) {
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            on.backend.matmul(on.delta, on.square, on.normed);
            on.pause();
            on.backend.add(on.other, on.delta);
        });
        checkFusion("norm and several products", type, [](FusionCase& on) {
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            const Product products[] = {
                {on.delta, on.square, on.normed}, {on.other, on.square, on.normed}};
            on.backend.matmuls(products);
        });
        checkFusion("a product over its own norm's input", type, [](FusionCase& on) {
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            on.backend.matmul(on.hidden, on.square, on.normed);
        });
        checkFusion("a sum with what the product reads", type, [](FusionCase& on) {
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            on.backend.matmul(on.delta, on.square, on.normed);
            on.pause();
            on.backend.add(on.hidden, on.delta);
        });
        checkFusion("a whole layer", type, [](FusionCase& on) {
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            on.backend.ffn(on.delta, {on.square, on.square, on.square}, on.normed);
            on.pause();
            on.backend.add(on.hidden, on.delta);
            on.pause();
            on.backend.rmsNorm(on.normed, on.hidden, on.weight, 1e-5F);
            on.pause();
            on.backend.moe(on.delta, on.experts, on.normed, nullptr);
            on.pause();
            on.backend.add(on.hidden, on.delta);
        });
        checkFusion("heads", type, [](FusionCase& on) {
            const RopeParams rope{32, 10000.0F};
            on.backend.rope(on.hidden, rope, 5);
            on.pause();
            on.backend.rope(on.other, rope, 5);
            on.pause();
            on.backend.rmsNorm(on.hidden.reshaped(32), on.hidden.reshaped(32), {}, 1e-5F);
            on.pause();
            on.backend.scaleRows(on.hidden, std::vector<float>(on.hidden.count, 0.5F));
            on.pause();
            on.backend.storeKv({reinterpret_cast<std::byte*>(on.normed.data), KvType::f32,
                                   on.other.width / 32, 32},
                on.other);
            on.pause();
            on.backend.add(on.delta, on.hidden);
        });
    }
}

TEST(CudaOpsTest, goesRowByRow)
{
    for (const std::int64_t width : {1, 7, 33, 64, 513, 5120}) {
        const Values in(5, width, 1);
        const Values weight(1, width, 2);
        const Values bias(1, width, 3);
        const std::string row = std::to_string(width);
        const double size = 12 * std::sqrt(static_cast<double>(width) + 1);
        const Shape out{5, width, size};
        compareOp("rmsNorm " + row, out, true,
            [&](Side& on) { on.backend.rmsNorm(on.out, on.rows(in), on.vector(weight), 1e-5F); });
        compareOp("rmsNorm in place without weight " + row, out, true,
            [&](Side& on) { on.backend.rmsNorm(on.out, on.out, {}, 1e-5F); });
        if (width > 1) // the variance of one value is nothing but rounding
            compareOp("layerNorm " + row, {5, width, 4 * size}, true, [&](Side& on) {
                on.backend.layerNorm(
                    on.out, on.rows(in), on.vector(weight), on.vector(bias), 1e-5F);
            });
        compareOp("add " + row, {5, width, 0}, true,
            [&](Side& on) { on.backend.add(on.out, on.rows(in)); });
        compareOp("gelu " + row, {5, width, 6}, true, [&](Side& on) { on.backend.gelu(on.out); });
        const std::vector<float> factors{1.5F, -2, 0, 1, 0.25F};
        compareOp("scaleRows " + row, {5, width, 0}, true,
            [&](Side& on) { on.backend.scaleRows(on.out, factors); });
        const std::vector<std::int32_t> picks{3, 3, 0, 4, 1};
        compareOp("gatherRows " + row, {5, width, 0}, true,
            [&](Side& on) { on.backend.gatherRows(on.out, on.rows(in), picks); });
    }
}

TEST(CudaOpsTest, rotatesAtLargePositions)
{
    const Values factors(1, 44, 9, 0.1F);
    for (const std::int64_t position : {0, 8191, 10'000'000}) {
        for (const RopePairs pairs : {RopePairs::adjacent, RopePairs::halves}) {
            compareOp(fmt::format("rope at {}", position), {3, 4 * 88, 4}, true, [&](Side& on) {
                on.backend.rope(on.out, {88, 500000.0F, {}, pairs}, position);
            });
        }
    }
    compareOp("rope with factors", {3, 4 * 88, 4}, true, [&](Side& on) {
        on.backend.rope(on.out, {88, 500000.0F, on.vector(factors)}, 77);
    });
    compareOp("patches", {17, 4 * 88, 4}, true, [&](Side& on) {
        on.backend.rope2d(on.out, {88, 4, 10000.0F});
    });
}

TEST(CudaOpsTest, mixesExperts)
{
    for (const bool exact : arithmetics()) {
        for (const TensorType type : {TensorType::f16, TensorType::q8_0, TensorType::q4_k}) {
            for (const Gating gating : {Gating::sigmoidOfInput, Gating::softmaxOfOutput}) {
                for (const std::int64_t used : {1, 3, 6}) {
                    for (const std::int64_t tokens : {1, 3, 20}) {
                        // Slow: every number of both with halves, a few with the others.
                        if (isEmulated() && type != TensorType::f16 && used * tokens != 6
                            && used * tokens != 9 && used * tokens != 20)
                            continue;
                        compareExperts({type, gating, used, tokens, true}, exact);
                        if (gating == Gating::softmaxOfOutput)
                            compareExperts({type, gating, used, tokens, false}, exact);
                    }
                }
            }
        }
    }
}

TEST(CudaOpsTest, storesKeysAndValuesBitForBit)
{
    for (const KvTypeName& type : kKvTypes) {
        for (const std::int64_t headDim : {2, 20, 32, 88, 128})
            compareStoring(type.type, headDim);
    }
}

TEST(CudaOpsTest, attendsToEveryTypeOfCache)
{
    for (const KvTypeName& type : kKvTypes) {
        for (const std::int64_t d : {2, 20, 64, 88, 128})
            for (const std::int64_t tokens : {1, 3, 9})
                compareAttention({4, 2, d, tokens, 70, 0, 0, Mask::causal}, type.type);
        compareAttention({10, 2, 32, 1, 600, 0, 0, Mask::causal}, type.type);
        compareAttention({20, 2, 16, 2, 300, 0, 0, Mask::causal}, type.type); // two passes
        compareAttention({2, 2, 8, 33, 150, 0, 16, Mask::causal}, type.type); // several chunks
        compareAttention({2, 1, 8, 5, 150, 100, 64, Mask::causal}, type.type);
        compareAttention({2, 1, 8, 40, 150, 100, 64, Mask::causal}, type.type);
        compareAttention(
            {4, 2, 16, 3, 500, 10'000'000 / 8192 * 8192, 8192, Mask::causal}, type.type);
    }
    compareAttention({3, 3, 88, 70, 70, 0, 0, Mask::none}, KvType::f32);
    compareAttention({2, 1, 64, 4, 300, 0, 0, Mask::none}, KvType::f32);
    compareAttention({2, 1, 264, 2, 40, 0, 0, Mask::causal}, KvType::f16);
    compareAttention({2, 1, 264, 12, 40, 0, 0, Mask::causal}, KvType::f16);
}

TEST(CudaOpsTest, attendsInBfloats)
{
    for (const KvType type : {KvType::f16, KvType::q8_0, KvType::q4_0}) {
        for (const std::int64_t d : {20, 64, 88, 128})
            compareAttention({4, 2, d, 37, 150, 0, 0, Mask::causal}, type, false);
        compareAttention({2, 2, 16, 150, 150, 0, 16, Mask::causal}, type, false); // many chunks
        compareAttention({2, 1, 16, 70, 200, 100, 64, Mask::causal}, type, false);
    }
    compareAttention({2, 2, 32, 70, 70, 0, 0, Mask::none}, KvType::f16, false);
}

TEST(CudaOpsTest, growsAndShrinksMemoryInPlace)
{
    auto backend = cudaUnderTest(false);
    REQUIRE(backend.has_value());
    auto buffer = (*backend)->reserve(std::uint64_t{1} << 24U);
    REQUIRE(buffer.has_value());
    REQUIRE((*backend)->commit(*buffer, 1000).has_value());
    const Rows first{reinterpret_cast<float*>(buffer->data()), 1, 250};
    const std::vector<float> sevens(250, 7.0F);
    (*backend)->upload(first, sevens);
    REQUIRE((*backend)->commit(*buffer, std::uint64_t{6} << 20U).has_value());
    std::vector<float> got(250);
    (*backend)->download(got, first);
    CHECK(got == sevens); // not moved
    const Rows later{reinterpret_cast<float*>(buffer->data() + (std::uint64_t{5} << 20U)), 1, 250};
    (*backend)->download(got, later);
    CHECK(got == std::vector<float>(250, 0.0F)); // new memory is zero
    (*backend)->decommit(*buffer, 1000);
    CHECK(buffer->committed() >= 1000 && buffer->committed() < (std::uint64_t{6} << 20U));
    (*backend)->download(got, first);
    CHECK(got == sevens);
    CHECK((*backend)->synchronize().has_value());
}

TEST(CudaOpsTest, refusesMemoryThatIsNotThere)
{
    auto backend = cudaUnderTest(false);
    REQUIRE(backend.has_value());
    const auto whole = (*backend)->allocate(std::uint64_t{1} << 45U);
    CHECK(!whole && whole.error().code == ErrorCode::outOfMemory);
    CHECK((*backend)->synchronize().has_value()); // and goes on
}

TEST(CudaOpsTest, stopsEarlyWhenAsked)
{
    auto backend = cudaUnderTest(false);
    REQUIRE(backend.has_value());
    std::stop_source stop;
    stop.request_stop();
    (*backend)->setStopToken(stop.get_token());
    const auto result = (*backend)->synchronize();
    CHECK(!result && result.error().code == ErrorCode::cancelled);
    (*backend)->setStopToken({});
    CHECK((*backend)->synchronize().has_value());
}

int main(int argc, char** argv)
{
    return runOnCuda(argc, argv);
}
