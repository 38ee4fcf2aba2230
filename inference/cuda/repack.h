// SPDX-License-Identifier: Apache-2.0
// From the file's rows to the device's (weight_layout.h).
#pragma once

#include "inference/cuda/weight_layout.h"

#include <cstddef>

namespace lectern::inference::cuda {

struct RepackJob {
    TensorType type = TensorType::f32;
    std::int64_t columns = 0;
    std::int64_t rows = 0;
    const std::byte* file = nullptr; // device memory, rows tightly packed as in the file
    std::int64_t fileRowBytes = 0;
    std::byte* target = nullptr; // rows of planesOf(...).rowBytes
};

void repack(const RepackJob& job, void* stream);

} // namespace lectern::inference::cuda
