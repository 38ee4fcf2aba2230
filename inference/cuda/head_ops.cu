// SPDX-License-Identifier: Apache-2.0
// The steps of heads: a warp a head, its values in shared memory meanwhile.
#include "inference/cuda/head_ops.h"

#include "inference/cuda/kv_codec.h"
#include "inference/cuda/rotation.h"

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 128;
constexpr int kWarps = kThreads / kWarp;

__device__ void doStep(
    const HeadStep& step, float* values, std::int64_t headDim, std::int64_t token, int lane)
{
    switch (step.kind) {
    case HeadStep::Kind::rope:
        for (std::int64_t j = lane; j < headDim / 2; j += kWarp)
            ropePair(values, step.rope, step.frequencies, step.firstPosition + token, j);
        return;
    case HeadStep::Kind::norm: {
        float squares = 0;
        for (std::int64_t i = lane; i < headDim; i += kWarp)
            squares = fmaf(values[i], values[i], squares);
        squares = warpSum(squares);
        const float scale = 1.0F / sqrtf(squares / static_cast<float>(headDim) + step.eps);
        for (std::int64_t i = lane; i < headDim; i += kWarp)
            values[i] = values[i] * scale * (step.weight.data ? step.weight.data[i] : 1.0F);
        return;
    }
    case HeadStep::Kind::scale:
        for (std::int64_t i = lane; i < headDim; i += kWarp)
            values[i] *= step.factors[token];
        return;
    }
}

__global__ void __launch_bounds__(kThreads) headKernel(const __grid_constant__ HeadJob job)
{
    __shared__ float memory[kWarps][kWidestTurned];
    waitForPrevious();
    letNextStart();
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    float* values = memory[threadIdx.x / kWarp];
    std::int64_t head = static_cast<std::int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
    int which = 0;
    while (which < job.count && head >= job.rows[which].heads)
        head -= job.rows[which++].heads;
    if (which == job.count)
        return;
    const HeadRows& rows = job.rows[which];
    float* data = rows.data + head * rows.headDim;
    for (std::int64_t i = lane; i < rows.headDim; i += kWarp)
        values[i] = data[i];
    __syncwarp();
    for (int s = 0; s < rows.stepCount; ++s) {
        doStep(rows.steps[s], values, rows.headDim, rows.perToken > 0 ? head / rows.perToken : 0,
            lane);
        __syncwarp();
    }
    if (rows.stepCount > 0)
        for (std::int64_t i = lane; i < rows.headDim; i += kWarp)
            data[i] = values[i];
    if (rows.store.data)
        encodeKv(rows.store.type, values, rows.headDim,
            rows.store.data + head * kvBytesOf(rows.store.type, rows.headDim), lane);
}

} // namespace

void headOps(const HeadJob& job, void* stream)
{
    std::int64_t heads = 0;
    for (int i = 0; i < job.count; ++i)
        heads += job.rows[i].heads;
    launch(headKernel,
        Launch{{static_cast<unsigned>((heads + kWarps - 1) / kWarps), 1, 1}, kThreads, 0, stream},
        job);
}

} // namespace lectern::inference::cuda
