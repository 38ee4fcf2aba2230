// SPDX-License-Identifier: Apache-2.0
// Attention of many query rows by AMX's tiles of bf16. Rounds as attention_avx512_bf16.cpp does; a
// tile is 16 query rows by 16 keys or values by 32 values or keys.
#include "inference/cpu/attention_kernels.h"

#include "inference/kv_type.h"

#include <immintrin.h>

namespace lectern::inference {
namespace {

#include "inference/cpu/attention_avx512_ops.h"
#include "inference/cpu/attention_convert.h"

#include "inference/cpu/attention_block.h"

#include "inference/cpu/attention_bfloats.h"

#include "inference/cpu/amx_tiles.h"

constexpr std::int64_t kLine = 64;       // bytes of a tile's row
constexpr std::int64_t kTilePairs = 16;  // pairs of bf16 in it
static_assert(kBlockKeys == 4 * kWidth); // four tiles of scores

struct Tiles : Bfloats {
    static constexpr int kRows = 16;
    static constexpr int kKeysTogether = 2 * kTilePairs;

    // Literals, because an intrinsic's argument becomes the name of a register.
    static LECTERN_INLINE inline void scores(
        const BlockState<Tiles>& state, std::int64_t row, std::int64_t used)
    {
        constexpr std::int64_t kKeyStep = kBlockKeys * sizeof(Packed);
        const auto queryStep = static_cast<std::int64_t>(state.stride * sizeof(Packed));
        const bool half = used <= 2 * kWidth; // of the block's keys are enough
        finishWrites(state.keys);
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (std::int64_t k = 0; k < state.stride; k += kTilePairs) {
            const Packed* const keys = state.keys + k * kBlockKeys;
            _tile_loadd(4, state.queries + row * state.stride + k, queryStep);
            _tile_loadd(5, keys, kKeyStep);
            _tile_dpbf16ps(0, 4, 5);
            _tile_loadd(6, keys + kWidth, kKeyStep);
            _tile_dpbf16ps(1, 4, 6);
            if (half)
                continue;
            _tile_loadd(7, keys + 2 * kWidth, kKeyStep);
            _tile_dpbf16ps(2, 4, 7);
            _tile_loadd(5, keys + 3 * kWidth, kKeyStep);
            _tile_dpbf16ps(3, 4, 5);
        }
        _tile_stored(0, state.scores, kKeyStep);
        _tile_stored(1, state.scores + kWidth, kKeyStep);
        _tile_stored(2, state.scores + 2 * kWidth, kKeyStep);
        _tile_stored(3, state.scores + 3 * kWidth, kKeyStep);
    }

    static LECTERN_INLINE inline void mix(
        const BlockState<Tiles>& state, const MixedRows& rows, const float* shrink)
    {
        float* const sums = state.sums + rows.row * rows.padded;
        for (int r = 0; r < kRows; ++r) {
            if (shrink[r] == 1.0F)
                continue; // most of the time: the largest score was seen before
            const F factor = all(shrink[r]);
            for (std::int64_t i = 0; i < rows.padded; i += kWidth)
                store(sums + r * rows.padded + i, mul(load(sums + r * rows.padded + i), factor));
        }
        const auto step = static_cast<std::int64_t>(rows.padded * sizeof(float));
        constexpr std::int64_t kWeightStep = kBlockKeys / kPair * sizeof(Packed);
        const bool both = rows.steps > kTilePairs;
        finishWrites(state.weights);
        _tile_loadd(4, state.weights, kWeightStep);
        if (both)
            _tile_loadd(5, state.weights + kTilePairs, kWeightStep);
        const auto add = [&](std::int64_t first) LECTERN_INLINE {
            _tile_loadd(0, sums + first, step);
            _tile_loadd(6, state.values + first, step);
            _tile_dpbf16ps(0, 4, 6);
            if (both) {
                _tile_loadd(7, state.values + kTilePairs * rows.padded + first, step);
                _tile_dpbf16ps(0, 5, 7);
            }
            _tile_stored(0, sums + first, step);
        };
        for (std::int64_t i = 0; i < rows.d; i += kWidth)
            add(i);
    }
};

void blockInTiles(const BlockTask& task)
{
    TileShapes shapes;
    for (int tile = 0; tile < 8; ++tile)
        shapes.set(tile, Tiles::kRows, kLine);
    configure(shapes);
    blockIn<Tiles>(task);
    _tile_release(); // eight kilobytes less to save when threads change
}

} // namespace

const AttentionKernels& amxAttentionKernels()
{
    static const AttentionKernels kernels = [] {
        AttentionKernels table = avx512AttentionKernels();
        table.name = "AMX";
        table.block = blockInTiles;
        return table;
    }();
    return kernels;
}

} // namespace lectern::inference
