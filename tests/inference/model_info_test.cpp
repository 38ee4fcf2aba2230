// SPDX-License-Identifier: Apache-2.0
// What is said about model files: the golden ones, changed ones, and headers of the real sizes over
// files that are all holes.
#include "inference/model_info.h"
#include "inference/model_type.h"
#include "tests/inference/fuzz_replay.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/golden.h"

#include <fmt/format.h>
#include <limits>

using namespace lectern::inference;
using lectern::test::EditedGguf;
using lectern::test::golden;
using lectern::test::TemporaryFolder;

namespace {

std::unique_ptr<ModelFile> opened(const std::filesystem::path& path)
{
    auto file = ModelFile::open(path);
    CHECK_ROW(file.has_value(), file ? path.string() : file.error().message);
    return file ? std::move(*file) : nullptr;
}

ModelInfo infoOf(const std::filesystem::path& path)
{
    const auto file = opened(path);
    return file ? modelInfo(file->gguf()) : ModelInfo{};
}

std::filesystem::path builtIn(const char* name)
{
    return lectern::test::root() / "../resources/models/nano" / name;
}

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

// A header of Scout's size; the tensors' data is left to a hole in the file.
Gguf scoutHeader()
{
    Gguf gguf;
    const auto key = [&](const char* name, std::uint64_t value) {
        gguf.keys[std::string("llama4.") + name] = value;
    };
    gguf.keys["general.architecture"] = std::string("llama4");
    gguf.keys["general.name"] = std::string("Llama 4 Scout");
    gguf.keys["general.file_type"] = std::uint64_t{15};
    key("block_count", 48);
    key("embedding_length", 5120);
    key("context_length", 10485760);
    key("attention.head_count", 40);
    key("attention.head_count_kv", 8);
    key("attention.key_length", 128);
    key("attention.value_length", 128);
    key("expert_count", 16);
    key("expert_used_count", 1);
    key("expert_feed_forward_length", 8192);
    key("interleave_moe_layer_step", 1);
    key("vocab_size", 202048);
    gguf.keys["llama4.attention.layer_norm_rms_epsilon"] = 1e-5;
    const auto tensor = [&](std::string name, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
        const std::uint64_t bytes = a / 256 * 144 * b * c;
        gguf.tensors.push_back(
            {std::move(name), TensorType::q4_k, c > 1 ? 3U : 2U, {a, b, c, 1}, 0, bytes});
    };
    tensor("token_embd.weight", 5120, 202048, 1);
    tensor("output.weight", 5120, 202048, 1);
    for (int i = 0; i < 48; ++i) {
        const std::string block = fmt::format("blk.{}.", i);
        tensor(block + "attn_q.weight", 5120, 5120, 1);
        tensor(block + "attn_k.weight", 5120, 1024, 1);
        tensor(block + "attn_v.weight", 5120, 1024, 1);
        tensor(block + "attn_output.weight", 5120, 5120, 1);
        tensor(block + "ffn_gate_exps.weight", 5120, 8192, 16);
        tensor(block + "ffn_up_exps.weight", 5120, 8192, 16);
        tensor(block + "ffn_down_exps.weight", 8192, 5120, 16);
        tensor(block + "ffn_gate_shexp.weight", 5120, 8192, 1);
        tensor(block + "ffn_up_shexp.weight", 5120, 8192, 1);
        tensor(block + "ffn_down_shexp.weight", 8192, 5120, 1);
    }
    return gguf;
}

} // namespace

TEST(ModelInfoTest, readsTheBuiltInModel)
{
    const ModelInfo info = infoOf(builtIn("nano-text-q8_0.gguf"));
    CHECK(info.kind == ModelKind::text);
    CHECK(info.name == "Lectern nano (demonstration model)");
    CHECK(info.architecture == "llama4");
    CHECK(info.typeMixture == "Q8_0");
    CHECK(info.layers == 5);
    CHECK(info.width == 192);
    CHECK(info.contextLength == 8192);
    CHECK(info.vocabulary == 2048);
    CHECK(info.experts == 4);
    CHECK(info.expertsUsed == 1);
    CHECK(info.activeParameters < info.parameters);
    // 1 NoPE layer of 5, 2 heads of 64, keys and values, 2 bytes each.
    CHECK(info.kvBytesPerToken(KvType::f16) == 1 * 2 * 128 * 2);
    CHECK(info.kvBytesOfChunk(KvType::f16) == 4 * 2 * 128 * 2 * 512);
    CHECK(describe(info).starts_with("llama4, Q8_0, 4."));
}

