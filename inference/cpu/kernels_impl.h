// SPDX-License-Identifier: Apache-2.0
// The kernels in terms of one instruction set's F (floats) and I (integers). Included inside the
// unnamed namespace of kernels_avx2.cpp and kernels_avx512.cpp, nowhere else; no include guard,
// no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

#define LECTERN_INLINE __attribute__((always_inline))

inline float halfAt(const std::uint8_t* p)
{
    std::uint16_t bits = 0;
    __builtin_memcpy(&bits, p, sizeof bits);
    return _cvtsh_ss(bits);
}

// --- decoding -----------------------------------------------------------------------------------
// Each walk calls sink(k, w, lanes, slot) with values k .. k + lanes - 1 of a row in w. `slot`
// cycles through 0..3, a compile-time constant once inlined, so that sums can run in four
// independent chains. Layouts: tests/golden/README.md, section 11.

template <int Bytes, class Load, class Sink>
LECTERN_INLINE inline void walkPlain(
    const std::uint8_t* row, std::int64_t n, const Load& loadVector, const Sink& sink)
{
    std::int64_t k = 0;
    for (; k + 4 * kWidth <= n; k += 4 * kWidth) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i)
            sink(k + i * kWidth, loadVector(row + (k + i * kWidth) * Bytes), kWidth, i);
    }
    for (; k + kWidth <= n; k += kWidth)
        sink(k, loadVector(row + k * Bytes), kWidth, 0);
    if (k < n) {
        std::uint8_t rest[kWidth * Bytes] = {};
        __builtin_memcpy(rest, row + k * Bytes, static_cast<std::size_t>((n - k) * Bytes));
        sink(k, loadVector(rest), n - k, 1);
    }
}

template <class Sink>
LECTERN_INLINE inline void walkQ8_0(const std::uint8_t* row, std::int64_t n, const Sink& sink)
{
    for (std::int64_t k = 0; k < n; k += 32, row += 34) {
        const F d = all(halfAt(row));
#pragma GCC unroll 4
        for (int i = 0; i < 32 / kWidth; ++i)
            sink(k + i * kWidth, mul(toFloat(signedBytes(row + 2 + i * kWidth)), d), kWidth, i);
    }
}

template <class Sink>
LECTERN_INLINE inline void walkQ4_0(const std::uint8_t* row, std::int64_t n, const Sink& sink)
{
    for (std::int64_t k = 0; k < n; k += 32, row += 18) {
        const float d = halfAt(row);
        const NibbleTable table(d, -8 * d);
#pragma GCC unroll 2
        for (int i = 0; i < 16 / kWidth; ++i) {
            const I pair = bytes(row + 2 + i * kWidth);
            sink(k + i * kWidth, table(pair), kWidth, 2 * i);
            sink(k + 16 + i * kWidth, table(shiftRight<4>(pair)), kWidth, 2 * i + 1);
        }
    }
}

template <class Sink>
LECTERN_INLINE inline void walkQ4_K(const std::uint8_t* row, std::int64_t n, const Sink& sink)
{
    for (std::int64_t k = 0; k < n; k += 256, row += 144) {
        const float d = halfAt(row);
        const float dmin = -halfAt(row + 2);
        const std::uint8_t* b = row + 4;
        for (int g = 0; g < 4; ++g) {
            float scale[2];
            float offset[2];
            for (int z = 0; z < 2; ++z) {
                const int i = 2 * g + z;
                const int s = i < 4 ? b[i] & 63 : (b[i + 4] & 15) | (b[i - 4] >> 6) << 4;
                const int m = i < 4 ? b[i + 4] & 63 : (b[i + 4] >> 4) | (b[i] >> 6) << 4;
                scale[z] = d * static_cast<float>(s);
                offset[z] = dmin * static_cast<float>(m);
            }
            const NibbleTable low(scale[0], offset[0]);
            const NibbleTable high(scale[1], offset[1]);
#pragma GCC unroll 4
            for (int l = 0; l < 32; l += kWidth) {
                const I pair = bytes(row + 16 + 32 * g + l);
                const std::int64_t at = k + 64 * g + l;
                sink(at, low(pair), kWidth, 2 * (l / kWidth) % 4);
                sink(at + 32, high(shiftRight<4>(pair)), kWidth, (2 * (l / kWidth) + 1) % 4);
            }
        }
    }
}

