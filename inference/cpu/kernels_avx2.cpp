// SPDX-License-Identifier: Apache-2.0
// The kernels for AVX2 with FMA and F16C: 8 values a register, 16 registers.
#include "inference/cpu/kernels.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

constexpr int kWidth = 8;
// 3 x 4 sums, 3 values of a, 1 of b: all 16 registers.
constexpr int kTileA = 3;
constexpr int kTileB = 4;
constexpr int kSumVectors = 2; // of weightedSum: 4 x 2 sums, 2 of v, 1 weight
constexpr const char* kName = "AVX2";

using F = __m256;
using I = __m256i;

inline I firstLanes(std::int64_t n)
{
    return _mm256_cmpgt_epi32(
        _mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
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
inline F div(F a, F b)
{
    return _mm256_div_ps(a, b);
}
inline F larger(F a, F b)
{
    return _mm256_max_ps(a, b);
}
inline F smaller(F a, F b)
{
    return _mm256_min_ps(a, b);
}
inline F magnitude(F a)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
}
inline F withSign(F value, F sign)
{
    return _mm256_or_ps(value, _mm256_and_ps(sign, _mm256_set1_ps(-0.0F)));
}
inline F nearest(F a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// Requires: the exponent within -126 .. 127.
inline F timesPowerOfTwo(F a, F exponent)
{
    const I biased = _mm256_add_epi32(_mm256_cvtps_epi32(exponent), _mm256_set1_epi32(127));
    return _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23)));
}
inline float sum(F a)
{
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
inline float maximum(F a)
{
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

inline F fromHalves(const std::uint8_t* p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
inline void storeHalves(std::uint16_t* p, F x)
{
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, 0));
}
inline F fromBfloats(const std::uint8_t* p)
{
    const I wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline I bytes(const std::uint8_t* p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
inline I signedBytes(const std::uint8_t* p)
{
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
}
template <int N> inline I shiftRight(I a)
{
    return _mm256_srli_epi32(a, N);
}
template <int N> inline I shiftLeft(I a)
{
    return _mm256_slli_epi32(a, N);
}
inline I both(I a, int mask)
{
    return _mm256_and_si256(a, _mm256_set1_epi32(mask));
}
inline I either(I a, I b)
{
    return _mm256_or_si256(a, b);
}
inline F toFloat(I a)
{
    return _mm256_cvtepi32_ps(a);
}

// q * scale + offset for the low four bits q of each lane.
struct NibbleTable {
    F scale;
    F offset;
    NibbleTable(float s, float o) : scale(_mm256_set1_ps(s)), offset(_mm256_set1_ps(o)) { }
    [[nodiscard]] F operator()(I q) const { return fma(toFloat(both(q, 15)), scale, offset); }
};

#include "inference/cpu/kernels_impl.h"

} // namespace

const Kernels& avx2Kernels()
{
    return kKernels;
}

} // namespace lectern::inference
