// SPDX-License-Identifier: Apache-2.0
// Attention of many query rows as tiles of matrix products: 64 keys at a time are packed for them,
// scores and weights of a tile never leave L1. Included inside the unnamed namespace of
// attention_avx2.cpp and attention_avx512*.cpp, nowhere else; no include guard, no includes of its
// own. Source: arXiv 2205.14135, algorithm 1.
// NOLINTBEGIN(misc-definitions-in-headers)

// How operands are packed. `Packed` is one lane of a product: one f32, or two bf16 whose products
// are added (consecutive values of a head in scores, consecutive keys in sums).
// kRows query rows make a tile of products, kKeysTogether keys are multiplied with their weights
// at a time.
struct MixedRows {
    std::int64_t row; // the first of the tile
    std::int64_t d;
    std::int64_t padded; // d rounded up to whole blocks of 32
    std::int64_t steps;  // packed weights of a row in use
};
template <class Math> struct BlockState;
template <class Math>
void vectorScores(const BlockState<Math>& state, std::int64_t row, std::int64_t used);
template <class Math>
void vectorMix(const BlockState<Math>& state, const MixedRows& rows, const float* shrink);

struct Exact {
    using Packed = float;
    static constexpr int kPair = 1;
    static constexpr int kRows = kTileRows;
    static constexpr int kKeysTogether = kPair;
    static LECTERN_INLINE inline F multiplyAdd(F sums, Packed a, const Packed* b)
    {
        return fma(all(a), load(b), sums);
    }
    // Values of one query row; whole registers.
    static LECTERN_INLINE inline void packQuery(Packed* target, F first) { store(target, first); }
    // kWidth keys x kWidth packed values, transposed.
    static constexpr int kKeyVectors = 1; // registers of a key that make kWidth packed values
    static LECTERN_INLINE inline F packKey(const F (&x)[1]) { return x[0]; }
    static LECTERN_INLINE inline void packValues(Packed* target, const F (&x)[1])
    {
        store(target, x[0]);
    }
    static LECTERN_INLINE inline void packWeights(Packed* target, F x) { store(target, x); }
    // Scores of a tile from its queries and the block's keys, at least `used` of them.
    static LECTERN_INLINE inline void scores(
        const BlockState<Exact>& state, std::int64_t row, std::int64_t used)
    {
        vectorScores(state, row, used);
    }
    // The tile's sums, shrunk, plus the block's values by their weights.
    static LECTERN_INLINE inline void mix(
        const BlockState<Exact>& state, const MixedRows& rows, const float* shrink)
    {
        vectorMix(state, rows, shrink);
    }
};

template <class Math> struct BlockState {
    typename Math::Packed* queries; // [rows up to whole tiles, stride]
    typename Math::Packed* keys;    // [steps, kBlockKeys]
    typename Math::Packed* values;  // [kBlockKeys / kPair, padded]
    typename Math::Packed* weights; // [kRows, kBlockKeys / kPair], of one tile
    float* scores;                  // [kRows, kBlockKeys], of one tile
    float* sums;                    // [rows, padded]
    float* maxima;                  // [rows]
    float* totals;                  // [rows]
    float* scales;                  // of the keys or values being packed
    std::int64_t stride;            // packed values of a query, padded / kPair
    std::int64_t steps;             // of them in use
};

// sums[r][v] += a[r] . column v of b
template <class Math, int Vectors>
LECTERN_INLINE inline void multiplyTile(F (&sums)[kTileRows][Vectors],
    const typename Math::Packed* a, std::int64_t aStride, const typename Math::Packed* b,
    std::int64_t bStride, std::int64_t steps)
{
    for (std::int64_t k = 0; k < steps; ++k) {
#pragma GCC unroll 8
        for (int r = 0; r < kTileRows; ++r) {
            const auto left = a[r * aStride + k];
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v)
                sums[r][v] = Math::multiplyAdd(sums[r][v], left, b + k * bStride + v * kWidth);
        }
    }
}

// Keys [first, first + count), the rest of the block zeros.
template <class Math, KvType Type>
void packKeys(
    const AttentionJob& job, std::int64_t first, std::int64_t count, const BlockState<Math>& state)
{
    constexpr int kVectors = Math::kKeyVectors;
    const Width width = widthOf<Type>(job);
    const std::int64_t vectors = width.full + (width.lanes > 0 ? 1 : 0);
    const std::int64_t blocks = job.padded / 32;
    auto* const target = reinterpret_cast<float*>(state.keys);
    for (std::int64_t k = 0; k < kBlockKeys; k += kWidth) {
        const std::uint8_t* const keys = bytesOf(job.keys) + (first + k) * job.rowBytes;
        const std::int64_t there = most(0, least(kWidth, count - k));
        if constexpr (kQuantised<Type>)
            readScales(state.scales, keys + job.scaleBytes, job.rowBytes, there, blocks);
        for (std::int64_t i = 0; i < vectors; i += kVectors) {
            F rows[kWidth];
            for (std::int64_t r = 0; r < kWidth; ++r) {
                F x[kVectors];
                for (int j = 0; j < kVectors; ++j)
                    x[j] = r < there && i + j < vectors ? anyVectorAt<Type>(
                               keys + r * job.rowBytes, i + j, width, state.scales + r * blocks)
                                                        : zero();
                rows[r] = Math::packKey(x);
            }
            storeTransposed(target + i / kVectors * kWidth * kBlockKeys + k, kBlockKeys, rows);
        }
    }
}

