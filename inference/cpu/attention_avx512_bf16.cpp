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

#include "inference/cpu/attention_bfloats.h"

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
