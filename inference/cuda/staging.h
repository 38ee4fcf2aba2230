// SPDX-License-Identifier: Apache-2.0
// Activations of a few rows in a block's shared memory, normalised if asked for, as the products of
// few rows read them: as bytes, as floats, or both.
#pragma once

#include "inference/cuda/byte_dots.h"
#include "inference/cuda/few_rows.h"

namespace lectern::inference::cuda {

// Floats of one unit and of padding behind: as for ByteUnit, eight lanes use all banks.
inline constexpr int kFloatUnit = 36;

__host__ __device__ constexpr std::int64_t unitsOf(std::int64_t columns)
{
    return (columns + kUnit - 1) / kUnit;
}

// Bytes of shared memory for one row.
__host__ __device__ constexpr std::int64_t stagedRowBytes(std::int64_t columns, const Needs& needs)
{
    return unitsOf(columns)
        * ((needs.bytes ? static_cast<std::int64_t>(sizeof(ByteUnit)) : 0)
            + (needs.floats ? static_cast<std::int64_t>(sizeof(float)) * kFloatUnit : 0));
}

struct Staged {
    const ByteUnit* bytes = nullptr; // [rows, units]
    const float* floats = nullptr;   // [rows, units, kFloatUnit]
    int units = 0;
};

namespace staging {

// Values [first, first + 8) of a row, zeros beyond its end.
__device__ inline void load8(
    const float* row, std::int64_t columns, std::int64_t first, float (&out)[8])
{
    if (columns % 4 == 0 && first + 8 <= columns) {
        const float4 low = *reinterpret_cast<const float4*>(row + first);
        const float4 high = *reinterpret_cast<const float4*>(row + first + 4);
        out[0] = low.x;
        out[1] = low.y;
        out[2] = low.z;
        out[3] = low.w;
        out[4] = high.x;
        out[5] = high.y;
        out[6] = high.z;
        out[7] = high.w;
        return;
    }
    for (int i = 0; i < 8; ++i)
        out[i] = first + i < columns ? row[first + i] : 0.0F;
}

// Four neighbouring lanes hold a unit, eight values each; all lanes of the warp take part.
__device__ inline void storeBytes(
    ByteUnit* units, std::int64_t chunk, bool real, const float (&values)[8])
{
    float largest = 0;
    for (int i = 0; i < 8; ++i)
        largest = fmaxf(largest, fabsf(values[i]));
    largest = fmaxf(largest, shuffleXor(largest, 1));
    largest = fmaxf(largest, shuffleXor(largest, 2));
    const float d = largest / 127.0F;
    const float inverted = largest > 0 ? 127.0F / largest : 0.0F;
    int sum = 0;
    std::uint32_t words[2] = {};
    for (int i = 0; i < 8; ++i) {
        const int q = static_cast<int>(rintf(values[i] * inverted));
        sum += q;
        words[i / 4] |= (static_cast<std::uint32_t>(q) & 255U) << (8 * (i % 4));
    }
    sum += shuffleXor(sum, 1);
    const int other = shuffleXor(sum, 2);
    if (!real)
        return;
    ByteUnit& unit = units[chunk / 4];
    unit.q[chunk % 4 * 2] = words[0];
    unit.q[chunk % 4 * 2 + 1] = words[1];
    if (chunk % 4 == 0) {
        unit.d = d;
        unit.sums = (sum & 0xFFFF) | other << 16;
    }
}

} // namespace staging

// Rows [first, first + count) of `in` for the whole block; read them after __syncthreads(). The
// block's first block of the grid also writes what the norm gave to norm.out, if that is there.
__device__ inline Staged stage(const FewRows& in, std::int64_t first, int count, const Norm& norm,
    const Needs& needs, std::byte* shared, bool writesNormed)
{
    __shared__ float partial[kWarp];
    const std::int64_t units = unitsOf(in.width);
    auto* bytes = reinterpret_cast<ByteUnit*>(shared);
    auto* floats = reinterpret_cast<float*>(
        shared + (needs.bytes ? count * units * static_cast<std::int64_t>(sizeof(ByteUnit)) : 0));
    const std::int64_t chunks = 4 * units;
    const std::int64_t lane = threadIdx.x % kWarp;
    for (int r = 0; r < count; ++r) {
        const float* row = in.data + (first + r) * in.width;
        float scale = 1.0F;
        if (norm.on) {
            float squares = 0;
            for (std::int64_t i = threadIdx.x; i < in.width; i += blockDim.x)
                squares = fmaf(row[i], row[i], squares);
            squares = blockSum(squares, partial);
            scale = 1.0F / sqrtf(squares / static_cast<float>(in.width) + norm.eps);
        }
        for (std::int64_t base = threadIdx.x - lane; base < chunks; base += blockDim.x) {
            const std::int64_t chunk = base + lane;
            float values[8] = {};
            if (chunk < chunks)
                staging::load8(row, in.width, 8 * chunk, values);
            if (norm.on) {
                float weights[8] = {1, 1, 1, 1, 1, 1, 1, 1};
                if (norm.weight && chunk < chunks)
                    staging::load8(norm.weight, in.width, 8 * chunk, weights);
                for (int i = 0; i < 8; ++i) {
                    values[i] = values[i] * scale * weights[i];
                    if (writesNormed && 8 * chunk + i < in.width)
                        norm.out[(first + r) * in.width + 8 * chunk + i] = values[i];
                }
            }
            if (needs.floats && chunk < chunks) {
                float* target = floats + (r * units + chunk / 4) * kFloatUnit + chunk % 4 * 8;
                for (int i = 0; i < 8; ++i)
                    target[i] = values[i];
            }
            if (needs.bytes)
                staging::storeBytes(bytes + r * units, chunk, chunk < chunks, values);
        }
    }
    return {bytes, floats, static_cast<int>(units)};
}

} // namespace lectern::inference::cuda
