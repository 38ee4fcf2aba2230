// SPDX-License-Identifier: Apache-2.0
// Attention of many tokens by tensor cores: a warp takes 16 queries of one head through tiles of 64
// keys; scores, weights and sums stay in its registers (arXiv 2307.08691). Queries, keys, values
// and weights are rounded to bfloats, sums are in f32.
#include "inference/cuda/attention.h"
#include "inference/cuda/kv_codec.h"
#include "inference/cuda/visible_keys.h"

namespace lectern::inference::cuda {

namespace {

constexpr int kWarps = 4;
constexpr unsigned kThreads = kWarps * kWarp;
constexpr int kRows = 16; // queries of a warp
constexpr int kQueries = kWarps * kRows;
constexpr int kKeys = 64;
constexpr int kValueStride = kKeys / 2 + 4; // words of a row of transposed values; uses all banks

// Words of a row of keys, of kTiles times 16 dimensions.
template <int kTiles> constexpr int kKeyStride = 8 * kTiles + 4;

__device__ const std::byte* headAt(const KvRows& rows, std::int64_t row, std::int64_t kvHead)
{
    return rows.data + (row * rows.kvHeads + kvHead) * kvBytesOf(rows.type, rows.headDim);
}

// Values [at, at + 8) of a head of row `row`; zeros beyond the tile's keys and the head's end.
__device__ void load8(const KvRows& rows, std::int64_t row, bool real, std::int64_t kvHead,
    std::int64_t at, float (&values)[8])
{
    if (real && at < rows.headDim) {
        decodeKv8(rows.type, headAt(rows, row, kvHead), rows.headDim, at, values);
        return;
    }
    for (float& value : values)
        value = 0.0F;
}

template <int kTiles>
__device__ void loadKeys(
    const KvRows& rows, std::int64_t first, int count, std::int64_t kvHead, std::uint32_t* tile)
{
    constexpr int kEights = 2 * kTiles;
    for (int i = static_cast<int>(threadIdx.x); i < kKeys * kEights; i += kThreads) {
        const int k = i / kEights;
        const int eight = i % kEights;
        float values[8];
        load8(rows, first + k, k < count, kvHead, 8 * eight, values);
        for (int j = 0; j < 4; ++j)
            tile[k * kKeyStride<kTiles> + 4 * eight + j] =
                packBfloats(values[2 * j], values[2 * j + 1]);
    }
}

// Transposed, two neighbouring keys a word: what the product with the weights wants.
template <int kTiles>
__device__ void loadValues(
    const KvRows& rows, std::int64_t first, int count, std::int64_t kvHead, std::uint32_t* tile)
{
    constexpr int kPairs = kKeys / 2;
    for (int i = static_cast<int>(threadIdx.x); i < kPairs * 2 * kTiles; i += kThreads) {
        const int pair = i % kPairs;
        const int eight = i / kPairs;
        float low[8];
        float high[8];
        load8(rows, first + 2 * pair, 2 * pair < count, kvHead, 8 * eight, low);
        load8(rows, first + 2 * pair + 1, 2 * pair + 1 < count, kvHead, 8 * eight, high);
        for (int j = 0; j < 8; ++j)
            tile[(8 * eight + j) * kValueStride + pair] = packBfloats(low[j], high[j]);
    }
}

// A lane's place in the fragments of mma: rows `group` and `group` + 8, columns 2 `quad` and on.
struct Lane {
    int group;
    int quad;
};

__device__ float quadMax(float value)
{
    value = fmaxf(value, shuffleXor(value, 1));
    return fmaxf(value, shuffleXor(value, 2));
}

__device__ float quadSum(float value)
{
    value += shuffleXor(value, 1);
    return value + shuffleXor(value, 2);
}

// Softmax so far of the lane's two rows.
struct Running {
    float most[2] = {-INFINITY, -INFINITY};
    float total[2] = {};
};

// Scores of a tile become weights; returns by how much what was summed before shrinks.
__device__ float2 weigh(float (&scores)[kKeys / 8][4], Running& running)
{
    float shrink[2];
    for (int r = 0; r < 2; ++r) {
        float largest = running.most[r];
        for (int n = 0; n < kKeys / 8; ++n)
            largest = fmaxf(largest, fmaxf(scores[n][2 * r], scores[n][2 * r + 1]));
        largest = quadMax(largest);
        const float from = largest == -INFINITY ? 0.0F : largest; // nothing seen yet
        shrink[r] = expf(running.most[r] - from);
        running.most[r] = largest;
        float sum = running.total[r] * shrink[r];
        for (int n = 0; n < kKeys / 8; ++n)
            for (int i = 2 * r; i < 2 * r + 2; ++i) {
                scores[n][i] = expf(scores[n][i] - from);
                sum += scores[n][i];
            }
        running.total[r] = sum; // of this lane's keys; put together at the end
    }
    return {shrink[0], shrink[1]};
}

template <int kTiles>
__global__ void __launch_bounds__(kThreads)
    attendTileBfloats(const __grid_constant__ AttentionJob job)
{
    auto* keys = dynamicShared<std::uint32_t>();
    std::uint32_t* values = keys + kKeys * kKeyStride<kTiles>;
    waitForPrevious();
    letNextStart();
    const AttentionParams& p = job.params;
    const auto head = static_cast<std::int64_t>(blockIdx.y);
    const std::int64_t kvHead = head / (p.heads / p.kvHeads);
    const Lane lane{static_cast<int>(threadIdx.x) % kWarp / 4, static_cast<int>(threadIdx.x) % 4};
    const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kQueries;
    const std::int64_t last = min(first + kQueries, job.q.count) - 1;
    std::int64_t rows[2];
    KeyRange seen[2];
    for (int r = 0; r < 2; ++r) {
        rows[r] =
            first + static_cast<std::int64_t>(threadIdx.x) / kWarp * kRows + lane.group + 8 * r;
        seen[r] = visibleKeys(p, min(rows[r], last));
    }
    const auto pairOf = [&](int r, std::int64_t at) {
        const float* q = job.q.data + rows[r] * job.q.width + head * p.headDim;
        const bool real = rows[r] < job.q.count;
        return packBfloats(
            real && at < p.headDim ? q[at] : 0.0F, real && at + 1 < p.headDim ? q[at + 1] : 0.0F);
    };
    std::uint32_t queries[kTiles][4];
#pragma unroll
    for (int k = 0; k < kTiles; ++k)
        for (int i = 0; i < 4; ++i)
            queries[k][i] = pairOf(i % 2, 16 * k + 8 * (i / 2) + 2 * lane.quad);

    Running running;
    float sums[2 * kTiles][4] = {};
    const std::int64_t end = visibleKeys(p, last).end;
    for (std::int64_t key = visibleKeys(p, first).first; key < end; key += kKeys) {
        const int count = static_cast<int>(min(end - key, static_cast<std::int64_t>(kKeys)));
        __syncthreads();
        loadKeys<kTiles>(job.keys, key - p.firstKey, count, kvHead, keys);
        loadValues<kTiles>(job.values, key - p.firstKey, count, kvHead, values);
        __syncthreads();
        float scores[kKeys / 8][4] = {};
#pragma unroll
        for (int k = 0; k < kTiles; ++k)
#pragma unroll
            for (int n = 0; n < kKeys / 8; ++n) {
                const std::uint32_t* at =
                    keys + (8 * n + lane.group) * kKeyStride<kTiles> + 8 * k + lane.quad;
                mma(scores[n], queries[k], {at[0], at[4]});
            }
#pragma unroll
        for (int n = 0; n < kKeys / 8; ++n)
            for (int i = 0; i < 4; ++i) {
                const std::int64_t at = key + 8 * n + 2 * lane.quad + i % 2;
                const bool visible = at >= seen[i / 2].first && at < seen[i / 2].end;
                scores[n][i] = visible ? scores[n][i] * p.scale : -INFINITY;
            }
        const float2 shrink = weigh(scores, running);
#pragma unroll
        for (int n = 0; n < 2 * kTiles; ++n) {
            sums[n][0] *= shrink.x;
            sums[n][1] *= shrink.x;
            sums[n][2] *= shrink.y;
            sums[n][3] *= shrink.y;
        }
#pragma unroll
        for (int k = 0; k < kKeys / 16; ++k) {
            const std::uint32_t weights[4] = {packBfloats(scores[2 * k][0], scores[2 * k][1]),
                packBfloats(scores[2 * k][2], scores[2 * k][3]),
                packBfloats(scores[2 * k + 1][0], scores[2 * k + 1][1]),
                packBfloats(scores[2 * k + 1][2], scores[2 * k + 1][3])};
#pragma unroll
            for (int n = 0; n < 2 * kTiles; ++n) {
                const std::uint32_t* at =
                    values + (8 * n + lane.group) * kValueStride + 8 * k + lane.quad;
                mma(sums[n], weights, {at[0], at[4]});
            }
        }
    }
    for (int r = 0; r < 2; ++r) {
        const float total = quadSum(running.total[r]);
        if (rows[r] >= job.q.count)
            continue;
        float* out = job.out.data + rows[r] * job.out.width + head * p.headDim;
#pragma unroll
        for (int n = 0; n < 2 * kTiles; ++n)
            for (int i = 0; i < 2; ++i) {
                const std::int64_t at = 8 * n + 2 * lane.quad + i;
                if (at < p.headDim)
                    out[at] = sums[n][2 * r + i] / total;
            }
    }
}

template <int kTiles> void start(const AttentionJob& job, void* stream)
{
    constexpr std::size_t kWords = kKeys * kKeyStride<kTiles> + 16 * kTiles * kValueStride;
    const Launch how{{static_cast<unsigned>((job.q.count + kQueries - 1) / kQueries),
                         static_cast<unsigned>(job.params.heads), 1},
        kThreads, kWords * sizeof(std::uint32_t), stream};
    launch(attendTileBfloats<kTiles>, how, job);
}

constexpr std::int64_t kWidest = 128;

} // namespace

bool fitsAttendManyBfloats(const AttentionJob& job)
{
    return job.params.headDim <= kWidest && job.keys.type != KvType::f32;
}

void attendManyBfloats(const AttentionJob& job, void* stream)
{
    if (job.params.headDim <= 64)
        start<4>(job, stream);
    else
        start<8>(job, stream);
}

} // namespace lectern::inference::cuda
