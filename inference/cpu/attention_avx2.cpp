// SPDX-License-Identifier: Apache-2.0
// The attention kernels for AVX2 with FMA and F16C.
#include "inference/cpu/attention_kernels.h"

#include "inference/kv_type.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

#include "inference/cpu/attention_avx2_ops.h"
#include "inference/cpu/attention_convert.h"

#include "inference/cpu/attention_block.h"
#include "inference/cpu/attention_span.h"

constexpr AttentionKernels kKernels{
    "AVX2", encode, span, merge, blockOf<Exact, KvType::f32>, blockIn<Exact>};

} // namespace

const AttentionKernels& avx2AttentionKernels()
{
    return kKernels;
}

} // namespace lectern::inference
