// SPDX-License-Identifier: Apache-2.0
// F16 and BF16 weights by many tokens in bfloats, what the instruction sets that have them share.
// Included inside the unnamed namespace of packed_avx512.cpp and packed_amx.cpp after
// packed_kernels_impl.h.
// NOLINTBEGIN(misc-definitions-in-headers)

void prepareBfloats(const float* x, std::int64_t columns, std::byte* out)
{
    auto* target = reinterpret_cast<std::uint16_t*>(out);
    for (std::int64_t k = 0; k < columns; k += 16) {
        const auto lanes = static_cast<__mmask16>(
            columns - k >= 16 ? 0xffffU : (1U << static_cast<unsigned>(columns - k)) - 1U);
        const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(lanes, x + k));
        _mm256_storeu_si256(
            reinterpret_cast<__m256i*>(target + k), reinterpret_cast<__m256i>(rounded));
    }
    // Zeros up to the end of the line (inputBytes): kernels read whole ones.
    if ((columns + 15) / 16 % 2 != 0)
        _mm256_storeu_si256(
            reinterpret_cast<__m256i*>(target + (columns + 15) / 16 * 16), _mm256_setzero_si256());
}

// Columns k and k + 1 of 16 rows, rounded to bfloats if they are halves.
template <class Type> inline W bfloatPairs(const Byte* p)
{
    if constexpr (Type::kHalf)
        return reinterpret_cast<W>(_mm512_cvtne2ps_pbh(halves(p + 32), halves(p)));
    else
        return loadWords(p);
}

// A panel of pairs of columns, pair by pair the groups side by side.
template <class Type, int Groups>
LECTERN_INLINE inline void fillBfloatPanel(const PackedProduct& p, const Byte* group)
{
    auto* const panel = reinterpret_cast<Byte*>(p.panel);
    const std::int64_t pairs = (p.columns + 1) / 2;
    for (int g = 0; g < Groups; ++g) {
        const Byte* source = group + g * p.groupBytes;
        for (std::int64_t k = 0; k < pairs; ++k)
            storeWords(panel + (k * Groups + g) * kVector, bfloatPairs<Type>(source + k * kVector));
    }
}

// All tokens of p by the rows of `Groups` groups: packed_avx512.cpp or packed_amx.cpp.
template <class Type, int Groups>
void bfloatPanel(const PackedProduct& p, const Byte* group, const Target& target);

// Calls panel<Groups>(group, target) for two groups at a time, one at the end.
template <class Function>
LECTERN_INLINE inline void eachPanel(const PackedProduct& p, const Function& panel)
{
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows; row += 2 * kRows, group += 2 * p.groupBytes) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        if (target.rows > kRows)
            panel.template operator()<2>(group, target);
        else
            panel.template operator()<1>(group, target);
    }
}

template <class Type> void multiplyBfloats(const PackedProduct& p)
{
    if (p.tokens <= kExactTokens)
        return multiplyPairs<Type>(p);
    eachPanel(p, [&]<int Groups>(const Byte* group, const Target& target) LECTERN_INLINE {
        bfloatPanel<Type, Groups>(p, group, target);
    });
}

void multiplyHalfWidth(const PackedProduct& p)
{
    if (p.type == TensorType::f16)
        multiplyBfloats<Half>(p);
    else
        multiplyBfloats<Bfloat>(p);
}
// NOLINTEND(misc-definitions-in-headers)
