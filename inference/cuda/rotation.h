// SPDX-License-Identifier: Apache-2.0
// One pair of a rotary embedding.
#pragma once

#include "inference/cuda/gpu.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

__device__ inline void turn(float& first, float& second, float angle)
{
    float s = 0;
    float c = 0;
    sincosf(angle, &s, &c);
    const float x0 = first;
    const float x1 = second;
    first = x0 * c - x1 * s;
    second = x0 * s + x1 * c;
}

// Pair j of a head at a position. frequencies: before freqFactors.
__device__ inline void ropePair(float* head, const RopeParams& params, const float* frequencies,
    std::int64_t position, std::int64_t j)
{
    const float factor = params.freqFactors.data ? params.freqFactors.data[j] : 1.0F;
    const float angle = static_cast<float>(position) * (frequencies[j] / factor);
    if (params.pairs == RopePairs::adjacent)
        turn(head[2 * j], head[2 * j + 1], angle);
    else
        turn(head[j], head[j + params.headDim / 2], angle);
}

} // namespace lectern::inference::cuda
