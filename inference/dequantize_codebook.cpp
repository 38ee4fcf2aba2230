// SPDX-License-Identifier: Apache-2.0
// One function a block format. All of them cut 256 values into groups of eight; a group's values
// are one codebook entry (IQ1, IQ2) or two (IQ3), an eight-bit mask of signs and a scale.
//
// Byte layouts (d: half float, little endian throughout; g: group 0..31, s: g / 4):
//   IQ2_XXS  d, 8 x {4 bytes entry, u32: 4 x 7 bits signs, 4 bits scale}
//   IQ2_XS   d, 32 x u16: 9 bits entry, 7 bits signs; 8 bytes of 4-bit scales, one per 16 values
//   IQ2_S    d, 32 bytes entry, 32 bytes signs, 8 bytes with entry bits 8-9, 8 bytes of scales
//   IQ3_XXS  d, 64 bytes entry, 8 x u32: 4 x 7 bits signs, 4 bits scale
//   IQ3_S    d, 64 bytes entry, 8 bytes with entry bit 8, 32 bytes signs, 4 bytes of scales
//   IQ1_S    d, 32 bytes entry, 8 x u16: 4 x entry bits 8-10, 3 bits scale, 1 bit shift
//   IQ1_M    32 bytes entry, 16 bytes: per group entry bits 8-10 and 1 bit shift; 4 x u16: 4 x 3
//            bits scale, the upper 4 bits are d's nibbles
//   TQ1_0    48 + 4 bytes, five (four) base-3 digits each; d
//   TQ2_0    64 bytes, four 2-bit digits each; d
// All products fit in 24 bits, so their order does not change the result.
// Source: the type's readers in the Python package gguf 0.19.0 (gguf/quants.py), for the layouts.
#include "inference/dequantize_codebook.h"

#include "inference/half.h"
#include "inference/quant_codebooks.h"

#include <bit>
#include <cstring>

