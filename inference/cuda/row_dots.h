// SPDX-License-Identifier: Apache-2.0
// A warp's dot products of one row of weights with staged rows of activations.
#pragma once

#include "inference/cuda/staging.h"

namespace lectern::inference::cuda {

namespace dots {

// Units whose loads a lane has under way at once: with the 512 threads of a multiprocessor 32 KB,
// and an H200 needs some 25 KB to hide its memory's latency.
constexpr int kAhead = 4;

template <TensorType type, int kRows>
__device__ void byBytes(const DeviceMatrix& weights, const std::byte* row, const Staged& in,
    int count, float (&sums)[kRows])
{
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    const int units = in.units;
    for (int base = lane; base < units; base += kAhead * kWarp) {
        LaneWeights<type> loaded[kAhead];
#pragma unroll
        for (int i = 0; i < kAhead; ++i)
            if (base + i * kWarp < units)
                loaded[i].load(row, weights.planes, base + i * kWarp, base / 8 + i * kWarp / 8);
#pragma unroll
        for (int i = 0; i < kAhead; ++i) {
            const int u = base + i * kWarp;
            if (u >= units)
                break;
#pragma unroll
            for (int r = 0; r < kRows; ++r)
                if (r < count) // a superblock is 8 units, and u goes on by 32
                    sums[r] += loaded[i].dot(LaneBytes(in.bytes[r * units + u]), lane % 8);
        }
    }
}

// Eight values a lane and step, so that neighbouring lanes load neighbouring 16 bytes of halves.
__device__ inline void load8(TensorType type, const std::byte* row, int chunk, float (&w)[8])
{
    if (type == TensorType::f32) {
        const uint4 low = at<uint4>(row, 32 * chunk);
        const uint4 high = at<uint4>(row, 32 * chunk + 16);
        const std::uint32_t words[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
        for (int i = 0; i < 8; ++i)
            w[i] = bitsToFloat(words[i]);
        return;
    }
    const uint4 loaded = loadOnce(row + 16 * chunk);
    const std::uint32_t words[4] = {loaded.x, loaded.y, loaded.z, loaded.w};
    for (int i = 0; i < 8; ++i) {
        const auto bits = static_cast<std::uint16_t>(words[i / 2] >> (16 * (i % 2)));
        w[i] = type == TensorType::f16 ? halfToFloat(bits) : bfloatToFloat(bits);
    }
}

template <int kRows>
__device__ void byFloats(
    TensorType type, const std::byte* row, const Staged& in, int count, float (&sums)[kRows])
{
    const int chunks = 4 * in.units;
#pragma unroll 4
    for (int chunk = static_cast<int>(threadIdx.x) % kWarp; chunk < chunks; chunk += kWarp) {
        float w[8];
        load8(type, row, chunk, w);
#pragma unroll
        for (int r = 0; r < kRows; ++r) {
            if (r >= count)
                break;
            const float* x = in.floats + (r * in.units + chunk / 4) * kFloatUnit + chunk % 4 * 8;
            for (int i = 0; i < 8; ++i)
                sums[r] = fmaf(w[i], x[i], sums[r]);
        }
    }
}

// Any type, decoded unit by unit.
template <int kRows>
__device__ void byUnits(const DeviceMatrix& weights, const std::byte* row, const Codebooks& books,
    const Staged& in, int count, float (&sums)[kRows])
{
    for (int u = static_cast<int>(threadIdx.x) % kWarp; u < in.units; u += kWarp) {
        float w[kUnit];
        decodeUnit(weights.type, row, weights.planes, u, books, w);
#pragma unroll
        for (int r = 0; r < kRows; ++r) {
            if (r >= count)
                break;
            const float* x = in.floats + (r * in.units + u) * kFloatUnit;
#pragma unroll
            for (int i = 0; i < static_cast<int>(kUnit); ++i)
                sums[r] = fmaf(w[i], x[i], sums[r]);
        }
    }
}

} // namespace dots

// What a kernel is compiled for, so that its registers are those of one type and not of all:
// products in bytes of one type, or `f32`: products in floats of every type.
constexpr TensorType kAllInFloats = TensorType::f32;

// Whether weights that are floats may come along with products in bytes.
enum class Riding { none, floats };

// Row `o` of the weights times the first `count` staged rows, for every lane of the warp. Large:
// a kernel should have it in one place only, for ptxas takes minutes over the copies.
template <TensorType kind, Riding riding, int kRows>
__device__ void rowDots(const DeviceMatrix& weights, std::int64_t o, const Codebooks& books,
    const Staged& in, int count, float (&sums)[kRows])
{
    const std::byte* row = weights.data + o * weights.planes.rowBytes;
    for (float& sum : sums)
        sum = 0;
    if constexpr (kind == kAllInFloats) {
        if (isFloats(weights.type))
            dots::byFloats(weights.type, row, in, count, sums);
        else
            dots::byUnits(weights, row, books, in, count, sums);
    } else {
        if (riding == Riding::none || weights.bytes)
            dots::byBytes<kind>(weights, row, in, count, sums);
        else
            dots::byFloats(weights.type, row, in, count, sums);
    }
    for (int r = 0; r < kRows; ++r)
        if (r < count)
            sums[r] = warpSum(sums[r]);
}

// Into the L2 cache while the kernel before still runs: weights do not depend on it.
__device__ inline void prefetchRow(const DeviceMatrix& weights, std::int64_t o)
{
    constexpr int kLine = 128;
    const std::byte* row = weights.data + o * weights.planes.rowBytes;
    for (int at = static_cast<int>(threadIdx.x) % kWarp * kLine; at < weights.planes.rowBytes;
         at += kLine * kWarp)
        prefetch(row + at);
}

__device__ inline float siluOf(float x)
{
    return x / (1.0F + expf(-x));
}

// --- choosing the kernel, on the host ---------------------------------------------------------

constexpr TensorType kindOf(const DeviceMatrix& weights)
{
    return weights.bytes ? weights.type : kAllInFloats;
}

// Calls function.template operator()<kind>().
template <class Function> void withKind(TensorType kind, const Function& function)
{
    switch (kind) {
    case TensorType::q4_0:
        return function.template operator()<TensorType::q4_0>();
    case TensorType::iq4_nl:
        return function.template operator()<TensorType::iq4_nl>();
    case TensorType::mxfp4:
        return function.template operator()<TensorType::mxfp4>();
    case TensorType::q8_0:
        return function.template operator()<TensorType::q8_0>();
    case TensorType::q4_k:
        return function.template operator()<TensorType::q4_k>();
    case TensorType::q5_k:
        return function.template operator()<TensorType::q5_k>();
    case TensorType::q6_k:
        return function.template operator()<TensorType::q6_k>();
    case TensorType::iq4_xs:
        return function.template operator()<TensorType::iq4_xs>();
    default:
        return function.template operator()<kAllInFloats>();
    }
}

} // namespace lectern::inference::cuda