template <class Sink>
LECTERN_INLINE inline void walkQ6_K(const std::uint8_t* row, std::int64_t n, const Sink& sink)
{
    for (std::int64_t k = 0; k < n; k += 256, row += 210) {
        const float d = halfAt(row + 208);
        for (int h = 0; h < 2; ++h) {
            const std::uint8_t* lo = row + 64 * h;
            const std::uint8_t* hi = row + 128 + 32 * h;
            const auto* scales = reinterpret_cast<const std::int8_t*>(row + 192 + 8 * h);
#pragma GCC unroll 4
            for (int l = 0; l < 32; l += kWidth) {
                const I first = bytes(lo + l);
                const I second = bytes(lo + 32 + l);
                const I upper = bytes(hi + l);
                const I q[4] = {
                    either(both(first, 15), shiftLeft<4>(both(upper, 3))),
                    either(both(second, 15), shiftLeft<2>(both(upper, 12))),
                    either(shiftRight<4>(first), both(upper, 48)),
                    either(shiftRight<4>(second), shiftRight<2>(both(upper, 192))),
                };
#pragma GCC unroll 4
                for (int j = 0; j < 4; ++j) {
                    const int group = 2 * j + l / 16;
                    const float scale = d * static_cast<float>(scales[group]);
                    sink(k + 128 * h + 32 * j + l, fma(toFloat(q[j]), all(scale), all(-32 * scale)),
                        kWidth, j);
                }
            }
        }
    }
}

template <class Sink>
LECTERN_INLINE inline void walk(
    TensorType type, const std::uint8_t* row, std::int64_t n, const Sink& sink)
{
    switch (type) {
    case TensorType::f32:
        return walkPlain<4>(
            row, n, [](const std::uint8_t* p) { return load(reinterpret_cast<const float*>(p)); },
            sink);
    case TensorType::f16:
        return walkPlain<2>(
            row, n, [](const std::uint8_t* p) { return fromHalves(p); }, sink);
    case TensorType::bf16:
        return walkPlain<2>(
            row, n, [](const std::uint8_t* p) { return fromBfloats(p); }, sink);
    case TensorType::q8_0:
        return walkQ8_0(row, n, sink);
    case TensorType::q4_0:
        return walkQ4_0(row, n, sink);
    case TensorType::q4_k:
        return walkQ4_K(row, n, sink);
    case TensorType::q6_k:
        return walkQ6_K(row, n, sink);
    default:
        return; // gemvAny and decodeAny let no other through
    }
}

// --- matrix products ----------------------------------------------------------------------------

void gemv(TensorType type, const std::byte* weights, std::int64_t rowBytes, std::int64_t rows,
    const float* x, std::int64_t n, const float* bias, float* out)
{
    for (std::int64_t r = 0; r < rows; ++r) {
        F sums[4] = {zero(), zero(), zero(), zero()};
        walk(type, reinterpret_cast<const std::uint8_t*>(weights + r * rowBytes), n,
            [&](std::int64_t k, F w, std::int64_t lanes, int slot) LECTERN_INLINE {
                const F values = lanes == kWidth ? load(x + k) : loadFirst(x + k, lanes);
                sums[slot] = fma(w, values, sums[slot]);
            });
        const float dot = sum(add(add(sums[0], sums[1]), add(sums[2], sums[3])));
        out[r] = bias ? dot + bias[r] : dot;
    }
}

// Where value `first` of a row stands; `first` is a multiple of every block.
std::int64_t byteOffset(TensorType type, std::int64_t first)
{
    switch (type) {
    case TensorType::f32:
        return first * 4;
    case TensorType::q8_0:
        return first / 32 * 34;
    case TensorType::q4_0:
        return first / 32 * 18;
    case TensorType::q4_k:
        return first / 256 * 144;
    case TensorType::q6_k:
        return first / 256 * 210;
    default:
        return first * 2; // F16, BF16
    }
}

