// SPDX-License-Identifier: Apache-2.0
// The routed experts of a mixture for at most kDecodeRows tokens, in two kernels that choose the
// experts themselves: no round trip to the host, no kernel for sixteen numbers.
#pragma once

#include "inference/cuda/few_rows.h"

namespace lectern::inference::cuda {

inline constexpr int kMostUsed = 32;

struct FewExperts {
    FewRows in;                    // normed
    const float* logits = nullptr; // of the router [count, experts]
    std::int64_t experts = 0;
    std::int64_t used = 1;
    Gating gating = Gating::sigmoidOfInput;
    DeviceMatrix gate;
    DeviceMatrix up;
    DeviceMatrix down;
    DeviceMatrix sharedDown;       // data null: there is no shared expert
    const float* shared = nullptr; // [count, sharedDown.columns], the shared expert's activations
    float* activated = nullptr;    // [count * used, down.columns], between the two kernels
    float* out = nullptr;          // [count, down.rows]
    float* sum = nullptr;          // also sum += out; null: not
    Codebooks books;
};

// Whether shared memory holds what the job needs; does not depend on the number of tokens.
bool fitsFewExperts(const FewExperts& job, const DeviceLimits& limits);

// Requires: fitsFewExperts().
void fewExperts(const FewExperts& job, const DeviceLimits& limits, void* stream);

} // namespace lectern::inference::cuda
