// SPDX-License-Identifier: Apache-2.0
// The packed products for AMX: many tokens by tiles of 16 tokens x 16 rows x 32 bfloats, the others
// by the kernels of AVX-512. Quantised weights are unpacked to bfloats for the tiles: README.md
// says why not to bytes.
#include "inference/cpu/packed.h"
#include "inference/cpu/packed_kernels.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

constexpr int kTileTokens = 16; // rows of a tile register
// Quantised weights: up to here unpacking them to bfloats costs more than tiles save.
constexpr int kTilesBeyond = 20;

#include "inference/cpu/packed_avx512_ops.h"

#include "inference/cpu/packed_walks_impl.h"

#include "inference/cpu/packed_types_impl.h"

#include "inference/cpu/packed_bfloats_impl.h"

#include "inference/cpu/amx_tiles.h"

constexpr std::int64_t kTileWords = kTileTokens * kRows;

// Up to 32 tokens as two tiles by two groups: each tile of inputs and weights serves two products,
// half the loads of one by one. `upper` and `lower` tokens.
TileShapes bfloatShapes(std::int64_t upper, std::int64_t lower)
{
    TileShapes shapes;
    for (const int tile : {0, 1, 4})
        shapes.set(tile, upper, kVector);
    if (lower > 0) {
        for (const int tile : {2, 3, 5})
            shapes.set(tile, lower, kVector);
    }
    for (const int tile : {6, 7})
        shapes.set(tile, kRows, kVector);
    return shapes;
}

template <int Groups, bool Lower>
void bfloatTiles(const Byte* panel, const std::byte* in, std::int64_t pairs, std::int64_t upper,
    std::int64_t lower, const Target& target)
{
    constexpr std::int64_t kStep = kVector * Groups;
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (Lower) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (std::int64_t k = 0; k < pairs; k += kRows, in += kTiledRows * kInputLine) {
        _tile_loadd(6, panel + k * kStep, kStep);
        _tile_loadd(4, in, kInputLine);
        _tile_dpbf16ps(0, 4, 6);
        if constexpr (Groups == 2) {
            _tile_loadd(7, panel + k * kStep + kVector, kStep);
            _tile_dpbf16ps(1, 4, 7);
        }
        if constexpr (Lower) {
            _tile_loadd(5, in + kTileTokens * kInputLine, kInputLine);
            _tile_dpbf16ps(2, 5, 6);
            if constexpr (Groups == 2)
                _tile_dpbf16ps(3, 5, 7);
        }
    }
    alignas(kVector) float sums[4][kTileWords];
    _tile_stored(0, sums[0], kVector);
    if constexpr (Groups == 2)
        _tile_stored(1, sums[1], kVector);
    if constexpr (Lower) {
        _tile_stored(2, sums[2], kVector);
        if constexpr (Groups == 2)
            _tile_stored(3, sums[3], kVector);
    }
    for (int g = 0; g < Groups; ++g) {
        for (std::int64_t t = 0; t < upper; ++t)
            storeOutput(target, t, g, loadFloats(sums[g] + t * kRows));
        for (std::int64_t t = 0; t < lower; ++t)
            storeOutput(target, upper + t, g, loadFloats(sums[2 + g] + t * kRows));
    }
}

// Panels of 32 rows that all tokens pass at a time. Inputs of many tokens come from the L3 cache,
// whose speed would bound the products: read once for 128 rows they do not. The panels stay in L2.
constexpr std::int64_t kPanelRows = 2 * kRows;
constexpr std::int64_t kPanelsBytes = 512 * 1024;
constexpr std::int64_t kMostPanels = 4;

// Pairs of columns, up to whole tiles.
std::int64_t paddedPairs(std::int64_t columns)
{
    return (columns + 2 * kRows - 1) / (2 * kRows) * kRows;
}

std::int64_t panelsOf(std::int64_t columns)
{
    const std::int64_t some = kPanelsBytes / (paddedPairs(columns) * 2 * kVector);
    return some < 1 ? 1 : some > kMostPanels ? kMostPanels : some;
}

