// SPDX-License-Identifier: Apache-2.0
// What ops take: views of activations, weights and caches, and the ops' parameters. Apart from the
// Backend so that kernels, which nvcc reads several times, read little else.
#pragma once

#include "inference/kv_type.h"
#include "inference/tensor_type.h"

#include <cstddef>
#include <cstdint>

namespace lectern::inference {

// Rows of a call that are decoded and not prefilled: one token, or a guess at a few. So few that
// reading the weights is most of the work, and each row can be computed as if it were alone.
inline constexpr std::int64_t kDecodeRows = 8;

// f32 activations [count, width], rows tightly packed. A view.
struct Rows {
    float* data = nullptr;
    std::int64_t count = 0;
    std::int64_t width = 0;

    [[nodiscard]] Rows slice(std::int64_t first, std::int64_t rows) const
    {
        return {data + first * width, rows, width};
    }
    // The same values as rows of another width, e.g. [tokens * heads, headDim].
    [[nodiscard]] Rows reshaped(std::int64_t newWidth) const
    {
        return {data, count * width / newWidth, newWidth};
    }
};

// f32 values (norm weights, biases, frequency factors); empty: there is none. A view.
struct Vector {
    const float* data = nullptr;
    std::int64_t width = 0;
};

// Weights [slices, rows, columns]; slices > 1: one matrix an expert. A view.
struct Matrix {
    const std::byte* data = nullptr;
    TensorType type = TensorType::f32;
    std::int64_t columns = 0; // inputs
    std::int64_t rows = 0;    // outputs
    std::int64_t slices = 1;
    std::int64_t rowBytes = 0;
    bool packed = false; // in the backend's own order, rows padded to whole groups of 16

    [[nodiscard]] Matrix slice(std::int64_t index) const
    {
        const std::int64_t stored = packed ? (rows + 15) / 16 * 16 : rows;
        return {data + index * stored * rowBytes, type, columns, rows, 1, rowBytes, packed};
    }
    [[nodiscard]] explicit operator bool() const { return data != nullptr; }
};

// Keys or values of one layer: a row a position, laid out as kv_type.h says. A view.
struct KvRows {
    std::byte* data = nullptr;
    KvType type = KvType::f32;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;

    [[nodiscard]] std::int64_t width() const { return kvHeads * headDim; } // values in a row
    [[nodiscard]] std::int64_t headBytes() const
    {
        return static_cast<std::int64_t>(kvHeadBytes(type, headDim));
    }
    [[nodiscard]] std::int64_t rowBytes() const { return kvHeads * headBytes(); }
    [[nodiscard]] KvRows from(std::int64_t row) const
    {
        return {data + row * rowBytes(), type, kvHeads, headDim};
    }
};

// One of a row's largest values: its column and, cleaned, its value.
struct TokenLogit {
    std::int32_t id = 0;
    float logit = 0;
};
// Values of a row that largest() can be asked for.
inline constexpr std::int64_t kMostLargest = 64;

// Which two values of a head turn together as pair j, 0 <= j < headDim / 2.
enum class RopePairs {
    adjacent, // 2j and 2j + 1
    halves    // j and j + headDim / 2
};

// Rotary embedding of text. Source: arXiv 2104.09864 eq. 34; pair j of a row at position p turns
// by p * theta^(-2j / headDim) / freqFactors[j], the product formed in float32.
struct RopeParams {
    std::int64_t headDim = 0; // even
    float theta = 10000.0F;
    Vector freqFactors{}; // [headDim / 2]; empty: all 1
    RopePairs pairs = RopePairs::adjacent;
};

// Rotary embedding of picture patches: pair i < headDim / 4 turns by (column + 1) g_i, pair i >=
// headDim / 4 by (row + 1) g_(i - headDim / 4), g_j = theta^(-4j / headDim). Rows beyond
// side * side (the class token) do not turn.
struct Rope2dParams {
    std::int64_t headDim = 0; // divisible by 4
    std::int64_t side = 0;    // patches in a row of the picture
    float theta = 10000.0F;
};

enum class Mask {
    causal, // a query at position p sees keys at positions <= p, of its own chunk only
    none    // every query sees every key
};

struct AttentionParams {
    std::int64_t heads = 0;   // query head i uses key/value head i / (heads / kvHeads)
    std::int64_t kvHeads = 0; // divides heads
    std::int64_t headDim = 0;
    float scale = 1.0F; // of q . k
    Mask mask = Mask::causal;
    std::int64_t keyCount = 0;      // rows of keys and values
    std::int64_t firstKey = 0;      // position of key row 0
    std::int64_t firstPosition = 0; // position of query row 0; rows are consecutive
    std::int64_t chunk = 0;         // causal: only keys with k / chunk == p / chunk; 0: no chunks
};

// What the router's logits r of the taken experts become, and where they act.
enum class Gating {
    sigmoidOfInput,  // s_e = sigmoid(r_e) scales the expert's input: ffn_e(s_e in)
    softmaxOfOutput, // s = softmax over the taken experts scales the output: s_e ffn_e(in)
};

} // namespace lectern::inference
