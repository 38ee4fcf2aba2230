// SPDX-License-Identifier: Apache-2.0
// A small model 256k positions into its context: the fast backend against the scalar one, and
// replays from chunk boundaries, bit for bit.
#include "tests/inference/reference_model.h"

#include <cstring>
#include <fmt/format.h>
#include <random>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

constexpr std::int64_t kContext = 262'144;

// The chunks of 16 tokens make every fourth layer global and the others begin anew all the time.
const char* const kModel = "text/chunk16/model.gguf";

std::vector<std::int32_t> someIds(std::int64_t count)
{
    std::vector<std::int32_t> ids;
    std::uint32_t state = 7;
    for (std::int64_t i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        ids.push_back(static_cast<std::int32_t>((state >> 8U) % 256U));
    }
    return ids;
}

// Fills the global layers up to `end` with keys and values as if they had been read, the same ones
// on every backend; reading so many tokens for real would take minutes.
bool fillTo(Backend& backend, KvCache& kv, const KvShape& shape, std::int64_t end)
{
    const std::int64_t width = shape.kvHeads * shape.headDim;
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    std::vector<float> rows(static_cast<std::size_t>(shape.chunk * width));
    for (float& value : rows)
        value = normal(random);
    while (kv.position() < end) {
        const std::int64_t count = std::min(kv.runLength(), end - kv.position());
        if (!kv.prepare(count))
            return false;
        for (std::size_t layer = 0; layer < shape.layers.size(); ++layer) {
            const std::int64_t at = kv.position() - kv.firstPosition(layer);
            // Another beginning in every chunk, so that no two positions are alike.
            rows[static_cast<std::size_t>(kv.position() / shape.chunk) % rows.size()] += 0.25F;
            backend.storeKv(kv.keys(layer).from(at), {rows.data(), count, width});
            backend.storeKv(kv.values(layer).from(at), {rows.data(), count, width});
        }
        kv.advance(count);
    }
    return true;
}

bool sameBits(std::span<const float> a, std::span<const float> b)
{
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

} // namespace

TEST(LongContextTest, theLastTokensOf256kMatchTheScalarBackend)
{
    const auto ids = someIds(40);
    std::vector<float> expected;
    for (const SimdLevel level : {SimdLevel::scalar, detectedSimdLevel()}) {
        Loaded loaded = load(golden(kModel), level);
        REQUIRE(loaded.model != nullptr);
        auto kv = loaded.model->createKvCache(KvType::f32, kContext);
        REQUIRE(kv.has_value());
        REQUIRE(fillTo(*loaded.backend, *kv, loaded.model->graph().kv, kContext - 40));
        const std::vector<float> logits = allLogits(*loaded.model, *kv, ids, 4096);
        CHECK(kv->position() == kContext);
        const std::int32_t beyond = 1;
        const auto full = loaded.model->forward(*kv, {.tokens = std::span(&beyond, 1)});
        CHECK(!full && full.error().code == ErrorCode::contextFull);
        if (level == SimdLevel::scalar)
            expected = logits;
        else
            CHECK_ROW(largestDifference(logits, expected) <= kLogitsTolerance,
                std::to_string(largestDifference(logits, expected)));
    }
}

TEST(LongContextTest, replaysFromEveryChunkBoundaryBitForBit)
{
    for (const KvTypeName& type : kKvTypes) {
        Loaded loaded = load(golden(kModel), detectedSimdLevel());
        REQUIRE(loaded.model != nullptr);
        auto kv = loaded.model->createKvCache(type.type, kContext);
        REQUIRE(kv.has_value());
        constexpr std::int64_t kStart = kContext - 160;
        REQUIRE(fillTo(*loaded.backend, *kv, loaded.model->graph().kv, kStart));
        const auto ids = someIds(160);
        const std::vector<float> straight = allLogits(*loaded.model, *kv, ids, 4096);
        const auto vocabulary = straight.size() / 160;
        for (std::int64_t boundary = 144; boundary >= 0; boundary -= 16) {
            CHECK(kv->rewindTo(kStart + boundary) == kStart + boundary);
            const auto again = allLogits(*loaded.model, *kv,
                std::span<const std::int32_t>(ids).subspan(static_cast<std::size_t>(boundary)),
                4096);
            CHECK_ROW(
                sameBits(again,
                    std::span(straight).subspan(static_cast<std::size_t>(boundary) * vocabulary)),
                fmt::format("{}, from {}", type.name, boundary));
        }
    }
}