template <class Math, KvType Type>
void packValues(
    const AttentionJob& job, std::int64_t first, std::int64_t count, const BlockState<Math>& state)
{
    const Width width = widthOf<Type>(job);
    const std::int64_t vectors = width.full + (width.lanes > 0 ? 1 : 0);
    const std::int64_t blocks = job.padded / 32;
    const std::uint8_t* const values = bytesOf(job.values) + first * job.rowBytes;
    const std::int64_t end =
        (count + Math::kKeysTogether - 1) / Math::kKeysTogether * Math::kKeysTogether;
    for (std::int64_t k = 0; k < end; k += Math::kPair) {
        const std::int64_t there = most(0, least(Math::kPair, count - k));
        if constexpr (kQuantised<Type>)
            readScales(state.scales, values + k * job.rowBytes + job.scaleBytes, job.rowBytes,
                there, blocks);
        for (std::int64_t i = 0; i < vectors; ++i) {
            F x[Math::kPair];
            for (int j = 0; j < Math::kPair; ++j)
                x[j] = j < there ? anyVectorAt<Type>(
                           values + (k + j) * job.rowBytes, i, width, state.scales + j * blocks)
                                 : zero();
            Math::packValues(state.values + k / Math::kPair * job.padded + i * kWidth, x);
        }
    }
}

// Weights of a tile's row from its scores; returns what the row's sums shrink by.
template <class Math>
LECTERN_INLINE inline void tileWeights(float* scores, std::int64_t from, std::int64_t to,
    typename Math::Packed* weights, float& maximumOfRow, float& totalOfRow, float& shrink)
{
    constexpr int kVectors = kBlockKeys / kWidth;
    if (from >= to) {
        for (int v = 0; v < kVectors; ++v)
            Math::packWeights(weights + v * kWidth / Math::kPair, zero());
        return;
    }
    for (std::int64_t k = 0; k < from; ++k)
        scores[k] = -__builtin_inff();
    for (std::int64_t k = to; k < kBlockKeys; ++k)
        scores[k] = -__builtin_inff();
    F best = load(scores);
#pragma GCC unroll 8
    for (int v = 1; v < kVectors; ++v)
        best = larger(best, load(scores + v * kWidth));
    const float before = maximumOfRow;
    const float here = maximum(best);
    const float largest = here > before ? here : before;
    F total = zero();
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
        const F weight = powerOfTwo(sub(load(scores + v * kWidth), all(largest)));
        Math::packWeights(weights + v * kWidth / Math::kPair, weight);
        total = add(total, weight);
    }
    shrink = largest == before ? 1.0F : powerOfTwo(before - largest);
    maximumOfRow = largest;
    totalOfRow = totalOfRow * shrink + sum(total);
}

template <class Math, int Vectors>
LECTERN_INLINE inline void mixBlock(const BlockState<Math>& state, std::int64_t padded, float* sums,
    const float* shrink, std::int64_t steps, std::int64_t first)
{
    F tile[kTileRows][Vectors];
#pragma GCC unroll 8
    for (int r = 0; r < kTileRows; ++r) {
        const F factor = all(shrink[r]);
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v)
            tile[r][v] = mul(load(sums + r * padded + (first + v) * kWidth), factor);
    }
    multiplyTile<Math, Vectors>(tile, state.weights, kBlockKeys / Math::kPair,
        state.values + first * kWidth, padded, steps);
#pragma GCC unroll 8
    for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v)
            store(sums + r * padded + (first + v) * kWidth, tile[r][v]);
    }
}

template <class Math>
void vectorScores(const BlockState<Math>& state, std::int64_t row, std::int64_t used)
{
    for (std::int64_t v = 0; v * kWidth < used; v += kTileVectors) {
        F tile[kTileRows][kTileVectors];
        for (auto& sums : tile) {
            for (F& value : sums)
                value = zero();
        }
        multiplyTile<Math, kTileVectors>(tile, state.queries + row * state.stride, state.stride,
            state.keys + v * kWidth, kBlockKeys, state.steps);
#pragma GCC unroll 8
        for (int r = 0; r < kTileRows; ++r) {
#pragma GCC unroll 4
            for (int i = 0; i < kTileVectors; ++i)
                store(state.scores + r * kBlockKeys + (v + i) * kWidth, tile[r][i]);
        }
    }
}

template <class Math>
void vectorMix(const BlockState<Math>& state, const MixedRows& rows, const float* shrink)
{
    const std::int64_t vectors = (rows.d + kWidth - 1) / kWidth;
    float* const sums = state.sums + rows.row * rows.padded;
    std::int64_t v = 0;
    for (; v + kTileVectors <= vectors; v += kTileVectors)
        mixBlock<Math, kTileVectors>(state, rows.padded, sums, shrink, rows.steps, v);
    if constexpr (kTileVectors > 2) {
        if (v + 2 <= vectors) {
            mixBlock<Math, 2>(state, rows.padded, sums, shrink, rows.steps, v);
            v += 2;
        }
    }
    if (v < vectors)
        mixBlock<Math, 1>(state, rows.padded, sums, shrink, rows.steps, v);
}

