// SPDX-License-Identifier: Apache-2.0
// The packed products of few tokens. Included like packed_walks_impl.h, after it, by
// packed_avx2.cpp and packed_avx512.cpp. NOLINTBEGIN(misc-definitions-in-headers)

// Bytes that a walk over weights asks for in advance: some 100 ns of a core's share of the memory's
// bandwidth, across the 4 KiB borders at which the hardware's own prefetching stops.
constexpr std::int64_t kAhead = 4096;

// One token by types whose blocks are small walks over so many groups at once: a core gets more out
// of the memory by several streams than by one (README.md). Each of them asks less far ahead.
constexpr int kStreams = 4;
constexpr std::int64_t kStreamAhead = 2048;
template <int Groups> constexpr std::int64_t kAheadOf = Groups == 1 ? kAhead : kStreamAhead;
// Blocks of 256 values are walked for too long before the next stream's turn.
template <class Type> constexpr bool kManyStreams = Type::kBlock == 32;

LECTERN_INLINE inline void prefetch(const Byte* p, std::int64_t bytes)
{
    for (std::int64_t i = 0; i < bytes; i += kVector)
        __builtin_prefetch(p + i, 0, 3);
}
// --- inputs -------------------------------------------------------------------------------------

void prepareBytes(InputForm form, const float* x, std::int64_t columns, std::byte* out)
{
    auto* q = reinterpret_cast<std::int8_t*>(out);
    auto* scales = reinterpret_cast<float*>(out + columns);
    auto* corrections = reinterpret_cast<float*>(out + columns + columns / 32 * 4);
    const int subs = 32 / form.sub;
    for (std::int64_t b = 0; b < columns / 32; ++b) {
        const F low = loadFloats(x + 32 * b);
        const F high = loadFloats(x + 32 * b + 16);
        const float most = maximum(larger(magnitude(low), magnitude(high)));
        // Infinite or NaN inputs give NaN outputs, as they would in floats.
        const float scale = most / 127.0F;
        const float inverse = most > 0 ? 127.0F / most : 0.0F;
        scales[b] = scale;
        const int first = storeSignedBytes(q + 32 * b, mul(low, all(inverse)));
        const int second = storeSignedBytes(q + 32 * b + 16, mul(high, all(inverse)));
        for (int s = 0; s < subs; ++s) {
            const int sum = subs == 1 ? first + second : s == 0 ? first : second;
            if (form.offset == 0) {
                corrections[subs * b + s] = -scale * static_cast<float>(sum);
            } else {
                const std::int32_t correction = -form.offset * sum;
                __builtin_memcpy(corrections + subs * b + s, &correction, sizeof correction);
            }
        }
    }
}

// The three parts of a prepared row.
struct Inputs {
    const std::int8_t* q;
    const float* scales;
    const float* corrections;
    LECTERN_INLINE Inputs(const std::byte* row, std::int64_t columns)
        : q(reinterpret_cast<const std::int8_t*>(row))
        , scales(reinterpret_cast<const float*>(row + columns))
        , corrections(reinterpret_cast<const float*>(row + columns + columns / 32 * 4))
    {
    }
};

// --- quantised weights, few tokens: straight from the packed block ------------------------------

