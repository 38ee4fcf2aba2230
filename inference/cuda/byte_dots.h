// SPDX-License-Identifier: Apache-2.0
// One unit of 32 weights times 32 activations as signed bytes: a lane's work in the products of few
// rows. About 35 instructions a unit of Q4_K, of which an H200 can issue four times as many as its
// memory delivers units; decoding to floats would take three times more.
#pragma once

#include "inference/cuda/blocks.h"

namespace lectern::inference::cuda {

// 32 activations x = d q. 48 bytes, so that eight lanes that read 16 bytes of eight neighbours use
// all banks of shared memory.
struct alignas(16) ByteUnit {
    std::uint32_t q[8];
    float d;
    int sums; // of q: first sixteen in the lower half, last sixteen in the upper, signed
    std::uint32_t unused[2];
};

// The same in a lane's registers.
struct LaneBytes {
    int q[8];
    float d;
    int firstSum;
    int lastSum;

    __device__ explicit LaneBytes(const ByteUnit& unit)
    {
        const uint4 low = *reinterpret_cast<const uint4*>(unit.q);
        const uint4 high = *reinterpret_cast<const uint4*>(unit.q + 4);
        q[0] = static_cast<int>(low.x);
        q[1] = static_cast<int>(low.y);
        q[2] = static_cast<int>(low.z);
        q[3] = static_cast<int>(low.w);
        q[4] = static_cast<int>(high.x);
        q[5] = static_cast<int>(high.y);
        q[6] = static_cast<int>(high.z);
        q[7] = static_cast<int>(high.w);
        d = unit.d;
        firstSum = static_cast<std::int16_t>(unit.sums);
        lastSum = unit.sums >> 16;
    }
};

// A unit of weights of one type in a lane's registers: load() only loads, so that several units'
// loads are under way before the first dot() needs its own. Given are the unit and its superblock
// (of eight units), because a compiler that divides itself keeps an address for every unit.
template <TensorType type> struct LaneWeights;

namespace dots {

constexpr std::uint32_t kNibbles = 0x0F0F0F0FU;

__device__ inline int nibbleDot(const uint4& q, const int (&x)[8])
{
    const std::uint32_t words[4] = {q.x, q.y, q.z, q.w};
    int sum = 0;
    for (int j = 0; j < 4; ++j) {
        sum = dot4(static_cast<int>(words[j] & kNibbles), x[j], sum);
        sum = dot4(static_cast<int>(words[j] >> 4U & kNibbles), x[j + 4], sum);
    }
    return sum;
}

__device__ inline int tableDot(const uint4& q, const NibbleTable& table, const int (&x)[8])
{
    const std::uint32_t words[4] = {q.x, q.y, q.z, q.w};
    int sum = 0;
    for (int j = 0; j < 4; ++j) {
        sum = dot4(static_cast<int>(lookUp(table, words[j] & kNibbles)), x[j], sum);
        sum = dot4(static_cast<int>(lookUp(table, words[j] >> 4U & kNibbles)), x[j + 4], sum);
    }
    return sum;
}

template <class T> __device__ T at(const std::byte* row, std::int64_t offset)
{
    return *reinterpret_cast<const T*>(row + offset);
}

} // namespace dots

template <> struct LaneWeights<TensorType::q4_0> {
    uint4 q;
    std::uint16_t d;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t)
    {
        q = loadOnce(row + 16 * u);
        d = dots::at<std::uint16_t>(row, p.second + 2 * u);
    }
    __device__ float dot(const LaneBytes& x, int) const
    {
        const int sum = dots::nibbleDot(q, x.q) - 8 * (x.firstSum + x.lastSum);
        return halfToFloat(d) * x.d * static_cast<float>(sum);
    }
};

template <> struct LaneWeights<TensorType::iq4_nl> {
    uint4 q;
    std::uint16_t d;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t)
    {
        q = loadOnce(row + 16 * u);
        d = dots::at<std::uint16_t>(row, p.second + 2 * u);
    }
    __device__ float dot(const LaneBytes& x, int) const
    {
        return halfToFloat(d) * x.d * static_cast<float>(dots::tableDot(q, unevenTable(), x.q));
    }
};

template <> struct LaneWeights<TensorType::mxfp4> {
    uint4 q;
    std::uint8_t e;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t)
    {
        q = loadOnce(row + 16 * u);
        e = dots::at<std::uint8_t>(row, p.second + u);
    }
    __device__ float dot(const LaneBytes& x, int) const
    {
        return scaleOfExponent(e)
            * (x.d * static_cast<float>(dots::tableDot(q, mxfp4Table(), x.q)));
    }
};

