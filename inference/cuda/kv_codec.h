// SPDX-License-Identifier: Apache-2.0
// Keys and values to the cache's types and back, on the device. Layout and rounding:
// inference/kv_type.h, whose bits these equal.
#pragma once

#include "inference/cuda/gpu.h"
#include "inference/kv_type.h"

namespace lectern::inference::cuda {

__device__ inline std::int64_t kvBlocksOf(std::int64_t headDim)
{
    return (headDim + kKvBlock - 1) / kKvBlock;
}

__device__ inline std::int64_t kvBytesOf(KvType type, std::int64_t headDim)
{
    switch (type) {
    case KvType::f32:
        return 4 * headDim;
    case KvType::f16:
        return 2 * headDim;
    case KvType::q8_0:
        return 34 * kvBlocksOf(headDim);
    case KvType::q4_0:
        return 18 * kvBlocksOf(headDim);
    }
    return 0;
}

__device__ inline std::uint16_t kvScaleBits(float scale)
{
    constexpr float kLargestHalf = 65504.0F;
    return floatToHalf(fminf(fmaxf(scale, -kLargestHalf), kLargestHalf));
}

// By the 32 lanes of a warp together: values is a head of headDim floats.
__device__ inline void encodeKv(
    KvType type, const float* values, std::int64_t headDim, std::byte* head, int lane)
{
    if (type == KvType::f32 || type == KvType::f16) {
        for (std::int64_t i = lane; i < headDim; i += kWarp) {
            if (type == KvType::f32)
                reinterpret_cast<float*>(head)[i] = values[i];
            else
                reinterpret_cast<std::uint16_t*>(head)[i] = floatToHalf(values[i]);
        }
        return;
    }
    const std::int64_t blocks = kvBlocksOf(headDim);
    auto* quants = reinterpret_cast<std::uint8_t*>(head);
    const bool bytes = type == KvType::q8_0;
    auto* scales = reinterpret_cast<std::uint16_t*>(quants + (bytes ? 32 : 16) * blocks);
    for (std::int64_t b = 0; b < blocks; ++b) { // a lane a value
        const std::int64_t i = b * kKvBlock + lane;
        const float value = i < headDim ? values[i] : 0.0F;
        const float most = warpMax(value);
        const float least = -warpMax(-value);
        const float scale =
            bytes ? fmaxf(most, -least) / 127.0F : (most >= -least ? most : least) / -8.0F;
        const std::uint16_t bits = kvScaleBits(scale);
        const float rounded = halfToFloat(bits);
        const float inverted = rounded == 0.0F ? 0.0F : 1.0F / rounded;
        const float q = rintf(value * inverted);
        if (lane == 0)
            scales[b] = bits;
        if (bytes) {
            quants[i] = static_cast<std::uint8_t>(
                static_cast<std::int8_t>(fminf(fmaxf(q, -127.0F), 127.0F)));
        } else {
            const int nibble = static_cast<int>(fminf(fmaxf(q + 8.0F, 0.0F), 15.0F));
            const int upper = shuffleXor(nibble, 16);
            if (lane < 16)
                quants[16 * b + lane] = static_cast<std::uint8_t>(nibble | upper << 4);
        }
    }
}

// Values [first, first + 8) of a head, zeros beyond its end; first is a multiple of 8.
__device__ inline void decodeKv8(
    KvType type, const std::byte* head, std::int64_t headDim, std::int64_t first, float (&out)[8])
{
    const auto* quants = reinterpret_cast<const std::uint8_t*>(head);
    if (first + 8 > headDim && (type == KvType::f32 || type == KvType::f16)) {
        for (int i = 0; i < 8; ++i) {
            out[i] = 0.0F;
            if (first + i < headDim)
                out[i] = type == KvType::f32
                    ? reinterpret_cast<const float*>(head)[first + i]
                    : halfToFloat(reinterpret_cast<const std::uint16_t*>(head)[first + i]);
        }
        return;
    }
    const std::int64_t b = first / kKvBlock;
    const std::int64_t blocks = kvBlocksOf(headDim);
    switch (type) {
    case KvType::f32:
        for (int i = 0; i < 8; ++i)
            out[i] = reinterpret_cast<const float*>(head)[first + i];
        return;
    case KvType::f16:
        if (headDim % 8 == 0) { // every head then begins on a multiple of 16 bytes
            const uint4 words = *reinterpret_cast<const uint4*>(quants + 2 * first);
            const std::uint32_t all[4] = {words.x, words.y, words.z, words.w};
            for (int i = 0; i < 8; ++i)
                out[i] = halfToFloat(static_cast<std::uint16_t>(all[i / 2] >> (16 * (i % 2))));
            return;
        }
        for (int i = 0; i < 8; ++i)
            out[i] = halfToFloat(reinterpret_cast<const std::uint16_t*>(head)[first + i]);
        return;
    case KvType::q8_0: {
        const float d =
            halfToFloat(reinterpret_cast<const std::uint16_t*>(quants + 32 * blocks)[b]);
        const auto* words = reinterpret_cast<const std::uint16_t*>(quants + first);
        for (int i = 0; i < 8; ++i)
            out[i] =
                d * static_cast<float>(static_cast<std::int8_t>(words[i / 2] >> (8 * (i % 2))));
        break;
    }
    case KvType::q4_0: {
        const float d =
            halfToFloat(reinterpret_cast<const std::uint16_t*>(quants + 16 * blocks)[b]);
        const std::int64_t j = first % kKvBlock;
        const auto* words = reinterpret_cast<const std::uint16_t*>(quants + 16 * b + j % 16);
        const int shift = j < 16 ? 0 : 4;
        for (int i = 0; i < 8; ++i)
            out[i] = d * static_cast<float>((words[i / 2] >> (8 * (i % 2) + shift) & 15) - 8);
        break;
    }
    }
    for (int i = 0; i < 8; ++i) // a last block that is not full
        if (first + i >= headDim)
            out[i] = 0.0F;
}

} // namespace lectern::inference::cuda
