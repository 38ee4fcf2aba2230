// SPDX-License-Identifier: Apache-2.0
// Weights of the rarer types: decoded by the scalar code into a buffer in the L1 cache first.
#include "inference/cpu/any_type.h"

#include "inference/dequantize.h"

#include <algorithm>

namespace lectern::inference {
namespace {

// 4 KB of floats, a multiple of every block.
constexpr std::int64_t kBuffer = 1024;

bool inRegisters(TensorType type)
{
    switch (type) {
    case TensorType::f32:
    case TensorType::f16:
    case TensorType::bf16:
    case TensorType::q8_0:
    case TensorType::q4_0:
    case TensorType::q4_k:
    case TensorType::q6_k:
        return true;
    default:
        return false;
    }
}

// HostBackend::matrix lets only computable types and whole blocks through, so that nothing fails.
void decodeScalar(
    TensorType type, const std::byte* row, std::int64_t first, std::int64_t count, float* out)
{
    const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(type));
    if (!layout)
        return;
    [[maybe_unused]] const Result<void> done =
        dequantizeRow(type, row + first / layout->blockValues * layout->blockBytes, out,
            static_cast<std::size_t>(count));
}

} // namespace

void gemvAny(const Kernels& kernels, TensorType type, const std::byte* weights,
    std::int64_t rowBytes, std::int64_t rows, const float* x, std::int64_t n, const float* bias,
    float* out)
{
    if (inRegisters(type))
        return kernels.gemv(type, weights, rowBytes, rows, x, n, bias, out);
    alignas(64) float values[kBuffer];
    for (std::int64_t r = 0; r < rows; ++r) {
        float dot = 0;
        for (std::int64_t k = 0; k < n; k += kBuffer) {
            const std::int64_t count = std::min(kBuffer, n - k);
            decodeScalar(type, weights + r * rowBytes, k, count, values);
            kernels.dots(values, count, 1, x + k, count, 1, count, &dot, 1, k > 0);
        }
        out[r] = bias ? dot + bias[r] : dot;
    }
}

void decodeAny(const Kernels& kernels, TensorType type, const std::byte* row, std::int64_t first,
    std::int64_t count, float* out)
{
    if (inRegisters(type))
        kernels.decode(type, row, first, count, out);
    else
        decodeScalar(type, row, first, count, out);
}

} // namespace lectern::inference
