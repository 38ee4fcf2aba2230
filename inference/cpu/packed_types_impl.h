// SPDX-License-Identifier: Apache-2.0
// Walks over the packed blocks of the types beside the usual ones, as packed_walks_impl.h
// describes them, and which type is which. Included like it, after it.
// NOLINTBEGIN(misc-definitions-in-headers)

// What the nibbles of IQ4_NL and IQ4_XS stand for, plus 128: bytes without a sign.
alignas(16) constexpr Byte kUneven[16] = {
    1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};
// What the nibbles of MXFP4 stand for, plus 12.
alignas(16) constexpr Byte kSmallFloats[16] = {
    12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};

// Bits 4I .. 4I+3 of each word as bit 4 of its four bytes.
template <int I> LECTERN_INLINE inline W fifthBits(W bits)
{
    W x = bits;
    if constexpr (I == 0)
        x = shiftLeft<4>(x);
    else if constexpr (I > 1)
        x = shiftRight<4 * I - 4>(x);
    x = both(x, 0xf0);
    // Copies 7 bits apart: bit 4 + k of the first lands on bit 4 of byte k.
    x = either(either(x, shiftLeft<7>(x)), either(shiftLeft<14>(x), shiftLeft<21>(x)));
    return both(x, 0x10101010);
}

// 32 values with a scale, then perhaps a minimum (stored to be added), perhaps fifth bits, nibbles.
template <bool Five, bool Mins> struct Nibbles32 {
    static constexpr int kBlock = 32;
    static constexpr int kSub = 32;
    static constexpr int kOffset = Mins ? 0 : 16;
    static constexpr bool kMins = Mins;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kScaleBytes = Mins ? 4 : 2;
    static constexpr std::int64_t kBytes = 16 * (kScaleBytes + (Five ? 4 : 0) + 16);
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const Byte* words = p + 16 * kScaleBytes;
        const W high = Five ? loadWords(words) : zeroWords();
        const Byte* nibbles = words + (Five ? kVector : 0);
        repeat<4>([&]<int I>() LECTERN_INLINE {
            const W pair = loadWords(nibbles + I * kVector);
            const W low = both(pair, 0x0f0f0f0f);
            const W up = both(shiftRight<4>(pair), 0x0f0f0f0f);
            if constexpr (Five) {
                sink.template quad<0, I>(either(low, fifthBits<I>(high)));
                sink.template quad<0, I + 4>(either(up, fifthBits<I + 4>(high)));
            } else {
                sink.template quad<0, I>(low);
                sink.template quad<0, I + 4>(up);
            }
        });
        if constexpr (Mins)
            sink.template finish<0>(halves(p), mul(halves(p + 32), all(-1.0F)));
        else
            sink.template finish<0>(halves(p));
    }
};
using Q4_1 = Nibbles32<false, true>;
using Q5_0 = Nibbles32<true, false>;
using Q5_1 = Nibbles32<true, true>;

struct IQ4_NL {
    static constexpr int kBlock = 32;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 128;
    static constexpr bool kMins = false;
    static constexpr bool kWide = true;
    static constexpr std::int64_t kBytes = 16 * 18;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        repeat<4>([&]<int I>() LECTERN_INLINE {
            const W pair = loadWords(p + 32 + I * kVector);
            sink.template quad<0, I>(lookUp(kUneven, both(pair, 0x0f0f0f0f)));
            sink.template quad<0, I + 4>(lookUp(kUneven, both(shiftRight<4>(pair), 0x0f0f0f0f)));
        });
        sink.template finish<0>(halves(p));
    }
};

struct MXFP4 {
    static constexpr int kBlock = 32;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 12;
    static constexpr bool kMins = false;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 17;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        repeat<4>([&]<int I>() LECTERN_INLINE {
            const W pair = loadWords(p + 16 + I * kVector);
            sink.template quad<0, I>(lookUp(kSmallFloats, both(pair, 0x0f0f0f0f)));
            sink.template quad<0, I + 4>(
                lookUp(kSmallFloats, both(shiftRight<4>(pair), 0x0f0f0f0f)));
        });
        // 2^(e - 128) as half of 2^(e - 127), whose bits are the exponent; for e = 0, below
        // 10^-37, it gives 0.
        sink.template finish<0>(mul(asFloat(shiftLeft<23>(wordsOfBytes(p))), all(0.5F)));
    }
};

struct Q2_K {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 16;
    static constexpr int kOffset = 0;
    static constexpr bool kMins = true;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 84;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const F d = halves(p);
        const F dmin = halves(p + 32);
        const Byte* scales = p + kVector;
        const Byte* pairs = scales + 4 * kVector;
        repeat<2>([&]<int H>() LECTERN_INLINE {
            repeat<8>([&]<int L>() LECTERN_INLINE {
                const W four = loadWords(pairs + (8 * H + L) * kVector);
                constexpr int kSubblock = 8 * H + L / 4;
                sink.template quad<kSubblock, L % 4>(both(four, 0x03030303));
                sink.template quad<kSubblock + 2, L % 4>(both(shiftRight<2>(four), 0x03030303));
                sink.template quad<kSubblock + 4, L % 4>(both(shiftRight<4>(four), 0x03030303));
                sink.template quad<kSubblock + 6, L % 4>(both(shiftRight<6>(four), 0x03030303));
            });
            repeat<8>([&]<int S>() LECTERN_INLINE {
                constexpr int kScale = 8 * H + S;
                const W word = loadWords(scales + kScale / 4 * kVector);
                sink.template finish<kScale>(
                    mul(toFloat(both(shiftRight<8 * (kScale % 4)>(word), 15)), d),
                    mul(toFloat(both(shiftRight<8 * (kScale % 4) + 4>(word), 15)), dmin));
            });
        });
    }
};

