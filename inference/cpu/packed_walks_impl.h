// SPDX-License-Identifier: Apache-2.0
// Walks over packed blocks of weights, in terms of one instruction set's W (16 words), F (16
// floats) and the few operations on them, and what all products do with rows of outputs. Included
// inside the unnamed namespace of packed_avx2.cpp, packed_avx512.cpp and packed_amx.cpp, nowhere
// else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

#define LECTERN_INLINE __attribute__((always_inline))

using Byte = std::uint8_t;

constexpr std::int64_t kRows = kPackedRows;
constexpr std::int64_t kVector = 64; // bytes of W and F

// --- walking over a packed block ----------------------------------------------------------------
// A walk tells a sink, block by block, what a group of 16 rows holds:
//   sink.begin(first)             a block begins, whose first value is column `first`
//   sink.quad<sub, i>(w)          quants 4i .. 4i+3 of sub-block `sub` of the block, as unsigned
//                                 bytes, 16 rows
//   sink.finish<sub>(scale)       the sub-block is complete: value = scale * (quant - offset)
//   sink.finish<sub>(scale, min)  likewise: value = scale * quant - min
// Sub-blocks are finished in order. Bits stand as in the file's blocks (tests/golden/README.md,
// section 11), byte by byte in each lane.

// f<0>() .. f<N-1>(): loops whose index is a constant.
template <int N, int I = 0, class Function> LECTERN_INLINE inline void repeat(const Function& f)
{
    if constexpr (I < N) {
        f.template operator()<I>();
        repeat<N, I + 1>(f);
    }
}

struct Q4_0 {
    static constexpr int kBlock = 32;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 8;
    static constexpr bool kMins = false;
    static constexpr bool kWide = false; // quants above 127
    static constexpr std::int64_t kBytes = 16 * 18;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        repeat<4>([&]<int I>() LECTERN_INLINE {
            const W pair = loadWords(p + 32 + I * kVector);
            sink.template quad<0, I>(both(pair, 0x0f0f0f0f));
            sink.template quad<0, I + 4>(both(shiftRight<4>(pair), 0x0f0f0f0f));
        });
        sink.template finish<0>(halves(p));
    }
};

struct Q8_0 {
    static constexpr int kBlock = 32;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 128;
    static constexpr bool kMins = false;
    static constexpr bool kWide = true;
    static constexpr std::int64_t kBytes = 16 * 34;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        repeat<8>([&]<int I>() LECTERN_INLINE {
            sink.template quad<0, I>(flip(loadWords(p + 32 + I * kVector), 0x80808080U));
        });
        sink.template finish<0>(halves(p));
    }
};

// The 6-bit scales and minima of Q4_K and Q5_K: four to a word.
struct KScales {
    W scales[2];
    W minima[2];
    F d;
    F dmin;
    LECTERN_INLINE explicit KScales(const Byte* p) : d(halves(p)), dmin(halves(p + 32))
    {
        const W first = loadWords(p + kVector);
        const W second = loadWords(p + 2 * kVector);
        const W third = loadWords(p + 3 * kVector);
        scales[0] = both(first, 0x3f3f3f3f);
        minima[0] = both(second, 0x3f3f3f3f);
        scales[1] = either(both(third, 0x0f0f0f0f), both(shiftRight<2>(first), 0x30303030));
        minima[1] =
            either(both(shiftRight<4>(third), 0x0f0f0f0f), both(shiftRight<2>(second), 0x30303030));
    }
    template <int I> LECTERN_INLINE F scale() const
    {
        return mul(toFloat(both(shiftRight<8 * (I % 4)>(scales[I / 4]), 0xff)), d);
    }
    template <int I> LECTERN_INLINE F minimum() const
    {
        return mul(toFloat(both(shiftRight<8 * (I % 4)>(minima[I / 4]), 0xff)), dmin);
    }
};

struct Q4_K {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 0;
    static constexpr bool kMins = true;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 144;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const KScales k(p);
        repeat<4>([&]<int G>() LECTERN_INLINE {
            repeat<8>([&]<int I>() LECTERN_INLINE {
                const W pair = loadWords(p + (4 + 8 * G + I) * kVector);
                sink.template quad<2 * G, I>(both(pair, 0x0f0f0f0f));
                sink.template quad<2 * G + 1, I>(both(shiftRight<4>(pair), 0x0f0f0f0f));
            });
            sink.template finish<2 * G>(k.scale<2 * G>(), k.minimum<2 * G>());
            sink.template finish<2 * G + 1>(k.scale<2 * G + 1>(), k.minimum<2 * G + 1>());
        });
    }
};

