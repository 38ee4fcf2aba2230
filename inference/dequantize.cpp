// SPDX-License-Identifier: Apache-2.0
// One function a block format, each writing one block's values; no loop is clever on purpose.
#include "inference/dequantize.h"

#include "inference/half.h"

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

// d, dmin (halves), 12 bytes of eight 6-bit scales and minima, 128 bytes of nibbles
void q4_kBlock(Block block, float* out)
{
    const float d = halfAt(block);
    const float dmin = halfAt(block + 2);
    const Block b = block + 4;
    const Block q = block + 16;
    for (int i = 0; i < 8; ++i) {
        const int scale = i < 4 ? b[i] & 63 : (b[i + 4] & 15) | (b[i - 4] >> 6) << 4;
        const int minimum = i < 4 ? b[i + 4] & 63 : (b[i + 4] >> 4) | (b[i] >> 6) << 4;
        const float ds = d * static_cast<float>(scale);
        const float dm = dmin * static_cast<float>(minimum);
        for (int l = 0; l < 32; ++l) {
            const int nibbles = q[32 * (i / 2) + l];
            const int value = i % 2 == 0 ? nibbles & 15 : nibbles >> 4;
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
    default:
        return nullptr;
    }
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