void decode(
    TensorType type, const std::byte* row, std::int64_t first, std::int64_t count, float* out)
{
    const auto* start = reinterpret_cast<const std::uint8_t*>(row) + byteOffset(type, first);
    walk(type, start, count, [&](std::int64_t k, F w, std::int64_t lanes, int) LECTERN_INLINE {
        if (lanes == kWidth)
            store(out + k, w);
        else
            storeFirst(out + k, w, lanes);
    });
}

template <int CountA, int CountB>
void dotsTile(const float* a, std::int64_t strideA, const float* b, std::int64_t strideB,
    std::int64_t n, float* out, std::int64_t outStride, bool accumulate)
{
    F sums[CountA][CountB];
    for (auto& row : sums) {
        for (F& value : row)
            value = zero();
    }
    const auto step = [&](const auto& at) LECTERN_INLINE {
        F values[CountA];
#pragma GCC unroll 8
        for (int i = 0; i < CountA; ++i)
            values[i] = at(a + i * strideA);
#pragma GCC unroll 8
        for (int j = 0; j < CountB; ++j) {
            const F other = at(b + j * strideB);
#pragma GCC unroll 8
            for (int i = 0; i < CountA; ++i)
                sums[i][j] = fma(values[i], other, sums[i][j]);
        }
    };
    std::int64_t k = 0;
    for (; k + kWidth <= n; k += kWidth)
        step([k](const float* p) LECTERN_INLINE { return load(p + k); });
    if (k < n)
        step([k, n](const float* p) LECTERN_INLINE { return loadFirst(p + k, n - k); });
    for (int i = 0; i < CountA; ++i) {
        for (int j = 0; j < CountB; ++j) {
            float& target = out[i * outStride + j];
            target = accumulate ? target + sum(sums[i][j]) : sum(sums[i][j]);
        }
    }
}

using TileFunction = void (*)(const float*, std::int64_t, const float*, std::int64_t, std::int64_t,
    float*, std::int64_t, bool);

void dots(const float* a, std::int64_t strideA, int countA, const float* b, std::int64_t strideB,
    int countB, std::int64_t n, float* out, std::int64_t outStride, bool accumulate)
{
    if (countA == kTileA && countB == kTileB)
        return dotsTile<kTileA, kTileB>(a, strideA, b, strideB, n, out, outStride, accumulate);
    if (countB == kTileB) {
        for (int i = 0; i < countA; ++i)
            dotsTile<1, kTileB>(a + i * strideA, strideA, b, strideB, n, out + i * outStride,
                outStride, accumulate);
        return;
    }
    for (int j = 0; j < countB; ++j) {
        if (countA == kTileA) {
            dotsTile<kTileA, 1>(
                a, strideA, b + j * strideB, strideB, n, out + j, outStride, accumulate);
            continue;
        }
        for (int i = 0; i < countA; ++i)
            dotsTile<1, 1>(a + i * strideA, strideA, b + j * strideB, strideB, n,
                out + i * outStride + j, outStride, accumulate);
    }
}

// --- attention ----------------------------------------------------------------------------------

