// SPDX-License-Identifier: Apache-2.0
// The llama4 graph against the golden models, and what surrounds a graph: rewinding, pictures,
// cancellation, limits.
#include "inference/cpu/reference_backend.h"
#include "tests/inference/reference_model.h"

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// Keys and values rounded to 11 bits; logits have a standard deviation of about 3.
constexpr float kHalfKvTolerance = 3e-2F;

} // namespace

TEST(Llama4Test, scoutMatchesReference)
{
    checkFolder("text/scout");
}
TEST(Llama4Test, maverickMatchesReference)
{
    checkFolder("text/maverick");
}
TEST(Llama4Test, chunksOfSixteenMatchReference)
{
    checkFolder("text/chunk16");
}
TEST(Llama4Test, temperatureTuningMatchesReference)
{
    checkFolder("text/temperature");
}
TEST(Llama4Test, twoExpertsMatchReference)
{
    checkFolder("text/top2");
}
TEST(Llama4Test, oneExpertMatchesReference)
{
    checkFolder("text/oneexpert");
}
TEST(Llama4Test, quantisedModelMatchesReference)
{
    checkModel(
        "quant-model/Q4_K_M.gguf", "quant-model/Q4_K_M.json", "quant-model/Q4_K_M.logits.f32");
}

TEST(Llama4Test, halfPrecisionKvStaysClose)
{
    Loaded loaded = load(golden("text/chunk16/model.gguf"), detectedSimdLevel());
    REQUIRE(loaded.model != nullptr);
    const nlohmann::json reference = readJson(golden("text/chunk16/ref.json"));
    const auto ids = reference["prompts"].back()["ids"].get<std::vector<std::int32_t>>();
    auto f32 = loaded.model->createKvCache(KvType::f32, 1024);
    auto f16 = loaded.model->createKvCache(KvType::f16, 1024);
    REQUIRE(f32.has_value() && f16.has_value());
    const std::vector<float> exact = allLogits(*loaded.model, *f32, ids, 4096);
    const std::vector<float> rounded = allLogits(*loaded.model, *f16, ids, 100);
    const float difference = largestDifference(rounded, exact);
    CHECK_ROW(difference <= kHalfKvTolerance, std::to_string(difference));
    CHECK(difference > 0); // else the cache is not in half precision
}

TEST(Llama4Test, rewindingAndReplayingGivesTheSameLogits)
{
    Loaded loaded = load(golden("text/chunk16/model.gguf"), detectedSimdLevel());
    REQUIRE(loaded.model != nullptr);
    const nlohmann::json reference = readJson(golden("text/chunk16/ref.json"));
    const auto ids = reference["prompts"].back()["ids"].get<std::vector<std::int32_t>>();
    auto kv = loaded.model->createKvCache(KvType::f32, 1024);
    REQUIRE(kv.has_value());
    const std::vector<float> first = allLogits(*loaded.model, *kv, ids, 4096);
    const auto vocabulary = static_cast<std::size_t>(loaded.model->graph().vocabulary);
    for (const std::int64_t target : {377, 370, 368, 100, 3}) {
        const std::int64_t kept = kv->rewindTo(target);
        CHECK(kept <= target && kept > target - 16);
        const auto again =
            allLogits(*loaded.model, *kv, std::span<const std::int32_t>(ids).subspan(kept), 4096);
        const auto expected = std::span(first).subspan(kept * vocabulary);
        CHECK_ROW(largestDifference(again, expected) <= kLogitsTolerance, std::to_string(target));
    }
}

TEST(Llama4Test, embeddingRowsReplaceTokens)
{
    Loaded loaded = load(golden("text/scout/model.gguf"), detectedSimdLevel());
    REQUIRE(loaded.model != nullptr);
    TextModel& model = *loaded.model;
    const std::vector<std::int32_t> ids{416, 51, 260, 276, 78, 345, 75, 264};
    auto kv = model.createKvCache(KvType::f32, 64);
    REQUIRE(kv.has_value());
    const std::vector<float> expected = allLogits(model, *kv, ids, 4096);
    // The same prompt, tokens 2-3 and 5-6 given as rows of the embedding, other ids in their place.
    auto rows = loaded.backend->allocateRows(4, model.graph().hidden);
    REQUIRE(rows.has_value());
    loaded.backend->embed(
        rows->rows, model.graph().embedding, std::vector<std::int32_t>{260, 276, 345, 75});
    const std::vector<std::int32_t> masked{416, 51, 0, 0, 78, 0, 0, 264};
    const std::vector<EmbeddingRun> runs{{2, rows->rows.slice(0, 2)}, {5, rows->rows.slice(2, 2)}};
    kv->rewindTo(0);
    ForwardRequest request;
    request.tokens = masked;
    request.pictures = runs;
    request.logits = LogitsOf::all;
    const auto logits = model.forward(*kv, request);
    REQUIRE(logits.has_value());
    CHECK(largestDifference(*logits, expected) <= 1e-5F);
}