template <class Type, int Tokens> struct DirectSink {
    const std::byte* in = nullptr; // prepared rows
    std::int64_t stride = 0;
    std::int64_t columns = 0;
    std::int64_t first = 0; // column of the block
    F totals[Tokens];
    W sums[Type::kBlock / Type::kSub][Tokens];
    LECTERN_INLINE void start(const PackedProduct& p, std::int64_t token)
    {
        in = p.in + token * p.inStride;
        stride = p.inStride;
        columns = p.columns;
        for (F& total : totals)
            total = zeroFloats();
    }

    template <int Sub, int I> LECTERN_INLINE void quad(W w)
    {
#pragma GCC unroll 4
        for (int t = 0; t < Tokens; ++t) {
            const Inputs row(in + t * stride, columns);
            W& sum = sums[Sub][t];
            if constexpr (I == 0)
                sum = Type::kMins ? zeroWords() : allWords(at<Sub>(row.corrections));
            sum = dot<Type::kWide>(sum, w, allWords(row.q + first + Sub * Type::kSub + 4 * I));
        }
    }
    template <int Sub> LECTERN_INLINE void finish(F scale)
    {
#pragma GCC unroll 4
        for (int t = 0; t < Tokens; ++t) {
            const Inputs row(in + t * stride, columns);
            const F inputScale = all(row.scales[(first + Sub * Type::kSub) / 32]);
            totals[t] = fma(mul(toFloat(sums[Sub][t]), scale), inputScale, totals[t]);
        }
    }
    template <int Sub> LECTERN_INLINE void finish(F scale, F minimum)
    {
        finish<Sub>(scale);
#pragma GCC unroll 4
        for (int t = 0; t < Tokens; ++t) {
            const Inputs row(in + t * stride, columns);
            totals[t] = fma(minimum, all(*at<Sub>(row.corrections)), totals[t]);
        }
    }
    template <int Sub> LECTERN_INLINE const float* at(const float* perSub) const
    {
        return perSub + first / Type::kSub + Sub;
    }
};

// Cuts `tokens` into the fewest tiles of at most Most, as equal as can be, and calls
// tile<size>(first).
template <int Most, class Tile>
LECTERN_INLINE inline void tiles(std::int64_t tokens, const Tile& tile)
{
    const std::int64_t count = (tokens + Most - 1) / Most;
    std::int64_t first = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t size = (tokens - first + count - i - 1) / (count - i);
        repeat<Most>([&]<int I>() LECTERN_INLINE {
            if (size == I + 1)
                tile.template operator()<I + 1>(first);
        });
        first += size;
    }
}

// Asks for the part of `bytes` bytes that belongs to `some` tokens from `first` on of `tokens`.
LECTERN_INLINE inline void prefetchShare(
    const Byte* p, std::int64_t bytes, std::int64_t first, std::int64_t some, std::int64_t tokens)
{
    const std::int64_t begin = bytes * first / tokens / kVector * kVector;
    const std::int64_t end = bytes * (first + some) / tokens / kVector * kVector;
    for (std::int64_t i = begin; i < end; i += kVector)
        __builtin_prefetch(p + i, 0, 2); // into L2: it must not push the panel's tile out of L1
}

// `Groups` groups by Tokens tokens from `token` on.
template <class Type, int Tokens, int Groups>
void directGroups(
    const PackedProduct& p, const Byte* group, std::int64_t token, const Target& target)
{
    DirectSink<Type, Tokens> sinks[Groups];
    repeat<Groups>([&]<int G>() LECTERN_INLINE { sinks[G].start(p, token); });
    for (std::int64_t first = 0; first < p.columns; first += Type::kBlock, group += Type::kBytes) {
        repeat<Groups>([&]<int G>() LECTERN_INLINE {
            const Byte* const block = group + G * p.groupBytes;
            prefetch(block + kAheadOf<Groups>, Type::kBytes);
            sinks[G].first = first;
            Type::walk(block, sinks[G]);
        });
    }
    repeat<Groups>([&]<int G>() LECTERN_INLINE {
        for (int t = 0; t < Tokens; ++t)
            storeOutput(target, token + t, G, sinks[G].totals[t]);
    });
}

// --- F32 ----------------------------------------------------------------------------------------

template <int Groups, int Tokens>
void floatTile(const Byte* group, std::int64_t groupBytes, const std::byte* in,
    std::int64_t inStride, std::int64_t columns, const Target& target)
{
    F totals[Tokens][Groups];
    for (auto& row : totals) {
        for (F& total : row)
            total = zeroFloats();
    }
    for (std::int64_t k = 0; k < columns; ++k) {
        F weights[Groups];
#pragma GCC unroll 4
        for (int g = 0; g < Groups; ++g)
            weights[g] =
                loadFloats(reinterpret_cast<const float*>(group + g * groupBytes + k * kVector));
#pragma GCC unroll 12
        for (int t = 0; t < Tokens; ++t) {
            const F input = all(reinterpret_cast<const float*>(in + t * inStride)[k]);
#pragma GCC unroll 4
            for (int g = 0; g < Groups; ++g)
                totals[t][g] = fma(weights[g], input, totals[t][g]);
        }
    }
    for (int t = 0; t < Tokens; ++t) {
        for (int g = 0; g < Groups; ++g)
            storeOutput(target, t, g, totals[t][g]);
    }
}

