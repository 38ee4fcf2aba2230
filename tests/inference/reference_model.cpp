// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/reference_model.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lectern::test {

std::vector<std::pair<SimdLevel, bool>> arithmetics(bool withPacked)
{
    if (kThreadSanitizer)
        return {{detectedSimdLevel(), withPacked}};
    std::vector<std::pair<SimdLevel, bool>> all;
    for (const SimdLevel level :
        {SimdLevel::scalar, SimdLevel::avx2, SimdLevel::avx512, SimdLevel::amx}) {
        if (level > detectedSimdLevel())
            continue;
        all.emplace_back(level, false);
        if (withPacked && level != SimdLevel::scalar)
            all.emplace_back(level, true);
    }
    return all;
}

Loaded load(const std::filesystem::path& path, SimdLevel level, bool packed)
{
    Loaded loaded;
    loaded.backend = createCpuBackend({.threads = 2, .level = level, .packWeights = packed});
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

std::vector<float> allLogits(TextModel& model, KvCache& kv, std::span<const std::int32_t> ids,
    std::size_t split, const Taps* taps)
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

namespace {

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

} // namespace

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
    const nlohmann::json reference = readJson(golden(json));
    const std::vector<float> logits = readF32(golden(logitsFile));
    REQUIRE(reference.is_object());
    const bool floats = gguf.find("quant") == std::string::npos; // F32 weights stay exact, packed
    for (const auto& [level, packed] : arithmetics(floats)) {
        Loaded loaded = load(golden(gguf), level, packed);
        REQUIRE(loaded.model != nullptr);
        const auto vocabulary = static_cast<std::size_t>(loaded.model->graph().vocabulary);
        for (const nlohmann::json& prompt : reference["prompts"]) {
            const std::size_t row = prompt.value("logits_row", 0);
            REQUIRE((row + prompt["logit_positions"].size()) * vocabulary <= logits.size());
            for (const std::size_t split : {4096, 7, 1}) {
                if (kThreadSanitizer && split != 7)
                    continue;
                checkPrompt(*loaded.model, prompt, std::span(logits).subspan(row * vocabulary),
                    split,
                    fmt::format("{}, level {}{}, {}, split {}", gguf, static_cast<int>(level),
                        packed ? " packed" : "", prompt.value("name", "prompt"), split));
            }
        }
    }
}

void checkFolder(const std::string& folder)
{
    checkModel(folder + "/model.gguf", folder + "/ref.json", folder + "/logits.f32");
}

} // namespace lectern::test
