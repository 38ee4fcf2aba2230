// SPDX-License-Identifier: Apache-2.0
// Every architecture beside the released shapes of llama4 against reference values, and what is
// said about files that these architectures cannot run.
#include "inference/models/registry.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/reference_model.h"

using namespace lectern::inference;
using namespace lectern::test;

namespace {

std::string modelOf(const std::string& name)
{
    return "architectures/" + name + "/model.gguf";
}

// Loads the model after a change and gives the refusal's words.
std::string refusal(
    const std::string& name, ErrorCode code, const std::function<void(EditedGguf&)>& change)
{
    const TemporaryFolder folder;
    EditedGguf gguf = EditedGguf::load(golden(modelOf(name)));
    change(gguf);
    const auto file = ModelFile::open(gguf.save(folder / "changed.gguf"));
    if (!file)
        return file.error().message;
    const auto backend = createCpuBackend({1, {}});
    const auto model = TextModel::load(**file, *backend);
    if (model)
        return {};
    CHECK_ROW(model.error().code == code, model.error().message);
    CHECK_ROW(model.error().message.starts_with("changed.gguf: "), model.error().message);
    return model.error().message;
}

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST(ArchitecturesTest, llama3MatchesReference)
{
    checkFolder("architectures/llama3");
}
TEST(ArchitecturesTest, llama2MatchesReference)
{
    checkFolder("architectures/llama2");
}
TEST(ArchitecturesTest, qwen3MatchesReference)
{
    checkFolder("architectures/qwen3");
}
TEST(ArchitecturesTest, eightOf128ExpertsOfQwen3MatchReference)
{
    checkFolder("architectures/qwen3moe");
}
TEST(ArchitecturesTest, threeOf6ExpertsOfQwen3MatchReference)
{
    checkFolder("architectures/qwen3moe-wide");
}
TEST(ArchitecturesTest, llama4WithoutExpertsMatchesReference)
{
    checkFolder("architectures/guard");
}
TEST(ArchitecturesTest, llama4WithoutExpertsAcrossChunksMatchesReference)
{
    checkFolder("architectures/guard-chunk");
}
TEST(ArchitecturesTest, sixteenExpertsInEveryLayerMatchReference)
{
    checkFolder("architectures/behemoth");
}
TEST(ArchitecturesTest, sixteenExpertsInEveryThirdLayerMatchReference)
{
    checkFolder("architectures/behemoth-step");
}

TEST(ArchitecturesTest, everyLayerOfLlamaAndQwenKeepsAllKeys)
{
    struct Row {
        const char* name;
        std::size_t layers;
        std::int64_t kvHeads;
        std::int64_t headDim;
    };
    for (const Row& row : {Row{"llama3", 3, 2, 8}, Row{"llama2", 2, 3, 16}, Row{"qwen3", 3, 2, 16},
             Row{"qwen3moe", 2, 1, 16}, Row{"qwen3moe-wide", 3, 2, 24}}) {
        const auto file = ModelFile::open(golden(modelOf(row.name)));
        REQUIRE(file.has_value());
        const std::string* architecture = (*file)->gguf().string("general.architecture");
        REQUIRE(architecture != nullptr);
        for (const Architecture& known : architectures()) {
            if (known.name != *architecture)
                continue;
            const auto shape = known.kvShape((*file)->gguf());
            REQUIRE(shape.has_value());
            CHECK_ROW(shape->layers == std::vector(row.layers, KvScope::global), row.name);
            CHECK_ROW(shape->kvHeads == row.kvHeads, row.name);
            CHECK_ROW(shape->headDim == row.headDim, row.name);
        }
        const Loaded loaded = load(golden(modelOf(row.name)), SimdLevel::scalar);
        REQUIRE(loaded.model != nullptr);
        CHECK_ROW(loaded.model->graph().kv.layers.size() == row.layers, row.name);
        CHECK_ROW(loaded.model->graph().kv.headDim == row.headDim, row.name);
    }
}

TEST(ArchitecturesTest, unknownOnesNameThoseThatRun)
{
    const std::string said = refusal("llama3", ErrorCode::unsupportedArchitecture,
        [](EditedGguf& g) { g.keys["general.architecture"] = std::string("rwkv7"); });
    CHECK_ROW(holds(said, "\"rwkv7\""), said);
    for (const char* name : {"llama4", "llama", "qwen3", "qwen3moe"})
        CHECK_ROW(holds(said, name), said);
}

TEST(ArchitecturesTest, whatWouldGiveWrongAnswersIsRefused)
{
    const auto stretch = [](const char* architecture) {
        return [=](EditedGguf& g) {
            g.keys[fmt::format("{}.rope.scaling.type", architecture)] = std::string("yarn");
        };
    };
    CHECK(holds(
        refusal("qwen3moe", ErrorCode::unsupportedArchitecture, stretch("qwen3moe")), "\"yarn\""));
    CHECK(
        holds(refusal("llama3", ErrorCode::unsupportedArchitecture, stretch("llama")), "\"yarn\""));
    const std::string bias =
        refusal("llama3", ErrorCode::unsupportedArchitecture, [](EditedGguf& g) {
            g.tensors.push_back({"blk.1.attn_q.bias", TensorType::f32, {32}, std::string(128, 0)});
        });
    CHECK_ROW(holds(bias, "blk.1.attn_q.bias"), bias);
    const std::string mixture = refusal("llama3", ErrorCode::unsupportedArchitecture,
        [](EditedGguf& g) { g.keys["llama.expert_count"] = std::uint64_t{8}; });
    CHECK_ROW(holds(mixture, "mixture of experts"), mixture);
    const std::string many = refusal("qwen3moe", ErrorCode::malformed,
        [](EditedGguf& g) { g.keys["qwen3moe.expert_used_count"] = std::uint64_t{129}; });
    CHECK_ROW(holds(many, "129 of 128 experts"), many);
    const std::string sum = refusal("qwen3moe", ErrorCode::unsupportedArchitecture,
        [](EditedGguf& g) { g.keys["qwen3moe.expert_weights_norm"] = false; });
    CHECK_ROW(holds(sum, "softmax over all"), sum);
    const std::string norm = refusal("qwen3", ErrorCode::missingTensor,
        [](EditedGguf& g) { g.remove("blk.2.attn_k_norm.weight"); });
    CHECK_ROW(holds(norm, "blk.2.attn_k_norm.weight"), norm);
    const std::string key = refusal("qwen3moe", ErrorCode::missingKey,
        [](EditedGguf& g) { g.keys.erase("qwen3moe.expert_feed_forward_length"); });
    CHECK_ROW(holds(key, "qwen3moe.expert_feed_forward_length"), key);
}