TEST(ModelInfoTest, readsVisionFiles)
{
    const ModelInfo info = infoOf(builtIn("mmproj-nano-f16.gguf"));
    CHECK(info.kind == ModelKind::vision);
    CHECK(info.typeMixture == "F16");
    CHECK(info.layers == 4);
    CHECK(info.tileSize == 112);
    CHECK(info.patchSize == 14);
    CHECK(info.tokensPerTile == 16);
    CHECK(info.outputWidth == 192);
    CHECK(!info.kv);
    CHECK(describe(info).starts_with("clip vision tower, F16, "));
}

TEST(ModelInfoTest, countsARealModel)
{
    const ModelInfo info = modelInfo(scoutHeader());
    CHECK(info.typeMixture == "Q4_K - Medium");
    CHECK(holds(describe(info), "108 B parameters"));
    CHECK(info.activeParameters > 16'000'000'000 && info.activeParameters < 18'000'000'000);
    CHECK(info.weightBytes > 60'000'000'000 && info.weightBytes < 62'000'000'000);
    // 12 global layers of 8 heads of 128: 48 KiB a token in f16.
    CHECK(info.kvBytesPerToken(KvType::f16) == 12 * 2 * 1024 * 2);
    CHECK(info.kvBytesOfChunk(KvType::f16) == std::uint64_t{36} * 2 * 1024 * 2 * 8192);
}

TEST(ModelInfoTest, namesMixturesByWhatIsInTheFile)
{
    CHECK(typeMixture(opened(golden("quant-model/Q4_K_M.gguf"))->gguf()) == "Q4_K - Medium");
    Gguf gguf = opened(golden("quant-model/Q4_K_M.gguf"))->gguf();
    gguf.keys["general.file_type"] = std::uint64_t{7}; // says Q8_0, of which there is nothing
    CHECK(typeMixture(gguf).starts_with("mostly "));
    gguf.keys["general.file_type"] = std::uint64_t{9999};
    CHECK(typeMixture(gguf).starts_with("mostly "));
    gguf.keys.erase("general.file_type");
    CHECK(typeMixture(gguf).starts_with("mostly "));
    CHECK(typeMixture(Gguf{}) == "no weights");
    CHECK(typeMixture(opened(golden("tokenizer/small2000-vocab.gguf"))->gguf()) == "no weights");
}

TEST(ModelInfoTest, saysThatTheGoldenAndBuiltInModelsRun)
{
    for (const auto& path : {golden("text/scout/model.gguf"), golden("text/maverick/model.gguf"),
             golden("text/chunk16/model.gguf"), golden("text/temperature/model.gguf"),
             golden("text/top2/model.gguf"), golden("text/oneexpert/model.gguf"),
             golden("quant-model/Q4_K_M.gguf"), golden("vision/v56/mmproj.gguf"),
             golden("vision/v112/mmproj.gguf"), golden("architectures/llama3/model.gguf"),
             golden("architectures/qwen3/model.gguf"), golden("architectures/qwen3moe/model.gguf"),
             golden("architectures/guard/model.gguf"), builtIn("nano-text-f16.gguf"),
             builtIn("nano-text-q8_0.gguf"), builtIn("mmproj-nano-f16.gguf")}) {
        const auto file = opened(path);
        if (!file)
            continue;
        const auto refusal = whyNotRunnable(*file);
        CHECK_ROW(!refusal, refusal ? refusal->message : "");
    }
}

TEST(ModelInfoTest, reportsModelsWithoutChunksWithoutAWordAboutThem)
{
    const auto llama = opened(golden("architectures/llama3/model.gguf"));
    const auto qwen = opened(golden("architectures/qwen3moe/model.gguf"));
    const auto guard = opened(golden("architectures/guard/model.gguf"));
    REQUIRE(llama && qwen && guard);
    const std::string report = modelReport(*llama, nullptr, 0);
    CHECK_ROW(holds(report, "\"llama\"") && holds(report, "yes"), report);
    CHECK_ROW(!holds(report, "chunk") && !holds(report, "experts"), report);
    CHECK_ROW(holds(modelReport(*qwen, nullptr, 0), "8 of 128 per token"),
        modelReport(*qwen, nullptr, 0));
    CHECK_ROW(holds(modelReport(*guard, nullptr, 0), "one chunk of 8192"),
        modelReport(*guard, nullptr, 0));
    CHECK_ROW(!holds(modelReport(*guard, nullptr, 0), "experts"), modelReport(*guard, nullptr, 0));
}

