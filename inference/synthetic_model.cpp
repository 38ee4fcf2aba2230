// SPDX-License-Identifier: Apache-2.0
// Headers as the released models have them, over one stretch of random weights.
#include "inference/synthetic_model.h"

#include "inference/half.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lectern::inference {

namespace {

struct Shape {
    std::string_view name;
    std::uint64_t layers, hidden, heads, kvHeads, headDim;
    std::uint64_t experts, expertFfn, ffn, moeStep, vocabulary;
};

// Source: the published configurations of the models.
constexpr Shape kShapes[] = {
    {"scout", 48, 5120, 40, 8, 128, 16, 8192, 16384, 1, 202048},
    {"maverick", 48, 5120, 40, 8, 128, 128, 8192, 16384, 2, 202048},
    {"tiny", 4, 256, 4, 2, 64, 4, 256, 512, 2, 512},
};

// Weights of a standard deviation near 1/70, as those of a row of 5120 have them.
constexpr float kSpread = 1.0F / 70;

struct ScalePlace {
    std::uint32_t offset; // in a block
    float scale;          // of the type's own numbers
};

// Where a block's halves stand and what makes its values about kSpread; none: not a type of these.
std::vector<ScalePlace> scalePlaces(TensorType type)
{
    switch (type) {
    case TensorType::q4_0:
        return {{0, kSpread / 4.6F}};
    case TensorType::iq4_nl:
    case TensorType::q8_0:
        return {{0, kSpread / 70}};
    case TensorType::q4_k: // six-bit scales around 32; the minimum centres nibbles of 7.5
        return {{0, kSpread / (36 * 4.6F)}, {2, kSpread / (36 * 4.6F) * 7.5F}};
    case TensorType::q5_k:
        return {{0, kSpread / (36 * 9.2F)}, {2, kSpread / (36 * 9.2F) * 15.5F}};
    case TensorType::q6_k:
        return {{208, kSpread / (74 * 18.0F)}};
    case TensorType::iq4_xs:
        return {{0, kSpread / (18 * 70.0F)}};
    default:
        return {};
    }
}

bool canFill(TensorType type)
{
    return !scalePlaces(type).empty() || type == TensorType::f32 || type == TensorType::f16
        || type == TensorType::bf16 || type == TensorType::mxfp4;
}

class Random {
public:
    std::uint64_t bits()
    {
        m_state ^= m_state << 13U; // xorshift64
        m_state ^= m_state >> 7U;
        m_state ^= m_state << 17U;
        return m_state;
    }
    float spread() // even, of standard deviation kSpread
    {
        return (static_cast<float>(bits() >> 40U) / 8388608.0F - 1.0F) * 1.7320508F * kSpread;
    }

private:
    std::uint64_t m_state = 88172645463325252U;
};

void fill(std::span<std::byte> target, TensorType type)
{
    Random random;
    const TensorTypeInfo layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
    if (layout.blockValues == 1) {
        for (std::size_t at = 0; at + layout.blockBytes <= target.size(); at += layout.blockBytes) {
            const float value = random.spread();
            const std::uint16_t half =
                type == TensorType::f16 ? floatToHalf(value) : floatToBfloat16(value);
            if (type == TensorType::f32)
                std::memcpy(&target[at], &value, sizeof value);
            else
                std::memcpy(&target[at], &half, sizeof half);
        }
        return;
    }
    for (std::size_t at = 0; at + 8 <= target.size(); at += 8) {
        const std::uint64_t bits = random.bits();
        std::memcpy(&target[at], &bits, sizeof bits);
    }
    for (std::size_t at = 0; at + layout.blockBytes <= target.size(); at += layout.blockBytes) {
        for (const ScalePlace& place : scalePlaces(type)) {
            const std::uint16_t half = floatToHalf(place.scale);
            std::memcpy(&target[at + place.offset], &half, sizeof half);
        }
        if (type == TensorType::mxfp4)
            target[at] = std::byte{120}; // 2^-8, times numbers up to 12
    }
}

// The header under construction; offsets count from the file's begin.
struct Header {
    Gguf gguf;
    std::uint64_t longest = 0; // bytes of the longest matrix
    std::uint64_t floats = 0;  // bytes of all f32 tensors

