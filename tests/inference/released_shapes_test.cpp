// SPDX-License-Identifier: Apache-2.0
// What is said, from the header alone, about models of the published sizes of every architecture:
// parameters, those a token passes through, and what a token takes in the KV cache.
#include "inference/model_info.h"
#include "tests/inference/test.h"

#include <fmt/format.h>

using namespace lectern::inference;

namespace {

struct Shape {
    const char* name;
    const char* architecture;
    std::uint64_t layers, hidden, heads, kvHeads, headDim, ffn, vocabulary;
    std::uint64_t experts = 0, used = 0, expertFfn = 0;
    std::uint64_t moeStep = 1; // llama4: every moeStep-th layer; 0: none
    bool tied = false;
};

bool isLlama4(const Shape& shape)
{
    return shape.architecture == std::string_view("llama4");
}

// A header of that size, its weights Q8_0; no data behind it.
Gguf headerOf(const Shape& shape)
{
    Gguf gguf;
    const auto key = [&](std::string_view name, std::uint64_t value) {
        gguf.keys[fmt::format("{}.{}", shape.architecture, name)] = value;
    };
    gguf.keys["general.architecture"] = std::string(shape.architecture);
    gguf.keys["general.name"] = std::string(shape.name);
    key("block_count", shape.layers);
    key("embedding_length", shape.hidden);
    key("context_length", 131072);
    key("attention.head_count", shape.heads);
    key("attention.head_count_kv", shape.kvHeads);
    key("attention.key_length", shape.headDim);
    key("attention.value_length", shape.headDim);
    key("feed_forward_length", shape.ffn);
    key("vocab_size", shape.vocabulary);
    gguf.keys[fmt::format("{}.attention.layer_norm_rms_epsilon", shape.architecture)] = 1e-5;
    if (shape.experts > 0) {
        key("expert_count", shape.experts);
        key("expert_used_count", shape.used);
        key("expert_feed_forward_length", shape.expertFfn);
    }
    if (isLlama4(shape))
        key("interleave_moe_layer_step", shape.moeStep);

    const auto tensor = [&](std::string name, std::uint64_t columns, std::uint64_t rows,
                            std::uint64_t slices = 1) {
        gguf.tensors.push_back({std::move(name), TensorType::q8_0, slices > 1 ? 3U : 2U,
            {columns, rows, slices, 1}, 0, columns / 32 * 34 * rows * slices});
    };
    tensor("token_embd.weight", shape.hidden, shape.vocabulary);
    if (!shape.tied)
        tensor("output.weight", shape.hidden, shape.vocabulary);
    for (std::uint64_t i = 0; i < shape.layers; ++i) {
        const auto block = [&](std::string_view part) {
            return fmt::format("blk.{}.{}.weight", i, part);
        };
        tensor(block("attn_q"), shape.hidden, shape.heads * shape.headDim);
        tensor(block("attn_k"), shape.hidden, shape.kvHeads * shape.headDim);
        tensor(block("attn_v"), shape.hidden, shape.kvHeads * shape.headDim);
        tensor(block("attn_output"), shape.heads * shape.headDim, shape.hidden);
        const bool moe = shape.experts > 0 && shape.moeStep > 0 && (i + 1) % shape.moeStep == 0;
        for (const std::string_view part : {"gate", "up", "down"}) {
            if (!moe) {
                tensor(block(fmt::format("ffn_{}", part)), shape.hidden, shape.ffn);
                continue;
            }
            tensor(block(fmt::format("ffn_{}_exps", part)), shape.hidden, shape.expertFfn,
                shape.experts);
            if (isLlama4(shape))
                tensor(block(fmt::format("ffn_{}_shexp", part)), shape.hidden, shape.expertFfn);
        }
    }
    return gguf;
}

} // namespace

