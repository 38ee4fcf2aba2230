// SPDX-License-Identifier: Apache-2.0
// Names of the KV cache's types, and their scalar encoding.
#include "inference/kv_type.h"

#include "inference/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lectern::inference {

namespace {

constexpr float kLargestHalf = 65504.0F;

// The half nearest to `scale`, never infinite.
std::uint16_t scaleBits(float scale)
{
    return floatToHalf(std::clamp(scale, -kLargestHalf, kLargestHalf));
}

float inverse(float scale)
{
    return scale == 0.0F ? 0.0F : 1.0F / scale;
}

float scaleAt(const std::byte* scales, std::int64_t block)
{
    std::uint16_t bits = 0;
    std::memcpy(&bits, scales + 2 * block, sizeof bits);
    return halfToFloat(bits);
}

void encodeBytes(const float* block, std::byte* quants, std::byte* scale)
{
    float largest = 0;
    for (std::int64_t i = 0; i < kKvBlock; ++i)
        largest = std::max(largest, std::abs(block[i]));
    const std::uint16_t bits = scaleBits(largest / 127.0F);
    const float inverted = inverse(halfToFloat(bits));
    std::memcpy(scale, &bits, sizeof bits);
    for (std::int64_t i = 0; i < kKvBlock; ++i)
        quants[i] = static_cast<std::byte>(static_cast<std::int8_t>(
            std::clamp(std::nearbyint(block[i] * inverted), -127.0F, 127.0F)));
}

void encodeNibbles(const float* block, std::byte* quants, std::byte* scale)
{
    const auto [least, most] = std::minmax_element(block, block + kKvBlock);
    const float extreme = *most >= -*least ? *most : *least;
    const std::uint16_t bits = scaleBits(extreme / -8.0F);
    const float inverted = inverse(halfToFloat(bits));
    std::memcpy(scale, &bits, sizeof bits);
    const auto nibble = [inverted](float value) {
        return static_cast<unsigned>(
            std::clamp(std::nearbyint(value * inverted) + 8.0F, 0.0F, 15.0F));
    };
    for (std::int64_t j = 0; j < kKvBlock / 2; ++j)
        quants[j] =
            static_cast<std::byte>(nibble(block[j]) | nibble(block[j + kKvBlock / 2]) << 4U);
}

} // namespace

std::string_view kvTypeName(KvType type)
{
    for (const KvTypeName& known : kKvTypes) {
        if (known.type == type)
            return known.name;
    }
    return "unknown";
}

std::optional<KvType> parseKvType(std::string_view name)
{
    for (const KvTypeName& known : kKvTypes) {
        if (known.name == name)
            return known.type;
    }
    return std::nullopt;
}

void encodeKvHead(KvType type, const float* values, std::int64_t headDim, std::byte* head)
{
    if (type == KvType::f32) {
        std::memcpy(head, values, static_cast<std::size_t>(headDim) * sizeof(float));
        return;
    }
    if (type == KvType::f16) {
        for (std::int64_t i = 0; i < headDim; ++i) {
            const std::uint16_t bits = floatToHalf(values[i]);
            std::memcpy(head + 2 * i, &bits, sizeof bits);
        }
        return;
    }
    const std::int64_t blocks = kvBlocks(headDim);
    const std::int64_t blockBytes = type == KvType::q8_0 ? 32 : 16;
    for (std::int64_t b = 0; b < blocks; ++b) {
        float block[kKvBlock] = {};
        std::copy_n(
            values + b * kKvBlock, std::min(kKvBlock, headDim - b * kKvBlock), std::begin(block));
        std::byte* const quants = head + b * blockBytes;
        std::byte* const scale = head + blocks * blockBytes + 2 * b;
        if (type == KvType::q8_0)
            encodeBytes(block, quants, scale);
        else
            encodeNibbles(block, quants, scale);
    }
}

void decodeKvHead(KvType type, const std::byte* head, std::int64_t headDim, float* values)
{
    if (type == KvType::f32) {
        std::memcpy(values, head, static_cast<std::size_t>(headDim) * sizeof(float));
        return;
    }
    const std::int64_t blocks = kvBlocks(headDim);
    for (std::int64_t i = 0; i < headDim; ++i) {
        const std::int64_t b = i / kKvBlock;
        const std::int64_t j = i % kKvBlock;
        if (type == KvType::f16) {
            values[i] = scaleAt(head, i);
        } else if (type == KvType::q8_0) {
            values[i] = scaleAt(head + 32 * blocks, b)
                * static_cast<float>(static_cast<std::int8_t>(head[i]));
        } else {
            const auto pair = static_cast<unsigned>(head[16 * b + j % 16]);
            const auto nibble = static_cast<int>(j < 16 ? pair & 15U : pair >> 4U);
            values[i] = scaleAt(head + 16 * blocks, b) * static_cast<float>(nibble - 8);
        }
    }
}

} // namespace lectern::inference
