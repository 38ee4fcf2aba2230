// SPDX-License-Identifier: Apache-2.0
// The largest of rows: a block sorts a tile of 1024 and keeps its k best; what all tiles kept is
// sorted likewise until one tile is left. A row of 202,048 takes three rounds.
//
// Key: the value's bits, changed so that they compare as unsigned numbers, above the complement of
// the column, so that of equal values the lower column is the larger key. 0 is below every key.
#include "inference/cuda/largest.h"

#include "inference/cuda/gpu.h"

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr int kTile = 1024;

// As cleanLogit(); -0 is 0, which equals it.
__device__ RankKey keyOf(float value, std::int64_t column)
{
    constexpr float kLargestFloat = 3.40282347e+38F;
    const float clean =
        value > -INFINITY ? fminf(value == 0.0F ? 0.0F : value, kLargestFloat) : -INFINITY;
    const std::uint32_t bits = floatToBits(clean);
    const std::uint32_t ordered = bits ^ (bits >> 31U != 0 ? 0xFFFFFFFFU : 0x80000000U);
    return static_cast<RankKey>(ordered) << 32U
        | (0xFFFFFFFFU - static_cast<std::uint32_t>(column));
}

// One round: of floats, or of the keys that the round before kept (rows null). [rows, width]
__global__ void __launch_bounds__(kThreads)
    keepLargest(const float* rows, const RankKey* kept, std::int64_t width, int k, RankKey* out)
{
    __shared__ RankKey tile[kTile];
    waitForPrevious();
    letNextStart();
    const auto row = static_cast<std::int64_t>(blockIdx.y);
    const int thread = static_cast<int>(threadIdx.x);
    for (int i = thread; i < kTile; i += static_cast<int>(kThreads)) {
        const std::int64_t column = static_cast<std::int64_t>(blockIdx.x) * kTile + i;
        RankKey key = 0;
        if (column < width)
            key = rows ? keyOf(rows[row * width + column], column) : kept[row * width + column];
        tile[i] = key;
    }
    // Bitonic, largest first (K. Batcher, Sorting networks and their applications, 1968).
    for (int size = 2; size <= kTile; size *= 2) {
        for (int stride = size / 2; stride > 0; stride /= 2) {
            __syncthreads();
            for (int pair = thread; pair < kTile / 2; pair += static_cast<int>(kThreads)) {
                const int low = pair / stride * 2 * stride + pair % stride;
                const int high = low + stride;
                const bool largestFirst = (low & size) == 0;
                const RankKey a = tile[low];
                const RankKey b = tile[high];
                if ((a < b) == largestFirst) {
                    tile[low] = b;
                    tile[high] = a;
                }
            }
        }
    }
    __syncthreads();
    for (int i = thread; i < k; i += static_cast<int>(kThreads))
        out[(row * gridDim.x + blockIdx.x) * k + i] = tile[i];
}

std::int64_t tilesOf(std::int64_t width)
{
    return (width + kTile - 1) / kTile;
}

} // namespace

std::int64_t largestKeys(std::int64_t rows, std::int64_t width, std::int64_t k)
{
    // Two rounds take turns; each needs fewer than the one before.
    return 2 * rows * tilesOf(width) * k;
}

const RankKey* largest(Rows in, std::int64_t k, RankKey* keys, void* stream)
{
    RankKey* halves[2] = {keys, keys + in.count * tilesOf(in.width) * k};
    const RankKey* kept = nullptr;
    std::int64_t width = in.width;
    for (int round = 0;; ++round) {
        const std::int64_t tiles = tilesOf(width);
        RankKey* out = halves[round % 2];
        const Launch how{{static_cast<unsigned>(tiles), static_cast<unsigned>(in.count), 1},
            kThreads, 0, stream};
        launch(keepLargest, how, kept ? nullptr : in.data, kept, width, static_cast<int>(k), out);
        kept = out;
        width = tiles * k;
        if (tiles == 1)
            return kept;
    }
}

TokenLogit tokenOf(RankKey key)
{
    const auto ordered = static_cast<std::uint32_t>(key >> 32U);
    const std::uint32_t bits = ordered ^ (ordered >> 31U != 0 ? 0x80000000U : 0xFFFFFFFFU);
    TokenLogit token;
    token.id = static_cast<std::int32_t>(0xFFFFFFFFU - static_cast<std::uint32_t>(key));
    __builtin_memcpy(&token.logit, &bits, sizeof bits);
    return token;
}

} // namespace lectern::inference::cuda
