// SPDX-License-Identifier: Apache-2.0
// Attention of many query rows by AVX-512's bf16 dot product, which does twice the multiply-adds
// of f32 in the same time.
//
// Queries, keys, weights and values are rounded to bf16 (relative 2^-9), sums stay f32. A score
// q . k is off by some 2^-9 |q| |k| / sqrt(d) of random sign, weights and values are averaged over
// many keys; a cache in halves or less has given up exactness of that order already. A cache in
// f32 never comes here. Splitting an operand in two bf16 (as exact as f32 for halves) takes three
// products where f32 takes two in the same time: slower than f32, dropped.
#include "inference/cpu/attention_kernels.h"

#include "inference/kv_type.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

#include "inference/cpu/attention_avx512_ops.h"
#include "inference/cpu/attention_convert.h"

#include "inference/cpu/attention_block.h"

// Two bf16 a lane, the first value in the low half.
struct Bfloats {
    using Packed = std::uint32_t;
    static constexpr int kPair = 2;
    static LECTERN_INLINE inline F multiplyAdd(F sums, Packed a, const Packed* b)
    {
        return _mm512_dpbf16_ps(sums,
            reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a))),
            reinterpret_cast<__m512bh>(_mm512_loadu_si512(b)));
    }
    static LECTERN_INLINE inline void packQuery(Packed* target, F x)
    {
        _mm256_storeu_si256(
            reinterpret_cast<__m256i*>(target), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
    }
    static constexpr int kKeyVectors = 2;
    static LECTERN_INLINE inline F packKey(const F (&x)[2])
    {
        return reinterpret_cast<F>(_mm512_cvtne2ps_pbh(x[1], x[0]));
    }
    static LECTERN_INLINE inline void packValues(Packed* target, const F (&x)[2])
    {
        // Both keys' values behind one another: to pairs of the same value of both.
        alignas(64) static constexpr std::uint16_t kPairs[32] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
            5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
        const auto both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(x[1], x[0]));
        _mm512_storeu_si512(target, _mm512_permutexvar_epi16(_mm512_load_si512(kPairs), both));
    }
    static LECTERN_INLINE inline void packWeights(Packed* target, F x) { packQuery(target, x); }
};

} // namespace

const AttentionKernels& avx512Bf16AttentionKernels()
{
    static const AttentionKernels kernels = [] {
        AttentionKernels table = avx512AttentionKernels();
        table.name = "AVX-512 with bf16";
        table.block = blockIn<Bfloats>;
        return table;
    }();
    return kernels;
}

} // namespace lectern::inference