template <int Rows>
void weightedSumRows(float* out, std::int64_t outStride, const float* weights,
    std::int64_t weightStride, const float* v, std::int64_t vStride, std::int64_t keys,
    std::int64_t d)
{
    std::int64_t column = 0;
    for (; column + kSumVectors * kWidth <= d; column += kSumVectors * kWidth) {
        F sums[Rows][kSumVectors];
        for (int r = 0; r < Rows; ++r) {
            for (int i = 0; i < kSumVectors; ++i)
                sums[r][i] = load(out + r * outStride + column + i * kWidth);
        }
        for (std::int64_t k = 0; k < keys; ++k) {
            F values[kSumVectors];
#pragma GCC unroll 4
            for (int i = 0; i < kSumVectors; ++i)
                values[i] = load(v + k * vStride + column + i * kWidth);
#pragma GCC unroll 4
            for (int r = 0; r < Rows; ++r) {
                const F weight = all(weights[r * weightStride + k]);
#pragma GCC unroll 4
                for (int i = 0; i < kSumVectors; ++i)
                    sums[r][i] = fma(weight, values[i], sums[r][i]);
            }
        }
        for (int r = 0; r < Rows; ++r) {
            for (int i = 0; i < kSumVectors; ++i)
                store(out + r * outStride + column + i * kWidth, sums[r][i]);
        }
    }
    for (; column < d; column += kWidth) {
        const std::int64_t lanes = d - column < kWidth ? d - column : kWidth;
        F sums[Rows];
        for (int r = 0; r < Rows; ++r)
            sums[r] = loadFirst(out + r * outStride + column, lanes);
        for (std::int64_t k = 0; k < keys; ++k) {
            const F value = loadFirst(v + k * vStride + column, lanes);
#pragma GCC unroll 4
            for (int r = 0; r < Rows; ++r)
                sums[r] = fma(all(weights[r * weightStride + k]), value, sums[r]);
        }
        for (int r = 0; r < Rows; ++r)
            storeFirst(out + r * outStride + column, sums[r], lanes);
    }
}

void weightedSum(float* out, std::int64_t outStride, const float* weights,
    std::int64_t weightStride, std::int64_t rows, const float* v, std::int64_t vStride,
    std::int64_t keys, std::int64_t d)
{
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4)
        weightedSumRows<4>(out + r * outStride, outStride, weights + r * weightStride, weightStride,
            v, vStride, keys, d);
    for (; r < rows; ++r)
        weightedSumRows<1>(out + r * outStride, outStride, weights + r * weightStride, weightStride,
            v, vStride, keys, d);
}

// e^x within 2 ulp: x = k ln 2 + r, a degree 6 polynomial for e^r (Taylor's, whose next term
// r^7 / 5040 is below 1.3e-7 for |r| <= ln 2 / 2). Below -87.3 the result is 0 or almost.
inline F exponential(F x)
{
    x = larger(smaller(x, all(88.3F)), all(-87.3F));
    const F k = nearest(mul(x, all(1.44269504F)));
    F r = fma(k, all(-0.693145752F), x);
    r = fma(k, all(-1.42860677e-6F), r);
    F p = fma(all(1.0F / 5040), r, all(1.0F / 720));
    p = fma(p, r, all(1.0F / 120));
    p = fma(p, r, all(1.0F / 24));
    p = fma(p, r, all(1.0F / 6));
    p = fma(p, r, all(0.5F));
    p = fma(p, r, all(1.0F));
    p = fma(p, r, all(1.0F));
    return timesPowerOfTwo(p, k);
}

// Calls f(k, lanes) for each register of n values.
template <class Function> LECTERN_INLINE inline void vectors(std::int64_t n, const Function& f)
{
    std::int64_t k = 0;
    for (; k + kWidth <= n; k += kWidth)
        f(k, kWidth);
    if (k < n)
        f(k, n - k);
}
inline F loadLanes(const float* p, std::int64_t lanes)
{
    return lanes == kWidth ? load(p) : loadFirst(p, lanes);
}
inline void storeLanes(float* p, F x, std::int64_t lanes)
{
    if (lanes == kWidth)
        store(p, x);
    else
        storeFirst(p, x, lanes);
}

float largest(const float* s, std::int64_t n)
{
    float best = s[0];
    F many = all(best);
    std::int64_t k = 0;
    for (; k + kWidth <= n; k += kWidth)
        many = larger(many, load(s + k));
    best = maximum(many);
    for (; k < n; ++k)
        best = s[k] > best ? s[k] : best;
    return best;
}

float expSum(float* s, std::int64_t n, float largestScore)
{
    F total = zero();
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        storeLanes(s + k, exponential(sub(loadLanes(s + k, lanes), all(largestScore))), lanes);
        total = add(total, loadLanes(s + k, lanes)); // unused lanes load as 0
    });
    return sum(total);
}

// --- rows ---------------------------------------------------------------------------------------

