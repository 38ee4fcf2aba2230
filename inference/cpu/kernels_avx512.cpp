// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX-512 (F, BW, DQ, VL): 16 values a register, 32 registers.
#include "inference/cpu/kernels.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

constexpr int kWidth = 16;
// 4 x 6 sums, 4 values of a, 1 of b: 29 of 32 registers.
constexpr int kTileA = 4;
constexpr int kTileB = 6;
constexpr int kSumVectors = 4; // of weightedSum: 4 x 4 sums, 4 of v, 1 weight
constexpr const char* kName = "AVX-512";

using F = __m512;
using I = __m512i;

inline __mmask16 firstLanes(std::int64_t n)
{
    return static_cast<__mmask16>((1U << n) - 1U);
}
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
    return _mm512_maskz_loadu_ps(firstLanes(n), p);
}
inline void store(float* p, F x)
{
    _mm512_storeu_ps(p, x);
}
inline void storeFirst(float* p, F x, std::int64_t n)
{
    _mm512_mask_storeu_ps(p, firstLanes(n), x);
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
inline F div(F a, F b)
{
    return _mm512_div_ps(a, b);
}
inline F larger(F a, F b)
{
    return _mm512_max_ps(a, b);
}
inline F smaller(F a, F b)
{
    return _mm512_min_ps(a, b);
}
inline F magnitude(F a)
{
    return _mm512_abs_ps(a);
}
inline F withSign(F value, F sign)
{
    return _mm512_or_ps(value, _mm512_and_ps(sign, _mm512_set1_ps(-0.0F)));
}
inline F nearest(F a)
{
    return _mm512_roundscale_ps(a, 0);
}
inline F timesPowerOfTwo(F a, F exponent)
{
    return _mm512_scalef_ps(a, exponent);
}
inline float sum(F a)
{
    return _mm512_reduce_add_ps(a);
}
inline float maximum(F a)
{
    return _mm512_reduce_max_ps(a);
}

inline F fromHalves(const std::uint8_t* p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
inline void storeHalves(std::uint16_t* p, F x)
{
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x, 0));
}
inline F fromBfloats(const std::uint8_t* p)
{
    const I wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}
inline I bytes(const std::uint8_t* p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline I signedBytes(const std::uint8_t* p)
{
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
template <int N> inline I shiftRight(I a)
{
    return _mm512_srli_epi32(a, N);
}
template <int N> inline I shiftLeft(I a)
{
    return _mm512_slli_epi32(a, N);
}
inline I both(I a, int mask)
{
    return _mm512_and_si512(a, _mm512_set1_epi32(mask));
}
inline I either(I a, I b)
{
    return _mm512_or_si512(a, b);
}
inline F toFloat(I a)
{
    return _mm512_cvtepi32_ps(a);
}

// q * scale + offset for the low four bits q of each lane: all sixteen results stand in a
// register, and a permutation by the lanes themselves looks them up.
struct NibbleTable {
    F values;
    NibbleTable(float scale, float offset)
        : values(
            _mm512_fmadd_ps(_mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                _mm512_set1_ps(scale), _mm512_set1_ps(offset)))
    {
    }
    [[nodiscard]] F operator()(I q) const { return _mm512_permutexvar_ps(q, values); }
};

#include "inference/cpu/kernels_impl.h"

} // namespace

const Kernels& avx512Kernels()
{
    return kKernels;
}

} // namespace lectern::inference
