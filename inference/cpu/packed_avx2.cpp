// SPDX-License-Identifier: Apache-2.0
// The packed products for AVX2 with FMA and F16C: 16 rows are two registers.
#include "inference/cpu/packed.h"
#include "inference/cpu/packed_kernels.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

// Tiles of outputs that 16 registers hold, each value two of them. Bytes: 2 x 1 sums in integers
// and in floats, weights, inputs, products. Floats: 3 x 1... two groups of two sums.
constexpr int kByteTokens = 2;
constexpr int kDirectTile = 2;
constexpr int kDirectTokens = 4; // beyond, a panel is cheaper
constexpr int kByteGroups = 1;
constexpr int kFloatTokens = 2;
constexpr int kPairTokens = 4;

struct F {
    __m256 low, high;
};
struct W {
    __m256i low, high;
};

inline W zeroWords()
{
    return {_mm256_setzero_si256(), _mm256_setzero_si256()};
}
inline F zeroFloats()
{
    return {_mm256_setzero_ps(), _mm256_setzero_ps()};
}
inline F all(float x)
{
    return {_mm256_set1_ps(x), _mm256_set1_ps(x)};
}
// Four bytes or one word at p, in every lane.
inline W allWords(const void* p)
{
    int word = 0;
    __builtin_memcpy(&word, p, sizeof word);
    return {_mm256_set1_epi32(word), _mm256_set1_epi32(word)};
}
inline F allPairs(const float* p)
{
    double pair = 0;
    __builtin_memcpy(&pair, p, sizeof pair);
    const __m256 pairs = _mm256_castpd_ps(_mm256_set1_pd(pair));
    return {pairs, pairs};
}
inline __m256i loadBytes(const void* p)
{
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline W loadWords(const std::uint8_t* p)
{
    return {loadBytes(p), loadBytes(p + 32)};
}
inline void storeWords(std::uint8_t* p, W x)
{
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x.low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 32), x.high);
}
inline F loadFloats(const float* p)
{
    return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}
inline void storeFloats(float* p, F x)
{
    _mm256_storeu_ps(p, x.low);
    _mm256_storeu_ps(p + 8, x.high);
}
inline W both(W a, unsigned mask)
{
    const __m256i m = _mm256_set1_epi32(static_cast<int>(mask));
    return {_mm256_and_si256(a.low, m), _mm256_and_si256(a.high, m)};
}
inline W flip(W a, unsigned mask)
{
    const __m256i m = _mm256_set1_epi32(static_cast<int>(mask));
    return {_mm256_xor_si256(a.low, m), _mm256_xor_si256(a.high, m)};
}
inline W either(W a, W b)
{
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
}
template <int N> inline W shiftRight(W a)
{
    return {_mm256_srli_epi32(a.low, N), _mm256_srli_epi32(a.high, N)};
}
template <int N> inline W shiftLeft(W a)
{
    return {_mm256_slli_epi32(a.low, N), _mm256_slli_epi32(a.high, N)};
}
// Byte N of each lane, signed.
template <int N> inline W signedByte(W a)
{
    const W up = shiftLeft<24 - 8 * N>(a);
    return {_mm256_srai_epi32(up.low, 24), _mm256_srai_epi32(up.high, 24)};
}
inline F toFloat(W a)
{
    return {_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)};
}
inline F mul(F a, F b)
{
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
inline F add(F a, F b)
{
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
inline F fma(F a, F b, F c)
{
    return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
inline F larger(F a, F b)
{
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
inline F magnitude(F a)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}
inline float maximum(F a)
{
    float values[8];
    _mm256_storeu_ps(values, _mm256_max_ps(a.low, a.high));
    float most = values[0];
    for (const float value : values)
        most = value > most ? value : most;
    return most;
}
inline F halves(const std::uint8_t* p)
{
    return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
        _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
}
inline __m256 eightBfloats(const std::uint8_t* p)
{
    const __m256i wide =
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
inline F bfloats(const std::uint8_t* p)
{
    return {eightBfloats(p), eightBfloats(p + 16)};
}
inline __m256i dot8(__m256i sum, __m256i a, __m256i b)
{
    const __m256i pairs = _mm256_maddubs_epi16(a, b);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
// sum + the four products of unsigned bytes a and signed bytes b in each lane. Sums of two
// products pass through 16 bits: bytes above 127 would overflow them, so those go as two nibbles.
template <bool Wide> inline W dot(W sum, W a, W b)
{
    if constexpr (!Wide)
        return {dot8(sum.low, a.low, b.low), dot8(sum.high, a.high, b.high)};
    const __m256i nibble = _mm256_set1_epi8(15);
    const auto wide = [&](__m256i total, __m256i x, __m256i y) {
        const __m256i upper =
            dot8(_mm256_setzero_si256(), _mm256_and_si256(_mm256_srli_epi32(x, 4), nibble), y);
        return _mm256_add_epi32(
            dot8(total, _mm256_and_si256(x, nibble), y), _mm256_slli_epi32(upper, 4));
    };
    return {wide(sum.low, a.low, b.low), wide(sum.high, a.high, b.high)};
}
// table[i] for each byte i, all below 16.
inline W lookUp(const std::uint8_t (&table)[16], W indices)
{
    const __m256i values =
        _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(table)));
    return {_mm256_shuffle_epi8(values, indices.low), _mm256_shuffle_epi8(values, indices.high)};
}
// 16 bytes, or 16 shorts, each as a word.
inline W wordsOfBytes(const std::uint8_t* p)
{
    return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))),
        _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p + 8)))};
}
inline W wordsOfShorts(const std::uint8_t* p)
{
    return {_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
        _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16)))};
}
inline F asFloat(W bits)
{
    return {_mm256_castsi256_ps(bits.low), _mm256_castsi256_ps(bits.high)};
}
// Rounds 16 values to bytes and returns their sum.
inline int storeSignedBytes(std::int8_t* p, F x)
{
    int words[16];
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), _mm256_cvtps_epi32(x.low));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + 8), _mm256_cvtps_epi32(x.high));
    int sum = 0;
    for (int i = 0; i < 16; ++i) {
        p[i] = static_cast<std::int8_t>(words[i]);
        sum += words[i];
    }
    return sum;
}
inline __m256 sumPairs8(__m256 low, __m256 high)
{
    const __m256 sums = _mm256_hadd_ps(low, high); // rows 0 1 4 5 2 3 6 7
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(sums), _MM_SHUFFLE(3, 1, 2, 0)));
}
// Lane 2i + lane 2i+1 of low, then of high.
inline F sumPairs(F low, F high)
{
    return {sumPairs8(low.low, low.high), sumPairs8(high.low, high.high)};
}

