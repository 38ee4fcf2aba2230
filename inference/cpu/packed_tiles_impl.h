// SPDX-License-Identifier: Apache-2.0
// Quantised weights by several tokens: tiles of outputs in vector registers over a panel of bytes.
// Included like packed_kernels_impl.h, after it.
// NOLINTBEGIN(misc-definitions-in-headers)

// The panel holds the quants of some groups as bytes, quad by quad the groups side by side, then
// their scales as floats and their minima, sub-block by sub-block the groups side by side. It
// stays in the L2 cache while all tokens pass over it.

template <int Groups> struct Panel {
    Byte* quants;
    float* scales;
    float* minima;
    Panel(std::byte* memory, std::int64_t columns, int sub)
        : quants(reinterpret_cast<Byte*>(memory))
        , scales(reinterpret_cast<float*>(memory + Groups * kRows * columns))
        , minima(scales + Groups * kRows * columns / sub)
    {
    }
};

template <class Type, int Groups> struct PanelSink {
    Panel<Groups> panel;
    int group;
    std::int64_t first = 0;

    template <int Sub, int I> LECTERN_INLINE void quad(W w)
    {
        const std::int64_t index = (first + Sub * Type::kSub) / 4 + I;
        storeWords(panel.quants + (index * Groups + group) * kVector, w);
    }
    template <int Sub> LECTERN_INLINE void finish(F scale)
    {
        storeFloats(panel.scales + place<Sub>(), scale);
    }
    template <int Sub> LECTERN_INLINE void finish(F scale, F minimum)
    {
        finish<Sub>(scale);
        storeFloats(panel.minima + place<Sub>(), minimum);
    }
    template <int Sub> LECTERN_INLINE std::int64_t place() const
    {
        return ((first / Type::kSub + Sub) * Groups + group) * kRows;
    }
};

// What a tile needs to know of a type, so that types of equal arithmetic share its code.
template <int Sub, bool Mins, bool Wide> struct TileKind {
    static constexpr int kSub = Sub;
    static constexpr bool kMins = Mins;
    static constexpr bool kWide = Wide;
};

template <class Type, int Groups, int Tokens>
void byteTile(const Panel<Groups>& panel, const std::byte* in, std::int64_t inStride,
    std::int64_t columns, const Target& target)
{
    F totals[Tokens][Groups];
    for (auto& row : totals) {
        for (F& total : row)
            total = zeroFloats();
    }
    const std::byte* scaleRow = in + columns;
    const std::byte* correctionRow = scaleRow + columns / 32 * 4;
    for (std::int64_t sub = 0; sub < columns / Type::kSub; ++sub) {
        W sums[Tokens][Groups];
#pragma GCC unroll 8
        for (int t = 0; t < Tokens; ++t) {
#pragma GCC unroll 4
            for (int g = 0; g < Groups; ++g)
                sums[t][g] = Type::kMins
                    ? zeroWords()
                    : allWords(reinterpret_cast<const float*>(correctionRow + t * inStride) + sub);
        }
        const Byte* quants = panel.quants + sub * (Type::kSub / 4) * Groups * kVector;
        const std::byte* q = in + sub * Type::kSub;
#pragma GCC unroll 8
        for (int i = 0; i < Type::kSub / 4; ++i) {
            W words[Groups];
#pragma GCC unroll 4
            for (int g = 0; g < Groups; ++g)
                words[g] = loadWords(quants + (i * Groups + g) * kVector);
#pragma GCC unroll 8
            for (int t = 0; t < Tokens; ++t) {
                const W input = allWords(q + t * inStride + 4 * i);
#pragma GCC unroll 4
                for (int g = 0; g < Groups; ++g)
                    sums[t][g] = dot<Type::kWide>(sums[t][g], words[g], input);
            }
        }
#pragma GCC unroll 4
        for (int g = 0; g < Groups; ++g) {
            const F scale = loadFloats(panel.scales + (sub * Groups + g) * kRows);
#pragma GCC unroll 8
            for (int t = 0; t < Tokens; ++t) {
                const float* inputScales = reinterpret_cast<const float*>(scaleRow + t * inStride);
                totals[t][g] = fma(mul(toFloat(sums[t][g]), scale),
                    all(inputScales[sub * Type::kSub / 32]), totals[t][g]);
            }
            if constexpr (Type::kMins) {
                const F minimum = loadFloats(panel.minima + (sub * Groups + g) * kRows);
#pragma GCC unroll 8
                for (int t = 0; t < Tokens; ++t) {
                    const float* corrections =
                        reinterpret_cast<const float*>(correctionRow + t * inStride);
                    totals[t][g] = fma(minimum, all(corrections[sub]), totals[t][g]);
                }
            }
        }
    }
    for (int t = 0; t < Tokens; ++t) {
        for (int g = 0; g < Groups; ++g)
            storeOutput(target, t, g, totals[t][g]);
    }
}

template <class Type, int Groups>
void bytePanel(const PackedProduct& p, const Byte* group, const Target& target)
{
    const Panel<Groups> panel(p.panel, p.columns, Type::kSub);
    for (int g = 0; g < Groups; ++g) {
        PanelSink<Type, Groups> sink{panel, g};
        const Byte* block = group + g * p.groupBytes;
        for (; sink.first < p.columns; sink.first += Type::kBlock, block += Type::kBytes)
            Type::walk(block, sink);
    }
    // While the tokens pass over this panel, the next one's weights come into the cache.
    const Byte* const next = group + Groups * p.groupBytes;
    const bool more = target.rows > Groups * kRows;
    tiles<kByteTokens>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
        if (more)
            prefetchShare(next, Groups * p.groupBytes, first, Tokens, p.tokens);
        byteTile<TileKind<Type::kSub, Type::kMins, Type::kWide>, Groups, Tokens>(panel,
            p.in + first * p.inStride, p.inStride, p.columns,
            {target.out + first * target.stride, target.stride, target.bias, target.rows});
    });
}
template <class Type> void multiplyBytes(const PackedProduct& p)
{
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows;) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        if (kManyStreams<Type> && p.tokens == 1 && target.rows > (kStreams - 1) * kRows) {
            directGroups<Type, 1, kStreams>(p, group, 0, target);
            row += kStreams * kRows;
            group += kStreams * p.groupBytes;
        } else if (p.tokens <= kDirectTokens || target.rows <= (kByteGroups - 1) * kRows) {
            // Too few tokens for a panel, or a rest of rows. More tokens than a tile's: the group
            // comes from the L1 cache the second time.
            tiles<kDirectTile>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
                directGroups<Type, Tokens, 1>(p, group, first, target);
            });
            row += kRows;
            group += p.groupBytes;
        } else {
            bytePanel<Type, kByteGroups>(p, group, target);
            row += kByteGroups * kRows;
            group += kByteGroups * p.groupBytes;
        }
    }
}
// NOLINTEND(misc-definitions-in-headers)
