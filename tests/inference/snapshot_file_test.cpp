// SPDX-License-Identifier: Apache-2.0
// The snapshot header: there and back, every damaged byte, lies with the right checksum, and the
// fuzzer's corpus.
#include "inference/snapshot_file.h"
#include "tests/inference/test.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <xxhash.h>

using namespace lectern::inference;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

SnapshotHeader someHeader(SnapshotKind kind)
{
    SnapshotHeader header;
    header.identity = {{1, 2}, KvType::q8_0, 4, 80, 16, 3};
    header.kind = kind;
    header.first = kind == SnapshotKind::segment ? 32 : 35;
    header.parent = {5, 6};
    header.end = {7, 8};
    for (std::int32_t i = 0; i < (kind == SnapshotKind::segment ? 16 : 9); ++i)
        header.items.push_back({i * 3, i % 4 == 0 ? 77U : 0U});
    const std::uint64_t rowBytes = 4 * kvHeadBytes(KvType::q8_0, 80);
    for (std::uint32_t layer = 0; layer < 3; ++layer)
        for (const SnapshotPart part : {SnapshotPart::keys, SnapshotPart::values})
            header.sections.push_back({layer, part, rowBytes * header.count(), layer + 100});
    return header;
}

// The bytes of a header after a change, with the checksum made right again.
Result<SnapshotHeader> lying(
    std::vector<std::byte> bytes, std::size_t at, std::uint64_t value, std::size_t size)
{
    std::memcpy(bytes.data() + at, &value, size);
    const std::uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size() - 8);
    std::memcpy(bytes.data() + bytes.size() - 8, &checksum, sizeof checksum);
    return parseSnapshotHeader(bytes);
}

} // namespace

TEST(SnapshotFileTest, readsWhatItWrote)
{
    for (const SnapshotKind kind : {SnapshotKind::segment, SnapshotKind::tail}) {
        const SnapshotHeader header = someHeader(kind);
        const auto bytes = writeSnapshotHeader(header);
        CHECK(bytes.size() == header.byteSize());
        CHECK(snapshotHeaderSize(std::span(bytes).first(kSnapshotPrefix)).value_or(0)
            == bytes.size());
        const auto read = parseSnapshotHeader(bytes);
        REQUIRE(read.has_value());
        CHECK(*read == header);
    }
}

TEST(SnapshotFileTest, refusesEveryChangedByteAndEveryCut)
{
    const auto bytes = writeSnapshotHeader(someHeader(SnapshotKind::tail));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            auto changed = bytes;
            changed[at] ^= static_cast<std::byte>(1U << bit);
            CHECK_ROW(!parseSnapshotHeader(changed), std::to_string(at));
        }
        CHECK_ROW(!parseSnapshotHeader(std::span(bytes).first(at)), std::to_string(at));
    }
    auto longer = bytes;
    longer.push_back({});
    CHECK(!parseSnapshotHeader(longer));
}

TEST(SnapshotFileTest, refusesLiesThatAreChecksummed)
{
    const auto bytes = writeSnapshotHeader(someHeader(SnapshotKind::segment));
    const auto refused = [&](std::size_t at, std::uint64_t value, std::size_t size) {
        CHECK_ROW(
            !lying(bytes, at, value, size), std::to_string(at) + ": " + std::to_string(value));
    };
    CHECK(lying(bytes, 24, 3, 4).has_value()); // no lie
    refused(8, 2, 4);                          // version
    refused(16, 2, 4);                         // kind
    refused(16, UINT32_MAX, 4);
    refused(20, 4, 4); // KV type
    refused(28, 0, 4); // heads
    refused(28, UINT32_MAX, 4);
    refused(32, 0, 4); // values of a head
    refused(32, UINT32_MAX, 4);
    refused(36, 0, 4); // sections
    refused(36, UINT32_MAX, 4);
    refused(40, 0, 8); // segment length
    refused(40, UINT64_MAX, 8);
    refused(40, 15, 8);
    refused(48, 33, 8); // first position
    refused(48, UINT64_MAX, 8);
    refused(56, 0, 8); // positions
    refused(56, 15, 8);
    refused(56, UINT64_MAX, 8);
    const std::size_t sections = 112 + 16 * 12;
    refused(sections + 4, 2, 4); // part
    refused(sections + 8, 0, 8); // bytes
    refused(sections + 8, UINT64_MAX, 8);
}

TEST(SnapshotFileTest, theChainTellsEveryDifference)
{
    const SnapshotIdentity identity = someHeader(SnapshotKind::tail).identity;
    const Hash128 start = chainStart(identity);
    for (int field = 0; field < 6; ++field) {
        SnapshotIdentity other = identity;
        other.model.high += field == 0;
        other.kvType = field == 1 ? KvType::f16 : other.kvType;
        other.promptVersion += field == 2;
        other.kvHeads += field == 3;
        other.headDim += field == 4;
        other.segmentLength += field == 5;
        CHECK_ROW(!(chainStart(other) == start), std::to_string(field));
    }
    const Hash128 next = chainNext(start, {5, 0});
    CHECK(!(next == chainNext(start, {6, 0})));
    CHECK(!(next == chainNext(start, {5, 1})));
    CHECK(!(next == chainNext(next, {5, 0})));
    CHECK(next == chainNext(start, {5, 0}));
    CHECK(start.hex().size() == 32 && start.hex() != next.hex());
}

TEST(SnapshotFileTest, replaysTheCorpus)
{
    int files = 0;
    for (const auto& entry :
        std::filesystem::directory_iterator(lectern::test::root() / "fuzz/corpus/snapshot")) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)), {});
        const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end()); // its end is watched
        LLVMFuzzerTestOneInput(copy.data(), copy.size());
        ++files;
    }
    CHECK(files >= 5);
}
