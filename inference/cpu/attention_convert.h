// SPDX-License-Identifier: Apache-2.0
// Keys and values as registers of floats, in terms of one instruction set's F
// (attention_*_ops.h). Included inside the unnamed namespace of attention_avx2.cpp and
// attention_avx512*.cpp, nowhere else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

#define LECTERN_INLINE __attribute__((always_inline))

inline const std::uint8_t* bytesOf(const std::byte* p)
{
    return reinterpret_cast<const std::uint8_t*>(p);
}

inline std::int64_t least(std::int64_t a, std::int64_t b)
{
    return a < b ? a : b;
}
inline std::int64_t most(std::int64_t a, std::int64_t b)
{
    return a > b ? a : b;
}

// 2^x for x <= 0, within 1.2e-7 of it: x = k + r, a polynomial for 2^r, |r| <= 1/2 (least largest
// relative error with p(0) = 1, found by reweighted least squares). Exactly 1 at 0, exactly 0 from
// -127 down, -infinity included: masked keys weigh nothing.
inline F powerOfTwo(F x)
{
    x = larger(x, all(-127.0F));
    const F k = nearest(x);
    const F r = sub(x, k);
    F p = fma(all(1.32647271e-3F), r, all(9.67151265e-3F));
    p = fma(p, r, all(5.55073374e-2F));
    p = fma(p, r, all(0.240222421F));
    p = fma(p, r, all(0.693146978F));
    p = fma(p, r, all(1.0F));
    return timesPowerOfTwo(p, k);
}

inline float powerOfTwo(float x)
{
    float lanes[kWidth];
    store(lanes, powerOfTwo(all(x)));
    return lanes[0];
}

// --- keys and values, converted in registers ----------------------------------------------------

// Register i of a head; `scales` are this position's, as floats.
template <KvType Type>
LECTERN_INLINE inline F vectorAt(const std::uint8_t* head, std::int64_t i, const float* scales)
{
    constexpr std::int64_t kBlockVectors = 32 / kWidth;
    if constexpr (Type == KvType::f32)
        return load(reinterpret_cast<const float*>(head) + i * kWidth);
    else if constexpr (Type == KvType::f16)
        return halves(head + 2 * i * kWidth);
    else if constexpr (Type == KvType::q8_0)
        return mul(signedBytes(head + i * kWidth), all(scales[i / kBlockVectors]));
    else
        return mul(nibbles(head + i / kBlockVectors * 16, i % kBlockVectors),
            all(scales[i / kBlockVectors]));
}

// The same where only `lanes` < kWidth values are left (plain types; blocks are filled up).
template <KvType Type>
LECTERN_INLINE inline F lastVectorAt(const std::uint8_t* head, std::int64_t i, std::int64_t lanes)
{
    if constexpr (Type == KvType::f32)
        return loadFirst(reinterpret_cast<const float*>(head) + i * kWidth, lanes);
    else
        return firstHalves(head + 2 * i * kWidth, lanes);
}

template <KvType Type> constexpr bool kQuantised = Type == KvType::q8_0 || Type == KvType::q4_0;

// Registers of a head: full ones, and lanes of one more.
struct Width {
    std::int64_t full;
    std::int64_t lanes;
};
template <KvType Type> LECTERN_INLINE inline Width widthOf(const AttentionJob& job)
{
    if constexpr (kQuantised<Type>)
        return {job.padded / kWidth, 0};
    else
        return {job.d / kWidth, job.d % kWidth};
}

// Full or last.
template <KvType Type>
LECTERN_INLINE inline F anyVectorAt(
    const std::uint8_t* head, std::int64_t i, Width width, const float* scales)
{
    if constexpr (!kQuantised<Type>) {
        if (i == width.full)
            return lastVectorAt<Type>(head, i, width.lanes);
    }
    return vectorAt<Type>(head, i, scales);
}

// Scales of `count` positions as floats: target[position * blocks + block]. Four at a time by a
// plain store where they are: a masked one cannot be forwarded to the loads that follow at once.
inline void readScales(float* target, const std::uint8_t* scales, std::int64_t rowBytes,
    std::int64_t count, std::int64_t blocks)
{
    for (std::int64_t k = 0; k < count; ++k) {
        std::int64_t b = 0;
        for (; b + 4 <= blocks; b += 4)
            _mm_storeu_ps(target + k * blocks + b,
                _mm_cvtph_ps(_mm_loadl_epi64(
                    reinterpret_cast<const __m128i*>(scales + k * rowBytes + 2 * b))));
        for (; b < blocks; b += kWidth) {
            const std::int64_t lanes = least(blocks - b, kWidth);
            storeFirst(
                target + k * blocks + b, firstHalves(scales + k * rowBytes + 2 * b, lanes), lanes);
        }
    }
}

// Lines of a head's row some rows ahead. Heads alternate in memory, so what the hardware would
// fetch ahead is the neighbour's.
LECTERN_INLINE inline void fetch(const std::uint8_t* row, std::int64_t headBytes)
{
    for (const std::uint8_t* line = row; line < row + headBytes; line += 64)
        __builtin_prefetch(line);
    __builtin_prefetch(row + headBytes - 1); // rows of quants begin in the middle of a line
}
// NOLINTEND(misc-definitions-in-headers)