void rmsNorm(float* out, const float* x, const float* weight, std::int64_t n, float eps)
{
    F squares = zero();
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        const F value = loadLanes(x + k, lanes);
        squares = fma(value, value, squares);
    });
    const F scale = all(1.0F / __builtin_sqrtf(sum(squares) / static_cast<float>(n) + eps));
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        F value = mul(loadLanes(x + k, lanes), scale);
        if (weight)
            value = mul(value, loadLanes(weight + k, lanes));
        storeLanes(out + k, value, lanes);
    });
}

void layerNorm(
    float* out, const float* x, const float* weight, const float* bias, std::int64_t n, float eps)
{
    F total = zero();
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        total = add(total, loadLanes(x + k, lanes));
    });
    const float mean = sum(total) / static_cast<float>(n);
    F squares = zero();
    float restSquares = 0;
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        const F value = sub(loadLanes(x + k, lanes), all(mean));
        squares = fma(value, value, squares);
        restSquares = static_cast<float>(kWidth - lanes) * mean * mean; // unused lanes: 0 - mean
    });
    const F scale =
        all(1.0F / __builtin_sqrtf((sum(squares) - restSquares) / static_cast<float>(n) + eps));
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        const F value = mul(sub(loadLanes(x + k, lanes), all(mean)), scale);
        const F shift = bias ? loadLanes(bias + k, lanes) : zero();
        storeLanes(out + k, fma(value, loadLanes(weight + k, lanes), shift), lanes);
    });
}

void scale(float* out, const float* x, float factor, std::int64_t n)
{
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        storeLanes(out + k, mul(loadLanes(x + k, lanes), all(factor)), lanes);
    });
}

void addTo(float* x, const float* y, std::int64_t n)
{
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        storeLanes(x + k, add(loadLanes(x + k, lanes), loadLanes(y + k, lanes)), lanes);
    });
}

// erf within 1.5e-7. Source: Abramowitz and Stegun, 7.1.26.
inline F errorFunction(F x)
{
    const F positive = magnitude(x);
    const F t = div(all(1.0F), fma(positive, all(0.3275911F), all(1.0F)));
    F p = fma(all(1.061405429F), t, all(-1.453152027F));
    p = fma(p, t, all(1.421413741F));
    p = fma(p, t, all(-0.284496736F));
    p = fma(p, t, all(0.254829592F));
    p = mul(p, t);
    const F tail = mul(p, exponential(sub(zero(), mul(positive, positive))));
    return withSign(sub(all(1.0F), tail), x);
}

void gelu(float* x, std::int64_t n)
{
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        const F value = loadLanes(x + k, lanes);
        const F erf = errorFunction(mul(value, all(0.707106781F)));
        storeLanes(x + k, mul(mul(value, all(0.5F)), add(all(1.0F), erf)), lanes);
    });
}

void siluMul(float* gate, const float* up, std::int64_t n)
{
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        const F value = loadLanes(gate + k, lanes);
        const F silu = div(value, add(all(1.0F), exponential(sub(zero(), value))));
        storeLanes(gate + k, mul(silu, loadLanes(up + k, lanes)), lanes);
    });
}

void toHalf(std::uint16_t* out, const float* x, std::int64_t n)
{
    vectors(n, [&](std::int64_t k, std::int64_t lanes) LECTERN_INLINE {
        if (lanes == kWidth)
            return storeHalves(out + k, load(x + k));
        std::uint16_t rest[kWidth];
        storeHalves(rest, loadFirst(x + k, lanes));
        __builtin_memcpy(out + k, rest, static_cast<std::size_t>(lanes) * sizeof rest[0]);
    });
}

void fromHalf(float* out, const std::uint16_t* x, std::int64_t n)
{
    walkPlain<2>(
        reinterpret_cast<const std::uint8_t*>(x), n,
        [](const std::uint8_t* p) LECTERN_INLINE { return fromHalves(p); },
        [&](std::int64_t k, F w, std::int64_t lanes, int)
            LECTERN_INLINE { storeLanes(out + k, w, lanes); });
}

constexpr Kernels kKernels{kName, kTileA, kTileB, gemv, decode, dots, weightedSum, expSum, largest,
    rmsNorm, layerNorm, scale, addTo, gelu, siluMul, toHalf, fromHalf};
// NOLINTEND(misc-definitions-in-headers)
