// SPDX-License-Identifier: Apache-2.0
// Attention of a few tokens: a block takes one span of keys, one key/value head and all of the
// query heads that share it; the last of a head's blocks to end puts the spans together in their
// order.
#include "inference/cuda/attention.h"
#include "inference/cuda/kv_codec.h"
#include "inference/cuda/visible_keys.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 128;
constexpr int kWarps = kThreads / kWarp;
constexpr int kHeads = 8; // query heads that a pass over the span's keys serves
constexpr int kLaneValues = 8;

struct Spans {
    std::int64_t first = 0; // of the spans that the token sees
    std::int64_t count = 0;
};

__host__ __device__ Spans spansOf(const AttentionParams& p, std::int64_t token)
{
    const KeyRange keys = visibleKeys(p, token);
    const std::int64_t first = keys.first / kSpan;
    return {first, (keys.end - 1) / kSpan - first + 1};
}

// A span's share of one head: sum of exp(score - most), and that of its values.
struct Partial {
    float* most;
    float* total;
    float* values; // [headDim]
};

__device__ Partial partialOf(const AttentionJob& job, float* scratch, std::int64_t spans,
    std::int64_t token, std::int64_t head, std::int64_t span)
{
    float* at =
        scratch + ((token * job.params.heads + head) * spans + span) * (job.params.headDim + 2);
    return {at, at + 1, at + 2};
}

// How the lanes of a warp share keys: `lanes` neighbours have one key, kLaneValues values each and
// step.
struct LaneMap {
    int lanes = 0;
    int key = 0;   // of the warp's kWarp / lanes keys
    int place = 0; // among the lanes of a key
};

__device__ LaneMap laneMap(std::int64_t headDim)
{
    LaneMap map{1, 0, 0};
    while (map.lanes < kWarp && map.lanes * kLaneValues < headDim)
        map.lanes *= 2;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    map.key = lane / map.lanes;
    map.place = lane % map.lanes;
    return map;
}

struct Span {
    std::int64_t firstRow = 0; // of keys and values
    int count = 0;
    std::int64_t kvHead = 0;
};

__device__ const std::byte* headAt(const KvRows& rows, std::int64_t row, std::int64_t kvHead)
{
    return rows.data + (row * rows.kvHeads + kvHead) * kvBytesOf(rows.type, rows.headDim);
}

// scores[h][k] of up to kHeads heads; kSteps: of a lane through a head.
template <int kSteps>
__device__ void scoreSpan(const AttentionJob& job, const Span& span, const float* queries,
    int heads, float (*scores)[kSpan])
{
    const std::int64_t d = job.params.headDim;
    const LaneMap map = laneMap(d);
    float q[kHeads][kSteps][kLaneValues];
    for (int h = 0; h < kHeads; ++h)
        for (int s = 0; s < kSteps; ++s)
            for (int i = 0; i < kLaneValues; ++i) {
                const std::int64_t at = (map.place + s * map.lanes) * kLaneValues + i;
                q[h][s][i] = h < heads && at < d ? queries[h * d + at] : 0.0F;
            }
    const int keysAtOnce = kWarp / map.lanes;
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    for (int base = warp * keysAtOnce; base < span.count; base += kWarps * keysAtOnce) {
        const int k = base + map.key;
        const bool real = k < span.count;
        float dots[kHeads] = {};
        for (int s = 0; s < kSteps; ++s) {
            float key[kLaneValues] = {};
            const std::int64_t at = (map.place + s * map.lanes) * kLaneValues;
            if (real && at < d)
                decodeKv8(
                    job.keys.type, headAt(job.keys, span.firstRow + k, span.kvHead), d, at, key);
#pragma unroll
            for (int h = 0; h < kHeads; ++h)
                if (h < heads)
                    for (int i = 0; i < kLaneValues; ++i)
                        dots[h] = fmaf(q[h][s][i], key[i], dots[h]);
        }
#pragma unroll
        for (int h = 0; h < kHeads; ++h) {
            if (h >= heads)
                break;
            for (int mask = map.lanes / 2; mask > 0; mask /= 2)
                dots[h] += shuffleXor(dots[h], mask);
            if (real && map.place == 0)
                scores[h][k] = dots[h] * job.params.scale;
        }
    }
}

