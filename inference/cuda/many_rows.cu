// SPDX-License-Identifier: Apache-2.0
// Products of many rows, exact in f32 or by tensor cores in bfloats.
#include "inference/cuda/many_rows.h"

#include "inference/cuda/staging.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 256;

// Rows of one tile: of the whole input, or of one expert's pairs.
struct Tile {
    std::int64_t first = 0; // in the sorted pairs
    int count = 0;
    std::int64_t expert = 0;
};

// Tile `index` of those that the experts' pairs are cut into, each expert's from its own begin.
__device__ Tile tileOf(const ManyJob& job, std::int64_t index, int height)
{
    std::int64_t begin = 0;
    std::int64_t end = job.count;
    std::int64_t expert = 0;
    if (job.groups.experts > 0) {
        for (; expert < job.groups.experts; ++expert) {
            end = job.groups.ends[expert];
            const std::int64_t tiles = (end - begin + height - 1) / height;
            if (index < tiles)
                break;
            index -= tiles;
            begin = end;
        }
        if (expert == job.groups.experts)
            return {};
    }
    const std::int64_t first = begin + index * height;
    return {first, static_cast<int>(end - first < height ? end - first : height), expert};
}

// Row r of the tile: where its inputs are, what scales them, where its outputs go.
struct TileRow {
    const float* in = nullptr; // null: beyond the tile
    float scale = 1.0F;
    std::int64_t out = 0;
};

__device__ TileRow rowOf(const ManyJob& job, const Tile& tile, int r)
{
    TileRow row;
    if (r >= tile.count)
        return row;
    row.out = tile.first + r;
    std::int64_t source = row.out;
    if (job.groups.experts > 0) {
        row.out = job.groups.pairs[tile.first + r];
        source = job.groups.inIsPairs ? row.out : row.out / job.groups.used;
        if (job.groups.scores)
            row.scale = job.groups.scores[row.out];
    }
    row.in = job.in + source * job.weights.columns;
    return row;
}

__device__ const std::byte* weightRow(const ManyJob& job, const Tile& tile, std::int64_t o)
{
    return job.weights.data + tile.expert * job.weights.sliceBytes
        + o * job.weights.planes.rowBytes;
}

// --- exact: tiles of 64 x 64, a thread 4 x 4, one unit of 32 columns a step -----------------
constexpr int kSide = 64;

__global__ void __launch_bounds__(kThreads) manyRowsExact(const __grid_constant__ ManyJob job)
{
    __shared__ float inputs[kUnit][kSide + 1];
    __shared__ float weights[kUnit][kSide + 1];
    __shared__ TileRow rows[kSide];
    waitForPrevious();
    letNextStart();
    const Tile tile = tileOf(job, blockIdx.y, kSide);
    if (tile.count == 0)
        return;
    const int thread = static_cast<int>(threadIdx.x);
    if (thread < kSide)
        rows[thread] = rowOf(job, tile, thread);
    const std::int64_t firstOut = static_cast<std::int64_t>(blockIdx.x) * kSide;
    const std::int64_t columns = job.weights.columns;
    float sums[4][4] = {};
    for (std::int64_t u = 0; u * kUnit < columns; ++u) {
        __syncthreads();
        if (thread < kSide) {
            float unit[kUnit] = {};
            if (firstOut + thread < job.weights.rows)
                decodeUnit(job.weights.type, weightRow(job, tile, firstOut + thread),
                    job.weights.planes, u, job.books, unit);
#pragma unroll
            for (int i = 0; i < kUnit; ++i)
                weights[i][thread] = unit[i];
        }
        for (int i = thread; i < kSide * static_cast<int>(kUnit); i += static_cast<int>(kThreads)) {
            const TileRow& row = rows[i / kUnit];
            const std::int64_t column = u * kUnit + i % kUnit;
            inputs[i % kUnit][i / kUnit] =
                row.in && column < columns ? row.scale * row.in[column] : 0.0F;
        }
        __syncthreads();
        for (int k = 0; k < static_cast<int>(kUnit); ++k)
            for (int i = 0; i < 4; ++i)
                for (int j = 0; j < 4; ++j)
                    sums[i][j] = fmaf(inputs[k][thread / 16 + 16 * i],
                        weights[k][thread % 16 + 16 * j], sums[i][j]);
    }
    for (int i = 0; i < 4; ++i) {
        const int r = thread / 16 + 16 * i;
        for (int j = 0; j < 4 && r < tile.count; ++j) {
            const std::int64_t o = firstOut + thread % 16 + 16 * j;
            if (o < job.weights.rows)
                job.out[rows[r].out * job.weights.rows + o] =
                    sums[i][j] + (job.bias ? job.bias[o] : 0.0F);
        }
    }
}