template <> struct LaneWeights<TensorType::q8_0> {
    uint4 low;
    uint4 high;
    std::uint16_t d;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t)
    {
        // Kept in the L1 cache: the two loads of a lane share a sector.
        low = dots::at<uint4>(row, 32 * u);
        high = dots::at<uint4>(row, 32 * u + 16);
        d = dots::at<std::uint16_t>(row, p.second + 2 * u);
    }
    __device__ float dot(const LaneBytes& x, int) const
    {
        const std::uint32_t words[8] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
        int sum = 0;
        for (int j = 0; j < 8; ++j)
            sum = dot4(static_cast<int>(words[j]), x.q[j], sum);
        return halfToFloat(d) * x.d * static_cast<float>(sum);
    }
};

template <> struct LaneWeights<TensorType::q4_k> {
    uint4 q;
    uint4 head; // eight lanes load the same 16 bytes: one request
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t super)
    {
        q = loadOnce(row + 16 * u);
        head = dots::at<uint4>(row, p.second + 16 * super);
    }
    __device__ float dot(const LaneBytes& x, int unitOfSuper) const
    {
        const auto [scale, minimum] = scaleAndMinimum(head, unitOfSuper);
        const auto sum = static_cast<float>(dots::nibbleDot(q, x.q));
        return x.d * (scale * sum - minimum * static_cast<float>(x.firstSum + x.lastSum));
    }
};

template <> struct LaneWeights<TensorType::q5_k> {
    uint4 q;
    uint4 head;
    std::uint32_t fifth;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t super)
    {
        q = loadOnce(row + 16 * u);
        fifth = dots::at<std::uint32_t>(row, p.second + 4 * u);
        head = dots::at<uint4>(row, p.third + 16 * super);
    }
    __device__ float dot(const LaneBytes& x, int unitOfSuper) const
    {
        const std::uint32_t words[4] = {q.x, q.y, q.z, q.w};
        int sum = 0;
        for (int j = 0; j < 4; ++j) {
            const std::uint32_t low =
                (words[j] & dots::kNibbles) | (fifth >> j & 0x01010101U) << 4U;
            const std::uint32_t high =
                (words[j] >> 4U & dots::kNibbles) | (fifth >> (j + 4) & 0x01010101U) << 4U;
            sum = dot4(static_cast<int>(low), x.q[j], sum);
            sum = dot4(static_cast<int>(high), x.q[j + 4], sum);
        }
        const auto [scale, minimum] = scaleAndMinimum(head, unitOfSuper);
        return x.d
            * (scale * static_cast<float>(sum)
                - minimum * static_cast<float>(x.firstSum + x.lastSum));
    }
};

template <> struct LaneWeights<TensorType::q6_k> {
    uint4 q;
    uint2 pairs;
    std::uint16_t scales;
    std::uint16_t d;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t super)
    {
        q = loadOnce(row + 16 * u);
        pairs = dots::at<uint2>(row, p.second + 8 * u);
        scales = dots::at<std::uint16_t>(row, p.third + 2 * u);
        d = dots::at<std::uint16_t>(row, p.fourth + 2 * super);
    }
    __device__ float dot(const LaneBytes& x, int) const
    {
        const std::uint32_t words[4] = {q.x, q.y, q.z, q.w};
        int first = -32 * x.firstSum;
        int last = -32 * x.lastSum;
        for (int j = 0; j < 4; ++j) {
            const std::uint32_t low =
                (words[j] & dots::kNibbles) | (pairs.x >> (2 * j) & 0x03030303U) << 4U;
            const std::uint32_t high =
                (words[j] >> 4U & dots::kNibbles) | (pairs.y >> (2 * j) & 0x03030303U) << 4U;
            first = dot4(static_cast<int>(low), x.q[j], first);
            last = dot4(static_cast<int>(high), x.q[j + 4], last);
        }
        const int sum = static_cast<std::int8_t>(scales) * first
            + static_cast<std::int8_t>(scales >> 8U) * last;
        return halfToFloat(d) * x.d * static_cast<float>(sum);
    }
};

template <> struct LaneWeights<TensorType::iq4_xs> {
    uint4 q;
    uint2 head;
    __device__ void load(const std::byte* row, const Planes& p, std::int64_t u, std::int64_t super)
    {
        q = loadOnce(row + 16 * u);
        head = dots::at<uint2>(row, p.second + 8 * super);
    }
    __device__ float dot(const LaneBytes& x, int unitOfSuper) const
    {
        return iq4_xsScale(head, unitOfSuper) * x.d
            * static_cast<float>(dots::tableDot(q, unevenTable(), x.q));
    }
};

} // namespace lectern::inference::cuda