TEST(Llama4Test, cancellationKeepsWholeMicroBatches)
{
    Loaded loaded = load(golden("text/chunk16/model.gguf"), detectedSimdLevel());
    REQUIRE(loaded.model != nullptr);
    const std::vector<std::int32_t> ids(64, 5);
    auto kv = loaded.model->createKvCache(KvType::f32, 64);
    REQUIRE(kv.has_value());
    std::stop_source source;
    ForwardRequest request;
    request.tokens = ids;
    request.stop = source.get_token();
    request.onProgress = [&](std::int64_t done) {
        if (done == 32)
            source.request_stop();
    };
    const auto cancelled = loaded.model->forward(*kv, request);
    REQUIRE(!cancelled.has_value());
    CHECK(cancelled.error().code == ErrorCode::cancelled);
    CHECK(kv->position() == 32);
    request.stop = {};
    request.tokens = std::span(ids).subspan(32);
    const auto rest = loaded.model->forward(*kv, request);
    REQUIRE(rest.has_value());
    const std::vector<float> continued(rest->begin(), rest->end());
    auto fresh = loaded.model->createKvCache(KvType::f32, 64);
    request.tokens = ids;
    request.onProgress = {};
    const auto whole = loaded.model->forward(*fresh, request);
    REQUIRE(whole.has_value());
    CHECK(largestDifference(continued, *whole) <= 1e-4F);
}

namespace {

class FewAtOnce final : public ReferenceBackend {
public:
    [[nodiscard]] std::int64_t microBatch() const override { return 10; }
};

} // namespace

TEST(Llama4Test, theBackendSaysHowManyTokensGoTogether)
{
    const auto file = ModelFile::open(golden("text/scout/model.gguf"));
    REQUIRE(file.has_value());
    const std::vector<std::int32_t> ids(34, 5);
    std::vector<float> logits[2];
    for (const bool few : {false, true}) {
        FewAtOnce small;
        ReferenceBackend usual;
        ReferenceBackend& backend = few ? static_cast<ReferenceBackend&>(small) : usual;
        const auto model = TextModel::load(**file, backend);
        REQUIRE(model.has_value());
        auto kv = (*model)->createKvCache(KvType::f32, 64);
        REQUIRE(kv.has_value());
        std::vector<std::int64_t> steps;
        const auto result = (*model)->forward(
            *kv, {.tokens = ids, .onProgress = [&](std::int64_t done) { steps.push_back(done); }});
        REQUIRE(result.has_value());
        CHECK(steps
            == (few ? std::vector<std::int64_t>{10, 20, 30, 34} : std::vector<std::int64_t>{34}));
        logits[few].assign(result->begin(), result->end());
    }
    CHECK(logits[0] == logits[1]);
}

TEST(Llama4Test, fullContextAndForeignTokensAreErrors)
{
    Loaded loaded = load(golden("text/scout/model.gguf"), detectedSimdLevel());
    REQUIRE(loaded.model != nullptr);
    auto kv = loaded.model->createKvCache(KvType::f32, 4);
    REQUIRE(kv.has_value());
    const std::vector<std::int32_t> five(5, 1);
    ForwardRequest request;
    request.tokens = five;
    const auto full = loaded.model->forward(*kv, request);
    CHECK(!full && full.error().code == ErrorCode::contextFull);
    CHECK(kv->position() == 0); // said before anything was computed
    const std::vector<std::int32_t> foreign{448};
    request.tokens = foreign;
    const auto invalid = loaded.model->forward(*kv, request);
    CHECK(!invalid && invalid.error().code == ErrorCode::invalidRequest);
    const std::vector<std::int32_t> negative{-1};
    request.tokens = negative;
    CHECK(!loaded.model->forward(*kv, request));
}
