// SPDX-License-Identifier: Apache-2.0
// Attention over cached keys and values, a few tokens (decode: bound by reading the cache) or many
// (prefill, pictures: bound by arithmetic). No matrix of scores leaves a block.
#pragma once

#include "inference/cuda/few_rows.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

struct AttentionJob {
    Rows out;
    Rows q;
    KvRows keys;
    KvRows values;
    AttentionParams params;
};

// Keys a block of the few-token kernel takes: [256 s, 256 s + 256) of the positions, so that which
// keys go together, and so the bits, does not depend on the batch.
inline constexpr std::int64_t kSpan = 256;
inline constexpr std::int64_t kWidestHead = 1024;

// Floats of scratch that `tokens` tokens of the job need, and counters, which are zero before and
// after.
std::int64_t spanScratch(const AttentionJob& job, std::int64_t tokens);
std::int64_t spanCounters(const AttentionJob& job, std::int64_t tokens);

// Requires: headDim <= kWidestHead.
void attendFew(const AttentionJob& job, float* scratch, unsigned* counters, void* stream);

// Whether attendMany can do it; else attendFew, few tokens at a time.
bool fitsAttendMany(const AttentionJob& job, const DeviceLimits& limits);
void attendMany(const AttentionJob& job, void* stream);

// The same by tensor cores, rounding to bfloats; not over caches in f32.
bool fitsAttendManyBfloats(const AttentionJob& job);
void attendManyBfloats(const AttentionJob& job, void* stream);

} // namespace lectern::inference::cuda
