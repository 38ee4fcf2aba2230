// SPDX-License-Identifier: Apache-2.0
// What attention_impl.h needs of AVX-512 (F, BW, DQ, VL). Included inside the unnamed namespace of
// the attention_avx512*.cpp files, nowhere else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

using F = __m512;
constexpr int kWidth = 16;
// Query rows and keys of a score tile: 6 x 4 sums, 4 keys, 1 query: 29 of 32 registers.
constexpr int kSpanRows = 6;
constexpr int kSpanTileKeys = 4;
// Registers of values beside a tile's rows: 6 x 4 or 3 x 8 sums.
constexpr int kMixVectors = 4;
constexpr int kMixVectorsFewRows = 8;
constexpr int kFewRows = 3;
// 6 x 4 sums, 4 of keys, 1 of the query: 29 of 32 registers, 10 loads for 24 multiply-adds.
constexpr int kTileRows = 6;
constexpr int kTileVectors = 4;

inline F zero()
{
    return _mm512_setzero_ps();
}
inline F all(float x)
{
    return _mm512_set1_ps(x);
}
inline F load(const float* p)
{
    return _mm512_loadu_ps(p);
}
inline F loadFirst(const float* p, std::int64_t n)
{
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << n) - 1U), p);
}
inline void store(float* p, F x)
{
    _mm512_storeu_ps(p, x);
}
inline void storeFirst(float* p, F x, std::int64_t n)
{
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1U << n) - 1U), x);
}
inline F fma(F a, F b, F c)
{
    return _mm512_fmadd_ps(a, b, c);
}
inline F add(F a, F b)
{
    return _mm512_add_ps(a, b);
}
inline F sub(F a, F b)
{
    return _mm512_sub_ps(a, b);
}
inline F mul(F a, F b)
{
    return _mm512_mul_ps(a, b);
}
inline F larger(F a, F b)
{
    return _mm512_max_ps(a, b);
}
inline F smaller(F a, F b)
{
    return _mm512_min_ps(a, b);
}
inline F nearest(F a)
{
    return _mm512_roundscale_ps(a, 0);
}
inline F timesPowerOfTwo(F a, F exponent) // exactly 0 for an exponent of -127
{
    return _mm512_maskz_scalef_ps(
        _mm512_cmp_ps_mask(exponent, _mm512_set1_ps(-126.5F), _CMP_GT_OQ), a, exponent);
}
inline float sum(F a)
{
    return _mm512_reduce_add_ps(a);
}
inline float maximum(F a)
{
    return _mm512_reduce_max_ps(a);
}

inline F halves(const std::uint8_t* p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline F firstHalves(const std::uint8_t* p, std::int64_t n)
{
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(static_cast<__mmask16>((1U << n) - 1U), p));
}
inline void storeFirstHalves(std::uint8_t* p, F x, std::int64_t n)
{
    _mm256_mask_storeu_epi16(p, static_cast<__mmask16>((1U << n) - 1U), _mm512_cvtps_ph(x, 0));
}
inline F signedBytes(const std::uint8_t* p)
{
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
inline void storeBytes(std::uint8_t* p, F x) // x: whole numbers from -128 to 127
{
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x)));
}
// Values i * 16 .. + 15 of a block of nibbles, as -8 .. 7: all sixteen results stand in a register
// and a permutation by the nibbles, whose upper bits it ignores, looks them up.
inline F nibbles(const std::uint8_t* block, std::int64_t i)
{
    const __m512i pairs =
        _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(block)));
    const F table = _mm512_setr_ps(-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7);
    return _mm512_permutexvar_ps(i == 0 ? pairs : _mm512_srli_epi32(pairs, 4), table);
}
// 16 bytes of a block from its values as 0 .. 15.
inline void storeNibbles(std::uint8_t* block, const F (&x)[2])
{
    const __m512i pairs =
        _mm512_or_si512(_mm512_cvtps_epi32(x[0]), _mm512_slli_epi32(_mm512_cvtps_epi32(x[1]), 4));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(block), _mm512_cvtepi32_epi8(pairs));
}

// out[k] = the sum of s[k]'s lanes, each added in the same order.
inline void storeSums(float* out, const F (&s)[4])
{
    const F ab = _mm512_add_ps(_mm512_unpacklo_ps(s[0], s[1]), _mm512_unpackhi_ps(s[0], s[1]));
    const F cd = _mm512_add_ps(_mm512_unpacklo_ps(s[2], s[3]), _mm512_unpackhi_ps(s[2], s[3]));
    const F abcd = _mm512_add_ps(
        _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd))),
        _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd))));
    const __m256 half =
        _mm256_add_ps(_mm512_castps512_ps256(abcd), _mm512_extractf32x8_ps(abcd, 1));
    _mm_storeu_ps(out, _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1)));
}

// target[j * stride + i] = rows[i][j]
inline void storeTransposed(float* target, std::int64_t stride, const F (&rows)[16])
{
    F t[16];
    F u[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
        t[2 * i] = _mm512_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
    }
    const auto pairs = [](F a, F b, bool high) __attribute__((always_inline))
    {
        const __m512d x = _mm512_castps_pd(a);
        const __m512d y = _mm512_castps_pd(b);
        return _mm512_castpd_ps(high ? _mm512_unpackhi_pd(x, y) : _mm512_unpacklo_pd(x, y));
    };
        // u[4 i + c]: column 4 lane + c of rows 4 i .. 4 i + 3, for the four 128-bit lanes.
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
        u[4 * i] = pairs(t[4 * i], t[4 * i + 2], false);
        u[4 * i + 1] = pairs(t[4 * i], t[4 * i + 2], true);
        u[4 * i + 2] = pairs(t[4 * i + 1], t[4 * i + 3], false);
        u[4 * i + 3] = pairs(t[4 * i + 1], t[4 * i + 3], true);
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
        const F low01 = _mm512_shuffle_f32x4(u[c], u[4 + c], 0x44);  // lanes 0, 1 of both
        const F high01 = _mm512_shuffle_f32x4(u[c], u[4 + c], 0xEE); // lanes 2, 3
        const F low23 = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0x44);
        const F high23 = _mm512_shuffle_f32x4(u[8 + c], u[12 + c], 0xEE);
        store(target + c * stride, _mm512_shuffle_f32x4(low01, low23, 0x88));
        store(target + (4 + c) * stride, _mm512_shuffle_f32x4(low01, low23, 0xDD));
        store(target + (8 + c) * stride, _mm512_shuffle_f32x4(high01, high23, 0x88));
        store(target + (12 + c) * stride, _mm512_shuffle_f32x4(high01, high23, 0xDD));
    }
}
// NOLINTEND(misc-definitions-in-headers)
