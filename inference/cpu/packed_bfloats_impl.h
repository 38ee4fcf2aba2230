// SPDX-License-Identifier: Apache-2.0
// F16 and BF16 weights by many tokens in bfloats, what the instruction sets that have them share.
// Included inside the unnamed namespace of packed_avx512.cpp and packed_amx.cpp after
// packed_walks_impl.h.
// NOLINTBEGIN(misc-definitions-in-headers)

// Lines of 32 bfloats, `step` bytes apart, the last filled up with zeros.
LECTERN_INLINE inline void storeBfloats(
    const float* x, std::int64_t columns, std::byte* out, std::int64_t step)
{
    const auto half = [&](std::int64_t k) LECTERN_INLINE {
        const std::int64_t left = columns - k;
        const auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffffU
                : left > 0 ? (1U << static_cast<unsigned>(left)) - 1U
                           : 0U);
        return _mm512_maskz_loadu_ps(lanes, x + k);
    };
    for (std::int64_t k = 0; k < columns; k += 32, out += step)
        _mm512_storeu_si512(out, reinterpret_cast<W>(_mm512_cvtne2ps_pbh(half(k + 16), half(k))));
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
LECTERN_INLINE inline void fillBfloatPanel(const PackedProduct& p, const Byte* group, Byte* panel)
{
    const std::int64_t pairs = (p.columns + 1) / 2;
    for (int g = 0; g < Groups; ++g) {
        const Byte* source = group + g * p.groupBytes;
        for (std::int64_t k = 0; k < pairs; ++k)
            storeWords(panel + (k * Groups + g) * kVector, bfloatPairs<Type>(source + k * kVector));
    }
}
// NOLINTEND(misc-definitions-in-headers)
