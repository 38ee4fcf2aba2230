// SPDX-License-Identifier: Apache-2.0
// Operands of attention's products in pairs of bf16. Included inside the unnamed namespace of
// attention_avx512_bf16.cpp and attention_amx.cpp after attention_block.h; no include guard, no
// includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

// Two bf16 a lane, the first value in the low half.
struct Bfloats {
    using Packed = std::uint32_t;
    static constexpr int kPair = 2;
    static constexpr int kRows = kTileRows;
    static constexpr int kKeysTogether = kPair;
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
    static LECTERN_INLINE inline void scores(
        const BlockState<Bfloats>& state, std::int64_t row, std::int64_t used)
    {
        vectorScores(state, row, used);
    }
    static LECTERN_INLINE inline void mix(
        const BlockState<Bfloats>& state, const MixedRows& rows, const float* shrink)
    {
        vectorMix(state, rows, shrink);
    }
};
// NOLINTEND(misc-definitions-in-headers)
