// SPDX-License-Identifier: Apache-2.0
// What attention_impl.h needs of AVX2, FMA and F16C. Included inside the unnamed namespace of
// attention_avx2.cpp, nowhere else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

using F = __m256;
constexpr int kWidth = 8;
// Query rows and keys of a score tile: 4 x 2 sums, 2 keys, 1 query: 11 of 16 registers (5 x 2 and
// 4 x 3 make the compiler keep sums in memory).
constexpr int kSpanRows = 4;
constexpr int kSpanTileKeys = 2;
// Registers of values beside a tile's rows: 4 x 2 or 2 x 4 sums.
constexpr int kMixVectors = 2;
constexpr int kMixVectorsFewRows = 4;
constexpr int kFewRows = 2;
// 6 x 2 sums, 2 of keys, 1 of the query: 15 of 16 registers.
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;

inline F zero()
{
    return _mm256_setzero_ps();
}
inline F all(float x)
{
    return _mm256_set1_ps(x);
}
inline F load(const float* p)
{
    return _mm256_loadu_ps(p);
}
inline __m256i firstLanes(std::int64_t n)
{
    return _mm256_cmpgt_epi32(
        _mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline F loadFirst(const float* p, std::int64_t n)
{
    return _mm256_maskload_ps(p, firstLanes(n));
}
inline void store(float* p, F x)
{
    _mm256_storeu_ps(p, x);
}
inline void storeFirst(float* p, F x, std::int64_t n)
{
    _mm256_maskstore_ps(p, firstLanes(n), x);
}
inline F fma(F a, F b, F c)
{
    return _mm256_fmadd_ps(a, b, c);
}
inline F add(F a, F b)
{
    return _mm256_add_ps(a, b);
}
inline F sub(F a, F b)
{
    return _mm256_sub_ps(a, b);
}
inline F mul(F a, F b)
{
    return _mm256_mul_ps(a, b);
}
inline F larger(F a, F b)
{
    return _mm256_max_ps(a, b);
}
inline F smaller(F a, F b)
{
    return _mm256_min_ps(a, b);
}
inline F nearest(F a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
inline F timesPowerOfTwo(F a, F exponent) // from -127, which gives exactly 0, to 127
{
    const __m256i bits = _mm256_slli_epi32(
        _mm256_add_epi32(_mm256_cvtps_epi32(exponent), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(a, _mm256_castsi256_ps(bits));
}
inline float sum(F a)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
inline float maximum(F a)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

inline F halves(const std::uint8_t* p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline F firstHalves(const std::uint8_t* p, std::int64_t n)
{
    std::uint16_t rest[8] = {};
    __builtin_memcpy(rest, p, static_cast<std::size_t>(n) * sizeof rest[0]);
    return halves(reinterpret_cast<const std::uint8_t*>(rest));
}
inline void storeFirstHalves(std::uint8_t* p, F x, std::int64_t n)
{
    std::uint16_t rest[8];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), _mm256_cvtps_ph(x, 0));
    __builtin_memcpy(p, rest, static_cast<std::size_t>(n) * sizeof rest[0]);
}
inline F signedBytes(const std::uint8_t* p)
{
    return _mm256_cvtepi32_ps(
        _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
inline __m128i packBytes(__m256i x) // the low bytes of 8 lanes, values -128 .. 127
{
    const __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    return _mm_packs_epi16(words, words);
}
inline void storeBytes(std::uint8_t* p, F x) // x: whole numbers from -128 to 127
{
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), packBytes(_mm256_cvtps_epi32(x)));
}
// Values i * 8 .. + 7 of a block of nibbles, as -8 .. 7.
inline F nibbles(const std::uint8_t* block, std::int64_t i)
{
    const __m256i pairs =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(block + i % 2 * 8)));
    const __m256i q =
        i < 2 ? _mm256_and_si256(pairs, _mm256_set1_epi32(15)) : _mm256_srli_epi32(pairs, 4);
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(q, _mm256_set1_epi32(8)));
}
// 16 bytes of a block from its values as 0 .. 15.
inline void storeNibbles(std::uint8_t* block, const F (&x)[4])
{
    for (int i = 0; i < 2; ++i) {
        const __m256i pairs = _mm256_or_si256(
            _mm256_cvtps_epi32(x[i]), _mm256_slli_epi32(_mm256_cvtps_epi32(x[i + 2]), 4));
        // Up to 255: packed as signed 16-bit numbers, then as unsigned bytes.
        const __m128i words =
            _mm_packs_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(block + 8 * i), _mm_packus_epi16(words, words));
    }
}

// out[k] = the sum of s[k]'s lanes, each added in the same order.
inline void storeSums(float* out, const F (&s)[2])
{
    const F ab = _mm256_add_ps(_mm256_unpacklo_ps(s[0], s[1]), _mm256_unpackhi_ps(s[0], s[1]));
    const __m128 half = _mm_add_ps(_mm256_castps256_ps128(ab), _mm256_extractf128_ps(ab, 1));
    _mm_storel_pi(reinterpret_cast<__m64*>(out), _mm_add_ps(half, _mm_movehl_ps(half, half)));
}

// target[j * stride + i] = rows[i][j]
inline void storeTransposed(float* target, std::int64_t stride, const F (&rows)[8])
{
    F t[8];
    F u[8];
    for (int i = 0; i < 4; ++i) {
        t[2 * i] = _mm256_unpacklo_ps(rows[2 * i], rows[2 * i + 1]);
        t[2 * i + 1] = _mm256_unpackhi_ps(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 2; ++i) { // u[4 i + c]: column 4 lane + c of rows 4 i .. 4 i + 3
        u[4 * i] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
        u[4 * i + 1] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0xEE);
        u[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
        u[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xEE);
    }
    for (int c = 0; c < 4; ++c) {
        store(target + c * stride, _mm256_permute2f128_ps(u[c], u[4 + c], 0x20));
        store(target + (4 + c) * stride, _mm256_permute2f128_ps(u[c], u[4 + c], 0x31));
    }
}
// NOLINTEND(misc-definitions-in-headers)
