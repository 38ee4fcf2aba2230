// SPDX-License-Identifier: Apache-2.0
// Attention of the fast CPU backend: softmax online over the keys, no matrix of scores. Source:
// arXiv 2205.14135, algorithm 1.
//
// All query heads that share a key/value head go together, so keys and values are read once for
// them. A few tokens (decoding, checking a draft) are bound by reading: tasks are spans of keys,
// whose partial results are joined in order. A span's result depends on nothing but the query and
// the span, so a token gets the same bits alone, in a batch, on any number of threads, and after a
// rewind. Many tokens (prefill, pictures) are bound by arithmetic: tasks are tokens.
//
// Why it is shaped so; measured on 2 cores of an EPYC with AVX-512, 12 layers of 16 heads over 4
// key/value heads of 128 (tests/bench/attention_bench.cpp), with 12 layers' caches in turn:
//   decoding at depth 4096, f16  2.6 ms a token, 38 GB/s. Floor: 101 MB, 2 to 3.4 ms at the 30 to
//                                50 GB/s that the machine reads from one hour to the next.
//   512 tokens behind 1536       f16 through bf16 products 129 ms, 700 GFLOP/s; f32 245 ms, 368.
//   a picture's tile, f32        577 tokens, 16 heads of 88: 6.6 ms a layer, 285 GFLOP/s.
// Decoding: a query head by itself would read each key 4 times and convert it 4 times; a group
// reads it once. Rows of positions keep their heads side by side, so a task takes all heads of a
// span and its memory is read through, 64-byte lines asked for 16 rows ahead. Halves become floats
// in registers: a scratch copy would be written and read again. Dropped: reading a span's scales
// (q8_0, q4_0) before its keys, which waited for memory once a position and made q8_0, with half
// the bytes, 1.4 times as slow as f16; and storing four scales under a mask, which the loads behind
// it waited for (q8_0 on one thread 4.9 ms a token, 3.6 with a plain store; f16 4.2). Prefill: 64
// keys are transposed once for up to 192 query rows, so that a score is a lane and needs no sum
// across lanes. Scores, weights and both packed blocks of one tile stay in L1.
#include "inference/cpu/simd_backend.h"

#include <algorithm>
#include <cmath>