// Scores become weights exp(score - most); most and total of each head.
__device__ void weighSpan(int heads, int count, float (*scores)[kSpan], float* most, float* total)
{
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    for (int h = static_cast<int>(threadIdx.x) / kWarp; h < heads; h += kWarps) {
        float largest = -INFINITY;
        for (int k = lane; k < count; k += kWarp)
            largest = fmaxf(largest, scores[h][k]);
        largest = warpMax(largest);
        float sum = 0;
        for (int k = lane; k < count; k += kWarp) {
            scores[h][k] = expf(scores[h][k] - largest);
            sum += scores[h][k];
        }
        sum = warpSum(sum);
        if (lane == 0) {
            most[h] = largest;
            total[h] = sum;
        }
    }
}

// sums[warp][h][i]: of the warp's keys, weights times values.
template <int kSteps>
__device__ void sumSpan(
    const AttentionJob& job, const Span& span, int heads, const float (*scores)[kSpan], float* sums)
{
    const std::int64_t d = job.params.headDim;
    const LaneMap map = laneMap(d);
    const int keysAtOnce = kWarp / map.lanes;
    const int warp = static_cast<int>(threadIdx.x) / kWarp;
    for (int s = 0; s < kSteps; ++s) {
        const std::int64_t at = (map.place + s * map.lanes) * kLaneValues;
        float sum[kHeads][kLaneValues] = {};
        for (int base = warp * keysAtOnce; base < span.count; base += kWarps * keysAtOnce) {
            const int k = base + map.key;
            if (k >= span.count || at >= d)
                continue;
            float value[kLaneValues];
            decodeKv8(
                job.values.type, headAt(job.values, span.firstRow + k, span.kvHead), d, at, value);
#pragma unroll
            for (int h = 0; h < kHeads; ++h)
                if (h < heads)
                    for (int i = 0; i < kLaneValues; ++i)
                        sum[h][i] = fmaf(scores[h][k], value[i], sum[h][i]);
        }
#pragma unroll
        for (int h = 0; h < kHeads; ++h) {
            if (h >= heads)
                break;
            for (int i = 0; i < kLaneValues; ++i) {
                float total = sum[h][i];
                for (int mask = map.lanes; mask < kWarp; mask *= 2)
                    total += shuffleXor(total, mask);
                if (map.key == 0 && at + i < d)
                    sums[(warp * kHeads + h) * d + at + i] = total;
            }
        }
    }
}

// The spans of one head, put together in their order.
__device__ void combineSpans(const AttentionJob& job, float* scratch, std::int64_t most,
    std::int64_t count, std::int64_t token, std::int64_t head)
{
    const std::int64_t d = job.params.headDim;
    for (std::int64_t i = threadIdx.x; i < d; i += kThreads) {
        float largest = -INFINITY;
        for (std::int64_t s = 0; s < count; ++s)
            largest = fmaxf(largest, *partialOf(job, scratch, most, token, head, s).most);
        float total = 0;
        float value = 0;
        for (std::int64_t s = 0; s < count; ++s) {
            const Partial part = partialOf(job, scratch, most, token, head, s);
            const float weight = expf(*part.most - largest);
            total = fmaf(weight, *part.total, total);
            value = fmaf(weight, part.values[i], value);
        }
        job.out.data[token * job.out.width + head * d + i] = value / total;
    }
}

