// SPDX-License-Identifier: Apache-2.0
// Kernels of the ops that go row by row. All are bound by launching at decode and by memory at
// prefill; none is a hundredth of a layer.
#include "inference/cuda/row_ops.h"

#include "inference/cuda/blocks.h"
#include "inference/cuda/kv_codec.h"
#include "inference/cuda/rotation.h"

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = 256;

Launch each(std::int64_t values, void* stream)
{
    return {{static_cast<unsigned>((values + kThreads - 1) / kThreads), 1, 1}, kThreads, 0, stream};
}

Launch blockARow(std::int64_t rows, void* stream)
{
    return {{static_cast<unsigned>(rows), 1, 1}, kThreads, 0, stream};
}

__device__ std::int64_t globalThread()
{
    return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

__global__ void embedUnits(
    Rows out, Matrix table, Planes planes, Codebooks books, const std::int32_t* ids)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t units = (table.columns + kUnit - 1) / kUnit;
    const std::int64_t index = globalThread();
    if (index >= units * out.count)
        return;
    const std::int64_t t = index / units;
    const std::int64_t u = index % units;
    float values[kUnit];
    decodeUnit(table.type, table.data + ids[t] * table.rowBytes, planes, u, books, values);
    for (std::int64_t i = 0; i < kUnit && kUnit * u + i < out.width; ++i)
        out.data[t * out.width + kUnit * u + i] = values[i];
}

__global__ void gather(Rows out, Rows in, const std::int32_t* rows)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = globalThread();
    if (index < out.count * out.width)
        out.data[index] = in.data[rows[index / out.width] * in.width + index % out.width];
}

__global__ void rmsNormRow(Rows out, Rows in, Vector weight, float eps)
{
    __shared__ float partial[kWarp];
    waitForPrevious();
    letNextStart();
    const float* x = in.data + blockIdx.x * in.width;
    float squares = 0;
    for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
        squares = fmaf(x[i], x[i], squares);
    squares = blockSum(squares, partial);
    const float scale = 1.0F / sqrtf(squares / static_cast<float>(in.width) + eps);
    for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
        out.data[blockIdx.x * out.width + i] = x[i] * scale * (weight.data ? weight.data[i] : 1.0F);
}

// Heads and other narrow rows: a warp a row.
__global__ void rmsNormNarrow(Rows out, Rows in, Vector weight, float eps)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t row = globalThread() / kWarp;
    if (row >= in.count)
        return;
    const float* x = in.data + row * in.width;
    float squares = 0;
    for (std::int64_t i = threadIdx.x % kWarp; i < in.width; i += kWarp)
        squares = fmaf(x[i], x[i], squares);
    squares = warpSum(squares);
    const float scale = 1.0F / sqrtf(squares / static_cast<float>(in.width) + eps);
    for (std::int64_t i = threadIdx.x % kWarp; i < in.width; i += kWarp)
        out.data[row * out.width + i] = x[i] * scale * (weight.data ? weight.data[i] : 1.0F);
}

__global__ void layerNormRow(Rows out, Rows in, Vector weight, Vector bias, float eps)
{
    __shared__ float partial[kWarp];
    waitForPrevious();
    letNextStart();
    const float* x = in.data + blockIdx.x * in.width;
    const auto width = static_cast<float>(in.width);
    float sum = 0;
    for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
        sum += x[i];
    const float mean = blockSum(sum, partial) / width;
    float squares = 0;
    for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
        squares = fmaf(x[i] - mean, x[i] - mean, squares);
    squares = blockSum(squares, partial);
    const float scale = 1.0F / sqrtf(squares / width + eps);
    for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
        out.data[blockIdx.x * out.width + i] =
            (x[i] - mean) * scale * weight.data[i] + (bias.data ? bias.data[i] : 0.0F);
}

__global__ void scaleEach(Rows x, const float* factors)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = globalThread();
    if (index < x.count * x.width)
        x.data[index] *= factors[index / x.width];
}

__global__ void addEach(Rows x, Rows y)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = globalThread();
    if (index < x.count * x.width)
        x.data[index] += y.data[index];
}

