// SPDX-License-Identifier: Apache-2.0
// Which keys a query sees.
#pragma once

#include "inference/cuda/gpu.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

// Positions [first, end).
struct KeyRange {
    std::int64_t first = 0;
    std::int64_t end = 0;
};

__host__ __device__ inline KeyRange visibleKeys(const AttentionParams& p, std::int64_t token)
{
    if (p.mask == Mask::none)
        return {p.firstKey, p.firstKey + p.keyCount};
    const std::int64_t position = p.firstPosition + token;
    const std::int64_t chunk = p.chunk > 0 ? position / p.chunk * p.chunk : 0;
    const std::int64_t end = p.firstKey + p.keyCount;
    return {chunk > p.firstKey ? chunk : p.firstKey, position + 1 < end ? position + 1 : end};
}

} // namespace lectern::inference::cuda
