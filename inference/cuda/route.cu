// SPDX-License-Identifier: Apache-2.0
// Which tokens go to which expert, sorted on the device, and their outputs put together again.
#include "inference/cuda/choose_experts.h"
#include "inference/cuda/many_rows.h"

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 256;

// A warp a token.
__global__ void chooseForAll(RouteJob job)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t token =
        (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / kWarp;
    if (token < job.tokens)
        chooseExperts(job.logits + token * job.experts, job.experts, static_cast<int>(job.used),
            job.gating,
            {job.chosen + token * job.used, job.chosenLogits + token * job.used,
                job.scores + token * job.used});
}

// A block an expert: its pairs in order, behind those of the experts before it. Every block counts
// through all pairs, which are a few thousand numbers in the cache; no atomics, so the order and
// the bits of everything after are always the same.
__global__ void sortPairs(RouteJob job)
{
    __shared__ std::int32_t counts[kThreads];
    waitForPrevious();
    letNextStart();
    const auto expert = static_cast<std::int32_t>(blockIdx.x);
    const std::int64_t pairs = job.tokens * job.used;
    const std::int64_t each = (pairs + kThreads - 1) / kThreads;
    const std::int64_t first = threadIdx.x * each;
    const std::int64_t end = first + each < pairs ? first + each : pairs;
    std::int32_t before = 0; // pairs of earlier experts in this thread's part
    std::int32_t mine = 0;
    for (std::int64_t p = first; p < end; ++p) {
        before += job.chosen[p] < expert ? 1 : 0;
        mine += job.chosen[p] == expert ? 1 : 0;
    }
    counts[threadIdx.x] = before;
    __syncthreads();
    std::int32_t at = 0; // where this expert begins
    for (unsigned t = 0; t < kThreads; ++t)
        at += counts[t];
    __syncthreads();
    counts[threadIdx.x] = mine;
    __syncthreads();
    std::int32_t all = 0;
    for (unsigned t = 0; t < kThreads; ++t) {
        if (t == threadIdx.x)
            before = all;
        all += counts[t];
    }
    if (threadIdx.x == 0)
        job.ends[expert] = at + all;
    at += before;
    for (std::int64_t p = first; p < end; ++p)
        if (job.chosen[p] == expert)
            job.pairs[at++] = static_cast<std::int32_t>(p);
}

__global__ void combineRows(CombineJob job)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= job.tokens * job.width)
        return;
    const std::int64_t token = index / job.width;
    float total = job.onTop ? job.out[index] : 0.0F;
    for (std::int64_t rank = 0; rank < job.used; ++rank) {
        const std::int64_t pair = token * job.used + rank;
        const float part = job.parts[pair * job.width + index % job.width];
        total += job.scores ? job.scores[pair] * part : part;
    }
    job.out[index] = total;
}

unsigned blocks(std::int64_t threads)
{
    return static_cast<unsigned>((threads + kThreads - 1) / kThreads);
}

} // namespace

void route(const RouteJob& job, void* stream)
{
    launch(chooseForAll, Launch{{blocks(job.tokens * kWarp), 1, 1}, kThreads, 0, stream}, job);
    launch(sortPairs, Launch{{static_cast<unsigned>(job.experts), 1, 1}, kThreads, 0, stream}, job);
}

void combine(const CombineJob& job, void* stream)
{
    launch(combineRows, Launch{{blocks(job.tokens * job.width), 1, 1}, kThreads, 0, stream}, job);
}

} // namespace lectern::inference::cuda
