// SPDX-License-Identifier: Apache-2.0
// The llama4 graph against the golden models: logits, every layer, router choices and greedy
// continuations, for each instruction set, and however the prompt is split.
#include "inference/cpu/cpu_backend.h"
#include "inference/models/text_model.h"
#include "tests/inference/golden.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace lectern::inference;
using lectern::test::golden;

namespace {

// tests/golden/README.md, section 2.
constexpr float kLogitsTolerance = 2e-3F;
constexpr double kNormTolerance = 1e-4;
constexpr float kFirst8Tolerance = 1e-3F;
// Keys and values rounded to 11 bits; logits have a standard deviation of about 3.
constexpr float kHalfKvTolerance = 3e-2F;

std::vector<SimdLevel> levels()
{
    std::vector<SimdLevel> all;
    for (const SimdLevel level : {SimdLevel::scalar, SimdLevel::avx2, SimdLevel::avx512}) {
        if (level <= detectedSimdLevel())
            all.push_back(level);
    }
    return all;
}

struct Loaded {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<ModelFile> file;
    std::unique_ptr<TextModel> model;
};

Loaded load(const std::filesystem::path& path, SimdLevel level)
{
    Loaded loaded;
    loaded.backend = createCpuBackend({2, level});
    auto file = ModelFile::open(path);
    if (!file) {
        CHECK_ROW(false, file.error().message);
        return loaded;
    }
    loaded.file = std::move(*file);
    auto model = TextModel::load(*loaded.file, *loaded.backend);
    if (!model) {
        CHECK_ROW(false, model.error().message);
        return loaded;
    }
    loaded.model = std::move(*model);
    return loaded;
}

double norm(std::span<const float> values)
{
    double squares = 0;
    for (const float value : values)
        squares += static_cast<double>(value) * value;
    return std::sqrt(squares);
}

std::int32_t argmax(std::span<const float> values)
{
    return static_cast<std::int32_t>(
        std::max_element(values.begin(), values.end()) - values.begin());
}

float largestDifference(std::span<const float> left, std::span<const float> right)
{
    float largest = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        largest =
            std::isfinite(left[i]) ? std::max(largest, std::abs(left[i] - right[i])) : INFINITY;
    return largest;
}

// All logits of a prompt that goes in `split` tokens at a time.
std::vector<float> allLogits(TextModel& model, KvCache& kv, std::span<const std::int32_t> ids,
    std::size_t split, const Taps* taps = nullptr)
{
    std::vector<float> logits;
    for (std::size_t first = 0; first < ids.size(); first += split) {
        ForwardRequest request;
        request.tokens = ids.subspan(first, std::min(split, ids.size() - first));
        request.logits = LogitsOf::all;
        request.taps = taps;
        const auto rows = model.forward(kv, request);
        if (!rows) {
            CHECK_ROW(false, rows.error().message);
            return std::vector<float>(ids.size() * model.graph().vocabulary);
        }
        logits.insert(logits.end(), rows->begin(), rows->end());
    }
    return logits;
}

void checkState(const nlohmann::json& expected, std::span<const float> last, const std::string& row)
{
    const double l2 = expected["l2"];
    CHECK_ROW(std::abs(norm(last) - l2) <= kNormTolerance * l2, row);
    const auto first8 = expected["first8"].get<std::vector<float>>();
    CHECK_ROW(largestDifference(last.first(first8.size()), first8) <= kFirst8Tolerance, row);
}

struct Tapped {
    std::vector<float> embedding; // of the last position, as all here
    std::vector<std::vector<float>> afterAttention;
    std::vector<std::vector<float>> output;
    std::vector<double> outputNorm; // over all positions
    std::vector<Routing> routing;
};

Taps tapInto(Tapped& tapped, std::int64_t hidden, std::int64_t layers, std::size_t used)
{
    tapped.afterAttention.resize(layers);
    tapped.output.resize(layers);
    tapped.outputNorm.resize(layers);
    tapped.routing.resize(layers);
    Taps taps;
    taps.rows = [&tapped, hidden](Taps::Stage stage, int layer, std::int64_t, auto values) {
        const auto last = values.last(hidden);
        const std::vector<float> copy(last.begin(), last.end());
        if (stage == Taps::Stage::embedding)
            tapped.embedding = copy;
        else if (stage == Taps::Stage::afterAttention)
            tapped.afterAttention[layer] = copy;
        else {
            tapped.output[layer] = copy;
            tapped.outputNorm[layer] = std::hypot(tapped.outputNorm[layer], norm(values));
        }
    };
    taps.routing = [&tapped, used](int layer, std::int64_t, const Routing& routing) {
        Routing& last = tapped.routing[layer];
        last.experts.assign(routing.experts.end() - used, routing.experts.end());
        last.logits.assign(routing.logits.end() - used, routing.logits.end());
    };
    return taps;
}

void checkLayers(const nlohmann::json& prompt, const Tapped& tapped, const std::string& row)
{
    checkState(prompt["embedding_last"], tapped.embedding, row + ", embedding");
    for (std::size_t i = 0; i < prompt["layers_last"].size(); ++i) {
        const nlohmann::json& layer = prompt["layers_last"][i];
        const std::string name = fmt::format("{}, layer {}", row, i);
        checkState(layer["after_attention"], tapped.afterAttention[i], name + ", attention");
        checkState(layer["output"], tapped.output[i], name + ", output");
        const double all = layer["output_l2_all_positions"];
        CHECK_ROW(std::abs(tapped.outputNorm[i] - all) <= kNormTolerance * all, name);
    }
    for (const nlohmann::json& router : prompt["router_last"]) {
        const Routing& routing = tapped.routing[router["layer"].get<std::size_t>()];
        CHECK_ROW(routing.experts == router["experts"].get<std::vector<std::int32_t>>(), row);
        CHECK_ROW(largestDifference(routing.logits, router["logits"].get<std::vector<float>>())
                <= kFirst8Tolerance,
            row);
    }
}

void checkPrompt(TextModel& model, const nlohmann::json& prompt, std::span<const float> expected,
    std::size_t split, const std::string& row)
{
    const auto ids = prompt["ids"].get<std::vector<std::int32_t>>();
    const auto vocabulary = static_cast<std::size_t>(model.graph().vocabulary);
    auto kv = model.createKvCache(KvType::f32, static_cast<std::int64_t>(ids.size()) + 32);
    REQUIRE(kv.has_value());

    Tapped tapped;
    const std::size_t used =
        prompt["router_last"].empty() ? 0 : prompt["router_last"][0]["experts"].size();
    const Taps taps = tapInto(tapped, model.graph().hidden, model.graph().layers, used);
    const std::vector<float> logits = allLogits(model, *kv, ids, split, &taps);
    checkLayers(prompt, tapped, row);

    const auto positions = prompt["logit_positions"].get<std::vector<std::size_t>>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const auto got = std::span(logits).subspan(positions[i] * vocabulary, vocabulary);
        const float difference =
            largestDifference(got, expected.subspan(i * vocabulary, vocabulary));
        CHECK_ROW(difference <= kLogitsTolerance,
            fmt::format("{}, position {}: {}", row, positions[i], difference));
    }
    const auto argmaxAll = prompt["argmax_all"].get<std::vector<std::int32_t>>();
    for (std::size_t t = 0; t < ids.size(); ++t)
        CHECK_ROW(argmax(std::span(logits).subspan(t * vocabulary, vocabulary)) == argmaxAll[t],
            fmt::format("{}, position {}", row, t));