    void matrix(std::string name, TensorType type, std::array<std::uint64_t, 4> dims)
    {
        const TensorTypeInfo layout = *tensorTypeInfo(static_cast<std::uint32_t>(type));
        const std::uint64_t bytes =
            dims[0] / layout.blockValues * layout.blockBytes * dims[1] * dims[2];
        gguf.tensors.push_back({std::move(name), type,
            dims[2] > 1       ? 3U
                : dims[1] > 1 ? 2U
                              : 1U,
            dims, 0, bytes, 0});
        longest = std::max(longest, bytes);
    }
    void floatTensor(std::string name, std::uint64_t width, std::uint64_t rows = 1)
    {
        const std::uint64_t bytes = width * rows * sizeof(float);
        gguf.tensors.push_back({std::move(name), TensorType::f32, rows > 1 ? 2U : 1U,
            {width, rows, 1, 1}, floats, bytes, 0});
        floats += bytes;
    }
};

Header headerOf(const Shape& shape, TensorType type)
{
    Header header;
    auto& keys = header.gguf.keys;
    const auto set = [&](const char* key, std::uint64_t value) {
        keys[std::string("llama4.") + key] = value;
    };
    keys["general.architecture"] = std::string("llama4");
    keys["general.name"] = fmt::format("synthetic {}", shape.name);
    set("block_count", shape.layers);
    set("embedding_length", shape.hidden);
    set("context_length", 1U << 20U);
    set("attention.head_count", shape.heads);
    set("attention.head_count_kv", shape.kvHeads);
    set("attention.key_length", shape.headDim);
    set("attention.value_length", shape.headDim);
    set("rope.dimension_count", shape.headDim);
    set("interleave_moe_layer_step", shape.moeStep);
    set("expert_count", shape.experts);
    set("expert_used_count", 1);
    set("expert_feed_forward_length", shape.expertFfn);
    set("feed_forward_length", shape.ffn);
    keys["llama4.attention.layer_norm_rms_epsilon"] = 1e-5;
    keys["llama4.rope.freq_base"] = 500000.0;

    const std::uint64_t q = shape.heads * shape.headDim;
    const std::uint64_t kv = shape.kvHeads * shape.headDim;
    header.matrix("token_embd.weight", type, {shape.hidden, shape.vocabulary, 1, 1});
    header.matrix("output.weight", type, {shape.hidden, shape.vocabulary, 1, 1});
    header.floatTensor("output_norm.weight", shape.hidden);
    for (std::uint64_t i = 0; i < shape.layers; ++i) {
        const auto name = [&](const char* part) {
            return fmt::format("blk.{}.{}.weight", i, part);
        };
        header.floatTensor(name("attn_norm"), shape.hidden);
        header.floatTensor(name("ffn_norm"), shape.hidden);
        header.matrix(name("attn_q"), type, {shape.hidden, q, 1, 1});
        header.matrix(name("attn_k"), type, {shape.hidden, kv, 1, 1});
        header.matrix(name("attn_v"), type, {shape.hidden, kv, 1, 1});
        header.matrix(name("attn_output"), type, {q, shape.hidden, 1, 1});
        const bool isMoe = (i + 1) % shape.moeStep == 0;
        const std::uint64_t ffn = isMoe ? shape.expertFfn : shape.ffn;
        const char* suffix = isMoe ? "_shexp" : "";
        for (const char* part : {"gate", "up"})
            header.matrix(fmt::format("blk.{}.ffn_{}{}.weight", i, part, suffix), type,
                {shape.hidden, ffn, 1, 1});
        header.matrix(
            fmt::format("blk.{}.ffn_down{}.weight", i, suffix), type, {ffn, shape.hidden, 1, 1});
        if (!isMoe)
            continue;
        header.floatTensor(name("ffn_gate_inp"), shape.hidden, shape.experts);
        header.matrix(name("ffn_gate_exps"), type, {shape.hidden, ffn, shape.experts, 1});
        header.matrix(name("ffn_up_exps"), type, {shape.hidden, ffn, shape.experts, 1});
        header.matrix(name("ffn_down_exps"), type, {ffn, shape.hidden, shape.experts, 1});
    }
    return header;
}

} // namespace

Result<std::unique_ptr<ModelFile>> syntheticModel(const SyntheticModel& wanted)
{
    const auto* found = std::ranges::find(kShapes, wanted.shape, &Shape::name);
    if (found == std::end(kShapes))
        return fail(ErrorCode::invalidRequest,
            fmt::format("There is no synthetic model \"{}\".", wanted.shape));
    if (!canFill(wanted.type))
        return fail(ErrorCode::invalidRequest,
            "Synthetic weights come in F32, F16, BF16, Q4_0, Q8_0, Q4_K, Q5_K, Q6_K, IQ4_NL, "
            "IQ4_XS and MXFP4.");
    Shape shape = *found;
    if (wanted.layers > 0)
        shape.layers = static_cast<std::uint64_t>(wanted.layers);
    Header header = headerOf(shape, wanted.type);

    constexpr std::uint64_t kPage = 4096; // the floats stand behind the weights, on a page
    const std::uint64_t floatsAt = (header.longest + kPage - 1) / kPage * kPage;
    for (GgufTensor& tensor : header.gguf.tensors)
        if (tensor.type == TensorType::f32
            && (tensor.dimCount == 1 || tensor.name.ends_with("inp.weight")))
            tensor.offset += floatsAt;
    const std::uint64_t size = floatsAt + header.floats;
    const int memory = memfd_create("lectern-synthetic", MFD_CLOEXEC);
    void* mapped = MAP_FAILED;
    if (memory >= 0 && ftruncate(memory, static_cast<off_t>(size)) == 0)
        mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (mapped == MAP_FAILED) {
        if (memory >= 0)
            close(memory);
        return fail(ErrorCode::outOfMemory,
            fmt::format("There is no memory for {:.2f} GB of synthetic weights.",
                static_cast<double>(size) / 1e9));
    }
    const std::span bytes(static_cast<std::byte*>(mapped), size);
    fill(bytes.first(header.longest), wanted.type);
    fill(bytes.subspan(floatsAt), TensorType::f32);
    for (const GgufTensor& tensor : header.gguf.tensors) // norms are near 1
        if (tensor.name.ends_with("norm.weight"))
            for (std::uint64_t i = 0; i < tensor.dims[0]; ++i) {
                const float one = 1.0F;
                std::memcpy(&bytes[tensor.offset + i * sizeof one], &one, sizeof one);
            }
    munmap(mapped, size);
    auto file = MappedFile::open(fmt::format("/proc/self/fd/{}", memory));
    close(memory); // the mapping keeps it
    if (!file)
        return tl::unexpected(file.error());
    return ModelFile::over(std::move(*file), std::move(header.gguf));
}

} // namespace lectern::inference