// Passes tokens over a panel of at most 32 rows.
LECTERN_INLINE inline void passPanel(const Byte* panel, const std::byte* in, std::int64_t pairs,
    std::int64_t upper, std::int64_t lower, const Target& target)
{
    const bool two = target.rows > kRows;
    if (lower > 0)
        two ? bfloatTiles<2, true>(panel, in, pairs, upper, lower, target)
            : bfloatTiles<1, true>(panel, in, pairs, upper, lower, target);
    else
        two ? bfloatTiles<2, false>(panel, in, pairs, upper, 0, target)
            : bfloatTiles<1, false>(panel, in, pairs, upper, 0, target);
}

// fill<Groups>(group, panel) unpacks the pairs of so many groups.
template <class Fill>
LECTERN_INLINE inline void multiplyPanels(const PackedProduct& p, const Fill& fill)
{
    const std::int64_t pairs = (p.columns + 1) / 2;
    const std::int64_t padded = paddedPairs(p.columns);
    const std::int64_t panelBytes = padded * 2 * kVector;
    const std::int64_t most = panelsOf(p.columns) * kPanelRows;
    const auto* group = reinterpret_cast<const Byte*>(p.groups);
    for (std::int64_t row = 0; row < p.rows; row += most) {
        const std::int64_t rows = p.rows - row < most ? p.rows - row : most;
        auto* panel = reinterpret_cast<Byte*>(p.panel);
        for (std::int64_t r = 0; r < rows; r += kPanelRows, panel += panelBytes) {
            const std::int64_t groups = rows - r > kRows ? 2 : 1;
            if (groups == 2)
                fill.template operator()<2>(group, panel);
            else
                fill.template operator()<1>(group, panel);
            // Up to a whole tile with zeros; the inputs have them too.
            for (std::int64_t k = pairs * groups; k < padded * groups; ++k)
                storeWords(panel + k * kVector, zeroWords());
            group += groups * p.groupBytes;
        }
        finishWrites(p.panel);
        std::int64_t shaped = 0;
        for (std::int64_t first = 0; first < p.tokens; first += kTiledRows) {
            const std::int64_t size = p.tokens - first < kTiledRows ? p.tokens - first : kTiledRows;
            const std::int64_t lower = size > kTileTokens ? size - kTileTokens : 0;
            if (size != shaped)
                configure(bfloatShapes(size - lower, lower));
            shaped = size;
            for (std::int64_t r = 0; r < rows; r += kPanelRows)
                passPanel(reinterpret_cast<const Byte*>(p.panel) + r / kPanelRows * panelBytes,
                    p.in + first * p.inStride, pairs, size - lower, lower,
                    {p.out + first * p.outStride + row + r, p.outStride,
                        p.bias ? p.bias + row + r : nullptr, rows - r});
        }
    }
}

template <class Type> void multiplyBfloats(const PackedProduct& p)
{
    multiplyPanels(p, [&]<int Groups>(const Byte* group, Byte* panel) LECTERN_INLINE {
        fillBfloatPanel<Type, Groups>(p, group, panel);
    });
}

// --- quantised weights --------------------------------------------------------------------------

