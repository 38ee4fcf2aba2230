// SPDX-License-Identifier: Apache-2.0
// Sines and cosines of rotary embeddings, shared by the CPU backends because their accuracy at
// large positions is delicate.
#pragma once

#include "inference/backend.h"

#include <vector>

namespace lectern::inference {

struct RopeTable {
    // [positions, headDim / 2]
    std::vector<float> cosines;
    std::vector<float> sines;
};

// The angle p * f_j is rounded to float32, as the published models do; its sine and cosine are
// then taken in double, because a float32 range reduction fails at large angles.
[[nodiscard]] RopeTable ropeTable(
    const RopeParams& params, std::int64_t firstPosition, std::int64_t positions);
[[nodiscard]] RopeTable rope2dTable(const Rope2dParams& params, std::int64_t patches);

} // namespace lectern::inference