// --- bfloats: tiles of kHigh x 128, two units of columns a step --------------------------------
// 128 rows where there are many; 32 where each expert has few of them, for what a tile has too many
// is multiplied for nothing.
constexpr int kWide = 128;
constexpr int kStep = 64;              // columns
constexpr int kStride = kStep / 2 + 4; // words of two bfloats; 36: eight rows use all banks

// How a tile is shared by the block's eight warps; each multiplies by fragments of 16 x 8.
template <int kHigh> struct WarpTile {
    static constexpr int kWarpsHigh = kHigh / 64 > 0 ? kHigh / 64 : 1;
    static constexpr int kWarpsWide = static_cast<int>(kThreads) / kWarp / kWarpsHigh;
    static constexpr int kRows = kHigh / kWarpsHigh;
    static constexpr int kColumns = kWide / kWarpsWide;
    static constexpr int kM = kRows / 16;
    static constexpr int kN = kColumns / 8;
};

// One unit of a row of inputs.
__device__ void stageInputs(
    const ManyJob& job, const TileRow& row, std::int64_t column, std::uint32_t* target)
{
#pragma unroll
    for (int c = 0; c < 4; ++c) {
        float values[8] = {};
        if (row.in)
            staging::load8(row.in, job.weights.columns, column + 8 * c, values);
#pragma unroll
        for (int i = 0; i < 4; ++i)
            target[4 * c + i] =
                packBfloats(row.scale * values[2 * i], row.scale * values[2 * i + 1]);
    }
}

__device__ void stageWeights(
    const ManyJob& job, const std::byte* row, std::int64_t u, std::uint32_t* target)
{
    float unit[kUnit] = {};
    if (row && u * kUnit < job.weights.columns)
        decodeUnit(job.weights.type, row, job.weights.planes, u, job.books, unit);
#pragma unroll
    for (int i = 0; i < static_cast<int>(kUnit) / 2; ++i)
        target[i] = packBfloats(unit[2 * i], unit[2 * i + 1]);
}

// One step of 16 columns of a warp's tile.
template <class Tile>
__device__ void multiply(const std::uint32_t* inputs, const std::uint32_t* weights, int k,
    float (&sums)[Tile::kM][Tile::kN][4])
{
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int group = lane / 4;
    const int word = 8 * k + lane % 4;
    std::uint32_t b[Tile::kN][2];
    for (int n = 0; n < Tile::kN; ++n) {
        b[n][0] = weights[(8 * n + group) * kStride + word];
        b[n][1] = weights[(8 * n + group) * kStride + word + 4];
    }
    for (int m = 0; m < Tile::kM; ++m) {
        const std::uint32_t a[4] = {inputs[(16 * m + group) * kStride + word],
            inputs[(16 * m + group + 8) * kStride + word],
            inputs[(16 * m + group) * kStride + word + 4],
            inputs[(16 * m + group + 8) * kStride + word + 4]};
        for (int n = 0; n < Tile::kN; ++n)
            mma(sums[m][n], a, b[n]);
    }
}