TEST(ModelInfoTest, saysWhyAModelDoesNotRun)
{
    const TemporaryFolder folder;
    const auto refused = [&](const char* name, const EditedGguf& gguf, ErrorCode code,
                             std::string_view words) {
        const auto file = opened(gguf.save(folder / name));
        REQUIRE(file);
        const auto refusal = whyNotRunnable(*file);
        CHECK_ROW(refusal.has_value(), name);
        if (!refusal)
            return;
        CHECK_ROW(refusal->code == code, refusal->message);
        CHECK_ROW(holds(refusal->message, words), refusal->message);
        CHECK_ROW(refusal->message.starts_with(std::string(name) + ": "), refusal->message);
        CHECK_ROW(holds(modelReport(*file, nullptr, 0), "no: " + refusal->message), name);
    };
    const EditedGguf scout = EditedGguf::load(golden("text/scout/model.gguf"));

    EditedGguf gguf = scout;
    gguf.keys["general.architecture"] = std::string("mamba");
    refused("mamba.gguf", gguf, ErrorCode::unsupportedArchitecture, "\"mamba\"");
    gguf = scout;
    gguf.keys.erase("general.architecture");
    refused("nameless.gguf", gguf, ErrorCode::missingKey, "general.architecture");
    gguf = scout;
    gguf.remove("blk.2.attn_k.weight");
    refused("hole.gguf", gguf, ErrorCode::missingTensor, "\"blk.2.attn_k.weight\"");
    gguf = scout;
    gguf.find("blk.0.attn_norm.weight")->type = TensorType{26}; // I32, of the same size
    refused("type.gguf", gguf, ErrorCode::unsupportedType, "stored as I32");
    gguf = scout;
    gguf.keys["tokenizer.ggml.pre"] = std::string("gpt-2");
    refused("pre.gguf", gguf, ErrorCode::unsupportedArchitecture, "\"gpt-2\"");

    EditedGguf vision = EditedGguf::load(golden("vision/v56/mmproj.gguf"));
    vision.remove("mm.model.fc.weight");
    refused("mmproj.gguf", vision, ErrorCode::missingTensor, "\"mm.model.fc.weight\"");
}

TEST(ModelInfoTest, survivesHeadersThatSayNothingOrNonsense)
{
    const ModelInfo empty = modelInfo(Gguf{});
    CHECK(empty.name == "unnamed model");
    CHECK(empty.parameters == 0);
    CHECK(!empty.kv);
    CHECK(!describe(empty).empty());

    Gguf gguf = scoutHeader();
    for (auto& [key, value] : gguf.keys) {
        if (std::holds_alternative<std::uint64_t>(value))
            value = std::numeric_limits<std::uint64_t>::max();
    }
    const ModelInfo huge = modelInfo(gguf);
    CHECK(!huge.kv);
    CHECK(huge.experts > 0);
    CHECK(!describe(huge).empty());

    Gguf vision;
    vision.keys["general.architecture"] = std::string("clip");
    for (const char* key : {"image_size", "patch_size", "projector.scale_factor"})
        vision.keys[std::string("clip.vision.") + key] = std::numeric_limits<std::uint64_t>::max();
    CHECK(modelInfo(vision).tokensPerTile == 0);
}

TEST(ModelInfoTest, reportsInLinesWithFitAndReason)
{
    const auto file = opened(builtIn("nano-text-q8_0.gguf"));
    REQUIRE(file);
    const std::string fits = modelReport(*file, nullptr, 8'000'000'000);
    for (const char* words : {"nano-text-q8_0.gguf", "\"llama4\"", "Q8_0, ", "1 of 4 per token",
             "runs here:", "yes, with 8192 tokens", "longest context:", "8192 with f16"})
        CHECK_ROW(holds(fits, words), fits);
    const std::string tight = modelReport(*file, nullptr, 1'000'000);
    CHECK_ROW(holds(tight, "no: "), tight);
    CHECK(holds(modelReport(*file, nullptr, 0), "unknown"));
}

TEST(ModelInfoTest, replaysTheFuzzCorpusOfLoading)
{
    CHECK(lectern::test::replayCorpus("model_load") >= 6);
}