#include "inference/cpu/packed_walks_impl.h"

#include "inference/cpu/packed_types_impl.h"

#include "inference/cpu/packed_kernels_impl.h"

#include "inference/cpu/packed_tiles_impl.h"

// --- F16 and BF16, many tokens: unpacked to floats ----------------------------------------------

void prepareBfloats(const float*, std::int64_t, std::byte*) { } // never asked for

// Columns k and k + 1 of 16 rows.
template <class Type> inline void unpackColumns(const Byte* p, float* first, float* second)
{
    float values[2 * kRows];
    F low;
    F high;
    Type::unpack(p, low, high);
    storeFloats(values, low);
    storeFloats(values + kRows, high);
    for (int r = 0; r < kRows; ++r) {
        first[r] = values[2 * r];
        second[r] = values[2 * r + 1];
    }
}

template <class Type> void multiplyUnpacked(const PackedProduct& p)
{
    if (p.tokens <= kExactTokens)
        return multiplyPairs<Type>(p);
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    auto* const panel = reinterpret_cast<float*>(p.panel);
    for (std::int64_t row = 0; row < p.rows; row += kRows, group += p.groupBytes) {
        for (std::int64_t k = 0; k < p.columns; k += 2)
            unpackColumns<Type>(
                group + k / 2 * kVector, panel + k * kRows, panel + (k + 1) * kRows);
        floatGroups<1>(p, reinterpret_cast<const Byte*>(panel), 0,
            {p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row});
    }
}

void multiplyHalfWidth(const PackedProduct& p)
{
    if (p.type == TensorType::f16)
        multiplyUnpacked<Half>(p);
    else
        multiplyUnpacked<Bfloat>(p);
}

constexpr InputForm::Kind kManyTokensKind = InputForm::Kind::f32;

#include "inference/cpu/packed_table.h"

constexpr PackedKernels kKernels{"AVX2", formOf, panelRowsOf, panelBytesOf, prepare, multiply};

} // namespace

const PackedKernels& avx2PackedKernels()
{
    return kKernels;
}

} // namespace lectern::inference
