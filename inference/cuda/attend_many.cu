// SPDX-License-Identifier: Apache-2.0
// Attention of many tokens: a block takes a tile of queries of one head through tiles of keys, with
// the running maximum and sum of the softmax (arXiv 2205.14135). Exact in f32.
#include "inference/cuda/attention.h"
#include "inference/cuda/kv_codec.h"
#include "inference/cuda/visible_keys.h"

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr int kQueries = 32;
constexpr int kKeys = 32;
constexpr int kSharers = kThreads / kQueries; // threads that share a query's row of output
constexpr std::int64_t kWidest = 256;         // values of a head

// Shared memory: queries and keys or values, rows one float longer so that columns use all banks.
__host__ __device__ constexpr std::int64_t rowFloats(std::int64_t headDim)
{
    return headDim + 1;
}

__device__ void loadTile(
    const KvRows& rows, std::int64_t first, int count, std::int64_t kvHead, float* tile)
{
    const std::int64_t d = rows.headDim;
    const int eights = static_cast<int>((d + 7) / 8);
    for (int i = static_cast<int>(threadIdx.x); i < kKeys * eights; i += kThreads) {
        const int k = i / eights;
        const std::int64_t at = i % eights * 8;
        float values[8] = {};
        if (k < count)
            decodeKv8(rows.type,
                rows.data + ((first + k) * rows.kvHeads + kvHead) * kvBytesOf(rows.type, d), d, at,
                values);
        for (int j = 0; j < 8 && at + j < d; ++j)
            tile[k * rowFloats(d) + at + j] = values[j];
    }
}

__global__ void __launch_bounds__(kThreads) attendTile(AttentionJob job)
{
    __shared__ float scores[kQueries][kKeys + 1];
    __shared__ float most[kQueries];
    __shared__ float total[kQueries];
    __shared__ float shrink[kQueries]; // of what was summed before, as the maximum grew
    const AttentionParams& p = job.params;
    const std::int64_t d = p.headDim;
    auto* queries = dynamicShared<float>();
    float* tile = queries + kQueries * rowFloats(d);
    waitForPrevious();
    letNextStart();
    const auto head = static_cast<std::int64_t>(blockIdx.y);
    const std::int64_t kvHead = head / (p.heads / p.kvHeads);
    const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kQueries;
    const int count =
        static_cast<int>(min(job.q.count - first, static_cast<std::int64_t>(kQueries)));
    const int thread = static_cast<int>(threadIdx.x);
    for (std::int64_t i = thread; i < kQueries * d; i += kThreads)
        queries[i / d * rowFloats(d) + i % d] = i / d < count
            ? job.q.data[(first + i / d) * job.q.width + head * d + i % d] * p.scale
            : 0.0F;
    if (thread < kQueries) {
        most[thread] = -INFINITY;
        total[thread] = 0;
    }
    // All that any query of the tile sees: ranges begin and end later from row to row.
    const std::int64_t begin = visibleKeys(p, first).first;
    const std::int64_t end = visibleKeys(p, first + count - 1).end;
    const int mine = thread / kSharers;
    const int share = thread % kSharers;
    const KeyRange seen = visibleKeys(p, first + (mine < count ? mine : count - 1));
    float sums[kWidest / kSharers] = {};
    for (std::int64_t key = begin; key < end; key += kKeys) {
        const int keys = static_cast<int>(min(end - key, static_cast<std::int64_t>(kKeys)));
        __syncthreads();
        loadTile(job.keys, key - p.firstKey, keys, kvHead, tile);
        __syncthreads();
        for (int k = share; k < kKeys; k += kSharers) {
            float dot = 0;
            for (std::int64_t i = 0; i < d; ++i)
                dot = fmaf(queries[mine * rowFloats(d) + i], tile[k * rowFloats(d) + i], dot);
            const bool visible = k < keys && key + k >= seen.first && key + k < seen.end;
            scores[mine][k] = visible ? dot : -INFINITY;
        }
        __syncthreads();
        loadTile(job.values, key - p.firstKey, keys, kvHead, tile);
        if (thread < kQueries) {
            float largest = most[thread];
            for (int k = 0; k < kKeys; ++k)
                largest = fmaxf(largest, scores[thread][k]);
            const float from = largest == -INFINITY ? 0.0F : largest; // nothing seen yet
            shrink[thread] = expf(most[thread] - from);
            float sum = total[thread] * shrink[thread];
            for (int k = 0; k < kKeys; ++k) {
                scores[thread][k] = expf(scores[thread][k] - from);
                sum += scores[thread][k];
            }
            most[thread] = largest;
            total[thread] = sum;
        }
        __syncthreads();
        for (std::int64_t i = share; i < d; i += kSharers) {
            float sum = sums[i / kSharers] * shrink[mine];
            for (int k = 0; k < keys; ++k)
                sum = fmaf(scores[mine][k], tile[k * rowFloats(d) + i], sum);
            sums[i / kSharers] = sum;
        }
    }
    if (mine < count)
        for (std::int64_t i = share; i < d; i += kSharers)
            job.out.data[(first + mine) * job.out.width + head * d + i] =
                sums[i / kSharers] / total[mine];
}

std::int64_t sharedBytes(std::int64_t headDim)
{
    return (kQueries + kKeys) * rowFloats(headDim) * static_cast<std::int64_t>(sizeof(float));
}

} // namespace

bool fitsAttendMany(const AttentionJob& job, const DeviceLimits& limits)
{
    constexpr std::int64_t kOther = 8 * 1024; // the kernel's static shared memory
    return job.params.headDim <= kWidest
        && sharedBytes(job.params.headDim) + kOther <= limits.sharedBytes;
}

void attendMany(const AttentionJob& job, void* stream)
{
    const Launch how{{static_cast<unsigned>((job.q.count + kQueries - 1) / kQueries),
                         static_cast<unsigned>(job.params.heads), 1},
        kThreads, static_cast<std::size_t>(sharedBytes(job.params.headDim)), stream};
    launch(attendTile, how, job);
}

} // namespace lectern::inference::cuda
