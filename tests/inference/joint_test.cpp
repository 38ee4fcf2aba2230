// SPDX-License-Identifier: Apache-2.0
// Picture and text together through both halves of a model, against the golden runs.
#include "inference/cpu/cpu_backend.h"
#include "inference/models/llama4_vision.h"
#include "inference/models/text_model.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using lectern::test::fileBytes;

namespace {

std::filesystem::path golden(const std::string& name)
{
    return lectern::test::root() / "golden" / name;
}

// Consecutive patch tokens, one run for each tile.
std::vector<EmbeddingRun> runsOf(const std::vector<std::int32_t>& ids, std::int32_t patch,
    Rows embeddings, std::int64_t tokensPerTile)
{
    std::vector<EmbeddingRun> runs;
    std::int64_t used = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] != patch)
            continue;
        runs.push_back({static_cast<std::int64_t>(i), embeddings.slice(used, tokensPerTile)});
        used += tokensPerTile;
        i += static_cast<std::size_t>(tokensPerTile) - 1;
    }
    CHECK(used == embeddings.count);
    return runs;
}

} // namespace

TEST(JointTest, pictureAndTextAgreeWithTheReference)
{
    for (const std::string name : {"v56", "v112"}) {
        const auto joint =
            nlohmann::json::parse(fileBytes(golden("vision/" + name + "/joint.json")));
        const auto backend = createCpuBackend();
        const auto visionFile = ModelFile::open(golden("vision/" + name + "/mmproj.gguf"));
        const auto textFile = ModelFile::open(golden(joint["text_model"].get<std::string>()));
        REQUIRE(visionFile && textFile);
        auto vision = Llama4Vision::load(**visionFile, *backend);
        auto text = TextModel::load(**textFile, *backend);
        REQUIRE(vision && text);
        const auto* tokens = (*textFile)->gguf().strings("tokenizer.ggml.tokens");
        REQUIRE(tokens != nullptr);
        const auto patch = static_cast<std::int32_t>(
            std::find(tokens->begin(), tokens->end(), "<|patch|>") - tokens->begin());

        CHECK_ROW(joint["runs"].size() == 2, name);
        for (const auto& run : joint["runs"]) {
            const std::string row = name + " " + run["name"].get<std::string>();
            const std::string bytes =
                fileBytes(golden("vision/" + name + "/" + run["tiles"]["file"].get<std::string>()));
            const std::vector<std::uint8_t> pixels(bytes.begin(), bytes.end());
            const auto encoded = (*vision)->encode((*vision)->normalise(pixels));
            REQUIRE(encoded.has_value());
            const std::int64_t hidden = (*text)->graph().hidden;
            auto embeddings =
                backend->allocateRows(static_cast<std::int64_t>(encoded->size()) / hidden, hidden);
            REQUIRE(embeddings.has_value());
            backend->upload(embeddings->rows, *encoded);

            const auto ids = run["ids"].get<std::vector<std::int32_t>>();
            const auto pictures =
                runsOf(ids, patch, embeddings->rows, (*vision)->config().tokens());
            auto kv = (*text)->createKvCache(KvType::f32, 2048);
            REQUIRE(kv.has_value());
            auto logits = (*text)->forward(*kv, {.tokens = ids, .pictures = pictures});
            REQUIRE(logits.has_value());
            const auto expected = run["logits_last"].get<std::vector<float>>();
            REQUIRE(expected.size() == logits->size());
            float most = 0;
            for (std::size_t i = 0; i < expected.size(); ++i)
                most = std::max(most, std::abs(expected[i] - (*logits)[i]));
            std::printf("  %s: max logit difference %g\n", row.c_str(), static_cast<double>(most));
            CHECK_ROW(most < 2e-3F, row);

            std::vector<std::int32_t> answer;
            for (int i = 0; i < 16; ++i) {
                answer.push_back(static_cast<std::int32_t>(
                    std::max_element(logits->begin(), logits->end()) - logits->begin()));
                logits = (*text)->forward(*kv, {.tokens = std::span(answer).last(1)});
                REQUIRE(logits.has_value());
            }
            CHECK_ROW(answer == run["greedy"].get<std::vector<std::int32_t>>(), row);
        }
    }
}
