// SPDX-License-Identifier: Apache-2.0
// The router's choice, by one warp: the `used` largest logits, ties to the lower expert, and what
// they are worth.
#pragma once

#include "inference/cuda/gpu.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

// [used] each, readable by the warp afterwards.
struct ChosenExperts {
    std::int32_t* experts;
    float* logits;
    float* scores; // what scales the expert's input or output
};

// logits [experts]. One that is no number counts as the smallest, so that there are always `used`
// experts.
__device__ inline void chooseExperts(
    const float* logits, std::int64_t experts, int used, Gating gating, const ChosenExperts& chosen)
{
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    float lastLogit = INFINITY;
    int last = -1;
    for (int rank = 0; rank < used; ++rank) {
        float best = -INFINITY;
        int expert = static_cast<int>(experts);
        for (int e = lane; e < experts; e += kWarp) {
            const float logit = logits[e] == logits[e] ? logits[e] : -INFINITY;
            const bool left = logit < lastLogit || (logit == lastLogit && e > last);
            if (left && (logit > best || expert == experts)) {
                best = logit;
                expert = e;
            }
        }
        for (int mask = kWarp / 2; mask > 0; mask /= 2) {
            const float otherBest = shuffleXor(best, mask);
            const int other = shuffleXor(expert, mask);
            if (other < experts
                && (expert == experts || otherBest > best
                    || (otherBest == best && other < expert))) {
                best = otherBest;
                expert = other;
            }
        }
        lastLogit = best;
        last = expert;
        if (lane == 0) {
            chosen.experts[rank] = expert;
            chosen.logits[rank] = best;
        }
    }
    __syncwarp();
    for (int rank = lane; rank < used; rank += kWarp) {
        if (gating == Gating::sigmoidOfInput) {
            chosen.scores[rank] = 1.0F / (1.0F + expf(-chosen.logits[rank]));
            continue;
        }
        float sum = 0;
        for (int other = 0; other < used; ++other)
            sum += expf(chosen.logits[other] - chosen.logits[rank]);
        chosen.scores[rank] = 1.0F / sum;
    }
    __syncwarp();
}

} // namespace lectern::inference::cuda
