// SPDX-License-Identifier: Apache-2.0
// The packed products for AVX-512 with VNNI and BF16: a register is 16 rows.
#include "inference/cpu/packed.h"
#include "inference/cpu/packed_kernels.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

// Tiles of outputs, tokens x groups of 16 rows, that leave no register of 32 unused:
// bytes: 6 x 2 sums in integers and as many in floats, 2 words of weights; inputs are broadcast
// from memory. Floats and bfloats: 12 x 2 sums, 2 of weights.
constexpr int kByteTokens = 6;
constexpr int kDirectTile = 4;
constexpr int kDirectTokens = 8; // beyond, a panel is cheaper
constexpr int kByteGroups = 2;
constexpr int kFloatTokens = 12;
constexpr int kBfloatTokens = 12;
constexpr int kPairTokens = 8;

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

#include "inference/cpu/packed_kernels_impl.h"

#include "inference/cpu/packed_types_impl.h"

// --- F16 and BF16, many tokens: in bfloats ------------------------------------------------------

inline __m512bh asBfloats(W a)
{
    return reinterpret_cast<__m512bh>(a);
}

void prepareBfloats(const float* x, std::int64_t columns, std::byte* out)
{
    auto* target = reinterpret_cast<std::uint16_t*>(out);
    for (std::int64_t k = 0; k < columns; k += 16) {
        const auto lanes = static_cast<__mmask16>(
            columns - k >= 16 ? 0xffffU : (1U << static_cast<unsigned>(columns - k)) - 1U);
        const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + k));
        // The last value of an odd row gets a zero beside it.
        const auto pairs = static_cast<__mmask16>(lanes | lanes << 1U);
        _mm256_mask_storeu_epi16(target + k, pairs, reinterpret_cast<__m256i>(rounded));
    }
}

// Columns k and k + 1 of 16 rows, rounded to bfloats if they are halves.
template <class Type> inline W bfloatPairs(const Byte* p)
{
    if constexpr (Type::kHalf)
        return reinterpret_cast<W>(_mm512_cvtne2ps_pbh(halves(p + 32), halves(p)));
    else
        return loadWords(p);
}

template <int Groups, int Tokens>
void bfloatTile(const Byte* panel, const std::byte* in, std::int64_t inStride, std::int64_t pairs,
    const Target& target)
{
    F totals[Tokens][Groups];
    for (auto& row : totals) {
        for (F& total : row)
            total = zeroFloats();
    }
    for (std::int64_t k = 0; k < pairs; ++k) {
        W weights[Groups];
#pragma GCC unroll 4
        for (int g = 0; g < Groups; ++g)
            weights[g] = loadWords(panel + (k * Groups + g) * kVector);
#pragma GCC unroll 12
        for (int t = 0; t < Tokens; ++t) {
            const W input = allWords(in + t * inStride + 4 * k);
#pragma GCC unroll 4
            for (int g = 0; g < Groups; ++g)
                totals[t][g] =
                    _mm512_dpbf16_ps(totals[t][g], asBfloats(weights[g]), asBfloats(input));
        }
    }
    for (int t = 0; t < Tokens; ++t) {
        for (int g = 0; g < Groups; ++g)
            storeOutput(target, t, g, totals[t][g]);
    }
}

template <class Type, int Groups>
void bfloatPanel(const PackedProduct& p, const Byte* group, const Target& target)
{
    auto* const panel = reinterpret_cast<Byte*>(p.panel);
    const std::int64_t pairs = (p.columns + 1) / 2;
    for (int g = 0; g < Groups; ++g) {
        const Byte* source = group + g * p.groupBytes;
        for (std::int64_t k = 0; k < pairs; ++k)
            storeWords(panel + (k * Groups + g) * kVector, bfloatPairs<Type>(source + k * kVector));
    }
    const Byte* const next = group + Groups * p.groupBytes;
    const bool more = target.rows > Groups * kRows;
    tiles<kBfloatTokens>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
        if (more)
            prefetchShare<Tokens>(next, Groups * p.groupBytes, first, p.tokens);
        bfloatTile<Groups, Tokens>(panel, p.in + first * p.inStride, p.inStride, pairs,
            {target.out + first * target.stride, target.stride, target.bias, target.rows});
    });
}

template <class Type> void multiplyBfloats(const PackedProduct& p)
{
    if (p.tokens <= kExactTokens)
        return multiplyPairs<Type>(p);
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows;) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        const bool two = p.rows - row > kRows;
        if (two)
            bfloatPanel<Type, 2>(p, group, target);
        else
            bfloatPanel<Type, 1>(p, group, target);
        row += (two ? 2 : 1) * kRows;
        group += (two ? 2 : 1) * p.groupBytes;
    }
}

void multiplyHalfWidth(const PackedProduct& p)
{
    if (p.type == TensorType::f16)
        multiplyBfloats<Half>(p);
    else
        multiplyBfloats<Bfloat>(p);
}

constexpr InputForm::Kind kManyTokensKind = InputForm::Kind::bf16;

#include "inference/cpu/packed_table.h"

constexpr PackedKernels kKernels{
    "AVX-512 with VNNI and BF16", formOf, panelRowsOf, panelBytesOf, prepare, multiply};

} // namespace

const PackedKernels& avx512PackedKernels()
{
    return kKernels;
}

} // namespace lectern::inference
