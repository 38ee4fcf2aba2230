// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/slow_model.h"

#include <cstring>

namespace lectern::test {

namespace {

// Small random halves, or ones for a norm.
EditedTensor randomTensor(const std::string& name, std::vector<std::uint64_t> dims)
{
    EditedTensor tensor{name, inference::TensorType::f16, std::move(dims), {}};
    std::uint64_t count = 1;
    for (const std::uint64_t dim : tensor.dims)
        count *= dim;
    if (tensor.dims.size() == 1) {
        tensor.type = inference::TensorType::f32;
        const float one = 1.0F;
        for (std::uint64_t i = 0; i < count; ++i)
            tensor.bytes.append(reinterpret_cast<const char*>(&one), sizeof one);
        return tensor;
    }
    tensor.bytes.resize(2 * count);
    std::uint32_t state = 12345;
    for (std::uint64_t i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        const auto half = static_cast<std::uint16_t>(0x2400U | (state >> 16U & 0x83FFU));
        std::memcpy(tensor.bytes.data() + 2 * i, &half, sizeof half); // 1/64 .. 1/32, either sign
    }
    return tensor;
}

} // namespace

inference::LocalEngineOptions slowModel(const TemporaryFolder& folder)
{
    using Number = std::uint64_t;
    constexpr Number kHidden = 1024;
    constexpr Number kFfn = 4096;
    EditedGguf text = EditedGguf::load(nano("nano-text-f16.gguf"));
    text.tensors.clear();
    text.keys["llama4.block_count"] = Number{4};
    text.keys["llama4.embedding_length"] = kHidden;
    text.keys["llama4.feed_forward_length"] = kFfn;
    text.keys["llama4.attention.head_count"] = Number{16};
    text.keys["llama4.attention.head_count_kv"] = Number{4};
    text.keys["llama4.interleave_moe_layer_step"] = Number{0};
    text.tensors.push_back(randomTensor("token_embd.weight", {kHidden, 2048}));
    text.tensors.push_back(randomTensor("output_norm.weight", {kHidden}));
    for (int i = 0; i < 4; ++i) {
        const std::string block = "blk." + std::to_string(i) + ".";
        for (const auto& [name, dims] : std::vector<std::pair<std::string, std::vector<Number>>>{
                 {"attn_norm", {kHidden}}, {"attn_q", {kHidden, 1024}}, {"attn_k", {kHidden, 256}},
                 {"attn_v", {kHidden, 256}}, {"attn_output", {1024, kHidden}},
                 {"ffn_norm", {kHidden}}, {"ffn_gate", {kHidden, kFfn}},
                 {"ffn_up", {kHidden, kFfn}}, {"ffn_down", {kFfn, kHidden}}})
            text.tensors.push_back(randomTensor(block + name + ".weight", dims));
    }

    constexpr Number kWidth = 512;
    EditedGguf vision = EditedGguf::load(nano("mmproj-nano-f16.gguf"));
    vision.tensors.clear();
    vision.keys["clip.vision.projection_dim"] = kHidden;
    vision.keys["clip.vision.image_size"] = Number{336};
    vision.keys["clip.vision.embedding_length"] = kWidth;
    vision.keys["clip.vision.feed_forward_length"] = 4 * kWidth;
    vision.keys["clip.vision.block_count"] = Number{8};
    vision.keys["clip.vision.attention.head_count"] = Number{8};
    std::vector<std::pair<std::string, std::vector<Number>>> tensors{{"v.class_embd", {kWidth}},
        {"v.position_embd.weight", {kWidth, 577}}, {"v.patch_embd.weight", {588, kWidth}},
        {"v.pre_ln.weight", {kWidth}}, {"v.pre_ln.bias", {kWidth}}, {"v.post_ln.weight", {kWidth}},
        {"v.post_ln.bias", {kWidth}}, {"mm.model.mlp.1.weight", {4 * kWidth, kHidden}},
        {"mm.model.mlp.2.weight", {kHidden, kHidden}}, {"mm.model.fc.weight", {kHidden, kHidden}}};
    for (int i = 0; i < 8; ++i) {
        const std::string block = "v.blk." + std::to_string(i) + ".";
        for (const std::string name : {"attn_q", "attn_k", "attn_v", "attn_out"}) {
            tensors.push_back({block + name + ".weight", {kWidth, kWidth}});
            tensors.push_back({block + name + ".bias", {kWidth}});
        }
        for (const std::string name : {"ln1.weight", "ln1.bias", "ln2.weight", "ln2.bias"})
            tensors.push_back({block + name, {kWidth}});
        tensors.push_back({block + "ffn_up.weight", {kWidth, 4 * kWidth}});
        tensors.push_back({block + "ffn_up.bias", {4 * kWidth}});
        tensors.push_back({block + "ffn_down.weight", {4 * kWidth, kWidth}});
        tensors.push_back({block + "ffn_down.bias", {kWidth}});
    }
    for (const auto& [name, dims] : tensors)
        vision.tensors.push_back(randomTensor(name, dims));

    inference::LocalEngineOptions options;
    options.model = text.save(folder / "slow.gguf");
    options.mmproj = vision.save(folder / "mmproj-slow.gguf");
    options.tiler = cutIntoTiles;
    return options;
}

} // namespace lectern::test