TEST(ReleasedShapesTest, countsWhatIsPublished)
{
    struct Row {
        Shape shape;
        std::string_view parameters;
        double activeBillions;
        std::uint64_t bytesPerToken; // in f16
        std::uint64_t chunkedLayers;
    };
    const Row rows[] = {
        {{"Llama 3.1 8B", "llama", 32, 4096, 32, 8, 128, 14336, 128256}, "8.0 B", 8.0,
            32 * 2 * 1024 * 2, 0},
        {{"Llama 3.2 1B", "llama", 16, 2048, 32, 8, 64, 8192, 128256, 0, 0, 0, 1, true}, "1.2 B",
            1.2, 16 * 2 * 512 * 2, 0},
        {{"Llama 3.1 405B", "llama", 126, 16384, 128, 8, 128, 53248, 128256}, "406 B", 406,
            126 * 2 * 1024 * 2, 0},
        {{"Qwen3 8B", "qwen3", 36, 4096, 32, 8, 128, 12288, 151936}, "8.2 B", 8.2,
            36 * 2 * 1024 * 2, 0},
        {{"Qwen3 30B A3B", "qwen3moe", 48, 2048, 32, 4, 128, 6144, 151936, 128, 8, 768}, "31 B",
            3.3, 48 * 2 * 512 * 2, 0},
        {{"Qwen3 235B A22B", "qwen3moe", 94, 4096, 64, 4, 128, 12288, 151936, 128, 8, 1536},
            "235 B", 22, 94 * 2 * 512 * 2, 0},
        {{"Llama Guard 4", "llama4", 48, 5120, 40, 8, 128, 8192, 202048, 0, 0, 0, 0}, "11 B", 11.1,
            12 * 2 * 1024 * 2, 36},
        {{"Scout", "llama4", 48, 5120, 40, 8, 128, 16384, 202048, 16, 1, 8192}, "108 B", 17,
            12 * 2 * 1024 * 2, 36},
        {{"Maverick", "llama4", 48, 5120, 40, 8, 128, 16384, 202048, 128, 1, 8192, 2}, "401 B", 17,
            12 * 2 * 1024 * 2, 36},
        // Announced as 288 B active of about 2 T, 16 experts; the widths are ours.
        {{"Behemoth", "llama4", 96, 16384, 128, 8, 128, 32768, 202048, 16, 1, 24576}, "2.0 T", 293,
            24 * 2 * 1024 * 2, 72},
        {{"Behemoth, every second layer", "llama4", 96, 16384, 128, 8, 128, 32768, 202048, 16, 1,
             47104, 2},
            "2.0 T", 361, 24 * 2 * 1024 * 2, 72},
    };
    for (const Row& row : rows) {
        const ModelInfo info = modelInfo(headerOf(row.shape));
        CHECK_ROW(describe(info).find(fmt::format(", {} parameters", row.parameters))
                != std::string::npos,
            fmt::format("{}: {}", row.shape.name, describe(info)));
        const double active = static_cast<double>(info.activeParameters) / 1e9;
        CHECK_ROW(std::abs(active - row.activeBillions) < 0.05 * row.activeBillions,
            fmt::format("{}: {} B active", row.shape.name, active));
        CHECK_ROW(info.kv.has_value(), row.shape.name);
        CHECK_ROW(info.kvBytesPerToken(KvType::f16) == row.bytesPerToken, row.shape.name);
        CHECK_ROW(info.kvBytesOfChunk(KvType::f16)
                == row.chunkedLayers * 2 * row.shape.kvHeads * row.shape.headDim * 2 * 8192,
            row.shape.name);
        // Eight-bit weights: a byte and a sixteenth each.
        CHECK_ROW(info.weightBytes == info.parameters / 32 * 34, row.shape.name);
        std::int64_t context = 0;
        const auto obstacle = whyNotFitting(info, info.weightBytes / 2);
        CHECK_ROW(obstacle && obstacle->code == ErrorCode::outOfMemory, row.shape.name);
        CHECK_ROW(
            !whyNotFitting(info, 2 * info.weightBytes + 20'000'000'000, &context), row.shape.name);
        CHECK_ROW(
            context >= 4096 && context <= 131072, fmt::format("{}: {}", row.shape.name, context));
    }
}
