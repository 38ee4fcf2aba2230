// SPDX-License-Identifier: Apache-2.0
// The inner loops of the fast CPU backend, one table for each instruction set.
//
// The tables' files are compiled with instructions that the running CPU may lack, so they keep
// everything in an unnamed namespace and call no inline function of any library: the linker would
// be free to give such a copy to the rest of the program.
#pragma once

#include "inference/tensor_type.h"

#include <cstddef>
#include <cstdint>

namespace lectern::inference {

struct Kernels {
    const char* name; // "AVX2"
    // Tile that `dots` computes without spilling registers.
    int tileA;
    int tileB;

    // out[r] = row r of the weights . x (+ bias[r]), decoding the weights in registers. This and
    // decode() know F32, F16, BF16, Q8_0, Q4_0, Q4_K and Q6_K; any_type.h has the others.
    //   weights  `rows` rows of n values, rowBytes apart;  bias  [rows] or null
    void (*gemv)(TensorType type, const std::byte* weights, std::int64_t rowBytes,
        std::int64_t rows, const float* x, std::int64_t n, const float* bias, float* out);
    // Values first .. first + count - 1 of a row as f32; first is a multiple of 256.
    void (*decode)(
        TensorType type, const std::byte* row, std::int64_t first, std::int64_t count, float* out);
    // out[i * outStride + j] (+)= a_i . b_j over n values, i < countA <= tileA, j < countB <=
    // tileB.
    void (*dots)(const float* a, std::int64_t strideA, int countA, const float* b,
        std::int64_t strideB, int countB, std::int64_t n, float* out, std::int64_t outStride,
        bool accumulate);
    // out_r += sum over k of weights[r * weightStride + k] * v_k, each of d values.
    void (*weightedSum)(float* out, std::int64_t outStride, const float* weights,
        std::int64_t weightStride, std::int64_t rows, const float* v, std::int64_t vStride,
        std::int64_t keys, std::int64_t d);
    // s = exp(s - largest); returns the sum.
    float (*expSum)(float* s, std::int64_t n, float largest);
    float (*largest)(const float* s, std::int64_t n);
    void (*rmsNorm)(float* out, const float* x, const float* weight, std::int64_t n, float eps);
    void (*layerNorm)(float* out, const float* x, const float* weight, const float* bias,
        std::int64_t n, float eps);
    void (*scale)(float* out, const float* x, float factor, std::int64_t n);
    void (*add)(float* x, const float* y, std::int64_t n);
    void (*gelu)(float* x, std::int64_t n);
    // gate = silu(gate) * up
    void (*siluMul)(float* gate, const float* up, std::int64_t n);
    void (*toHalf)(std::uint16_t* out, const float* x, std::int64_t n);
    void (*fromHalf)(float* out, const std::uint16_t* x, std::int64_t n);
};

// Call only where the CPU has the instructions.
[[nodiscard]] const Kernels& avx2Kernels();
[[nodiscard]] const Kernels& avx512Kernels();

} // namespace lectern::inference
