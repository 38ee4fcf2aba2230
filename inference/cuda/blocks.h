// SPDX-License-Identifier: Apache-2.0
// One unit of 32 weights to floats, for every type: what embedding, the exact products and prefill
// are made of. Layouts: weight_layout.h; meaning of the bits: inference/dequantize.cpp, whose
// values these equal bit for bit.
#pragma once

#include "inference/cuda/blocks_codebook.h"
#include "inference/cuda/gpu.h"
#include "inference/cuda/weight_layout.h"

namespace lectern::inference::cuda {

// Values of the nibbles of IQ4_NL and IQ4_XS, and of MXFP4, as bytes, four a word.
struct NibbleTable {
    std::uint32_t words[4];
};
__host__ __device__ constexpr NibbleTable unevenTable()
{
    // -127 -104 -83 -65 | -49 -35 -22 -10 | 1 13 25 38 | 53 69 89 113
    return {{0xBFAD9881U, 0xF6EADDCFU, 0x26190D01U, 0x71594535U}};
}
__host__ __device__ constexpr NibbleTable mxfp4Table()
{
    // 0 1 2 3 | 4 6 8 12 | 0 -1 -2 -3 | -4 -6 -8 -12
    return {{0x03020100U, 0x0C080604U, 0xFDFEFF00U, 0xF4F8FAFCU}};
}

// The table's bytes for the low nibbles of the four bytes of `nibbles`.
__device__ inline std::uint32_t lookUp(const NibbleTable& table, std::uint32_t nibbles)
{
    // A selector of permuteBytes has a nibble a byte: bits 0-2 choose, bit 3 chooses the half.
    const std::uint32_t packed = (nibbles & 0x0000000FU) | (nibbles >> 4U & 0x000000F0U)
        | (nibbles >> 8U & 0x00000F00U) | (nibbles >> 12U & 0x0000F000U);
    const std::uint32_t below = permuteBytes(table.words[0], table.words[1], packed & 0x7777U);
    const std::uint32_t above = permuteBytes(table.words[2], table.words[3], packed & 0x7777U);
    // 0x3210 where the half is the lower, + 4 where it is the upper.
    return permuteBytes(below, above, 0x3210U + ((packed >> 3U & 0x1111U) << 2U));
}

__device__ inline float scaleOfExponent(std::uint32_t e)
{
    // 2^(e - 128); 2^-128 and 2^-127 are subnormal floats.
    return bitsToFloat(e < 2 ? 0x00200000U << e : (e - 1) << 23U);
}

struct ScaleAndMinimum {
    float scale;
    float minimum;
};

// Of unit i of a Q4_K or Q5_K superblock, multiplied out, from its 16-byte head.
__device__ inline ScaleAndMinimum scaleAndMinimum(const uint4& head, int i)
{
    // Bytes 0-3: scales 0-3 and the upper pairs of 4-7; 4-7: minima likewise; 8-11: nibbles.
    const int at = i % 4 * 8;
    std::uint32_t scale = head.y >> at & 255U;
    std::uint32_t minimum = head.z >> at & 255U;
    if (i >= 4) {
        const std::uint32_t low = head.w >> at & 255U;
        scale = (low & 15U) | (scale >> 6U) << 4U;
        minimum = low >> 4U | (minimum >> 6U) << 4U;
    } else {
        scale &= 63U;
        minimum &= 63U;
    }
    return {halfToFloat(static_cast<std::uint16_t>(head.x)) * static_cast<float>(scale),
        halfToFloat(static_cast<std::uint16_t>(head.x >> 16U)) * static_cast<float>(minimum)};
}

// Scale of unit i of an IQ4_XS superblock, multiplied out, from its 8-byte head.
__device__ inline float iq4_xsScale(const uint2& head, int i)
{
    const std::uint32_t low = head.y >> (4 * i) & 15U;
    const std::uint32_t high = head.x >> (16 + 2 * i) & 3U;
    return halfToFloat(static_cast<std::uint16_t>(head.x))
        * static_cast<float>(static_cast<int>(low | high << 4U) - 32);
}

namespace blocks {

using Bytes = const std::uint8_t*;

__device__ inline float halfAt(Bytes bytes)
{
    return halfToFloat(*reinterpret_cast<const std::uint16_t*>(bytes));
}

// Words at a multiple of 16 bytes, by as few loads as there can be.
template <int kWords> struct Words {
    std::uint32_t words[kWords];

    __device__ explicit Words(Bytes bytes)
    {
#pragma unroll
        for (int i = 0; i < kWords / 4; ++i) {
            const uint4 four = reinterpret_cast<const uint4*>(bytes)[i];
            words[4 * i] = four.x;
            words[4 * i + 1] = four.y;
            words[4 * i + 2] = four.z;
            words[4 * i + 3] = four.w;
        }
    }
    [[nodiscard]] __device__ int byte(int i) const
    {
        return static_cast<int>(words[i / 4] >> (8 * (i % 4)) & 255U);
    }
    [[nodiscard]] __device__ std::uint16_t half(int i) const
    {
        return static_cast<std::uint16_t>(words[i / 2] >> (16 * (i % 2)));
    }
    // Value v of a unit of nibbles: byte i holds values i (low) and i + 16.
    [[nodiscard]] __device__ int nibble(int v) const
    {
        return byte(v % 16) >> (4 * (v / 16)) & 15;
    }
};

using Unit = float[kUnit];

__device__ inline void nibbleUnit(Bytes q, float d, int offset, Unit& out)
{
    const Words<4> quants(q);
#pragma unroll
    for (int v = 0; v < 32; ++v)
        out[v] = d * static_cast<float>(quants.nibble(v) + offset);
}

__device__ inline void tableUnit(Bytes q, float d, const NibbleTable& table, Unit& out)
{
    constexpr std::uint32_t kNibbles = 0x0F0F0F0FU;
    const Words<4> quants(q);
#pragma unroll
    for (int v = 0; v < 32; v += 4) {
        const std::uint32_t four =
            lookUp(table, quants.words[v % 16 / 4] >> (4 * (v / 16)) & kNibbles);
#pragma unroll
        for (int k = 0; k < 4; ++k)
            out[v + k] = d * static_cast<float>(static_cast<std::int8_t>(four >> (8 * k)));
    }
}

__device__ inline void q8_0Unit(Bytes row, const Planes& p, std::int64_t u, Unit& out)
{
    const float d = halfAt(row + p.second + 2 * u);
    const Words<8> quants(row + 32 * u);
#pragma unroll
    for (int v = 0; v < 32; ++v)
        out[v] = d * static_cast<float>(static_cast<std::int8_t>(quants.byte(v)));
}

__device__ inline void q4_kUnit(Bytes row, const Planes& p, std::int64_t u, Unit& out)
{
    const auto [scale, minimum] = scaleAndMinimum(
        *reinterpret_cast<const uint4*>(row + p.second + u / 8 * 16), static_cast<int>(u % 8));
    const Words<4> quants(row + 16 * u);
#pragma unroll
    for (int v = 0; v < 32; ++v)
        out[v] = scale * static_cast<float>(quants.nibble(v)) - minimum;
}

__device__ inline void q5_kUnit(Bytes row, const Planes& p, std::int64_t u, Unit& out)
{
    const auto [scale, minimum] = scaleAndMinimum(
        *reinterpret_cast<const uint4*>(row + p.third + u / 8 * 16), static_cast<int>(u % 8));
    const std::uint32_t fifth = *reinterpret_cast<const std::uint32_t*>(row + p.second + 4 * u);
    const Words<4> quants(row + 16 * u);
#pragma unroll
    for (int v = 0; v < 32; ++v) {
        const int high = static_cast<int>(fifth >> (8 * (v % 4) + v / 4) & 1U);
        out[v] = scale * static_cast<float>(quants.nibble(v) | high << 4) - minimum;
    }
}

__device__ inline void q6_kUnit(Bytes row, const Planes& p, std::int64_t u, Unit& out)
{
    const float d = halfAt(row + p.fourth + u / 8 * 2);
    const uint2 both = *reinterpret_cast<const uint2*>(row + p.second + 8 * u);
    const std::uint32_t pairs[2] = {both.x, both.y};
    const Words<4> quants(row + 16 * u);
#pragma unroll
    for (int v = 0; v < 32; ++v) {
        const int h = v / 16;
        const int high = static_cast<int>(pairs[h] >> (8 * (v % 4) + 2 * (v % 16 / 4)) & 3U);
        const auto scale = static_cast<std::int8_t>(row[p.third + 2 * u + h]);
        out[v] =
            d * static_cast<float>(scale) * static_cast<float>((high << 4 | quants.nibble(v)) - 32);
    }
}

// By a call of its own, with the values through memory: so many types that every kernel which
// decodes would consist of little else.
__device__ LECTERN_APART inline void fileUnitApart(
    TensorType type, Bytes row, std::int64_t u, const Codebooks& books, float* out)
{
    fileUnit(type, row, u, books, out);
}

} // namespace blocks

// Values [32 u, 32 u + 32) of a row; those beyond the row's end are 0 for the float types, and the
// others have none. `out` stays in registers where whoever reads it does so in unrolled loops.
__device__ inline void decodeUnit(TensorType type, const std::byte* rowBytes, const Planes& p,
    std::int64_t u, const Codebooks& books, blocks::Unit& out)
{
    const auto* row = reinterpret_cast<const std::uint8_t*>(rowBytes);
    switch (type) {
    case TensorType::f32: {
        const blocks::Words<32> values(row + 128 * u);
#pragma unroll
        for (int i = 0; i < 32; ++i)
            out[i] = bitsToFloat(values.words[i]);
        return;
    }
    case TensorType::f16: {
        const blocks::Words<16> values(row + 64 * u);
#pragma unroll
        for (int i = 0; i < 32; ++i)
            out[i] = halfToFloat(values.half(i));
        return;
    }
    case TensorType::bf16: {
        const blocks::Words<16> values(row + 64 * u);
#pragma unroll
        for (int i = 0; i < 32; ++i)
            out[i] = bfloatToFloat(values.half(i));
        return;
    }
    case TensorType::q8_0:
        return blocks::q8_0Unit(row, p, u, out);
    case TensorType::q4_0:
        return blocks::nibbleUnit(row + 16 * u, blocks::halfAt(row + p.second + 2 * u), -8, out);
    case TensorType::iq4_nl:
        return blocks::tableUnit(
            row + 16 * u, blocks::halfAt(row + p.second + 2 * u), unevenTable(), out);
    case TensorType::mxfp4:
        return blocks::tableUnit(
            row + 16 * u, scaleOfExponent(row[p.second + u]), mxfp4Table(), out);
    case TensorType::q4_k:
        return blocks::q4_kUnit(row, p, u, out);
    case TensorType::q5_k:
        return blocks::q5_kUnit(row, p, u, out);
    case TensorType::q6_k:
        return blocks::q6_kUnit(row, p, u, out);
    case TensorType::iq4_xs:
        return blocks::tableUnit(row + 16 * u,
            iq4_xsScale(*reinterpret_cast<const uint2*>(row + p.second + u / 8 * 8),
                static_cast<int>(u % 8)),
            unevenTable(), out);
    default: {
        float values[kUnit];
        blocks::fileUnitApart(type, row, u, books, values);
#pragma unroll
        for (int i = 0; i < 32; ++i)
            out[i] = values[i];
    }
    }
}

} // namespace lectern::inference::cuda
