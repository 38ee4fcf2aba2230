// SPDX-License-Identifier: Apache-2.0
// The inner loops of attention, one table for each instruction set. As in kernels.h, the tables'
// files call no inline function of any library or of ours, so jobs are plain numbers.
//
// There are two ways through attention (attention.cpp chooses):
//   span   few query tokens: bound by reading keys and values, which are converted in registers and
//          read once for the query rows that share them. A span of keys gives a partial result.
//   block  many query tokens: bound by arithmetic. Keys and values are packed for a register tile
//          of a matrix product, 64 at a time.
// Scores live in log2: queries come scaled by scale * log2(e), weights are 2^(score - maximum).
#pragma once

#include <cstddef>
#include <cstdint>

namespace lectern::inference {

enum class KvType;

// Keys of a span: partial results, and so rounding, depend on it and on nothing else (threads,
// tokens in a batch), which makes a replay equal bit for bit. 256 keys of one head, keys and
// values, are 128 KB in f16: some 5 microseconds of reading, long against claiming a task, short
// against the whole, so that threads end together.
inline constexpr std::int64_t kSpanKeys = 256;
// Keys of a block: 64 x 128 bf16 keys and as many values are 32 KB and stay in a 48 KB L1 cache.
inline constexpr std::int64_t kBlockKeys = 64;
// Query rows of a block task, at most; packing a block of keys and values costs as much as 8 rows.
inline constexpr std::int64_t kBlockRows = 192;

// Query rows of one key/value head and the keys and values they look at.
struct AttentionJob {
    KvType type{};
    const std::byte* keys = nullptr; // of this head, position of row 0
    const std::byte* values = nullptr;
    std::int64_t rowBytes = 0;   // from one position to the next
    std::int64_t headBytes = 0;  // of this head, at one position
    std::int64_t scaleBytes = 0; // quantised types: where in a head the scales begin
    std::int64_t d = 0;          // values of a head
    std::int64_t padded = 0;     // d rounded up to whole blocks of 32
    std::int64_t rows = 0;
    // Rows of keys that query row r sees: [begin[r], end[r]).
    const std::int64_t* begin = nullptr;
    const std::int64_t* end = nullptr;
};

// Rows [first, end) of keys, inside one span, for all rows of the job.
struct SpanTask {
    const AttentionJob* job = nullptr;
    const float* queries = nullptr; // [rows, padded], scaled, filled up with zeros
    std::int64_t firstKey = 0;
    std::int64_t endKey = 0; // at most firstKey + kSpanKeys
    float* sums = nullptr;   // out: row r at sums + r * stride: sum of weight * value, [padded]
    float* maxima = nullptr; // out: row r at r * partStride; -infinity: the row sees none of them
    float* totals = nullptr; // out: as maxima: sum of weights
    std::int64_t stride = 0;
    std::int64_t partStride = 0;
    float* scratch = nullptr; // spanScratch(padded) floats
};

// All keys of at most kBlockRows query rows, start to end.
struct BlockTask {
    const AttentionJob* job = nullptr;
    const float* const* queries = nullptr; // [rows] -> [d], unscaled
    float* const* out = nullptr;           // [rows] -> [d]
    float factor = 1.0F;                   // scale * log2(e)
    float* scratch = nullptr;              // blockScratch(d) floats, on a 64-byte boundary
};

// Partial results of one query row, joined in the order of the keys.
struct MergeTask {
    std::int64_t d = 0;
    std::int64_t padded = 0;
    std::int64_t spans = 0;
    const float* sums = nullptr;   // [spans, padded]
    const float* maxima = nullptr; // [spans]
    const float* totals = nullptr; // [spans]
    float* sum = nullptr;          // in and out: [padded], the row so far
    float* maximum = nullptr;      // in and out; -infinity: nothing yet
    float* total = nullptr;        // in and out
};

struct AttentionKernels {
    const char* name; // "AVX-512"
    // Rows of values as one type of cache keeps them: `heads` heads, headBytes apart.
    void (*encode)(KvType type, const float* values, std::int64_t d, std::int64_t heads,
        std::byte* target, std::int64_t headBytes);
    void (*span)(const SpanTask& task);
    void (*merge)(const MergeTask& task);
    // For f32 keys and values, and for what is not f32.
    void (*blockExact)(const BlockTask& task);
    void (*block)(const BlockTask& task);
};

// Floats of scratch memory.
[[nodiscard]] constexpr std::int64_t spanScratch(std::int64_t padded)
{
    return kSpanKeys * (8 + padded / 32);
}
[[nodiscard]] constexpr std::int64_t blockScratch(std::int64_t padded)
{
    // Queries and sums of the rows, keys and values of the block, scores and weights of a tile (of
    // at most 16 rows), maxima and totals of the rows, scales.
    return 2 * (kBlockRows + 16) * padded + 2 * kBlockKeys * padded + 2 * 16 * kBlockKeys
        + 2 * (kBlockRows + 16) + padded;
}

// Call only where the CPU has the instructions.
[[nodiscard]] const AttentionKernels& avx2AttentionKernels();
[[nodiscard]] const AttentionKernels& avx512AttentionKernels();
// AVX-512 with the bf16 dot product: block() rounds its operands to bf16.
[[nodiscard]] const AttentionKernels& avx512Bf16AttentionKernels();
// AVX-512 with AMX: block() rounds its operands to bf16. The process must have been granted tiles.
[[nodiscard]] const AttentionKernels& amxAttentionKernels();

} // namespace lectern::inference