__global__ void geluEach(Rows x)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = globalThread();
    if (index >= x.count * x.width)
        return;
    const float value = x.data[index];
    x.data[index] = value / 2 * (1.0F + erff(value * 0.70710678F));
}

__global__ void siluTimesEach(Rows gate, Rows up)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = globalThread();
    if (index < gate.count * gate.width)
        gate.data[index] = gate.data[index] / (1.0F + expf(-gate.data[index])) * up.data[index];
}

// A warp a head.
__global__ void storeHeads(KvRows target, Rows values)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t head = globalThread() / kWarp; // of all positions
    if (head < values.count * target.kvHeads)
        encodeKv(target.type, values.data + head * target.headDim, target.headDim,
            target.data + head * kvBytesOf(target.type, target.headDim),
            static_cast<int>(threadIdx.x % kWarp));
}

__global__ void ropePairs(
    Rows x, RopeParams params, const float* frequencies, std::int64_t firstPosition)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t half = params.headDim / 2;
    const std::int64_t index = globalThread(); // of pairs
    if (index >= x.count * x.width / 2)
        return;
    ropePair(x.data + index / half * params.headDim, params, frequencies,
        firstPosition + index / (x.width / 2), index % half);
}

__global__ void rope2dPairs(Rows x, Rope2dParams params, const float* frequencies)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t half = params.headDim / 2;
    const std::int64_t index = globalThread();
    if (index >= x.count * x.width / 2)
        return;
    const std::int64_t i = index % half;
    const std::int64_t t = index / (x.width / 2);
    if (t >= params.side * params.side)
        return;
    const std::int64_t quarter = half / 2;
    const std::int64_t place = (i < quarter ? t % params.side : t / params.side) + 1;
    float* head = x.data + index / half * params.headDim;
    turn(head[2 * i], head[2 * i + 1], static_cast<float>(place) * frequencies[i % quarter]);
}

} // namespace

void embed(
    Rows out, const Matrix& table, const Codebooks& books, const std::int32_t* ids, void* stream)
{
    const std::int64_t units = (table.columns + kUnit - 1) / kUnit;
    launch(embedUnits, each(out.count * units, stream), out, table,
        planesOf(table.type, table.columns, 0), books, ids);
}

void gatherRows(Rows out, Rows in, const std::int32_t* rows, void* stream)
{
    launch(gather, each(out.count * out.width, stream), out, in, rows);
}

void rmsNorm(Rows out, Rows in, Vector weight, float eps, void* stream)
{
    constexpr std::int64_t kNarrow = 512;
    if (in.width <= kNarrow)
        launch(rmsNormNarrow, each(in.count * kWarp, stream), out, in, weight, eps);
    else
        launch(rmsNormRow, blockARow(in.count, stream), out, in, weight, eps);
}

void layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps, void* stream)
{
    launch(layerNormRow, blockARow(in.count, stream), out, in, weight, bias, eps);
}

void scaleRows(Rows x, const float* factors, void* stream)
{
    launch(scaleEach, each(x.count * x.width, stream), x, factors);
}

void add(Rows x, Rows y, void* stream)
{
    launch(addEach, each(x.count * x.width, stream), x, y);
}

void gelu(Rows x, void* stream)
{
    launch(geluEach, each(x.count * x.width, stream), x);
}

void siluTimes(Rows gate, Rows up, void* stream)
{
    launch(siluTimesEach, each(gate.count * gate.width, stream), gate, up);
}

void storeKv(KvRows target, Rows values, void* stream)
{
    launch(storeHeads, each(values.count * target.kvHeads * kWarp, stream), target, values);
}

void rope(Rows x, const RopeParams& params, const float* frequencies, std::int64_t firstPosition,
    void* stream)
{
    launch(ropePairs, each(x.count * x.width / 2, stream), x, params, frequencies, firstPosition);
}

void rope2d(Rows x, const Rope2dParams& params, const float* frequencies, void* stream)
{
    launch(rope2dPairs, each(x.count * x.width / 2, stream), x, params, frequencies);
}

} // namespace lectern::inference::cuda
