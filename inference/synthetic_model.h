// SPDX-License-Identifier: Apache-2.0
// Models of the released shapes without their weights: random numbers of sane size, for measuring
// where the real ones are not at hand. What they compute means nothing.
#pragma once

#include "inference/model_file.h"

namespace lectern::inference {

struct SyntheticModel {
    std::string shape;                  // "scout", "maverick", or "tiny", which is for tests
    TensorType type = TensorType::q4_k; // of all matrices but the router
    std::int64_t layers = 0;            // 0: as many as the released model has
};

// All matrices are the same bytes in memory, as long as the longest of them. Errors:
// invalidRequest (no such shape; a type whose blocks the shape's widths do not hold), outOfMemory.
[[nodiscard]] Result<std::unique_ptr<ModelFile>> syntheticModel(const SyntheticModel& wanted);

} // namespace lectern::inference