struct Q3_K {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 16;
    static constexpr int kOffset = 4;
    static constexpr bool kMins = false;
    static constexpr bool kWide = false;
    static constexpr std::int64_t kBytes = 16 * 110;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const F d = halves(p);
        const F shift = mul(d, all(-32.0F));
        const Byte* scaleWords = p + 32;
        const Byte* high = scaleWords + 3 * kVector;
        const Byte* pairs = high + 8 * kVector;
        const W first = loadWords(scaleWords);
        const W second = loadWords(scaleWords + kVector);
        const W third = loadWords(scaleWords + 2 * kVector);
        const W scales[4] = {
            either(both(first, 0x0f0f0f0f), both(shiftLeft<4>(third), 0x30303030)),
            either(both(second, 0x0f0f0f0f), both(shiftLeft<2>(third), 0x30303030)),
            either(both(shiftRight<4>(first), 0x0f0f0f0f), both(third, 0x30303030)),
            either(both(shiftRight<4>(second), 0x0f0f0f0f), both(shiftRight<2>(third), 0x30303030)),
        };
        repeat<2>([&]<int H>() LECTERN_INLINE {
            repeat<8>([&]<int L>() LECTERN_INLINE {
                const W four = loadWords(pairs + (8 * H + L) * kVector);
                const W thirds = loadWords(high + L * kVector);
                repeat<4>([&]<int K>() LECTERN_INLINE {
                    sink.template quad<8 * H + 2 * K + L / 4, L % 4>(either(
                        both(shiftRight<2 * K>(four), 0x03030303), thirdBit<4 * H + K>(thirds)));
                });
            });
            repeat<8>([&]<int S>() LECTERN_INLINE {
                constexpr int kScale = 8 * H + S;
                const W scale = both(shiftRight<8 * (kScale % 4)>(scales[kScale / 4]), 0xff);
                sink.template finish<kScale>(fma(toFloat(scale), d, shift)); // d (s - 32), exactly
            });
        });
    }
    // Bit N of each byte as its bit 2.
    template <int N> LECTERN_INLINE static W thirdBit(W x)
    {
        if constexpr (N < 2)
            return both(shiftLeft<2 - N>(x), 0x04040404);
        else
            return both(shiftRight<N - 2>(x), 0x04040404);
    }
};

struct IQ4_XS {
    static constexpr int kBlock = 256;
    static constexpr int kSub = 32;
    static constexpr int kOffset = 128;
    static constexpr bool kMins = false;
    static constexpr bool kWide = true;
    static constexpr std::int64_t kBytes = 16 * 136;
    template <class Sink> LECTERN_INLINE static void walk(const Byte* p, Sink& sink)
    {
        const F d = halves(p);
        const F shift = mul(d, all(-32.0F));
        const W upper = wordsOfShorts(p + 32);
        const W lower = loadWords(p + kVector);
        repeat<8>([&]<int B>() LECTERN_INLINE {
            repeat<4>([&]<int I>() LECTERN_INLINE {
                const W pair = loadWords(p + (2 + 4 * B + I) * kVector);
                sink.template quad<B, I>(lookUp(kUneven, both(pair, 0x0f0f0f0f)));
                sink.template quad<B, I + 4>(
                    lookUp(kUneven, both(shiftRight<4>(pair), 0x0f0f0f0f)));
            });
            const W scale = either(both(shiftRight<4 * B>(lower), 15),
                shiftLeft<4>(both(shiftRight<2 * B>(upper), 3)));
            sink.template finish<B>(fma(toFloat(scale), d, shift)); // d (s - 32), exactly
        });
    }
};
// Calls f<Type>() for quantised types, otherwise(type) for the rest.
template <class Function, class Otherwise>
LECTERN_INLINE inline auto withType(TensorType type, const Function& f, const Otherwise& otherwise)
{
    switch (type) {
    case TensorType::q4_0:
        return f.template operator()<Q4_0>();
    case TensorType::q8_0:
        return f.template operator()<Q8_0>();
    case TensorType::q4_k:
        return f.template operator()<Q4_K>();
    case TensorType::q5_k:
        return f.template operator()<Q5_K>();
    case TensorType::q6_k:
        return f.template operator()<Q6_K>();
    case TensorType::q4_1:
        return f.template operator()<Q4_1>();
    case TensorType::q5_0:
        return f.template operator()<Q5_0>();
    case TensorType::q5_1:
        return f.template operator()<Q5_1>();
    case TensorType::iq4_nl:
        return f.template operator()<IQ4_NL>();
    case TensorType::mxfp4:
        return f.template operator()<MXFP4>();
    case TensorType::q2_k:
        return f.template operator()<Q2_K>();
    case TensorType::q3_k:
        return f.template operator()<Q3_K>();
    case TensorType::iq4_xs:
        return f.template operator()<IQ4_XS>();
    default:
        return otherwise();
    }
}

// NOLINTEND(misc-definitions-in-headers)
