// SPDX-License-Identifier: Apache-2.0
// One function a block format, each writing one block's values; no loop is clever on purpose.
#include "inference/dequantize.h"

#include "inference/dequantize_codebook.h"
#include "inference/half.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace lectern::inference {
namespace {

using Block = const std::uint8_t*;

float halfAt(Block bytes)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    return halfToFloat(bits);
}

void f32Block(Block block, float* out)
{
    std::memcpy(out, block, sizeof(float));
}

void f16Block(Block block, float* out)
{
    *out = halfAt(block);
}

void bf16Block(Block block, float* out)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, block, sizeof bits);
    *out = bfloat16ToFloat(bits);
}

// d (half), 32 signed bytes
void q8_0Block(Block block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(static_cast<std::int8_t>(block[2 + i]));
}

// d (half), 16 bytes of nibbles: values 0-15 the low ones, 16-31 the high ones
void q4_0Block(Block block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < 16; ++i) {
        out[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
        out[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
    }
}

// d, m (halves), 16 bytes of nibbles
void q4_1Block(Block block, float* out)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    for (int i = 0; i < 16; ++i) {
        out[i] = d * static_cast<float>(block[4 + i] & 15) + m;
        out[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
    }
}

// Value i of a 5-bit block: the nibble, and bit i of the four bytes at `high` above it.
int fiveBits(Block high, Block nibbles, int i)
{
    const int low = i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
    return low | (high[i / 8] >> (i % 8) & 1) << 4;
}

// d (half), 4 bytes of fifth bits, 16 bytes of nibbles
void q5_0Block(Block block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(fiveBits(block + 2, block + 6, i) - 16);
}

// d, m (halves), 4 bytes of fifth bits, 16 bytes of nibbles
void q5_1Block(Block block, float* out)
{
    const float d = halfAt(block);
    const float m = halfAt(block + 2);
    for (int i = 0; i < 32; ++i)
        out[i] = d * static_cast<float>(fiveBits(block + 4, block + 8, i)) + m;
}

// What the nibbles of IQ4_NL and IQ4_XS stand for.
constexpr float kUneven[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// d (half), 16 bytes of nibbles
void iq4_nlBlock(Block block, float* out)
{
    const float d = halfAt(block);
    for (int i = 0; i < 16; ++i) {
        out[i] = d * kUneven[block[2 + i] & 15];
        out[i + 16] = d * kUneven[block[2 + i] >> 4];
    }
}

// The scale's exponent (2^(e - 128)), 16 bytes of nibbles
void mxfp4Block(Block block, float* out)
{
    constexpr float kValues[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    const std::uint32_t e = block[0];
    // 2^-128 and 2^-127 are subnormal floats.
    const float scale = std::bit_cast<float>(e < 2 ? 0x00200000U << e : (e - 1) << 23U);
    for (int i = 0; i < 16; ++i) {
        out[i] = scale * kValues[block[1 + i] & 15];
        out[i + 16] = scale * kValues[block[1 + i] >> 4];
    }
}

// 16 bytes of 4-bit scales (low) and minima (high), 64 bytes of bit pairs, d, dmin (halves)
void q2_kBlock(Block block, float* out)
{
    const Block q = block + 16;
    const float d = halfAt(block + 80);
    const float dmin = halfAt(block + 82);
    for (int v = 0; v < 256; ++v) {
        const int pair = q[32 * (v / 128) + v % 32] >> (2 * (v % 128 / 32)) & 3;
        const int scale = block[v / 16];
        out[v] = d * static_cast<float>(scale & 15) * static_cast<float>(pair)
            - dmin * static_cast<float>(scale >> 4);
    }
}

// 32 bytes of third bits, 64 bytes of bit pairs, 12 bytes of sixteen 6-bit scales, d (half)
void q3_kBlock(Block block, float* out)
{
    const Block high = block;
    const Block q = block + 32;
    const Block s = block + 96;
    const float d = halfAt(block + 108);
    for (int i = 0; i < 16; ++i) {
        const int low = i < 8 ? s[i] & 15 : s[i - 8] >> 4;
        const int scale = low | (s[8 + i % 4] >> (2 * (i / 4)) & 3) << 4;
        const float ds = d * static_cast<float>(scale - 32);
        for (int v = 16 * i; v < 16 * i + 16; ++v) {
            const int pair = q[32 * (v / 128) + v % 32] >> (2 * (v % 128 / 32)) & 3;
            const int third = high[v % 32] >> (v / 32) & 1;
            out[v] = ds * static_cast<float>(pair + 4 * third - 4);
        }
    }
}

// Scale and minimum i of the 12 bytes that Q4_K and Q5_K pack them in.
struct ScaleAndMinimum {
    int scale;
    int minimum;
};
ScaleAndMinimum scaleAndMinimum(Block b, int i)
{
    if (i < 4)
        return {b[i] & 63, b[i + 4] & 63};
    return {(b[i + 4] & 15) | (b[i - 4] >> 6) << 4, (b[i + 4] >> 4) | (b[i] >> 6) << 4};
}

// d, dmin (halves), 12 bytes of eight 6-bit scales and minima, 128 bytes of nibbles
void q4_kBlock(Block block, float* out)
{
    const float d = halfAt(block);
    const float dmin = halfAt(block + 2);
    const Block q = block + 16;
    for (int i = 0; i < 8; ++i) {
        const auto [scale, minimum] = scaleAndMinimum(block + 4, i);
        const float ds = d * static_cast<float>(scale);
        const float dm = dmin * static_cast<float>(minimum);
        for (int l = 0; l < 32; ++l) {
            const int nibbles = q[32 * (i / 2) + l];
            const int value = i % 2 == 0 ? nibbles & 15 : nibbles >> 4;
            out[32 * i + l] = ds * static_cast<float>(value) - dm;
        }
    }
}

// As Q4_K, with 32 bytes of fifth bits before the nibbles
void q5_kBlock(Block block, float* out)
{
    const float d = halfAt(block);
    const float dmin = halfAt(block + 2);
    const Block high = block + 16;
    const Block q = block + 48;
    for (int i = 0; i < 8; ++i) {
        const auto [scale, minimum] = scaleAndMinimum(block + 4, i);
        const float ds = d * static_cast<float>(scale);
        const float dm = dmin * static_cast<float>(minimum);
        for (int l = 0; l < 32; ++l) {
            const int low = q[32 * (i / 2) + l] >> (4 * (i % 2)) & 15;
            const int value = low | (high[l] >> i & 1) << 4;
            out[32 * i + l] = ds * static_cast<float>(value) - dm;
        }
    }
}

// 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, d (half)
void q6_kBlock(Block block, float* out)
{
    const Block low = block;
    const Block high = block + 128;
    const Block scales = block + 192;
    const float d = halfAt(block + 208);
    for (int v = 0; v < 256; ++v) {
        const int half = v / 128;
        const int k = v % 128 / 32;
        const int l = v % 32;
        const int nibbles = low[64 * half + 32 * (k % 2) + l];
        const int lower = k < 2 ? nibbles & 15 : nibbles >> 4;
        const int upper = (high[32 * half + l] >> (2 * k)) & 3;
        const auto scale = static_cast<std::int8_t>(scales[v / 16]);
        out[v] = d * static_cast<float>(scale) * static_cast<float>((upper << 4 | lower) - 32);
    }
}

// d (half), u16 of eight upper bit pairs of the scales, 4 bytes of their low nibbles, 8 x 16 bytes
// of nibbles
void iq4_xsBlock(Block block, float* out)
{
    const float d = halfAt(block);
    for (int b = 0; b < 8; ++b) {
        const int low = block[4 + b / 2] >> (4 * (b % 2)) & 15;
        const int high = block[2 + b / 4] >> (2 * (b % 4)) & 3;
        const float ds = d * static_cast<float>((low | high << 4) - 32);
        const Block q = block + 8 + 16 * b;
        for (int i = 0; i < 16; ++i) {
            out[32 * b + i] = ds * kUneven[q[i] & 15];
            out[32 * b + i + 16] = ds * kUneven[q[i] >> 4];
        }
    }
}

using BlockFunction = void (*)(Block, float*);

BlockFunction blockFunction(TensorType type)
{
    switch (type) {
    case TensorType::f32:
        return f32Block;
    case TensorType::f16:
        return f16Block;
    case TensorType::bf16:
        return bf16Block;
    case TensorType::q8_0:
        return q8_0Block;
    case TensorType::q4_0:
        return q4_0Block;
    case TensorType::q4_k:
        return q4_kBlock;
    case TensorType::q6_k:
        return q6_kBlock;
    case TensorType::q4_1:
        return q4_1Block;
    case TensorType::q5_0:
        return q5_0Block;
    case TensorType::q5_1:
        return q5_1Block;
    case TensorType::q2_k:
        return q2_kBlock;
    case TensorType::q3_k:
        return q3_kBlock;
    case TensorType::q5_k:
        return q5_kBlock;
    case TensorType::iq4_nl:
        return iq4_nlBlock;
    case TensorType::iq4_xs:
        return iq4_xsBlock;
    case TensorType::mxfp4:
        return mxfp4Block;
    case TensorType::iq1_s:
        return iq1_sBlock;
    case TensorType::iq1_m:
        return iq1_mBlock;
    case TensorType::iq2_xxs:
        return iq2_xxsBlock;
    case TensorType::iq2_xs:
        return iq2_xsBlock;
    case TensorType::iq2_s:
        return iq2_sBlock;
    case TensorType::iq3_xxs:
        return iq3_xxsBlock;
    case TensorType::iq3_s:
        return iq3_sBlock;
    case TensorType::tq1_0:
        return tq1_0Block;
    case TensorType::tq2_0:
        return tq2_0Block;
    }
    return nullptr; // a number that is none of ours
}

} // namespace

Result<void> dequantizeRow(TensorType type, const std::byte* row, float* out, std::size_t count)
{
    const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(type));
    const BlockFunction block = blockFunction(type);
    if (block == nullptr || !layout) {
        return fail(ErrorCode::unsupportedType,
            fmt::format("This version cannot compute with weights stored as {}.",
                layout ? std::string(layout->name)
                       : fmt::format("type number {}", static_cast<std::uint32_t>(type))));
    }
    if (count % layout->blockValues != 0) {
        return fail(ErrorCode::wrongShape,
            fmt::format("{} values are not a whole number of {} blocks of {}.", count, layout->name,
                layout->blockValues));
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(row);
    for (std::size_t done = 0; done < count; done += layout->blockValues) {
        block(bytes, out + done);
        bytes += layout->blockBytes;
    }
    return {};
}

} // namespace lectern::inference
