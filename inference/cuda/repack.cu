// SPDX-License-Identifier: Apache-2.0
// Repacking kernels: a thread a unit of 32 values, for it runs once a load and hides behind the
// bus.
#include "inference/cuda/repack.h"

#include "inference/cuda/gpu.h"

namespace lectern::inference::cuda {

namespace {

struct Row {
    const std::uint8_t* file;
    std::uint8_t* target;
    std::int64_t columns;
    Planes planes;
};

__device__ void copyBytes(std::uint8_t* to, const std::uint8_t* from, int count)
{
    for (int i = 0; i < count; ++i)
        to[i] = from[i];
}

// The nibbles of unit u of a superblock whose byte l of pair p holds values 64 p + l and
// 64 p + 32 + l, into bytes of values i and i + 16.
__device__ void regroupNibbles(std::uint8_t* to, const std::uint8_t* pairs, int unitOfSuper)
{
    const std::uint8_t* q = pairs + 32 * (unitOfSuper / 2);
    const int shift = unitOfSuper % 2 * 4;
    for (int i = 0; i < 16; ++i)
        to[i] = static_cast<std::uint8_t>((q[i] >> shift & 15) | (q[i + 16] >> shift & 15) << 4);
}

__device__ void store32(std::uint8_t* to, std::uint32_t word)
{
    *reinterpret_cast<std::uint32_t*>(to) = word;
}

// Types of blocks of 32: `head` bytes of scale, then the quants.
__device__ void simpleUnit(const Row& row, std::int64_t u, int head, int quants)
{
    const std::uint8_t* block = row.file + u * (head + quants);
    copyBytes(row.target + u * quants, block + head, quants);
    copyBytes(row.target + row.planes.second + u * head, block, head);
}

__device__ void q4_kUnit(const Row& row, std::int64_t u)
{
    const std::uint8_t* block = row.file + u / 8 * 144;
    regroupNibbles(row.target + 16 * u, block + 16, static_cast<int>(u % 8));
    if (u % 8 == 0)
        copyBytes(row.target + row.planes.second + u / 8 * 16, block, 16);
}

__device__ void q5_kUnit(const Row& row, std::int64_t u)
{
    const std::uint8_t* block = row.file + u / 8 * 176;
    const int i = static_cast<int>(u % 8);
    regroupNibbles(row.target + 16 * u, block + 48, i);
    std::uint32_t fifth = 0;
    for (int v = 0; v < 32; ++v)
        fifth |= static_cast<std::uint32_t>(block[16 + v] >> i & 1) << (8 * (v % 4) + v / 4);
    store32(row.target + row.planes.second + 4 * u, fifth);
    if (i == 0)
        copyBytes(row.target + row.planes.third + u / 8 * 16, block, 16);
}

__device__ void q6_kUnit(const Row& row, std::int64_t u)
{
    const std::uint8_t* block = row.file + u / 8 * 210;
    const int half = static_cast<int>(u % 8 / 4);
    const int k = static_cast<int>(u % 4);
    const std::uint8_t* low = block + 64 * half + 32 * (k % 2);
    const std::uint8_t* high = block + 128 + 32 * half;
    const int shift = k < 2 ? 0 : 4;
    for (int i = 0; i < 16; ++i)
        row.target[16 * u + i] =
            static_cast<std::uint8_t>((low[i] >> shift & 15) | (low[i + 16] >> shift & 15) << 4);
    for (int h = 0; h < 2; ++h) {
        std::uint32_t pairs = 0;
        for (int v = 0; v < 16; ++v)
            pairs |= static_cast<std::uint32_t>(high[16 * h + v] >> (2 * k) & 3)
                << (8 * (v % 4) + 2 * (v / 4));
        store32(row.target + row.planes.second + 8 * u + 4 * h, pairs);
    }
    copyBytes(row.target + row.planes.third + 2 * u, block + 192 + 2 * (u % 8), 2);
    if (u % 8 == 0)
        copyBytes(row.target + row.planes.fourth + u / 8 * 2, block + 208, 2);
}

__device__ void iq4_xsUnit(const Row& row, std::int64_t u)
{
    const std::uint8_t* block = row.file + u / 8 * 136;
    copyBytes(row.target + 16 * u, block + 8 + 16 * (u % 8), 16);
    if (u % 8 == 0)
        copyBytes(row.target + row.planes.second + u / 8 * 8, block, 8);
}

__device__ void planesOfUnit(TensorType type, const Row& row, std::int64_t u)
{
    switch (type) {
    case TensorType::q4_0:
    case TensorType::iq4_nl:
        return simpleUnit(row, u, 2, 16);
    case TensorType::mxfp4:
        return simpleUnit(row, u, 1, 16);
    case TensorType::q8_0:
        return simpleUnit(row, u, 2, 32);
    case TensorType::q4_k:
        return q4_kUnit(row, u);
    case TensorType::q5_k:
        return q5_kUnit(row, u);
    case TensorType::q6_k:
        return q6_kUnit(row, u);
    case TensorType::iq4_xs:
        return iq4_xsUnit(row, u);
    default:
        return;
    }
}

__global__ void repackUnits(RepackJob job, Planes planes)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t units = job.columns / kUnit;
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= units * job.rows)
        return;
    const std::int64_t r = index / units;
    const Row row{reinterpret_cast<const std::uint8_t*>(job.file) + r * job.fileRowBytes,
        reinterpret_cast<std::uint8_t*>(job.target) + r * planes.rowBytes, job.columns, planes};
    planesOfUnit(job.type, row, index % units);
}

// Rows as they are, with zeros behind them.
__global__ void padRows(RepackJob job, std::int64_t rowBytes)
{
    waitForPrevious();
    letNextStart();
    const std::int64_t index = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (index >= rowBytes * job.rows)
        return;
    const std::int64_t r = index / rowBytes;
    const std::int64_t at = index % rowBytes;
    job.target[index] = at < job.fileRowBytes ? job.file[r * job.fileRowBytes + at] : std::byte{0};
}

} // namespace

void repack(const RepackJob& job, void* stream)
{
    const Planes planes = planesOf(job.type, job.columns, job.fileRowBytes);
    constexpr unsigned kThreads = 256;
    const bool units = hasPlanes(job.type);
    const std::int64_t work = job.rows * (units ? job.columns / kUnit : planes.rowBytes);
    const Launch how{
        {static_cast<unsigned>((work + kThreads - 1) / kThreads), 1, 1}, kThreads, 0, stream};
    if (units)
        launch(repackUnits, how, job, planes);
    else
        launch(padRows, how, job, planes.rowBytes);
}

} // namespace lectern::inference::cuda