namespace lectern::inference {

namespace {

constexpr float kLog2E = 1.44269504F;
// Partial results kept at a time, in floats: half a megabyte stays in L2.
constexpr std::int64_t kPartValues = 128 * 1024;
// Tasks for each thread, so that all end together.
constexpr std::int64_t kTasksPerThread = 4;
constexpr std::int64_t kLeastBlockRows = 48;

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

std::int64_t ceilDivide(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

// Everything but the rows.
AttentionJob jobOf(
    const KvRows& keys, const KvRows& values, const AttentionParams& params, std::int64_t kvHead)
{
    AttentionJob job;
    job.type = keys.type;
    job.keys = keys.data + kvHead * keys.headBytes();
    job.values = values.data + kvHead * values.headBytes();
    job.rowBytes = keys.rowBytes();
    job.headBytes = keys.headBytes();
    job.scaleBytes = kvBlocks(params.headDim) * (keys.type == KvType::q8_0 ? 32 : 16);
    job.d = params.headDim;
    job.padded = kvBlocks(params.headDim) * kKvBlock;
    return job;
}

} // namespace

void SimdBackend::attention(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    if (q.count <= kDecodeRows)
        attendSpans(out, q, keys, values, params);
    else
        attendBlocks(out, q, keys, values, params);
}

void SimdBackend::attendSpans(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    const std::int64_t d = params.headDim;
    const std::int64_t padded = kvBlocks(d) * kKvBlock;
    const std::int64_t group = params.heads / params.kvHeads;
    const std::int64_t rows = q.count * group; // of a key/value head: token by token
    const std::int64_t allRows = rows * params.kvHeads;

    std::vector<std::int64_t> begins;
    std::vector<std::int64_t> ends;
    for (std::int64_t r = 0; r < rows; ++r) {
        const VisibleKeys seen = visible(params, r / group);
        begins.push_back(seen.begin);
        ends.push_back(seen.end);
    }
    const std::int64_t firstSpan = *std::min_element(begins.begin(), begins.end()) / kSpanKeys;
    const std::int64_t lastKey = *std::max_element(ends.begin(), ends.end());
    const std::int64_t endSpan = ceilDivide(lastKey, kSpanKeys);
    const int threads = m_pool.threads();
    // Spans at a time: all, unless their parts would fill the cache they are to stay in.
    const std::int64_t wave = std::min(
        endSpan - firstSpan, std::max(kPartValues / (allRows * padded), kTasksPerThread * threads));

    const std::int64_t threadScratch = spanScratch(padded);
    float* const memory = scratch(Slot::attention,
        allRows * (2 * padded + 2) + allRows * wave * (padded + 2) + threads * threadScratch);
    if (!memory)
        return;
    float* const queries = memory; // [kvHeads, rows, padded]
    float* const sums = queries + allRows * padded;
    float* const partSums = sums + allRows * padded; // [kvHeads, rows, wave, padded]
    float* const threadMemory = partSums + allRows * wave * padded;
    float* const maxima = threadMemory + threads * threadScratch;
    float* const totals = maxima + allRows;
    float* const partMaxima = totals + allRows;
    float* const partTotals = partMaxima + allRows * wave;

    for (std::int64_t row = 0; row < allRows; ++row) {
        const std::int64_t head = row / rows * group + row % group;
        const float* const query = q.data + row % rows / group * q.width + head * d;
        for (std::int64_t i = 0; i < d; ++i)
            queries[row * padded + i] = query[i] * (params.scale * kLog2E);
        std::fill(queries + row * padded + d, queries + (row + 1) * padded, 0.0F);
    }
    std::fill_n(maxima, allRows, -INFINITY);

    for (std::int64_t first = firstSpan; first < endSpan && !stopped(); first += wave) {
        const std::int64_t spans = std::min(wave, endSpan - first);
        // A task takes all heads of its span, which lie side by side in memory, unless there are
        // too few spans to keep all threads busy to the end.
        const std::int64_t headParts =
            std::min(params.kvHeads, std::max<std::int64_t>(1, kTasksPerThread * threads / spans));
        const auto run = [&](std::int64_t task, int thread) {
            const std::int64_t s = task / headParts;
            const std::int64_t part = task % headParts;
            const std::int64_t endHead = (part + 1) * params.kvHeads / headParts;
            for (std::int64_t h = part * params.kvHeads / headParts; h < endHead; ++h) {
                AttentionJob job = jobOf(keys, values, params, h);
                job.rows = rows;
                job.begin = begins.data();
                job.end = ends.data();
                SpanTask span;
                span.job = &job;
                span.queries = queries + h * rows * padded;
                span.firstKey = (first + s) * kSpanKeys;
                span.endKey = std::min(lastKey, span.firstKey + kSpanKeys);
                span.sums = partSums + (h * rows * wave + s) * padded;
                span.stride = wave * padded;
                span.maxima = partMaxima + h * rows * wave + s;
                span.totals = partTotals + h * rows * wave + s;
                span.partStride = wave;
                span.scratch = threadMemory + thread * threadScratch;
                m_attention.span(span);
            }
        };
        parallel(spans * headParts, 2 * allRows * d * std::min(lastKey, spans * kSpanKeys), run);
        const auto join = [&](std::int64_t row, int) {
            m_attention.merge(
                {d, padded, spans, partSums + row * wave * padded, partMaxima + row * wave,
                    partTotals + row * wave, sums + row * padded, maxima + row, totals + row});
        };
        parallel(allRows, 2 * allRows * spans * padded, join);
    }
    for (std::int64_t row = 0; row < allRows; ++row) {
        const std::int64_t head = row / rows * group + row % group;
        float* const target = out.data + row % rows / group * out.width + head * d;
        const float factor = 1.0F / totals[row];
        for (std::int64_t i = 0; i < d; ++i)
            target[i] = sums[row * padded + i] * factor;
    }
}

void SimdBackend::attendBlocks(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    const std::int64_t d = params.headDim;
    const std::int64_t group = params.heads / params.kvHeads;
    // Query heads of one task; a group wider than a task is split.
    const std::int64_t heads = std::min(group, kBlockRows);
    const std::int64_t headParts = ceilDivide(group, heads);
    // Rows of a task: as many as fit, fewer where that would leave threads without work.
    const std::int64_t wantedTasks = kTasksPerThread * m_pool.threads();
    const std::int64_t fewest = ceilDivide(params.heads * q.count, wantedTasks);
    const std::int64_t rows = std::clamp(fewest, kLeastBlockRows, kBlockRows);
    const std::int64_t most = std::max<std::int64_t>(1, rows / heads);
    const std::int64_t tokenParts = ceilDivide(q.count, most);
    const std::int64_t tokens = ceilDivide(q.count, tokenParts);
    const std::int64_t threadScratch = blockScratch(kvBlocks(d) * kKvBlock);
    float* const memory = scratch(Slot::attention, threadScratch * m_pool.threads());
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
        std::array<std::int64_t, kBlockRows> begins;
        std::array<std::int64_t, kBlockRows> ends;
        std::array<const float*, kBlockRows> queries;
        std::array<float*, kBlockRows> targets;
        AttentionJob job = jobOf(keys, values, params, kvHead);
        job.rows = std::max<std::int64_t>(tokenCount, 0) * headCount;
        for (std::int64_t r = 0; r < job.rows; ++r) {
            const std::int64_t token = firstToken + r / headCount;
            const std::int64_t head = firstHead + r % headCount;
            const VisibleKeys seen = visible(params, token);
            begins[r] = seen.begin;
            ends[r] = seen.end;
            queries[r] = q.data + token * q.width + head * d;
            targets[r] = out.data + token * out.width + head * d;
        }
        job.begin = begins.data();
        job.end = ends.data();
        const BlockTask block{&job, queries.data(), targets.data(), params.scale * kLog2E,
            memory + threadScratch * thread};
        if (keys.type == KvType::f32)
            m_attention.blockExact(block);
        else
            m_attention.block(block);
    };
    parallel(params.kvHeads * headParts * tokenParts,
        2 * q.count * params.heads * d * params.keyCount, run);
}

} // namespace lectern::inference
