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

#include "inference/cpu/packed_avx512_ops.h"

#include "inference/cpu/packed_walks_impl.h"

#include "inference/cpu/packed_types_impl.h"

#include "inference/cpu/packed_kernels_impl.h"

#include "inference/cpu/packed_tiles_impl.h"

#include "inference/cpu/packed_bfloats_impl.h"

void prepareBfloats(const float* x, std::int64_t columns, std::byte* out)
{
    storeBfloats(x, columns, out, kInputLine);
}

inline __m512bh asBfloats(W a)
{
    return reinterpret_cast<__m512bh>(a);
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
    fillBfloatPanel<Type, Groups>(p, group, panel);
    const std::int64_t pairs = (p.columns + 1) / 2;
    const Byte* const next = group + Groups * p.groupBytes;
    const bool more = target.rows > Groups * kRows;
    tiles<kBfloatTokens>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
        if (more)
            prefetchShare(next, Groups * p.groupBytes, first, Tokens, p.tokens);
        bfloatTile<Groups, Tokens>(panel, p.in + first * p.inStride, p.inStride, pairs,
            {target.out + first * target.stride, target.stride, target.bias, target.rows});
    });
}

template <class Type> void multiplyBfloats(const PackedProduct& p)
{
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows; row += 2 * kRows, group += 2 * p.groupBytes) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        if (target.rows > kRows)
            bfloatPanel<Type, 2>(p, group, target);
        else
            bfloatPanel<Type, 1>(p, group, target);
    }
}

void multiplyHalfWidth(const PackedProduct& p)
{
    if (p.type == TensorType::f16)
        p.tokens <= kExactTokens ? multiplyPairs<Half>(p) : multiplyBfloats<Half>(p);
    else
        p.tokens <= kExactTokens ? multiplyPairs<Bfloat>(p) : multiplyBfloats<Bfloat>(p);
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
