// SPDX-License-Identifier: Apache-2.0
// What happens to heads between the projections and attention, in one kernel: rotating, norming,
// scaling, and storing keys and values. Each step is one of Backend's ops, in the order in which
// they were asked for, with the bits of the op alone.
#pragma once

#include "inference/op_types.h"

namespace lectern::inference::cuda {

inline constexpr std::int64_t kWidestTurned = 256; // values of a head
inline constexpr int kMostHeadSteps = 3;
inline constexpr int kMostHeadRows = 3; // queries, keys, values

struct HeadStep {
    enum class Kind { rope, norm, scale };
    Kind kind = Kind::norm;
    RopeParams rope;
    const float* frequencies = nullptr; // rope
    std::int64_t firstPosition = 0;     // rope
    Vector weight;                      // norm
    float eps = 0;                      // norm
    const float* factors = nullptr;     // scale, one a token
};

// heads [tokens, perToken] of headDim values, changed in place by the steps, then stored.
struct HeadRows {
    float* data = nullptr;
    std::int64_t heads = 0;
    std::int64_t perToken = 0; // 0: no step asks for it
    std::int64_t headDim = 0;
    HeadStep steps[kMostHeadSteps];
    int stepCount = 0;
    KvRows store{}; // data null: not
};

struct HeadJob {
    HeadRows rows[kMostHeadRows];
    int count = 0;
};

// Requires: headDim <= kWidestTurned.
void headOps(const HeadJob& job, void* stream);

} // namespace lectern::inference::cuda
