// SPDX-License-Identifier: Apache-2.0
// Timing a model: what is counted, at which depth, and what is refused. Never how fast.
#include "inference/bench.h"
#include "tests/inference/gguf_edit.h"

#include <algorithm>

using namespace lectern::inference;

namespace {

std::filesystem::path nano()
{
    return lectern::test::root() / "../resources/models/nano/nano-text-f16.gguf";
}

constexpr auto kPrefill = BenchCase::Kind::prefill;
constexpr auto kDecode = BenchCase::Kind::decode;

} // namespace

TEST(BenchTest, namesItsCases)
{
    CHECK((BenchCase{kPrefill, 512, 0}.name() == "pp512"));
    CHECK((BenchCase{kDecode, 128, 0}.name() == "tg128"));
    CHECK((BenchCase{kDecode, 128, 4096}.name() == "tg128@d4096"));
}

TEST(BenchTest, takesTheMiddle)
{
    const Spread odd = spreadOf({3, 1, 10});
    CHECK(odd.median == 3 && odd.min == 1 && odd.max == 10);
    const Spread even = spreadOf({4, 1, 2, 3});
    CHECK(even.median == 2.5 && even.min == 1 && even.max == 4);
    CHECK(spreadOf({7}).median == 7);
}

TEST(BenchTest, seesTheMemoryOfThisProcess)
{
    const ProcessMemory before = processMemory();
    CHECK(before.now > 0);
    CHECK(before.peak >= before.now);
    constexpr std::size_t kBytes = 64U << 20U;
    {
        std::vector<char> memory(kBytes);
        std::fill(memory.begin(), memory.end(), '\1'); // touched, so that it counts
        CHECK(processMemory().now >= before.now + kBytes / 2);
    }
    CHECK(processMemory().peak >= before.now + kBytes / 2);
}

TEST(BenchTest, timesEveryRunOfACase)
{
    const lectern::test::TemporaryFolder folder;
    auto edited = lectern::test::EditedGguf::load(nano());
    edited.keys["llama4.attention.sliding_window"] = std::uint64_t{16};
    const auto bench = Bench::open({.model = edited.save(folder / "chunks.gguf"), .threads = 1});
    REQUIRE(bench.has_value());
    CHECK((*bench)->loadSeconds() > 0);
    CHECK((*bench)->firstTokenSeconds() > (*bench)->loadSeconds());
    // Behind 12 tokens ten more cross the end of a chunk, which is replayed for every run.
    for (const BenchCase& what : {BenchCase{kPrefill, 24, 0}, BenchCase{kDecode, 3, 0},
             BenchCase{kPrefill, 10, 12}, BenchCase{kDecode, 10, 12}}) {
        int last = -1;
        const auto speeds = (*bench)->run(what, 2, [&](int done) {
            CHECK_ROW(done == last + 1, what.name());
            last = done;
        });
        REQUIRE(speeds.has_value());
        CHECK_ROW(speeds->size() == 2, what.name());
        CHECK_ROW(last == 2, what.name());
        CHECK_ROW(
            std::ranges::all_of(*speeds, [](double speed) { return speed > 0; }), what.name());
    }
}

TEST(BenchTest, saysWhatIsWrongWithTheModel)
{
    const auto missing = Bench::open({.model = "/nonexistent.gguf"});
    REQUIRE(!missing);
    CHECK(missing.error().code == ErrorCode::cannotRead);
    const auto vision = Bench::open(
        {.model = lectern::test::root() / "../resources/models/nano/mmproj-nano-f16.gguf"});
    REQUIRE(!vision);
    CHECK(vision.error().code == ErrorCode::unsupportedArchitecture);
}

TEST(BenchTest, measuresAModelOfRandomWeights)
{
    for (const TensorType type : {TensorType::q4_k, TensorType::mxfp4, TensorType::f16}) {
        const auto bench =
            Bench::open({.synthetic = SyntheticModel{"tiny", type, 2}, .threads = 1});
        REQUIRE(bench.has_value());
        const auto speeds = (*bench)->run({BenchCase::Kind::decode, 3, 5}, 1);
        CHECK(speeds.has_value() && speeds->size() == 1 && speeds->front() > 0);
    }
    const auto unknown = Bench::open({.synthetic = SyntheticModel{"vast", TensorType::f16, 0}});
    CHECK(!unknown && unknown.error().code == ErrorCode::invalidRequest);
    const auto codebook = Bench::open({.synthetic = SyntheticModel{"tiny", TensorType::iq1_s, 0}});
    CHECK(!codebook && codebook.error().code == ErrorCode::invalidRequest);
}