template <int kSteps>
__global__ void __launch_bounds__(kThreads)
    attendSpan(AttentionJob job, float* scratch, unsigned* counters, std::int64_t mostSpans)
{
    __shared__ float scores[kHeads][kSpan];
    __shared__ float most[kHeads];
    __shared__ float total[kHeads];
    __shared__ bool last;
    auto* sums = dynamicShared<float>(); // [kWarps, kHeads, headDim]
    waitForPrevious();
    letNextStart();
    const AttentionParams& p = job.params;
    const auto token = static_cast<std::int64_t>(blockIdx.z);
    const Spans spans = spansOf(p, token);
    if (blockIdx.x >= spans.count)
        return;
    const KeyRange keys = visibleKeys(p, token);
    const std::int64_t begin = max((spans.first + blockIdx.x) * kSpan, keys.first);
    const std::int64_t end = min((spans.first + blockIdx.x + 1) * kSpan, keys.end);
    const Span span{
        begin - p.firstKey, static_cast<int>(end - begin), static_cast<std::int64_t>(blockIdx.y)};
    const std::int64_t group = p.heads / p.kvHeads;
    for (std::int64_t first = 0; first < group; first += kHeads) {
        const int heads = static_cast<int>(min(group - first, static_cast<std::int64_t>(kHeads)));
        const std::int64_t head = span.kvHead * group + first;
        scoreSpan<kSteps>(
            job, span, job.q.data + token * job.q.width + head * p.headDim, heads, scores);
        __syncthreads();
        weighSpan(heads, span.count, scores, most, total);
        __syncthreads();
        sumSpan<kSteps>(job, span, heads, scores, sums);
        __syncthreads();
        for (int h = 0; h < heads; ++h) {
            const Partial part = partialOf(job, scratch, mostSpans, token, head + h, blockIdx.x);
            for (std::int64_t i = threadIdx.x; i < p.headDim; i += kThreads) {
                float sum = 0;
                for (int w = 0; w < kWarps; ++w)
                    sum += sums[(w * kHeads + h) * p.headDim + i];
                part.values[i] = sum;
            }
            if (threadIdx.x == 0) {
                *part.most = most[h];
                *part.total = total[h];
            }
        }
        __syncthreads();
    }
    unsigned* counter = counters + token * p.kvHeads + span.kvHead;
    if (threadIdx.x == 0) {
        last = countUp(counter) + 1 == static_cast<unsigned>(spans.count);
        if (last)
            *counter = 0; // for the next call
    }
    __syncthreads();
    if (!last)
        return;
    for (std::int64_t h = 0; h < group; ++h)
        combineSpans(job, scratch, mostSpans, spans.count, token, span.kvHead * group + h);
}

std::int64_t mostSpans(const AttentionJob& job, std::int64_t tokens)
{
    std::int64_t most = 1;
    for (std::int64_t t = 0; t < tokens; ++t)
        most = std::max(most, spansOf(job.params, t).count);
    return most;
}

} // namespace

std::int64_t spanScratch(const AttentionJob& job, std::int64_t tokens)
{
    return tokens * job.params.heads * mostSpans(job, tokens) * (job.params.headDim + 2);
}

std::int64_t spanCounters(const AttentionJob& job, std::int64_t tokens)
{
    return tokens * job.params.kvHeads;
}

void attendFew(const AttentionJob& job, float* scratch, unsigned* counters, void* stream)
{
    const AttentionParams& p = job.params;
    const std::int64_t spans = mostSpans(job, job.q.count);
    const Launch how{{static_cast<unsigned>(spans), static_cast<unsigned>(p.kvHeads),
                         static_cast<unsigned>(job.q.count)},
        kThreads, static_cast<std::size_t>(kWarps * kHeads * p.headDim) * sizeof(float), stream};
    if (p.headDim <= kWarp * kLaneValues)
        launch(attendSpan<1>, how, job, scratch, counters, spans);
    else
        launch(attendSpan<kWidestHead / (kWarp * kLaneValues)>, how, job, scratch, counters, spans);
}

} // namespace lectern::inference::cuda
