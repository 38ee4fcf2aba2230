// SPDX-License-Identifier: Apache-2.0
// The golden models on the CUDA backend: text and vision, exact and with the fast products.
#include "inference/models/llama4_vision.h"
#include "tests/cuda/op_problems.h"
#include "tests/inference/reference_model.h"

#include <cstring>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

Loaded loadOn(const std::string& path, bool exact)
{
    Loaded loaded;
    auto backend = cudaUnderTest(exact);
    auto file = ModelFile::open(golden(path));
    if (!backend || !file) {
        CHECK_ROW(false, path);
        return loaded;
    }
    loaded.backend = std::move(*backend);
    loaded.file = std::move(*file);
    auto model = TextModel::load(*loaded.file, *loaded.backend);
    CHECK_ROW(model.has_value(), path);
    if (model)
        loaded.model = std::move(*model);
    return loaded;
}

// Logits, every layer, routing and greedy continuations. Emulated, only the shortest prompt.
void checkExactly(const std::string& gguf, const std::string& json, const std::string& logitsFile,
    bool exact = true)
{
    const nlohmann::json reference = readJson(golden(json));
    const std::vector<float> logits = readF32(golden(logitsFile));
    REQUIRE(reference.is_object());
    const Loaded loaded = loadOn(gguf, exact);
    REQUIRE(loaded.model != nullptr);
    const auto vocabulary = static_cast<std::size_t>(loaded.model->graph().vocabulary);
    std::size_t shortest = SIZE_MAX;
    for (const nlohmann::json& prompt : reference["prompts"])
        shortest = std::min(shortest, prompt["ids"].size());
    for (const nlohmann::json& prompt : reference["prompts"]) {
        if (isEmulated() && prompt["ids"].size() > shortest)
            continue;
        const std::size_t row = prompt.value("logits_row", 0);
        for (const std::size_t split : {4096, 7, 1}) {
            if (isEmulated() && split == 1)
                continue;
            checkPrompt(*loaded.model, prompt, std::span(logits).subspan(row * vocabulary), split,
                fmt::format("{}, {}, split {}", gguf, prompt.value("name", "prompt"), split));
        }
    }
}

void checkFolderExactly(const std::string& folder)
{
    checkExactly(folder + "/model.gguf", folder + "/ref.json", folder + "/logits.f32");
}

std::vector<float> decode(TextModel& model, KvType type, std::span<const std::int32_t> ids,
    std::size_t prompt, std::size_t step)
{
    auto kv = model.createKvCache(type, static_cast<std::int64_t>(ids.size()));
    if (!kv)
        return {};
    allLogits(model, *kv, ids.first(prompt), prompt);
    return allLogits(model, *kv, ids.subspan(prompt), step);
}

} // namespace

TEST(CudaModelsTest, scoutMatchesReference)
{
    checkFolderExactly("text/scout");
}
TEST(CudaModelsTest, maverickMatchesReference)
{
    checkFolderExactly("text/maverick");
}
TEST(CudaModelsTest, chunksOfSixteenMatchReference)
{
    checkFolderExactly("text/chunk16");
}
TEST(CudaModelsTest, temperatureTuningMatchesReference)
{
    checkFolderExactly("text/temperature");
}
TEST(CudaModelsTest, twoExpertsMatchReference)
{
    checkFolderExactly("text/top2");
}
TEST(CudaModelsTest, oneExpertMatchesReference)
{
    checkFolderExactly("text/oneexpert");
}
TEST(CudaModelsTest, otherArchitecturesMatchReference)
{
    for (const std::string name : {"llama3", "qwen3", "qwen3moe", "guard", "behemoth"})
        checkFolderExactly("architectures/" + name);
}
TEST(CudaModelsTest, quantisedModelMatchesReference)
{
    checkExactly(
        "quant-model/Q4_K_M.gguf", "quant-model/Q4_K_M.json", "quant-model/Q4_K_M.logits.f32");
}

// As PackedTest.quantisedModelStaysWithinItsTolerance, whose bounds these are.
TEST(CudaModelsTest, fastProductsStayWithinTheirTolerance)
{
    const nlohmann::json reference = readJson(golden("quant-model/Q4_K_M.json"));
    const std::vector<float> logits = readF32(golden("quant-model/Q4_K_M.logits.f32"));
    const Loaded loaded = loadOn("quant-model/Q4_K_M.gguf", false);
    REQUIRE(loaded.model != nullptr);
    const auto vocabulary = static_cast<std::size_t>(loaded.model->graph().vocabulary);
    for (const std::size_t split : {4096, 7}) { // by bfloats, and by bytes
        const nlohmann::json& prompt = reference["prompts"][0];
        const auto ids = prompt["ids"].get<std::vector<std::int32_t>>();
        auto kv = loaded.model->createKvCache(KvType::f32, static_cast<std::int64_t>(ids.size()));
        REQUIRE(kv.has_value());
        const std::vector<float> got = allLogits(*loaded.model, *kv, ids, split);
        const auto expected =
            std::span(logits).subspan(prompt.value("logits_row", 0) * vocabulary, got.size());
        double squares = 0;
        for (std::size_t i = 0; i < got.size(); ++i)
            squares += std::pow(static_cast<double>(got[i]) - expected[i], 2);
        const double off = std::sqrt(squares / static_cast<double>(got.size()));
        CHECK_ROW(off <= 0.3 && off > 0, fmt::format("split {}: {}", split, off));
    }
}

TEST(CudaModelsTest, tokensTogetherGiveWhatTheyGiveAlone)
{
    for (const std::string path : {"text/scout/model.gguf", "text/top2/model.gguf",
             "text/chunk16/model.gguf", "quant-model/Q4_K_M.gguf"}) {
        const Loaded loaded = loadOn(path, false);
        REQUIRE(loaded.model != nullptr);
        std::vector<std::int32_t> ids;
        for (std::int32_t i = 0; i < 24; ++i)
            ids.push_back(i * 37 % 448);
        const std::vector<float> alone = decode(*loaded.model, KvType::f16, ids, 14, 1);
        for (const std::size_t step : {3, 8})
            CHECK_ROW(decode(*loaded.model, KvType::f16, ids, 14, step) == alone,
                fmt::format("{}, {} a call", path, step));
    }
}

TEST(CudaModelsTest, picturesMatchReference)
{
    for (const std::string name : {"v56", "v112"}) {
        for (const bool exact : {true, false}) {
            auto backend = cudaUnderTest(exact);
            const auto file = ModelFile::open(golden("vision/" + name + "/mmproj.gguf"));
            REQUIRE(backend.has_value() && file.has_value());
            const auto vision = Llama4Vision::load(**file, **backend);
            REQUIRE(vision.has_value());
            const auto embeddings =
                (*vision)->encode(readF32(golden("vision/" + name + "/pixels.f32")));
            REQUIRE(embeddings.has_value());
            const float off = largestDifference(
                *embeddings, readF32(golden("vision/" + name + "/embeddings.f32")));
            // The weights are floats, so that the fast products are exact too.
            CHECK_ROW(off < 1e-3F, fmt::format("{} {}: {}", name, exact, off));
        }
    }
}

int main(int argc, char** argv)
{
    return runOnCuda(argc, argv);
}
