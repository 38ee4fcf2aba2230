// SPDX-License-Identifier: Apache-2.0
// The two kernels that read weights, for every type: the types that the tables decode in registers
// go there, all others through the scalar dequantizer. Same arguments as in Kernels.
#pragma once

#include "inference/cpu/kernels.h"

namespace lectern::inference {

void gemvAny(const Kernels& kernels, TensorType type, const std::byte* weights,
    std::int64_t rowBytes, std::int64_t rows, const float* x, std::int64_t n, const float* bias,
    float* out);
void decodeAny(const Kernels& kernels, TensorType type, const std::byte* row, std::int64_t first,
    std::int64_t count, float* out);

} // namespace lectern::inference