    std::int32_t next = argmax(std::span(logits).last(vocabulary));
    std::vector<std::int32_t> greedy{next};
    const auto expectedGreedy = prompt["greedy"].get<std::vector<std::int32_t>>();
    while (greedy.size() < expectedGreedy.size()) {
        ForwardRequest request;
        request.tokens = std::span(&next, 1);
        const auto step = model.forward(*kv, request);
        REQUIRE(step.has_value());
        next = argmax(*step);
        greedy.push_back(next);
    }
    CHECK_ROW(greedy == expectedGreedy, row);
}

void checkModel(const std::string& gguf, const std::string& json, const std::string& logitsFile)
{
    const nlohmann::json reference = lectern::test::readJson(golden(json));
    const std::vector<float> logits = lectern::test::readF32(golden(logitsFile));
    REQUIRE(reference.is_object());
    for (const SimdLevel level : levels()) {
        Loaded loaded = load(golden(gguf), level);
        REQUIRE(loaded.model != nullptr);
        const auto vocabulary = static_cast<std::size_t>(loaded.model->graph().vocabulary);
        for (const nlohmann::json& prompt : reference["prompts"]) {
            const std::size_t row = prompt.value("logits_row", 0);
            REQUIRE((row + prompt["logit_positions"].size()) * vocabulary <= logits.size());
            for (const std::size_t split : {4096, 7, 1}) {
                checkPrompt(*loaded.model, prompt, std::span(logits).subspan(row * vocabulary),
                    split,
                    fmt::format("{}, level {}, {}, split {}", gguf, static_cast<int>(level),
                        prompt.value("name", "prompt"), split));
            }
        }
    }
}

void checkTextModel(const std::string& name)
{
    checkModel(fmt::format("text/{}/model.gguf", name), fmt::format("text/{}/ref.json", name),
        fmt::format("text/{}/logits.f32", name));
}

} // namespace

TEST(Llama4Test, scoutMatchesReference)
{
    checkTextModel("scout");
}
TEST(Llama4Test, maverickMatchesReference)
{
    checkTextModel("maverick");
}
TEST(Llama4Test, chunksOfSixteenMatchReference)
{
    checkTextModel("chunk16");
}
TEST(Llama4Test, temperatureTuningMatchesReference)
{
    checkTextModel("temperature");
}
TEST(Llama4Test, twoExpertsMatchReference)
{
    checkTextModel("top2");
}
TEST(Llama4Test, oneExpertMatchesReference)
{
    checkTextModel("oneexpert");
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
    const nlohmann::json reference = lectern::test::readJson(golden("text/chunk16/ref.json"));
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
    const nlohmann::json reference = lectern::test::readJson(golden("text/chunk16/ref.json"));
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

int main(int argc, char** argv)
{
    return lectern::test::run(argc, argv);
}
