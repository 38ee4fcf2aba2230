// SPDX-License-Identifier: Apache-2.0
// Attention of the fast CPU backend: softmax online over blocks of keys. Source: arXiv 2205.14135,
// algorithm 1.
//
// A task is one key/value head and some tokens; all query heads of that head's group go together,
// so each block of keys and values is read (and converted) once for all of them.
#include "inference/cpu/simd_backend.h"

#include <algorithm>
#include <cmath>

namespace lectern::inference {

namespace {

// Keys of a block: 64 x 128 x 4 bytes = 32 KB of keys, as much of values, in L2.
constexpr std::int64_t kBlockKeys = 64;
// Query rows of a task: enough that reading and converting a block is a small part of it.
constexpr std::int64_t kTaskRows = 32;

struct VisibleKeys {
    std::int64_t begin; // rows of keys
    std::int64_t end;
};

VisibleKeys visible(const AttentionParams& params, std::int64_t token)
{
    if (params.mask == Mask::none)
        return {0, params.keyCount};
    const std::int64_t position = params.firstPosition + token;
    const std::int64_t chunkStart = params.chunk > 0 ? position / params.chunk * params.chunk : 0;
    return {std::max<std::int64_t>(0, chunkStart - params.firstKey),
        std::min(params.keyCount, position + 1 - params.firstKey)};
}

// One task's scratch, in floats.
struct Layout {
    std::int64_t d;
    [[nodiscard]] std::int64_t rowValues() const { return kTaskRows * d; }
    [[nodiscard]] std::int64_t blockValues() const { return kBlockKeys * d; }
    [[nodiscard]] std::int64_t scoreValues() const { return kTaskRows * kBlockKeys; }
    [[nodiscard]] std::int64_t total() const
    {
        return 2 * rowValues() + 2 * blockValues() + scoreValues() + 2 * kTaskRows;
    }
};

// Rows of one head: f32 ones where they stand, half ones converted into `target`.
struct HeadRows {
    const float* data;
    std::int64_t stride;
};
HeadRows headRows(const Kernels& kernels, const KvRows& rows, std::int64_t first,
    std::int64_t count, std::int64_t column, std::int64_t d, float* target)
{
    if (rows.type == KvType::f32)
        return {reinterpret_cast<const float*>(rows.data) + first * rows.width() + column,
            rows.width()};
    for (std::int64_t k = 0; k < count; ++k) {
        const std::byte* head =
            rows.data + (first + k) * rows.rowBytes() + column / d * rows.headBytes();
        if (rows.type == KvType::f16)
            kernels.fromHalf(target + k * d, reinterpret_cast<const std::uint16_t*>(head), d);
        else
            decodeKvHead(rows.type, head, d, target + k * d);
    }
    return {target, d};
}

} // namespace

void SimdBackend::attention(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    const std::int64_t d = params.headDim;
    const std::int64_t group = params.heads / params.kvHeads;
    // Query heads of one task; a group wider than a task is split.
    const std::int64_t heads = std::min(group, kTaskRows);
    const std::int64_t headParts = (group + heads - 1) / heads;
    const std::int64_t tokens = std::max<std::int64_t>(1, kTaskRows / heads);
    const std::int64_t tokenParts = (q.count + tokens - 1) / tokens;
    const Layout layout{d};
    float* const memory = scratch(Slot::attention, layout.total() * m_pool.threads());
    if (!memory)
        return;

    const auto run = [&](std::int64_t task, int thread) {
        const std::int64_t kvHead = task % params.kvHeads;
        const std::int64_t part = task / params.kvHeads % headParts;
        // Late tokens see most keys: theirs first, so that no long task is left for the end.
        const std::int64_t tokenPart = tokenParts - 1 - task / params.kvHeads / headParts;
        const std::int64_t firstHead = kvHead * group + part * heads;
        const std::int64_t headCount = std::min(heads, group - part * heads);
        const std::int64_t firstToken = tokenPart * tokens;
        const std::int64_t tokenCount = std::min(tokens, q.count - firstToken);
        const std::int64_t rows = tokenCount * headCount;

        float* const queries = memory + layout.total() * thread;
        float* const sums = queries + layout.rowValues();
        float* const keyBlock = sums + layout.rowValues();
        float* const valueBlock = keyBlock + layout.blockValues();
        float* const scores = valueBlock + layout.blockValues();
        float* const maxima = scores + layout.scoreValues();
        float* const totals = maxima + kTaskRows;
        for (std::int64_t r = 0; r < rows; ++r) {
            const float* query =
                q.data + (firstToken + r / headCount) * q.width + (firstHead + r % headCount) * d;
            m_kernels.scale(queries + r * d, query, params.scale, d);
        }
        std::fill_n(sums, rows * d, 0.0F);
        std::fill_n(maxima, rows, -INFINITY);
        std::fill_n(totals, rows, 0.0F);

        const std::int64_t begin = visible(params, firstToken).begin;
        const std::int64_t end = visible(params, firstToken + tokenCount - 1).end;
        for (std::int64_t first = begin; first < end && !stopped(); first += kBlockKeys) {
            const std::int64_t count = std::min(kBlockKeys, end - first);
            const HeadRows k = headRows(m_kernels, keys, first, count, kvHead * d, d, keyBlock);
            for (std::int64_t r = 0; r < rows; r += m_kernels.tileA) {
                const auto tileRows =
                    static_cast<int>(std::min<std::int64_t>(m_kernels.tileA, rows - r));
                for (std::int64_t key = 0; key < count; key += m_kernels.tileB) {
                    const auto tileKeys =
                        static_cast<int>(std::min<std::int64_t>(m_kernels.tileB, count - key));
                    m_kernels.dots(queries + r * d, d, tileRows, k.data + key * k.stride, k.stride,
                        tileKeys, d, scores + r * kBlockKeys + key, kBlockKeys, false);
                }
            }
            for (std::int64_t r = 0; r < rows; ++r) {
                const VisibleKeys seen = visible(params, firstToken + r / headCount);
                const std::int64_t from = std::clamp<std::int64_t>(seen.begin - first, 0, count);
                const std::int64_t to = std::clamp<std::int64_t>(seen.end - first, from, count);
                float* const row = scores + r * kBlockKeys;
                if (to > from) {
                    const float before = maxima[r];
                    const float now = std::max(before, m_kernels.largest(row + from, to - from));
                    const float shrink = std::exp(before - now);
                    maxima[r] = now;
                    totals[r] = totals[r] * shrink + m_kernels.expSum(row + from, to - from, now);
                    if (shrink != 1.0F)
                        m_kernels.scale(sums + r * d, sums + r * d, shrink, d);
                }
                std::fill(row, row + from, 0.0F);
                std::fill(row + to, row + count, 0.0F);
            }
            const HeadRows v = headRows(m_kernels, values, first, count, kvHead * d, d, valueBlock);
            m_kernels.weightedSum(sums, d, scores, kBlockKeys, rows, v.data, v.stride, count, d);
        }
        for (std::int64_t r = 0; r < rows; ++r) {
            float* target = out.data + (firstToken + r / headCount) * out.width
                + (firstHead + r % headCount) * d;
            m_kernels.scale(target, sums + r * d, 1.0F / totals[r], d);
        }
    };
    parallel(params.kvHeads * headParts * tokenParts,
        2 * q.count * params.heads * d * params.keyCount, run);
}

} // namespace lectern::inference