template <int kHigh>
__global__ void __launch_bounds__(kThreads, 2) manyRowsBfloats(const __grid_constant__ ManyJob job)
{
    using Part = WarpTile<kHigh>;
    __shared__ TileRow rows[kHigh];
    auto* inputs = dynamicShared<std::uint32_t>();
    std::uint32_t* weights = inputs + kHigh * kStride;
    waitForPrevious();
    letNextStart();
    const Tile tile = tileOf(job, blockIdx.y, kHigh);
    if (tile.count == 0)
        return;
    const int thread = static_cast<int>(threadIdx.x);
    const int warp = thread / kWarp;
    const int lane = thread % kWarp;
    const int firstRow = warp / Part::kWarpsWide * Part::kRows;
    const int firstColumn = warp % Part::kWarpsWide * Part::kColumns;
    if (thread < kHigh)
        rows[thread] = rowOf(job, tile, thread);
    // Two threads a row, a unit each, of weights and of inputs.
    const std::int64_t firstOut = static_cast<std::int64_t>(blockIdx.x) * kWide;
    const std::int64_t o = firstOut + thread / 2;
    const std::byte* mine = o < job.weights.rows ? weightRow(job, tile, o) : nullptr;
    const int at = thread / 2 * kStride + thread % 2 * static_cast<int>(kUnit) / 2;
    float sums[Part::kM][Part::kN][4] = {};
    for (std::int64_t column = 0; column < job.weights.columns; column += kStep) {
        __syncthreads();
        stageWeights(job, mine, column / kUnit + thread % 2, weights + at);
        if (thread / 2 < kHigh)
            stageInputs(job, rows[thread / 2], column + thread % 2 * kUnit, inputs + at);
        __syncthreads();
        for (int k = 0; k < kStep / 16; ++k)
            multiply<Part>(inputs + firstRow * kStride, weights + firstColumn * kStride, k, sums);
    }
    for (int m = 0; m < Part::kM; ++m) {
        for (int half = 0; half < 2; ++half) {
            const int r = firstRow + 16 * m + 8 * half + lane / 4;
            if (r >= tile.count)
                continue;
            float* out = job.out + rows[r].out * job.weights.rows;
            for (int n = 0; n < Part::kN; ++n) {
                for (int i = 0; i < 2; ++i) {
                    const std::int64_t c = firstOut + firstColumn + 8 * n + lane % 4 * 2 + i;
                    if (c < job.weights.rows)
                        out[c] = sums[m][n][2 * half + i] + (job.bias ? job.bias[c] : 0.0F);
                }
            }
        }
    }
}

// Each expert's last tile may be short: at most one more than the rows need, an expert.
template <class... Parameters>
void start(void (*kernel)(Parameters...), const ManyJob& job, int height, int width,
    std::size_t sharedBytes, void* stream)
{
    const std::int64_t tiles = (job.count + height - 1) / height
        + (job.groups.experts > 0 ? std::min(job.groups.experts, job.count) : 0);
    const Launch how{{static_cast<unsigned>((job.weights.rows + width - 1) / width),
                         static_cast<unsigned>(tiles), 1},
        kThreads, sharedBytes, stream};
    launch(kernel, how, job);
}

template <int kHigh> void startBfloats(const ManyJob& job, void* stream)
{
    start(manyRowsBfloats<kHigh>, job, kHigh, kWide,
        (kHigh + kWide) * kStride * sizeof(std::uint32_t), stream);
}

} // namespace

void manyRows(const ManyJob& job, void* stream)
{
    const std::int64_t rowsTogether = job.count / std::max<std::int64_t>(1, job.groups.experts);
    if (job.exact)
        start(manyRowsExact, job, kSide, kSide, 0, stream);
    else if (rowsTogether > 64)
        startBfloats<128>(job, stream);
    else
        startBfloats<32>(job, stream);
}

} // namespace lectern::inference::cuda
