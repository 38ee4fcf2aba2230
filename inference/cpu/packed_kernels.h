// SPDX-License-Identifier: Apache-2.0
// The inner loops over packed weights, one table for each instruction set. The files behind them
// follow the rule of kernels.h: everything in an unnamed namespace, no library's inline function.
//
// out[t][r] = sum over k of weights[r][k] * in[t][k] (+ bias[r]), in one of three arithmetics:
//   quantised weights   inputs in 8 bits, one scale for 32 of them; dot products of 16 or 32 in
//                       integers, exactly, the sums over them in f32
//   F32                 f32
//   F16, BF16           f32 up to kExactTokens tokens, else inputs (and F16 weights) rounded to
//                       bfloat16, products and sums in f32
// Every output is summed in an order that depends on nothing but its row of weights, so its bits
// do not depend on how many tokens, rows or threads go together (16-bit weights: on which side of
// kExactTokens; quantised ones with AMX, unpacked to bfloat16 beyond its own border, likewise).
// Speculation and replay rely on that.
#pragma once

#include "inference/tensor_type.h"

#include <cstddef>
#include <cstdint>

namespace lectern::inference {

// Up to here 16-bit weights are bound by memory, not by arithmetic, and f32 costs nothing.
inline constexpr std::int64_t kExactTokens = 8;

// How a row of inputs stands in memory.
//   bytes: columns signed bytes q; a f32 scale for each 32 of them; a correction for each `sub`:
//          -offset * sum(q) as int32 where weights are offset by a constant, else
//          -scale * sum(q) as f32 for weights with a minimum
//   tiles: bf16, in lines of 64 bytes, the first lines of 32 rows behind one another, then their
//          second lines: what a step of a product by AMX's tiles loads is one stretch of memory
struct InputForm {
    enum class Kind : std::uint8_t { f32, bf16, bytes, tiles };
    Kind kind = Kind::f32;
    std::uint8_t sub = 32; // 16 or 32
    std::uint8_t offset = 0;
    bool operator==(const InputForm&) const = default;
};

// A multiple of 64, so that rows of inputs start on a cache line.
[[nodiscard]] constexpr std::int64_t inputBytes(InputForm form, std::int64_t columns)
{
    const std::int64_t bytes = form.kind == InputForm::Kind::bytes
        ? columns + columns / 32 * 4 + columns / form.sub * 4
        : columns * (form.kind == InputForm::Kind::f32 ? 4 : 2);
    return (bytes + 63) / 64 * 64;
}

inline constexpr std::int64_t kInputLine = 64; // bytes
inline constexpr std::int64_t kTiledRows = 32; // rows of inputs whose lines lie together

// Bytes from the first row of inputs to row `row`'s first line.
[[nodiscard]] constexpr std::int64_t inputAt(InputForm form, std::int64_t stride, std::int64_t row)
{
    return form.kind == InputForm::Kind::tiles
        ? row / kTiledRows * kTiledRows * stride + row % kTiledRows * kInputLine
        : row * stride;
}
// Bytes of `rows` rows of inputs.
[[nodiscard]] constexpr std::int64_t inputRowsBytes(
    InputForm form, std::int64_t stride, std::int64_t rows)
{
    return form.kind == InputForm::Kind::tiles
        ? (rows + kTiledRows - 1) / kTiledRows * kTiledRows * stride
        : rows * stride;
}

struct PackedProduct {
    TensorType type;
    const std::byte* groups; // packed groups of rows, one after the other
    std::int64_t groupBytes;
    std::int64_t columns;
    std::int64_t rows;     // 16 a group, the last perhaps fewer
    const std::byte* in;   // inputs as form() wants them
    std::int64_t inStride; // bytes of a token; where they are: inputAt()
    std::int64_t tokens;
    const float* bias; // [rows] or null
    float* out;
    std::int64_t outStride; // floats from token to token
    std::byte* panel;       // scratch, panelBytes(), on a cache line
};

struct PackedKernels {
    const char* name; // "AVX-512 with VNNI and BF16"
    // What a product with so many tokens wants its inputs as.
    InputForm (*form)(TensorType type, std::int64_t tokens);
    // Rows that multiply() takes at a time; tasks hold a multiple of them.
    std::int64_t (*panelRows)(TensorType type, std::int64_t columns, std::int64_t tokens);
    std::int64_t (*panelBytes)(TensorType type, std::int64_t columns);
    // A row of inputs in that form, from where inputAt() says; not for f32, taken as it is.
    void (*prepare)(InputForm form, const float* x, std::int64_t columns, std::byte* out);
    void (*multiply)(const PackedProduct& product);
};

// Call only where the CPU has the instructions.
[[nodiscard]] const PackedKernels& avx2PackedKernels();
[[nodiscard]] const PackedKernels& avx512PackedKernels(); // with VNNI and BF16
// With AMX, and AVX-512 as above; the process must have been granted the tiles.
[[nodiscard]] const PackedKernels& amxPackedKernels();

} // namespace lectern::inference
