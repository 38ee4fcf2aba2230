// SPDX-License-Identifier: Apache-2.0
// What fits, and the sentences when it does not.
#include "inference/memory_plan.h"
#include "tests/inference/test.h"

using namespace lectern::inference;

namespace {

constexpr std::uint64_t kGiga = 1000000000;

// 4 layers of which one is global; a token of one layer takes 2 * 1000 * 2 bytes = 4 kB.
MemoryNeed example()
{
    MemoryNeed need;
    need.weights = 10 * kGiga;
    need.kv.layers = {KvScope::local, KvScope::local, KvScope::local, KvScope::global};
    need.kv.kvHeads = 10;
    need.kv.headDim = 100;
    need.kv.chunk = 8192;
    need.trainedContext = 10000000;
    return need;
}

bool says(const Error& error, const std::string& part)
{
    return error.message.find(part) != std::string::npos;
}

} // namespace

TEST(MemoryPlanTest, writesBytesForPeople)
{
    CHECK(bytesForPeople(61 * kGiga + 340000000) == "61.3 GB");
    CHECK(bytesForPeople(14 * kGiga / 1000) == "14 MB");
    CHECK(bytesForPeople(2000) == "2 kB");
}

TEST(MemoryPlanTest, refusesWeightsThatDoNotFit)
{
    CHECK(checkFits("m.gguf", 10, 10));
    CHECK(checkFits("m.gguf", 10, 0)); // unknown
    const auto refused = checkFits("m.gguf", 61 * kGiga, 23 * kGiga);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::outOfMemory);
    CHECK(says(refused.error(), "m.gguf needs 61.0 GB of memory and 23.0 GB are free"));
}

TEST(MemoryPlanTest, limitsTheContextToHalfOfWhatIsFree)
{
    MemoryNeed need = example();
    need.available = 10 * kGiga + 2 * 4 * kGiga; // half of the rest: 4 GB
    const auto context = planContext("m.gguf", need);
    REQUIRE(context.has_value());
    // 3 * 8192 local rows and N global ones of 4 kB each in 4 GB, keys and values in large pages.
    CHECK(*context <= 1000000 - 3 * 8192);
    CHECK(*context > 1000000 - 3 * 8192 - 2000);
    CHECK(need.total(*context) <= need.weights + 4 * kGiga);
    CHECK(need.total(*context + 1050) > need.weights + 4 * kGiga); // 2 MiB of keys further
}

TEST(MemoryPlanTest, takesTheTrainedLengthWhereThereIsRoom)
{
    MemoryNeed need = example();
    need.trainedContext = 8192;
    need.available = 100 * kGiga;
    CHECK(planContext("m.gguf", need) == 8192);
    need.available = 0;
    CHECK(planContext("m.gguf", need) == 8192);
    need.trainedContext = 16; // shorter than the least context
    need.available = 100 * kGiga;
    CHECK(planContext("m.gguf", need) == 16);
}

TEST(MemoryPlanTest, keepsAUsefulContextWhenMemoryIsTight)
{
    MemoryNeed need = example();
    need.available = need.total(4096); // of keys and of values 8 MB each, four large pages
    CHECK(planContext("m.gguf", need) == 4096);
    need.available -= 1;
    const auto refused = planContext("m.gguf", need);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::outOfMemory);
    CHECK(says(refused.error(), "m.gguf needs 10.1 GB"));
    CHECK(says(refused.error(), "4096 tokens"));
    // Three pages of 2 MiB hold 3145 rows of 2 kB.
    CHECK(says(refused.error(), "at most 3145 tokens would fit, "));
    // Rows of half the size: the next type is named with what it gives.
    CHECK(says(refused.error(), " with a cache in q8_0"));
    CHECK(says(refused.error(), " with a cache in q4_0."));
}

TEST(MemoryPlanTest, countsEverythingBesideTheCache)
{
    MemoryNeed need = example();
    need.activations = kGiga;
    need.tokenizer = 2 * kGiga;
    need.vision = 3 * kGiga;
    CHECK(need.fixed() == 16 * kGiga);
    need.available = 16 * kGiga - 1;
    CHECK(!planContext("m.gguf", need));
    CHECK(largestContext(need) == 0);
    need.available = need.total(4096);
    CHECK(planContext("m.gguf", need) == 4096);
}

TEST(MemoryPlanTest, anAskedForContextIsGivenOrRefused)
{
    MemoryNeed need = example();
    need.available = 10 * kGiga + 2 * kGiga;
    need.wantedContext = 100;
    CHECK(planContext("m.gguf", need) == 100);
    need.wantedContext = 400000; // 1.7 GB: more than half, but it was asked for
    CHECK(planContext("m.gguf", need) == 400000);
    need.wantedContext = 1000000;
    CHECK(!planContext("m.gguf", need));
    need.available = 0;
    CHECK(planContext("m.gguf", need) == 1000000);
    need.wantedContext = 1000000000; // beyond what the model was trained for
    CHECK(planContext("m.gguf", need) == 10000000);
}