// Writes a group's values into a panel of bfloats. A walk tells the scale behind the quants.
template <class Type> struct BfloatSink {
    static constexpr int kQuads = Type::kSub / 4;
    Byte* panel;       // of the first pair
    std::int64_t step; // from pair to pair
    W quads[Type::kBlock / Type::kSub][kQuads];

    template <int Sub, int I> LECTERN_INLINE void quad(W w) { quads[Sub][I] = w; }
    template <int Sub> LECTERN_INLINE void finish(F scale)
    {
        store<Sub>(scale, mul(scale, all(static_cast<float>(-Type::kOffset))));
    }
    template <int Sub> LECTERN_INLINE void finish(F scale, F minimum)
    {
        store<Sub>(scale, _mm512_sub_ps(zeroFloats(), minimum));
    }
    template <int Sub> LECTERN_INLINE void store(F scale, F shift)
    {
        // From 16 values of one column, 16 of the next, to pairs.
        alignas(kVector) static constexpr std::uint16_t kPairs[32] = {0, 16, 1, 17, 2, 18, 3, 19, 4,
            20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
        const W order = _mm512_load_si512(kPairs);
#pragma GCC unroll 8
        for (int i = 0; i < kQuads; ++i) {
            const W w = quads[Sub][i];
            const F first = fma(toFloat(both(w, 0xff)), scale, shift);
            const F second = fma(toFloat(both(shiftRight<8>(w), 0xff)), scale, shift);
            const F third = fma(toFloat(both(shiftRight<16>(w), 0xff)), scale, shift);
            const F fourth = fma(toFloat(shiftRight<24>(w)), scale, shift);
            Byte* const target = panel + (Sub * kQuads + i) * 2 * step;
            const auto pairsOf = [&](F low, F high) LECTERN_INLINE {
                const auto values = reinterpret_cast<W>(_mm512_cvtne2ps_pbh(high, low));
                return _mm512_permutexvar_epi16(order, values);
            };
            storeWords(target, pairsOf(first, second));
            storeWords(target + step, pairsOf(third, fourth));
        }
    }
};

template <class Type> void multiplyUnpacked(const PackedProduct& p)
{
    multiplyPanels(p, [&]<int Groups>(const Byte* group, Byte* panel) LECTERN_INLINE {
        for (int g = 0; g < Groups; ++g) {
            BfloatSink<Type> sink{panel + g * kVector, Groups * kVector, {}};
            const Byte* block = group + g * p.groupBytes;
            for (std::int64_t k = 0; k < p.columns; k += Type::kBlock) {
                Type::walk(block, sink);
                block += Type::kBytes;
                sink.panel += Type::kBlock / 2 * sink.step;
            }
        }
    });
}

static_assert(kTiledRows == 2 * kTileTokens);

bool goesByTiles(TensorType type, std::int64_t tokens)
{
    return withType(
        type, [&]<class Type>() { return tokens > kTilesBeyond; },
        [&] { return type != TensorType::f32 && tokens > kExactTokens; });
}

InputForm formOf(TensorType type, std::int64_t tokens)
{
    return goesByTiles(type, tokens) ? InputForm{.kind = InputForm::Kind::tiles}
                                     : avx512PackedKernels().form(type, tokens);
}

std::int64_t panelRowsOf(TensorType type, std::int64_t columns, std::int64_t tokens)
{
    return goesByTiles(type, tokens) ? panelsOf(columns) * kPanelRows
                                     : avx512PackedKernels().panelRows(type, columns, tokens);
}

std::int64_t panelBytesOf(TensorType type, std::int64_t columns)
{
    const std::int64_t bfloats = panelsOf(columns) * paddedPairs(columns) * 2 * kVector;
    const std::int64_t others = avx512PackedKernels().panelBytes(type, columns);
    return bfloats > others ? bfloats : others;
}

void prepare(InputForm form, const float* x, std::int64_t columns, std::byte* out)
{
    if (form.kind == InputForm::Kind::tiles)
        storeBfloats(x, columns, out, kTiledRows * kInputLine);
    else
        avx512PackedKernels().prepare(form, x, columns, out);
}

void multiply(const PackedProduct& p)
{
    if (!goesByTiles(p.type, p.tokens))
        return avx512PackedKernels().multiply(p);
    withType(
        p.type, [&]<class Type>() { multiplyUnpacked<Type>(p); },
        [&] {
            if (p.type == TensorType::f16)
                multiplyBfloats<Half>(p);
            else
                multiplyBfloats<Bfloat>(p);
        });
    _tile_release(); // eight kilobytes less to save when threads change
}

constexpr PackedKernels kKernels{"AMX", formOf, panelRowsOf, panelBytesOf, prepare, multiply};

} // namespace

const PackedKernels& amxPackedKernels()
{
    return kKernels;
}

} // namespace lectern::inference