struct Q5_K {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 0;
    static constexpr bool kMins = true;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 176;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const KScales k(p);
        repeat<4>([&]<int G>() LECTERN_INLINE {
            repeat<8>([&]<int I>() LECTERN_INLINE {
                const W high = loadWords(p + (4 + I) * kVector);
                const W pair = loadWords(p + (12 + 8 * G + I) * kVector);
                sink.template quad<2 * G, I>(
                    either(both(pair, 0x0f0f0f0f), both(bitsTo4<2 * G>(high), 0x10101010)));
                sink.template quad<2 * G + 1, I>(either(both(shiftRight<4>(pair), 0x0f0f0f0f),
                    both(bitsTo4<2 * G + 1>(high), 0x10101010)));
            });
            sink.template finish<2 * G>(k.scale<2 * G>(), k.minimum<2 * G>());
            sink.template finish<2 * G + 1>(k.scale<2 * G + 1>(), k.minimum<2 * G + 1>());
        });
    }
    // Moves bit N of each byte to bit 4.
    template <int N> LECTERN_INLINE static W bitsTo4(W x)
    {
        if constexpr (N < 4)
            return shiftLeft<4 - N>(x);
        else
            return shiftRight<N - 4>(x);
    }
};

struct Q6_K {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 16;
    static constexpr int kOffset = 32;
    static constexpr bool kMins = false;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 210;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const F d = halves(p);
        const Byte* scales = p + 32;
        const Byte* low = scales + 4 * kVector;
        const Byte* high = low + 32 * kVector;
        repeat<2>([&]<int H>() LECTERN_INLINE {
            repeat<8>([&]<int L>() LECTERN_INLINE {
                const W a = loadWords(low + (16 * H + L) * kVector);
                const W b = loadWords(low + (16 * H + 8 + L) * kVector);
                const W u = loadWords(high + (8 * H + L) * kVector);
                constexpr int kSubblock = 8 * H + L / 4;
                sink.template quad<kSubblock, L % 4>(
                    either(both(a, 0x0f0f0f0f), both(shiftLeft<4>(u), 0x30303030)));
                sink.template quad<kSubblock + 2, L % 4>(
                    either(both(b, 0x0f0f0f0f), both(shiftLeft<2>(u), 0x30303030)));
                sink.template quad<kSubblock + 4, L % 4>(
                    either(both(shiftRight<4>(a), 0x0f0f0f0f), both(u, 0x30303030)));
                sink.template quad<kSubblock + 6, L % 4>(
                    either(both(shiftRight<4>(b), 0x0f0f0f0f), both(shiftRight<2>(u), 0x30303030)));
            });
            repeat<8>([&]<int S>() LECTERN_INLINE {
                constexpr int kScale = 8 * H + S;
                const W word = loadWords(scales + kScale / 4 * kVector);
                sink.template finish<kScale>(mul(toFloat(signedByte<kScale % 4>(word)), d));
            });
        });
    }
};

// --- 16-bit weights ------------------------------------------------------------------------------
// A word holds columns k and k + 1 of a row.

struct Half {
    // Rows 0-7 and 8-15 of the group, each as k, k + 1, k, k + 1, ...
    LECTERN_INLINE static void unpack(const Byte* p, F& low, F& high)
    {
        low = halves(p);
        high = halves(p + 32);
    }
    static constexpr bool kHalf = true;
};
struct Bfloat {
    LECTERN_INLINE static void unpack(const Byte* p, F& low, F& high)
    {
        low = bfloats(p);
        high = bfloats(p + 32);
    }
    static constexpr bool kHalf = false;
};

// --- outputs -------------------------------------------------------------------------------------

// Where a tile of outputs goes.
struct Target {
    float* out;
    std::int64_t stride;
    const float* bias; // of the first row, or null
    std::int64_t rows; // that exist, at most 16 a group
};

LECTERN_INLINE inline void storeOutput(
    const Target& target, std::int64_t token, std::int64_t group, F value)
{
    const std::int64_t rows = target.rows - group * kRows;
    float* const out = target.out + token * target.stride + group * kRows;
    if (rows >= kRows) {
        storeFloats(out, target.bias ? add(value, loadFloats(target.bias + group * kRows)) : value);
        return;
    }
    float values[kRows];
    storeFloats(values, value);
    for (std::int64_t r = 0; r < rows; ++r)
        out[r] = target.bias ? values[r] + target.bias[group * kRows + r] : values[r];
}
// NOLINTEND(misc-definitions-in-headers)