namespace lectern::inference {
namespace {

using Block = const std::uint8_t*;

std::uint32_t u16At(Block bytes)
{
    std::uint16_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

std::uint32_t u32At(Block bytes)
{
    std::uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

float halfAt(Block bytes)
{
    return halfToFloat(static_cast<std::uint16_t>(u16At(bytes)));
}

// Seven stored signs and the eighth, which makes the number of negative values even.
std::uint32_t evenSigns(std::uint32_t seven)
{
    return seven | static_cast<std::uint32_t>(std::popcount(seven) & 1) << 7U;
}

float withSign(float value, std::uint32_t signs, int i)
{
    return (signs >> static_cast<std::uint32_t>(i) & 1U) != 0 ? -value : value;
}

void eightValues(std::uint32_t entry, std::uint32_t signs, float scale, float* out)
{
    constexpr float kLevels[] = {8, 25, 43};
    for (int i = 0; i < 8; ++i)
        out[i] = withSign(scale * kLevels[entry >> (2 * i) & 3U], signs, i);
}

// Four values of an IQ3 entry whose level n means levels[n]; `signs` begins with theirs.
void fourValues(
    std::uint32_t entry, const float* levels, std::uint32_t signs, float scale, float* out)
{
    for (int i = 0; i < 4; ++i)
        out[i] = withSign(scale * levels[entry >> (3 * i) & 7U], signs, i);
}

void shiftedValues(std::uint32_t entry, float shift, float scale, float* out)
{
    for (int i = 0; i < 8; ++i)
        out[i] = scale * (static_cast<float>(entry >> (2 * i) & 3U) - 1 + shift);
}

float iq2Scale(float d, std::uint32_t fourBits)
{
    return d * (0.5F + static_cast<float>(fourBits)) * 0.25F;
}

constexpr float kShift = 0.125F;

} // namespace

void iq2_xxsBlock(Block block, float* out)
{
    const float d = halfAt(block);
    for (int g = 0; g < 32; ++g) {
        const Block part = block + 2 + 8 * (g / 4);
        const std::uint32_t packed = u32At(part + 4);
        eightValues(kIq2Xxs[part[g % 4]], evenSigns(packed >> (7 * (g % 4)) & 127U),
            iq2Scale(d, packed >> 28U), out + 8 * g);
    }
}

void iq2_xsBlock(Block block, float* out)
{
    const float d = halfAt(block);
    const Block scales = block + 66;
    for (int g = 0; g < 32; ++g) {
        const std::uint32_t packed = u16At(block + 2 + 2 * g);
        const std::uint32_t scale = scales[g / 4] >> (4 * (g / 2 % 2)) & 15;
        eightValues(
            kIq2Xs[packed & 511U], evenSigns(packed >> 9U), iq2Scale(d, scale), out + 8 * g);
    }
}

void iq2_sBlock(Block block, float* out)
{
    const float d = halfAt(block);
    const Block signs = block + 34;
    const Block high = block + 66;
    const Block scales = block + 74;
    for (int g = 0; g < 32; ++g) {
        const int entry = block[2 + g] | (high[g / 4] >> (2 * (g % 4)) & 3) << 8;
        const std::uint32_t scale = scales[g / 4] >> (4 * (g / 2 % 2)) & 15;
        eightValues(kIq2S[entry], signs[g], iq2Scale(d, scale), out + 8 * g);
    }
}

void iq3_xxsBlock(Block block, float* out)
{
    constexpr float kLevels[] = {4, 12, 20, 28, 36, 44, 52, 62};
    const float d = halfAt(block);
    for (int g = 0; g < 32; ++g) {
        const Block entry = block + 2 + 2 * g;
        const std::uint32_t packed = u32At(block + 66 + 4 * (g / 4));
        const std::uint32_t signs = evenSigns(packed >> (7 * (g % 4)) & 127U);
        const float scale = d * (0.5F + static_cast<float>(packed >> 28U)) * 0.5F;
        fourValues(kIq3Xxs[entry[0]], kLevels, signs, scale, out + 8 * g);
        fourValues(kIq3Xxs[entry[1]], kLevels, signs >> 4U, scale, out + 8 * g + 4);
    }
}

void iq3_sBlock(Block block, float* out)
{
    constexpr float kLevels[] = {1, 3, 5, 7, 9, 11, 13, 15};
    const float d = halfAt(block);
    const Block high = block + 66;
    const Block signs = block + 74;
    const Block scales = block + 106;
    for (int g = 0; g < 32; ++g) {
        const Block low = block + 2 + 2 * g;
        const int bits = high[g / 4] >> (2 * (g % 4));
        const int scale = scales[g / 8] >> (4 * (g / 4 % 2)) & 15;
        const float ds = d * static_cast<float>(1 + 2 * scale);
        fourValues(kIq3S[low[0] | (bits & 1) << 8], kLevels, signs[g], ds, out + 8 * g);
        fourValues(kIq3S[low[1] | (bits & 2) << 7], kLevels, signs[g] >> 4U, ds, out + 8 * g + 4);
    }
}

void iq1_sBlock(Block block, float* out)
{
    const float d = halfAt(block);
    for (int g = 0; g < 32; ++g) {
        const std::uint32_t packed = u16At(block + 34 + 2 * (g / 4));
        const std::uint32_t entry = block[2 + g] | (packed >> (3 * (g % 4)) & 7U) << 8U;
        const float scale = d * static_cast<float>(2 * (packed >> 12U & 7U) + 1);
        shiftedValues(kIq1[entry], (packed & 0x8000U) != 0 ? -kShift : kShift, scale, out + 8 * g);
    }
}

void iq1_mBlock(Block block, float* out)
{
    const Block high = block + 32;
    std::uint32_t packed[4];
    std::uint32_t dBits = 0;
    for (int i = 0; i < 4; ++i) {
        packed[i] = u16At(block + 48 + 2 * i);
        dBits |= packed[i] >> 12U << (4 * i);
    }
    const float d = halfToFloat(static_cast<std::uint16_t>(dBits));
    for (int g = 0; g < 32; ++g) {
        const std::uint32_t bits = high[g / 2] >> (4 * (g % 2)) & 15;
        const std::uint32_t scale = packed[g / 8] >> (3 * (g / 2 % 4)) & 7U;
        shiftedValues(kIq1[block[g] | (bits & 7U) << 8U], (bits & 8U) != 0 ? -kShift : kShift,
            d * static_cast<float>(2 * scale + 1), out + 8 * g);
    }
}

// A byte b holds the fraction b / 256 of base-3 digits 0.abcde: times 3, the carry is a digit.
void tq1_0Block(Block block, float* out)
{
    constexpr std::uint32_t kPowers[] = {1, 3, 9, 27, 81};
    const float d = halfAt(block + 52);
    const auto digits = [&](Block bytes, int width, int count) {
        for (int n = 0; n < count; ++n) {
            for (int i = 0; i < width; ++i) {
                const std::uint32_t fraction = bytes[i] * kPowers[n] & 255U;
                *out++ = d * (static_cast<float>(fraction * 3 >> 8U) - 1);
            }
        }
    };
    digits(block, 32, 5);
    digits(block + 32, 16, 5);
    digits(block + 48, 4, 4);
}

void tq2_0Block(Block block, float* out)
{
    const float d = halfAt(block + 64);
    for (int v = 0; v < 256; ++v) {
        const int digit = block[v / 128 * 32 + v % 32] >> (2 * (v % 128 / 32)) & 3;
        out[v] = d * static_cast<float>(digit - 1);
    }
}

} // namespace lectern::inference
