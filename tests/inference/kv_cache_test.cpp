// SPDX-License-Identifier: Apache-2.0
// The KV cache by itself: growing, chunks, rewinding, memory, and its element types.
#include "inference/cpu/cpu_backend.h"
#include "inference/kv_cache.h"
#include "tests/inference/test.h"

#include <cmath>
#include <fstream>
#include <random>
#include <unistd.h>

using namespace lectern::inference;

namespace {

constexpr std::int64_t kChunk = 16;

KvShape shapeOf(std::vector<KvScope> layers, std::int64_t headDim = 8)
{
    KvShape shape;
    shape.layers = std::move(layers);
    shape.kvHeads = 2;
    shape.headDim = headDim;
    shape.chunk = kChunk;
    return shape;
}

constexpr std::uint64_t kBeside = (lectern::test::kSanitized ? 512U : 12U) << 20U;

const std::vector<KvScope> kMixed{KvScope::local, KvScope::global};

struct Fixture {
    std::unique_ptr<Backend> backend = createCpuBackend({1, SimdLevel::scalar});
    KvCache cache;
    explicit Fixture(const KvShape& shape, KvType type = KvType::f32, std::int64_t capacity = 100)
        : cache(*KvCache::create(*backend, shape, type, capacity))
    {
    }
    // Appends `count` positions whose keys are all their position's number, values its negative.
    bool append(std::int64_t count)
    {
        while (count > 0) {
            const std::int64_t run = std::min(count, cache.runLength());
            if (run == 0 || !cache.prepare(run))
                return false;
            for (std::size_t layer = 0; layer < 2; ++layer) {
                for (std::int64_t i = 0; i < run; ++i) {
                    const std::int64_t position = cache.position() + i;
                    std::vector<float> row(16, static_cast<float>(position));
                    const std::int64_t at = position - cache.firstPosition(layer);
                    backend->storeKv(cache.keys(layer).from(at), {row.data(), 1, 16});
                    for (float& value : row)
                        value = -value;
                    backend->storeKv(cache.values(layer).from(at), {row.data(), 1, 16});
                }
            }
            cache.advance(run);
            count -= run;
        }
        return true;
    }
    // Whether every position that `layer` holds still reads as written.
    bool intact(std::size_t layer)
    {
        const std::int64_t first = cache.firstPosition(layer);
        for (std::int64_t p = first; p < cache.position(); ++p) {
            const auto* key =
                reinterpret_cast<const float*>(cache.keys(layer).from(p - first).data);
            const auto* value =
                reinterpret_cast<const float*>(cache.values(layer).from(p - first).data);
            if (key[0] != static_cast<float>(p) || key[15] != key[0] || value[3] != -key[0])
                return false;
        }
        return true;
    }
};

std::uint64_t residentBytes()
{
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

TEST(KvCacheTest, localLayersStartAnewAtAChunkBoundary)
{
    Fixture f(shapeOf(kMixed));
    CHECK(f.cache.runLength() == kChunk);
    REQUIRE(f.append(kChunk - 1));
    CHECK(f.cache.runLength() == 1);
    CHECK(f.cache.firstPosition(0) == 0 && f.cache.firstPosition(1) == 0);
    CHECK(f.intact(0) && f.intact(1));
    REQUIRE(f.append(1));
    CHECK(f.cache.runLength() == kChunk); // a full chunk: the next one begins
    CHECK(f.cache.firstPosition(0) == kChunk && f.cache.firstPosition(1) == 0);
    REQUIRE(f.append(3 * kChunk + 5));
    CHECK(f.cache.position() == 4 * kChunk + 5);
    CHECK(f.cache.firstPosition(0) == 4 * kChunk && f.cache.firstPosition(1) == 0);
    CHECK(f.intact(0) && f.intact(1));
}

TEST(KvCacheTest, refusesWhatDoesNotFitAndStaysAsItWas)
{
    Fixture f(shapeOf(kMixed));
    REQUIRE(f.append(98));
    const auto most = f.cache.require(3);
    CHECK(!most && most.error().code == ErrorCode::contextFull);
    const auto more = f.cache.prepare(3);
    CHECK(!more && more.error().code == ErrorCode::contextFull);
    CHECK(f.cache.position() == 98 && f.cache.runLength() == 2);
    CHECK(f.cache.require(2).has_value() && f.append(2));
    CHECK(f.cache.runLength() == 0 && f.intact(1));
}

TEST(KvCacheTest, rowsStayWhereTheyAreWhileTheCacheGrows)
{
    Fixture f(shapeOf(kMixed), KvType::f32, 1'000'000);
    const std::byte* keys = f.cache.keys(1).data;
    REQUIRE(f.append(5));
    REQUIRE(f.append(40'000)); // 2.5 MB a buffer
    CHECK(f.cache.keys(1).data == keys && f.intact(1));
}

TEST(KvCacheTest, rewindsExactlyInsideTheChunkItHolds)
{
    Fixture f(shapeOf(kMixed));
    REQUIRE(f.append(2 * kChunk + 9));
    CHECK(f.cache.rewindTo(2 * kChunk + 4) == 2 * kChunk + 4);
    CHECK(f.intact(0) && f.intact(1));
    CHECK(f.cache.rewindTo(2 * kChunk) == 2 * kChunk);
    CHECK(f.cache.rewindTo(90) == 2 * kChunk); // never forward
    REQUIRE(f.append(3));
    CHECK(f.intact(0) && f.intact(1));
}

TEST(KvCacheTest, rewindsToTheChunkBoundaryBeforeThat)
{
    Fixture f(shapeOf(kMixed));
    REQUIRE(f.append(3 * kChunk + 9));
    CHECK(f.cache.rewindTo(2 * kChunk + 5) == 2 * kChunk); // its local keys are gone
    CHECK(f.cache.firstPosition(0) == 2 * kChunk && f.intact(1));
    REQUIRE(f.append(5));
    CHECK(f.cache.rewindTo(2 * kChunk + 3) == 2 * kChunk + 3); // held again
    CHECK(f.cache.rewindTo(0) == 0);
    REQUIRE(f.append(2));
    CHECK(f.intact(0) && f.intact(1));
}

// A full chunk is held until something is put behind it.
TEST(KvCacheTest, rewindsIntoAFullChunk)
{
    Fixture f(shapeOf(kMixed));
    REQUIRE(f.append(2 * kChunk));
    CHECK(f.cache.rewindTo(kChunk + 3) == kChunk + 3);
    CHECK(f.intact(0) && f.intact(1));
    REQUIRE(f.append(kChunk));
    CHECK(f.cache.rewindTo(kChunk + 3) == kChunk);
}

TEST(KvCacheTest, rewindsAnywhereWithoutLocalLayers)
{
    Fixture f(shapeOf({KvScope::global, KvScope::global}));
    CHECK(f.cache.runLength() == 100); // no chunks to stop at
    REQUIRE(f.append(90));
    CHECK(f.cache.rewindTo(7) == 7 && f.intact(0) && f.intact(1));
}

TEST(KvCacheTest, countsTheBytesOfEveryType)
{
    const KvShape shape = shapeOf({KvScope::local, KvScope::local, KvScope::global}, 128);
    // Keys and values, 2 heads of 128: 4 blocks of 32 quants with a half each.
    CHECK(shape.positionBytes(KvType::f32) == 2 * 2 * 128 * 4);
    CHECK(shape.positionBytes(KvType::f16) == 2 * 2 * 128 * 2);
    CHECK(shape.positionBytes(KvType::q8_0) == 2 * 2 * 4 * (32 + 2));
    CHECK(shape.positionBytes(KvType::q4_0) == 2 * 2 * 4 * (16 + 2));
    // 88 values take 3 blocks, the last filled up.
    CHECK(shapeOf({}, 88).positionBytes(KvType::q8_0) == 2 * 2 * 3 * 34);
    for (const KvTypeName& type : kKvTypes) {
        const std::uint64_t one = shape.positionBytes(type.type);
        CHECK_ROW(KvCache::bytesFor(shape, type.type, 10) == 3 * 10 * one, type.name);
        CHECK_ROW(
            KvCache::bytesFor(shape, type.type, 1000) == (1000 + 2 * kChunk) * one, type.name);
        CHECK(parseKvType(type.name) == type.type && kvTypeName(type.type) == type.name);
    }
    CHECK(!parseKvType("q8") && !parseKvType(""));
}

TEST(KvCacheTest, takesTheMemoryItSaysAndGivesItBackOnRewind)
{
    constexpr std::int64_t kPositions = 400'000; // 51 MB in the global layer
    Fixture f(shapeOf(kMixed), KvType::f32, kPositions);
    const std::uint64_t before = residentBytes();
    REQUIRE(f.append(kPositions));
    const std::uint64_t full = residentBytes();
    const std::uint64_t said = KvCache::bytesFor(shapeOf(kMixed), KvType::f32, kPositions);
    CHECK_ROW(full - before >= said && full - before < said + kBeside,
        std::to_string(full - before) + " of " + std::to_string(said));
    CHECK(f.cache.rewindTo(1000) == 1000 / kChunk * kChunk);
    const std::uint64_t after = residentBytes();
    CHECK_ROW(after + said * 9 / 10 < full, std::to_string(full - after));
    CHECK(f.intact(1));
    REQUIRE(f.append(50'000)); // and grows into it again
    CHECK(f.intact(0) && f.intact(1));
}

TEST(KvCacheTest, keepsTheMemoryOfSmallRewinds)
{
    Fixture f(shapeOf(kMixed), KvType::f32, 100'000);
    REQUIRE(f.append(60'000)); // 4 MB a buffer
    const std::uint64_t full = residentBytes();
    f.cache.rewindTo(10);
    CHECK(residentBytes() + (1U << 20U) > full);
}

TEST(KvCacheTest, everyTypeKeepsItsPrecision)
{
    std::mt19937 random(11);
    std::normal_distribution<float> normal;
    for (const std::int64_t d : {1, 16, 31, 32, 33, 64, 80, 88, 128, 256}) {
        for (const KvTypeName& type : kKvTypes) {
            std::vector<float> values(static_cast<std::size_t>(d));
            for (float& value : values)
                value = normal(random);
            std::vector<std::byte> head(kvHeadBytes(type.type, d), std::byte{0xAA});
            std::vector<float> back(values.size());
            encodeKvHead(type.type, values.data(), d, head.data());
            decodeKvHead(type.type, head.data(), d, back.data());
            for (std::int64_t i = 0; i < d; ++i) {
                float largest = 0;
                for (std::int64_t j = i / 32 * 32; j < std::min(d, i / 32 * 32 + 32); ++j)
                    largest = std::max(largest, std::abs(values[static_cast<std::size_t>(j)]));
                const float value = values[static_cast<std::size_t>(i)];
                // Half a step of the type; a scale kept as a half adds 2^-11 of the value. In q4_0
                // the side without the extreme value ends at 7 steps of 8: a whole step.
                const float limit = type.type == KvType::f32 ? 0
                    : type.type == KvType::f16               ? std::abs(value) / 2047
                    : type.type == KvType::q8_0 ? largest / 253 + std::abs(value) / 2047
                                                : largest / 7.99F + std::abs(value) / 2047;
                CHECK_ROW(std::abs(back[static_cast<std::size_t>(i)] - value) <= limit + 1e-7F,
                    std::string(type.name) + ", value " + std::to_string(i) + " of "
                        + std::to_string(d));
            }
        }
    }
}

TEST(KvCacheTest, quantisesExtremeValues)
{
    for (const KvType type : {KvType::q8_0, KvType::q4_0}) {
        for (const float extreme : {0.0F, 1e-30F, 3e38F}) {
            std::vector<float> values(32, 0.0F);
            values[5] = extreme;
            values[6] = -extreme;
            std::vector<std::byte> head(kvHeadBytes(type, 32));
            std::vector<float> back(32);
            encodeKvHead(type, values.data(), 32, head.data());
            decodeKvHead(type, head.data(), 32, back.data());
            for (std::size_t i = 0; i < 32; ++i)
                CHECK_ROW(std::isfinite(back[i]) && (values[i] != 0 || back[i] == 0),
                    std::to_string(extreme));
        }
    }
}