template <class Math>
void rowTile(const AttentionJob& job, const BlockState<Math>& state, std::int64_t row,
    std::int64_t firstKey, std::int64_t count)
{
    const std::int64_t rows = least(Math::kRows, job.rows - row);
    std::int64_t used = 0;
    for (std::int64_t r = 0; r < rows; ++r)
        if (job.begin[row + r] < firstKey + count)
            used = most(used, least(count, job.end[row + r] - firstKey));
    if (used <= 0)
        return; // this tile's rows end before the block, or begin behind it

    Math::scores(state, row, used);
    float shrink[Math::kRows];
    for (std::int64_t r = 0; r < Math::kRows; ++r) {
        shrink[r] = 1.0F;
        const bool real = r < rows;
        tileWeights<Math>(state.scores + r * kBlockKeys,
            real ? most(0, job.begin[row + r] - firstKey) : 0,
            real ? least(count, job.end[row + r] - firstKey) : 0,
            state.weights + r * (kBlockKeys / Math::kPair), state.maxima[row + r],
            state.totals[row + r], shrink[r]);
    }
    Math::mix(state, {row, job.d, job.padded, (used + Math::kPair - 1) / Math::kPair}, shrink);
}

template <class Math, KvType Type> void blockOf(const BlockTask& task)
{
    using Packed = typename Math::Packed;
    static_assert(sizeof(Packed) == sizeof(float));
    const AttentionJob& job = *task.job;
    const std::int64_t rows = (job.rows + Math::kRows - 1) / Math::kRows * Math::kRows;
    BlockState<Math> state{};
    state.stride = job.padded / Math::kPair;
    state.steps = (job.d + Math::kPair - 1) / Math::kPair;
    float* free = task.scratch;
    const auto take = [&free](std::int64_t floats) {
        float* const taken = free;
        free += floats;
        return taken;
    };
    state.keys = reinterpret_cast<Packed*>(take(state.stride * kBlockKeys));
    state.values = reinterpret_cast<Packed*>(take(kBlockKeys / Math::kPair * job.padded));
    state.scores = take(Math::kRows * kBlockKeys);
    state.weights = reinterpret_cast<Packed*>(
        Math::kPair == 1 ? state.scores : take(Math::kRows * kBlockKeys / Math::kPair));
    state.queries = reinterpret_cast<Packed*>(take(rows * state.stride));
    state.sums = take(rows * job.padded);
    state.maxima = take(rows);
    state.totals = take(rows);
    state.scales = take(job.padded / 2); // 16 keys

    std::int64_t first = job.rows > 0 ? job.begin[0] : 0;
    std::int64_t end = 0;
    for (std::int64_t r = 0; r < rows; ++r) {
        Packed* const query = state.queries + r * state.stride;
        for (std::int64_t i = 0; i < job.padded; i += kWidth) {
            const std::int64_t lanes = r < job.rows ? most(0, least(kWidth, job.d - i)) : 0;
            const F x = lanes == 0 ? zero()
                : lanes == kWidth  ? load(task.queries[r] + i)
                                   : loadFirst(task.queries[r] + i, lanes);
            Math::packQuery(query + i / Math::kPair, mul(x, all(task.factor)));
            store(state.sums + r * job.padded + i, zero());
        }
        state.maxima[r] = -__builtin_inff();
        state.totals[r] = 0.0F;
        if (r < job.rows) {
            first = least(first, job.begin[r]);
            end = most(end, job.end[r]);
        }
    }
    for (std::int64_t k = first; k < end; k += kBlockKeys) {
        const std::int64_t count = least(kBlockKeys, end - k);
        packKeys<Math, Type>(job, k, count, state);
        packValues<Math, Type>(job, k, count, state);
        for (std::int64_t row = 0; row < job.rows; row += Math::kRows)
            rowTile<Math>(job, state, row, k, count);
    }
    for (std::int64_t r = 0; r < job.rows; ++r) {
        const F factor = all(1.0F / state.totals[r]);
        const float* const sums = state.sums + r * job.padded;
        std::int64_t i = 0;
        for (; i + kWidth <= job.d; i += kWidth)
            store(task.out[r] + i, mul(load(sums + i), factor));
        if (i < job.d)
            storeFirst(task.out[r] + i, mul(load(sums + i), factor), job.d - i);
    }
}

template <class Math> void blockIn(const BlockTask& task)
{
    switch (task.job->type) {
    case KvType::f32:
        return blockOf<Math, KvType::f32>(task);
    case KvType::f16:
        return blockOf<Math, KvType::f16>(task);
    case KvType::q8_0:
        return blockOf<Math, KvType::q8_0>(task);
    case KvType::q4_0:
        return blockOf<Math, KvType::q4_0>(task);
    }
}
// NOLINTEND(misc-definitions-in-headers)
