// SPDX-License-Identifier: Apache-2.0
// Products of many rows: prefill and pictures, bound by arithmetic. Weights are decoded tile by
// tile on their way into shared memory, because a micro-batch gives an expert few tokens and
// writing its weights out in 16 bits would cost more than reading them in 4.
#pragma once

#include "inference/cuda/few_rows.h"

namespace lectern::inference::cuda {

// Which rows of `in` an expert has. Pairs are (token, rank) as token * used + rank.
struct Grouping {
    const std::int32_t* pairs = nullptr; // [count * used] sorted by expert
    const std::int32_t* ends = nullptr;  // [experts] end of each expert's pairs
    std::int64_t experts = 0;
    std::int64_t used = 1; // rows of `in` are pair / used, or pair where they are pairs
    bool inIsPairs = false;
    const float* scores = nullptr; // [pairs] scale the input; null: 1
};

struct ManyJob {
    DeviceMatrix weights;
    const float* in = nullptr; // [count, weights.columns]
    std::int64_t count = 0;    // of rows, of pairs when grouped
    const float* bias = nullptr;
    float* out = nullptr; // [count, weights.rows]; grouped: row of pair p is p
    bool exact = false;   // f32 throughout; else products of bfloats, sums in f32
    Grouping groups{};    // experts 0: not grouped
    Codebooks books;
};

void manyRows(const ManyJob& job, void* stream);

struct RouteJob {
    const float* logits = nullptr; // [tokens, experts]
    std::int64_t tokens = 0;
    std::int64_t experts = 0;
    std::int64_t used = 1;
    Gating gating = Gating::sigmoidOfInput;
    std::int32_t* chosen = nullptr; // [tokens * used], as are the next three
    float* chosenLogits = nullptr;
    float* scores = nullptr;
    std::int32_t* pairs = nullptr; // sorted by expert, in order within one
    std::int32_t* ends = nullptr;  // [experts]
};

void route(const RouteJob& job, void* stream);

// out[t] (+)= the sum over ranks of scores[p] parts[p], p = t * used + rank; scores null: 1.
struct CombineJob {
    const float* parts = nullptr;
    const float* scores = nullptr;
    float* out = nullptr;
    std::int64_t tokens = 0;
    std::int64_t used = 1;
    std::int64_t width = 0;
    bool onTop = false; // out holds the shared expert's
};
void combine(const CombineJob& job, void* stream);

} // namespace lectern::inference::cuda
