// SPDX-License-Identifier: Apache-2.0
// Stored blocks to float32: the scalar reference that specifies every kernel reading weights.
#pragma once

#include "inference/error.h"
#include "inference/tensor_type.h"

#include <cstddef>
#include <cstdint>

namespace lectern::inference {

// Writes the `count` values stored at `row` (any alignment) to `out`.
//   count  a whole number of the type's blocks
// Errors: unsupportedType, naming the type, for those that isComputable() denies; wrongShape when
// count is not a whole number of blocks. Bit patterns are exact, with fused multiply-add or
// without. Thread: any. Source of the layouts: tests/golden/README.md, section 11, and for the IQ1
// to IQ3 and TQ types dequantize_codebook.cpp.
[[nodiscard]] Result<void> dequantizeRow(
    TensorType type, const std::byte* row, float* out, std::size_t count);

} // namespace lectern::inference
