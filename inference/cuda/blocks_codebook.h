// SPDX-License-Identifier: Apache-2.0
// One unit of 32 weights to floats, for the types that stay in the file's blocks: rarely used, or
// so small that reading them is no bound. Meaning of the bits: inference/dequantize.cpp and
// dequantize_codebook.cpp, whose values these equal bit for bit.
#pragma once

#include "inference/cuda/codebooks.h"
#include "inference/cuda/gpu.h"
#include "inference/cuda/weight_layout.h"

namespace lectern::inference::cuda::blocks {

using Block = const std::uint8_t*;

// All blocks have an even number of bytes and rows begin on a multiple of 16.
__device__ inline std::uint32_t u16At(Block bytes)
{
    return *reinterpret_cast<const std::uint16_t*>(bytes);
}
__device__ inline std::uint32_t u32At(Block bytes)
{
    return u16At(bytes) | u16At(bytes + 2) << 16U;
}
__device__ inline float scaleAt(Block bytes)
{
    return halfToFloat(static_cast<std::uint16_t>(u16At(bytes)));
}

__device__ inline void q4_1Unit(Block block, float* out)
{
    const float d = scaleAt(block);
    const float m = scaleAt(block + 2);
    for (int i = 0; i < 16; ++i) {
        out[i] = d * static_cast<float>(block[4 + i] & 15) + m;
        out[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
    }
}

__device__ inline float fiveBits(Block high, Block nibbles, int i)
{
    const int low = i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
    return static_cast<float>(low | (high[i / 8] >> (i % 8) & 1) << 4);
}

__device__ inline void q5_0Unit(Block block, float* out)
{
    const float d = scaleAt(block);
    for (int i = 0; i < 32; ++i)
        out[i] = d * (fiveBits(block + 2, block + 6, i) - 16);
}

__device__ inline void q5_1Unit(Block block, float* out)
{
    const float d = scaleAt(block);
    const float m = scaleAt(block + 2);
    for (int i = 0; i < 32; ++i)
        out[i] = d * fiveBits(block + 4, block + 8, i) + m;
}

// Of blocks of 256: `first` is the block's value that out[0] is.
__device__ inline int bitPair(Block pairs, int v)
{
    return pairs[32 * (v / 128) + v % 32] >> (2 * (v % 128 / 32)) & 3;
}

__device__ inline void q2_kUnit(Block block, int first, float* out)
{
    const float d = scaleAt(block + 80);
    const float dmin = scaleAt(block + 82);
    for (int i = 0; i < 32; ++i) {
        const int scale = block[(first + i) / 16];
        out[i] =
            d * static_cast<float>(scale & 15) * static_cast<float>(bitPair(block + 16, first + i))
            - dmin * static_cast<float>(scale >> 4);
    }
}

__device__ inline void q3_kUnit(Block block, int first, float* out)
{
    const Block s = block + 96;
    const float d = scaleAt(block + 108);
    for (int n = 0; n < 32; ++n) {
        const int v = first + n;
        const int i = v / 16;
        const int low = i < 8 ? s[i] & 15 : s[i - 8] >> 4;
        const int scale = low | (s[8 + i % 4] >> (2 * (i / 4)) & 3) << 4;
        const int third = block[v % 32] >> (v / 32) & 1;
        out[n] = d * static_cast<float>(scale - 32)
            * static_cast<float>(bitPair(block + 32, v) + 4 * third - 4);
    }
}

// Seven stored signs and the eighth, which makes the number of negative values even.
__device__ inline std::uint32_t evenSigns(std::uint32_t seven)
{
    std::uint32_t parity = seven ^ seven >> 4U;
    parity ^= parity >> 2U;
    parity ^= parity >> 1U;
    return seven | (parity & 1U) << 7U;
}

__device__ inline float withSign(float value, std::uint32_t signs, int i)
{
    return (signs >> i & 1U) != 0 ? -value : value;
}

__device__ inline void eightValues(
    std::uint32_t entry, std::uint32_t signs, float scale, float* out)
{
    for (int i = 0; i < 8; ++i) {
        const std::uint32_t level = entry >> (2 * i) & 3U;
        out[i] = withSign(scale * (level == 0 ? 8.0F : level == 1 ? 25.0F : 43.0F), signs, i);
    }
}

__device__ inline float iq2Scale(float d, std::uint32_t fourBits)
{
    return d * (0.5F + static_cast<float>(fourBits)) * 0.25F;
}

__device__ inline void iq2_xxsGroup(Block block, int g, const Codebooks& books, float* out)
{
    const Block part = block + 2 + 8 * (g / 4);
    const std::uint32_t packed = u32At(part + 4);
    eightValues(books.iq2Xxs[part[g % 4]], evenSigns(packed >> (7 * (g % 4)) & 127U),
        iq2Scale(scaleAt(block), packed >> 28U), out);
}

__device__ inline void iq2_xsGroup(Block block, int g, const Codebooks& books, float* out)
{
    const std::uint32_t packed = u16At(block + 2 + 2 * g);
    const std::uint32_t scale = block[66 + g / 4] >> (4 * (g / 2 % 2)) & 15;
    eightValues(
        books.iq2Xs[packed & 511U], evenSigns(packed >> 9U), iq2Scale(scaleAt(block), scale), out);
}

__device__ inline void iq2_sGroup(Block block, int g, const Codebooks& books, float* out)
{
    const int entry = block[2 + g] | (block[66 + g / 4] >> (2 * (g % 4)) & 3) << 8;
    const std::uint32_t scale = block[74 + g / 4] >> (4 * (g / 2 % 2)) & 15;
    eightValues(books.iq2S[entry], block[34 + g], iq2Scale(scaleAt(block), scale), out);
}

// 4 12 20 28 36 44 52 62 for IQ3_XXS, odd numbers for IQ3_S.
__device__ inline float iq3_xxsLevel(std::uint32_t level)
{
    return level == 7 ? 62.0F : static_cast<float>(8 * level + 4);
}

__device__ inline void iq3_xxsGroup(Block block, int g, const Codebooks& books, float* out)
{
    const Block entry = block + 2 + 2 * g;
    const std::uint32_t packed = u32At(block + 66 + 4 * (g / 4));
    const std::uint32_t signs = evenSigns(packed >> (7 * (g % 4)) & 127U);
    const float scale = scaleAt(block) * (0.5F + static_cast<float>(packed >> 28U)) * 0.5F;
    for (int i = 0; i < 8; ++i)
        out[i] = withSign(
            scale * iq3_xxsLevel(books.iq3Xxs[entry[i / 4]] >> (3 * (i % 4)) & 7U), signs, i);
}

__device__ inline void iq3_sGroup(Block block, int g, const Codebooks& books, float* out)
{
    const Block low = block + 2 + 2 * g;
    const int bits = block[66 + g / 4] >> (2 * (g % 4));
    const int scale = block[106 + g / 8] >> (4 * (g / 4 % 2)) & 15;
    const float ds = scaleAt(block) * static_cast<float>(1 + 2 * scale);
    for (int i = 0; i < 8; ++i) {
        const int entry = low[i / 4] | (bits >> (i / 4) & 1) << 8;
        const std::uint32_t level = books.iq3S[entry] >> (3 * (i % 4)) & 7U;
        out[i] = withSign(ds * static_cast<float>(2 * level + 1), block[74 + g], i);
    }
}

__device__ inline void shiftedValues(std::uint32_t entry, bool down, float scale, float* out)
{
    for (int i = 0; i < 8; ++i)
        out[i] =
            scale * (static_cast<float>(entry >> (2 * i) & 3U) - 1 + (down ? -0.125F : 0.125F));
}

__device__ inline void iq1_sGroup(Block block, int g, const Codebooks& books, float* out)
{
    const std::uint32_t packed = u16At(block + 34 + 2 * (g / 4));
    const std::uint32_t entry = block[2 + g] | (packed >> (3 * (g % 4)) & 7U) << 8U;
    shiftedValues(books.iq1[entry], (packed & 0x8000U) != 0,
        scaleAt(block) * static_cast<float>(2 * (packed >> 12U & 7U) + 1), out);
}

__device__ inline void iq1_mGroup(Block block, int g, const Codebooks& books, float* out)
{
    std::uint32_t dBits = 0;
    for (int i = 0; i < 4; ++i)
        dBits |= u16At(block + 48 + 2 * i) >> 12U << (4 * i);
    const std::uint32_t bits = block[32 + g / 2] >> (4 * (g % 2)) & 15;
    const std::uint32_t scale = u16At(block + 48 + 2 * (g / 8)) >> (3 * (g / 2 % 4)) & 7U;
    shiftedValues(books.iq1[block[g] | (bits & 7U) << 8U], (bits & 8U) != 0,
        halfToFloat(static_cast<std::uint16_t>(dBits)) * static_cast<float>(2 * scale + 1), out);
}

// Values 0-159: digit v / 32 of byte v % 32; 160-239: digit of bytes 32-47; 240-255: of 48-51.
__device__ inline void tq1_0Unit(Block block, int first, float* out)
{
    const float d = scaleAt(block + 52);
    for (int i = 0; i < 32; ++i) {
        const int v = first + i;
        const int byte = v < 160 ? v % 32 : v < 240 ? 32 + v % 16 : 48 + v % 4;
        const int digit = v < 160 ? v / 32 : v < 240 ? (v - 160) / 16 : (v - 240) / 4;
        std::uint32_t power = 1;
        for (int n = 0; n < digit; ++n)
            power *= 3;
        const std::uint32_t fraction = block[byte] * power & 255U;
        out[i] = d * (static_cast<float>(fraction * 3 >> 8U) - 1);
    }
}

__device__ inline void tq2_0Unit(Block block, int first, float* out)
{
    const float d = scaleAt(block + 64);
    for (int i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(bitPair(block, first + i) - 1);
}

__device__ inline void fileUnit(
    TensorType type, Block row, std::int64_t u, const Codebooks& books, float* out)
{
    const int first = static_cast<int>(u % 8) * 32; // in a block of 256
    const auto block = [&](int bytes) { return row + u / 8 * bytes; };
    const auto groups = [&](auto group, int bytes) {
        for (int i = 0; i < 4; ++i)
            group(block(bytes), first / 8 + i, books, out + 8 * i);
    };
    switch (type) {
    case TensorType::q4_1:
        return q4_1Unit(row + u * 20, out);
    case TensorType::q5_0:
        return q5_0Unit(row + u * 22, out);
    case TensorType::q5_1:
        return q5_1Unit(row + u * 24, out);
    case TensorType::q2_k:
        return q2_kUnit(block(84), first, out);
    case TensorType::q3_k:
        return q3_kUnit(block(110), first, out);
    case TensorType::iq2_xxs:
        return groups([](auto... a) { iq2_xxsGroup(a...); }, 66);
    case TensorType::iq2_xs:
        return groups([](auto... a) { iq2_xsGroup(a...); }, 74);
    case TensorType::iq2_s:
        return groups([](auto... a) { iq2_sGroup(a...); }, 82);
    case TensorType::iq3_xxs:
        return groups([](auto... a) { iq3_xxsGroup(a...); }, 98);
    case TensorType::iq3_s:
        return groups([](auto... a) { iq3_sGroup(a...); }, 110);
    case TensorType::iq1_s:
        return groups([](auto... a) { iq1_sGroup(a...); }, 50);
    case TensorType::iq1_m:
        return groups([](auto... a) { iq1_mGroup(a...); }, 56);
    case TensorType::tq1_0:
        return tq1_0Unit(block(54), first, out);
    case TensorType::tq2_0:
        return tq2_0Unit(block(66), first, out);
    default:
        return;
    }
}

} // namespace lectern::inference::cuda::blocks
