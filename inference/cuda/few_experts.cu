// SPDX-License-Identifier: Apache-2.0
// Routed experts of few tokens: a token's expert is a slice of the weights, found by its blocks.
#include "inference/cuda/few_experts.h"

#include "inference/cuda/choose_experts.h"
#include "inference/cuda/row_dots.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = kFewThreads;
constexpr int kWarps = kThreads / kWarp;

struct Chosen {
    std::int32_t experts[kMostUsed];
    float logits[kMostUsed];
    float scores[kMostUsed];
};

// For the whole block.
__device__ void choose(const FewExperts& job, std::int64_t token, Chosen& chosen)
{
    if (threadIdx.x < kWarp)
        chooseExperts(job.logits + token * job.experts, job.experts, static_cast<int>(job.used),
            job.gating, {chosen.experts, chosen.logits, chosen.scores});
    __syncthreads();
}

__device__ DeviceMatrix expertOf(const DeviceMatrix& all, std::int64_t expert)
{
    DeviceMatrix one = all;
    one.data += expert * all.sliceBytes;
    return one;
}

__device__ std::int64_t firstOutput()
{
    return static_cast<std::int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
}

// activated[pair] = silu(s gate in) * (s up in), s the score where it acts on the input.
template <TensorType kind>
__global__ void __launch_bounds__(kThreads, 3)
    expertsGateUp(const __grid_constant__ FewExperts job, Needs needs)
{
    __shared__ Chosen chosen;
    const auto pair = static_cast<std::int64_t>(blockIdx.y);
    waitForPrevious();
    choose(job, pair / job.used, chosen);
    const int rank = static_cast<int>(pair % job.used);
    const DeviceMatrix gate = expertOf(job.gate, chosen.experts[rank]);
    const DeviceMatrix up = expertOf(job.up, chosen.experts[rank]);
    const float score = job.gating == Gating::sigmoidOfInput ? chosen.scores[rank] : 1.0F;
    if (firstOutput() < gate.rows) { // travels while the inputs are staged
        prefetchRow(gate, firstOutput());
        prefetchRow(up, firstOutput());
    }
    const Staged in =
        stage(job.in, pair / job.used, 1, {}, needs, dynamicShared<std::byte>(), false);
    __syncthreads();
    letNextStart();
    for (std::int64_t o = firstOutput(); o < gate.rows;
         o += static_cast<std::int64_t>(gridDim.x) * kWarps) {
        float gated = 0;
        float dot[1] = {};
#pragma unroll 1
        for (int part = 0; part < 2; ++part) {
            gated = dot[0];
            rowDots<kind, Riding::none>(part == 0 ? gate : up, o, job.books, in, 1, dot);
        }
        if (threadIdx.x % kWarp == 0)
            job.activated[pair * gate.rows + o] = siluOf(score * gated) * (score * dot[0]);
    }
}

// out = shared expert's + the routed experts', in the order of their ranks.
template <TensorType kind>
__global__ void __launch_bounds__(kThreads, 3)
    expertsDown(const __grid_constant__ FewExperts job, Needs needs, Needs sharedNeeds)
{
    __shared__ Chosen chosen;
    const auto token = static_cast<std::int64_t>(blockIdx.y);
    if (job.sharedDown.data && firstOutput() < job.sharedDown.rows)
        prefetchRow(job.sharedDown, firstOutput());
    waitForPrevious();
    choose(job, token, chosen);
    auto* memory = dynamicShared<std::byte>();
    Staged shared;
    if (job.sharedDown.data) {
        shared = stage(
            {job.shared, 0, job.sharedDown.columns}, token, 1, {}, sharedNeeds, memory, false);
        memory += stagedRowBytes(job.sharedDown.columns, sharedNeeds);
    }
    const Staged routed = stage({job.activated, 0, job.down.columns}, token * job.used,
        static_cast<int>(job.used), {}, needs, memory, false);
    __syncthreads();
    letNextStart();
    for (std::int64_t o = firstOutput(); o < job.down.rows;
         o += static_cast<std::int64_t>(gridDim.x) * kWarps) {
        float total = 0;
        float dot[1];
#pragma unroll 1
        for (int rank = job.sharedDown.data ? -1 : 0; rank < job.used; ++rank) {
            DeviceMatrix weights = job.sharedDown;
            Staged in = shared;
            float score = 1.0F;
            if (rank >= 0) {
                weights = expertOf(job.down, chosen.experts[rank]);
                in = {routed.bytes + rank * routed.units,
                    routed.floats + rank * routed.units * kFloatUnit, routed.units};
                if (job.gating == Gating::softmaxOfOutput)
                    score = chosen.scores[rank];
            }
            rowDots<kind, Riding::none>(weights, o, job.books, in, 1, dot);
            total += score * dot[0];
        }
        if (threadIdx.x % kWarp != 0)
            continue;
        job.out[token * job.down.rows + o] = total;
        if (job.sum)
            job.sum[token * job.down.rows + o] += total;
    }
}

Needs needsOf(const DeviceMatrix& one, const DeviceMatrix& other)
{
    Needs needs;
    needs.add(one);
    needs.add(other);
    return needs;
}

std::int64_t downBytes(const FewExperts& job)
{
    return job.used * stagedRowBytes(job.down.columns, needsOf(job.down, {}))
        + stagedRowBytes(job.sharedDown.columns, needsOf(job.sharedDown, {}));
}

// Matrices that one kernel multiplies: of one kind, or both as floats.
void makeOneKind(DeviceMatrix& one, DeviceMatrix& other)
{
    if (one.data && other.data && kindOf(one) != kindOf(other))
        one.bytes = other.bytes = false;
}

FewExperts ofOneKind(FewExperts job)
{
    makeOneKind(job.gate, job.up);
    makeOneKind(job.down, job.sharedDown);
    return job;
}

} // namespace

bool fitsFewExperts(const FewExperts& job, const DeviceLimits& limits)
{
    return job.used <= kMostUsed && fitsFewRows(job.in.width, limits)
        && downBytes(ofOneKind(job)) <= limits.sharedBytes;
}

void fewExperts(const FewExperts& given, const DeviceLimits& limits, void* stream)
{
    const FewExperts job = ofOneKind(given);
    const Needs into = needsOf(job.gate, job.up);
    const auto pairs = static_cast<unsigned>(job.in.count * job.used);
    const Launch gateUp{{fewBlocks(job.gate.rows, pairs, limits), pairs, 1}, kThreads,
        static_cast<std::size_t>(stagedRowBytes(job.in.width, into)), stream};
    withKind(kindOf(job.gate),
        [&]<TensorType kind>() { launch(expertsGateUp<kind>, gateUp, job, into); });
    const Launch down{
        {fewBlocks(job.down.rows, job.in.count, limits), static_cast<unsigned>(job.in.count), 1},
        kThreads, static_cast<std::size_t>(downBytes(job)), stream};
    withKind(kindOf(job.down), [&]<TensorType kind>() {
        launch(expertsDown<kind>, down, job, needsOf(job.down, {}), needsOf(job.sharedDown, {}));
    });
}

} // namespace lectern::inference::cuda
