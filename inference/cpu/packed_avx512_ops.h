// SPDX-License-Identifier: Apache-2.0
// A register of AVX-512 as 16 words (W) or 16 floats (F), and the operations on them that
// packed_kernels_impl.h is written in. Included inside the unnamed namespace of packed_avx512.cpp
// and packed_amx.cpp, nowhere else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

using F = __m512;
using W = __m512i;

inline W zeroWords()
{
    return _mm512_setzero_si512();
}
inline F zeroFloats()
{
    return _mm512_setzero_ps();
}
inline F all(float x)
{
    return _mm512_set1_ps(x);
}
// Four bytes or one word at p, in every lane.
inline W allWords(const void* p)
{
    int word = 0;
    __builtin_memcpy(&word, p, sizeof word);
    return _mm512_set1_epi32(word);
}
inline F allPairs(const float* p)
{
    double pair = 0;
    __builtin_memcpy(&pair, p, sizeof pair);
    return _mm512_castpd_ps(_mm512_set1_pd(pair));
}
inline W loadWords(const std::uint8_t* p)
{
    return _mm512_loadu_si512(p);
}
inline void storeWords(std::uint8_t* p, W x)
{
    _mm512_storeu_si512(p, x);
}
inline F loadFloats(const float* p)
{
    return _mm512_loadu_ps(p);
}
inline void storeFloats(float* p, F x)
{
    _mm512_storeu_ps(p, x);
}
inline W both(W a, unsigned mask)
{
    return _mm512_and_si512(a, _mm512_set1_epi32(static_cast<int>(mask)));
}
inline W flip(W a, unsigned mask)
{
    return _mm512_xor_si512(a, _mm512_set1_epi32(static_cast<int>(mask)));
}
inline W either(W a, W b)
{
    return _mm512_or_si512(a, b);
}
template <int N> inline W shiftRight(W a)
{
    return _mm512_srli_epi32(a, N);
}
template <int N> inline W shiftLeft(W a)
{
    return _mm512_slli_epi32(a, N);
}
// Byte N of each lane, signed.
template <int N> inline W signedByte(W a)
{
    return _mm512_srai_epi32(_mm512_slli_epi32(a, 24 - 8 * N), 24);
}
inline F toFloat(W a)
{
    return _mm512_cvtepi32_ps(a);
}
inline F mul(F a, F b)
{
    return _mm512_mul_ps(a, b);
}
inline F add(F a, F b)
{
    return _mm512_add_ps(a, b);
}
inline F fma(F a, F b, F c)
{
    return _mm512_fmadd_ps(a, b, c);
}
inline F larger(F a, F b)
{
    return _mm512_max_ps(a, b);
}
inline F magnitude(F a)
{
    return _mm512_abs_ps(a);
}
inline float maximum(F a)
{
    return _mm512_reduce_max_ps(a);
}
inline F halves(const std::uint8_t* p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline F bfloats(const std::uint8_t* p)
{
    const W wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
// sum + the four products of unsigned bytes a and signed bytes b in each lane.
template <bool> inline W dot(W sum, W a, W b)
{
    return _mm512_dpbusd_epi32(sum, a, b);
}
// table[i] for each byte i, all below 16.
inline W lookUp(const std::uint8_t (&table)[16], W indices)
{
    const __m128i values = _mm_load_si128(reinterpret_cast<const __m128i*>(table));
    return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), indices);
}
// 16 bytes, or 16 shorts, each as a word.
inline W wordsOfBytes(const std::uint8_t* p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline W wordsOfShorts(const std::uint8_t* p)
{
    return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline F asFloat(W bits)
{
    return _mm512_castsi512_ps(bits);
}
// Rounds 16 values to bytes and returns their sum.
inline int storeSignedBytes(std::int8_t* p, F x)
{
    const W words = _mm512_cvtps_epi32(x);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtsepi32_epi8(words));
    return _mm512_reduce_add_epi32(words);
}
// Lane 2i + lane 2i+1 of low, then of high.
inline F sumPairs(F low, F high)
{
    const W even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const W odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return _mm512_add_ps(
        _mm512_permutex2var_ps(low, even, high), _mm512_permutex2var_ps(low, odd, high));
}
// NOLINTEND(misc-definitions-in-headers)
