// SPDX-License-Identifier: Apache-2.0
// Weights of any type as a file has them: random bits for the quants, small halves as their scales.
#pragma once

#include "inference/tensor_type.h"

#include <cstddef>
#include <span>

namespace lectern::test {

// bytes: whole blocks of the type.
void fillRandomly(std::span<std::byte> bytes, inference::TensorType type, unsigned seed);

} // namespace lectern::test