template <int Groups>
void floatGroups(
    const PackedProduct& p, const Byte* group, std::int64_t groupBytes, const Target& target)
{
    tiles<kFloatTokens>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
        floatTile<Groups, Tokens>(group, groupBytes, p.in + first * p.inStride, p.inStride,
            p.columns,
            {target.out + first * target.stride, target.stride, target.bias, target.rows});
    });
}

void multiplyFloats(const PackedProduct& p)
{
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows;) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        const bool two = p.rows - row > kRows;
        if (two)
            floatGroups<2>(p, group, p.groupBytes, target);
        else
            floatGroups<1>(p, group, p.groupBytes, target);
        row += (two ? 2 : 1) * kRows;
        group += (two ? 2 : 1) * p.groupBytes;
    }
}

// --- F16 and BF16, few tokens: exactly ----------------------------------------------------------

template <class Type, int Tokens, int Groups>
void pairTile(const Byte* group, std::int64_t groupBytes, const std::byte* in,
    std::int64_t inStride, std::int64_t columns, const Target& target)
{
    F totals[Groups][Tokens][2];
    for (auto& ofGroup : totals) {
        for (auto& row : ofGroup)
            row[0] = row[1] = zeroFloats();
    }
    const auto step = [&](std::int64_t k, const auto& input) LECTERN_INLINE {
        repeat<Groups>([&]<int G>() LECTERN_INLINE {
            const Byte* const pair = group + G * groupBytes + k / 2 * kVector;
            F low;
            F high;
            __builtin_prefetch(pair + kAheadOf<Groups>, 0, 3);
            Type::unpack(pair, low, high);
#pragma GCC unroll 8
            for (int t = 0; t < Tokens; ++t) {
                totals[G][t][0] = fma(low, input(t), totals[G][t][0]);
                totals[G][t][1] = fma(high, input(t), totals[G][t][1]);
            }
        });
    };
    const auto value = [&](int t, std::int64_t k) LECTERN_INLINE {
        return reinterpret_cast<const float*>(in + t * inStride) + k;
    };
    const std::int64_t even = columns / 2 * 2;
    for (std::int64_t k = 0; k < even; k += 2)
        step(k, [&](int t) LECTERN_INLINE { return allPairs(value(t, k)); });
    if (even < columns)
        step(even, [&](int t) LECTERN_INLINE {
            const float last[2] = {*value(t, even), 0};
            return allPairs(last);
        });
    for (int g = 0; g < Groups; ++g) {
        for (int t = 0; t < Tokens; ++t)
            storeOutput(target, t, g, sumPairs(totals[g][t][0], totals[g][t][1]));
    }
}

template <class Type> void multiplyPairs(const PackedProduct& p)
{
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows;) {
        const Target target{
            p.out + row, p.outStride, p.bias ? p.bias + row : nullptr, p.rows - row};
        if (p.tokens == 1 && target.rows > (kStreams - 1) * kRows) {
            pairTile<Type, 1, kStreams>(group, p.groupBytes, p.in, p.inStride, p.columns, target);
            row += kStreams * kRows;
            group += kStreams * p.groupBytes;
            continue;
        }
        tiles<kPairTokens>(p.tokens, [&]<int Tokens>(std::int64_t first) LECTERN_INLINE {
            pairTile<Type, Tokens, 1>(group, p.groupBytes, p.in + first * p.inStride, p.inStride,
                p.columns,
                {target.out + first * target.stride, target.stride, target.bias, target.rows});
        });
        row += kRows;
        group += p.groupBytes;
    }
}
// NOLINTEND(misc-definitions-in-headers)
