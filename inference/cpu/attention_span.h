// SPDX-License-Identifier: Apache-2.0
// Attention of a few query rows against a span of keys, joining spans, and storing keys and values.
// Included inside the unnamed namespace of attention_avx2.cpp and attention_avx512.cpp, nowhere
// else; no include guard, no includes of its own.
// NOLINTBEGIN(misc-definitions-in-headers)

// Rows ahead that are fetched while one is computed: 16 rows of 256 bytes are 4 KB, enough to
// cover 100 ns of memory latency at 30 GB/s, and few enough to still stand in L1.
constexpr std::int64_t kFetchRows = 16;

template <KvType Type, int Rows, int Keys>
LECTERN_INLINE inline void scoreTile(const float* queries, std::int64_t queryStride,
    const std::uint8_t* key, std::int64_t rowBytes, const float* scales, std::int64_t blocks,
    Width width, float* out)
{
    F sums[Rows][Keys];
    for (auto& row : sums) {
        for (F& value : row)
            value = zero();
    }
    const auto step = [&](std::int64_t i, const auto& keyVector) LECTERN_INLINE {
        F keys[Keys];
#pragma GCC unroll 4
        for (int k = 0; k < Keys; ++k)
            keys[k] = keyVector(k);
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const F query = load(queries + r * queryStride + i * kWidth);
#pragma GCC unroll 4
            for (int k = 0; k < Keys; ++k)
                sums[r][k] = fma(query, keys[k], sums[r][k]);
        }
    };
    for (std::int64_t i = 0; i < width.full; ++i)
        step(i, [&](int k) LECTERN_INLINE {
            return vectorAt<Type>(key + k * rowBytes, i, scales + k * blocks);
        });
    if constexpr (!kQuantised<Type>) {
        if (width.lanes > 0)
            step(width.full, [&](int k) LECTERN_INLINE {
                return lastVectorAt<Type>(key + k * rowBytes, width.full, width.lanes);
            });
    }
    for (int r = 0; r < Rows; ++r) {
        float* const target = out + r * kSpanKeys;
        if constexpr (Keys == kSpanTileKeys) {
            storeSums(target, sums[r]);
        } else { // one key: added up as in a full tile, so that its score does not depend on it
            F copies[kSpanTileKeys];
            for (F& copy : copies)
                copy = sums[r][0];
            float scores[kSpanTileKeys];
            storeSums(scores, copies);
            *target = scores[0];
        }
    }
}

// scores[r * kSpanKeys + k] = query r . key k, k < count
template <KvType Type, int Rows>
void spanScores(const SpanTask& task, const float* queries, std::int64_t first, std::int64_t count,
    float* scores, float* scales)
{
    const AttentionJob& job = *task.job;
    const std::uint8_t* const keys = bytesOf(job.keys) + first * job.rowBytes;
    const std::int64_t blocks = job.padded / 32;
    const Width width = widthOf<Type>(job);
    const auto readScalesOf = [&](std::int64_t k, std::int64_t some) LECTERN_INLINE {
        // Here and not for all keys at once, which would wait for memory at every key.
        if constexpr (kQuantised<Type>)
            readScales(
                scales, keys + k * job.rowBytes + job.scaleBytes, job.rowBytes, some, blocks);
    };
    std::int64_t k = 0;
    for (; k + kSpanTileKeys <= count; k += kSpanTileKeys) {
        readScalesOf(k, kSpanTileKeys);
        for (int ahead = 0; ahead < kSpanTileKeys; ++ahead)
            fetch(keys + (k + ahead + kFetchRows) * job.rowBytes, job.headBytes);
        scoreTile<Type, Rows, kSpanTileKeys>(queries, job.padded, keys + k * job.rowBytes,
            job.rowBytes, scales, blocks, width, scores + k);
    }
    for (; k < count; ++k) {
        readScalesOf(k, 1);
        scoreTile<Type, Rows, 1>(queries, job.padded, keys + k * job.rowBytes, job.rowBytes, scales,
            blocks, width, scores + k);
    }
}

// sums[r] of registers first .. first + Vectors - 1, over `count` keys.
template <KvType Type, int Rows, int Vectors, bool Last>
LECTERN_INLINE inline void mixTile(const AttentionJob& job, const std::uint8_t* values,
    float* scales, const float* weights, std::int64_t count, std::int64_t first, std::int64_t lanes,
    float* out, std::int64_t stride)
{
    const std::int64_t blocks = job.padded / 32;
    F sums[Rows][Vectors];
    for (auto& row : sums) {
        for (F& value : row)
            value = zero();
    }
    for (std::int64_t k = 0; k < count; ++k) {
        const std::uint8_t* const row = values + k * job.rowBytes;
        if (first == 0) {
            fetch(row + kFetchRows * job.rowBytes, job.headBytes);
            if constexpr (kQuantised<Type>)
                readScales(scales + k * blocks, row + job.scaleBytes, job.rowBytes, 1, blocks);
        }
        F value[Vectors];
#pragma GCC unroll 8
        for (int i = 0; i < Vectors; ++i) {
            if constexpr (Last)
                value[i] = lastVectorAt<Type>(row, first + i, lanes);
            else
                value[i] = vectorAt<Type>(row, first + i, scales + k * blocks);
        }
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
            const F weight = all(weights[r * kSpanKeys + k]);
#pragma GCC unroll 8
            for (int i = 0; i < Vectors; ++i)
                sums[r][i] = fma(weight, value[i], sums[r][i]);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        for (int i = 0; i < Vectors; ++i)
            store(out + r * stride + (first + i) * kWidth, sums[r][i]);
    }
}

// out[r] = sum over k < count of weights[r * kSpanKeys + k] * value k
template <KvType Type, int Rows>
void spanMix(const SpanTask& task, std::int64_t first, std::int64_t count, const float* weights,
    float* out, float* scales)
{
    constexpr int kVectors = Rows <= kFewRows ? kMixVectorsFewRows : kMixVectors;
    const AttentionJob& job = *task.job;
    const std::uint8_t* const values = bytesOf(job.values) + first * job.rowBytes;
    const Width width = widthOf<Type>(job);
    std::int64_t i = 0;
    for (; i + kVectors <= width.full; i += kVectors)
        mixTile<Type, Rows, kVectors, false>(
            job, values, scales, weights, count, i, 0, out, task.stride);
    for (; i < width.full; ++i)
        mixTile<Type, Rows, 1, false>(job, values, scales, weights, count, i, 0, out, task.stride);
    if constexpr (!kQuantised<Type>) {
        if (width.lanes > 0)
            mixTile<Type, Rows, 1, true>(
                job, values, scales, weights, count, i, width.lanes, out, task.stride);
    }
}

// Scores to weights, in place. Keys a row does not see are outside [from, to); the registers up to
// the rows' common borders get weight 0 there.
inline void spanWeights(float* scores, std::int64_t from, std::int64_t to, std::int64_t count,
    float* maximumOut, float* totalOut)
{
    const std::int64_t padded = (count + kWidth - 1) / kWidth * kWidth;
    for (std::int64_t k = 0; k < from; ++k)
        scores[k] = -__builtin_inff();
    for (std::int64_t k = to; k < padded; ++k)
        scores[k] = -__builtin_inff();
    F best = all(-__builtin_inff());
    for (std::int64_t k = 0; k < padded; k += kWidth)
        best = larger(best, load(scores + k));
    const float largest = maximum(best);
    F total = zero();
    for (std::int64_t k = 0; k < padded; k += kWidth) {
        const F weight = powerOfTwo(sub(load(scores + k), all(largest)));
        store(scores + k, weight);
        total = add(total, weight);
    }
    *maximumOut = largest;
    *totalOut = sum(total);
}

template <KvType Type, int Rows> void spanRows(const SpanTask& task, std::int64_t firstRow)
{
    const AttentionJob& job = *task.job;
    // Scores stand where their key stands in the span, so that a register of them, and so the
    // order they are added up in, does not depend on the rows they are computed with.
    float* const scores = task.scratch;
    float* const scales = task.scratch + 8 * kSpanKeys;
    std::int64_t first = task.endKey;
    std::int64_t end = task.firstKey;
    for (int r = 0; r < Rows; ++r) {
        const std::int64_t row = firstRow + r;
        if (job.begin[row] < task.endKey && job.end[row] > task.firstKey) {
            first = least(first, most(job.begin[row], task.firstKey));
            end = most(end, least(job.end[row], task.endKey));
        }
    }
    float* const sums = task.sums + firstRow * task.stride;
    if (first < end) {
        const std::int64_t offset = first - task.firstKey;
        spanScores<Type, Rows>(task, task.queries + firstRow * job.padded, first, end - first,
            scores + offset, scales);
        for (int r = 0; r < Rows; ++r) {
            const std::int64_t row = firstRow + r;
            const std::int64_t from = most(job.begin[row], task.firstKey) - task.firstKey;
            const std::int64_t to = least(job.end[row], task.endKey) - task.firstKey;
            if (from < to) {
                spanWeights(scores + r * kSpanKeys, from, to, end - task.firstKey,
                    task.maxima + row * task.partStride, task.totals + row * task.partStride);
                continue;
            }
            for (std::int64_t k = offset; k < end - task.firstKey; ++k)
                scores[r * kSpanKeys + k] = 0.0F;
            task.maxima[row * task.partStride] = -__builtin_inff();
        }
        spanMix<Type, Rows>(task, first, end - first, scores + offset, sums, scales);
        return;
    }
    for (int r = 0; r < Rows; ++r)
        task.maxima[(firstRow + r) * task.partStride] = -__builtin_inff();
}

template <KvType Type> void spanOf(const SpanTask& task)
{
    // Tiles of almost equal size: 8 rows go as 4 + 4, not 6 + 2.
    std::int64_t tiles = (task.job->rows + kSpanRows - 1) / kSpanRows;
    for (std::int64_t row = 0; row < task.job->rows; --tiles) {
        const std::int64_t rows = (task.job->rows - row + tiles - 1) / tiles;
        if constexpr (kSpanRows >= 6) {
            if (rows == 6)
                spanRows<Type, 6>(task, row);
            else if (rows == 5)
                spanRows<Type, 5>(task, row);
        }
        if (rows == 4)
            spanRows<Type, 4>(task, row);
        else if (rows == 3)
            spanRows<Type, 3>(task, row);
        else if (rows == 2)
            spanRows<Type, 2>(task, row);
        else if (rows == 1)
            spanRows<Type, 1>(task, row);
        row += rows;
    }
}

void span(const SpanTask& task)
{
    switch (task.job->type) {
    case KvType::f32:
        return spanOf<KvType::f32>(task);
    case KvType::f16:
        return spanOf<KvType::f16>(task);
    case KvType::q8_0:
        return spanOf<KvType::q8_0>(task);
    case KvType::q4_0:
        return spanOf<KvType::q4_0>(task);
    }
}

void merge(const MergeTask& task)
{
    for (std::int64_t s = 0; s < task.spans; ++s) {
        const float maximumHere = task.maxima[s];
        if (maximumHere == -__builtin_inff())
            continue;
        const float* const sums = task.sums + s * task.padded;
        if (*task.maximum == -__builtin_inff()) {
            *task.maximum = maximumHere;
            *task.total = task.totals[s];
            for (std::int64_t i = 0; i < task.d; i += kWidth)
                store(task.sum + i, load(sums + i));
            continue;
        }
        const float largest = *task.maximum > maximumHere ? *task.maximum : maximumHere;
        const float before = powerOfTwo(*task.maximum - largest);
        const float here = powerOfTwo(maximumHere - largest);
        *task.maximum = largest;
        *task.total = *task.total * before + task.totals[s] * here;
        for (std::int64_t i = 0; i < task.d; i += kWidth)
            store(
                task.sum + i, fma(load(task.sum + i), all(before), mul(load(sums + i), all(here))));
    }
}

// --- storing ------------------------------------------------------------------------------------

// A half from the nearest scale, never infinite, and the float it stands for.
inline float storeScale(std::uint8_t* target, float scale)
{
    const float limited = scale > 65504.0F ? 65504.0F : scale < -65504.0F ? -65504.0F : scale;
    const std::uint16_t bits =
        static_cast<std::uint16_t>(_mm_extract_epi16(_mm_cvtps_ph(_mm_set_ss(limited), 0), 0));
    __builtin_memcpy(target, &bits, sizeof bits);
    return _cvtsh_ss(bits);
}

void encodeHead(KvType type, const float* values, std::int64_t d, std::uint8_t* head)
{
    constexpr int kVectors = 32 / kWidth;
    const std::int64_t blocks = (d + 31) / 32;
    const std::int64_t blockBytes = type == KvType::q8_0 ? 32 : 16;
    for (std::int64_t b = 0; b < blocks; ++b) {
        F x[kVectors];
        F highest = zero();
        F lowest = zero();
        for (int i = 0; i < kVectors; ++i) {
            const std::int64_t at = b * 32 + i * kWidth;
            const std::int64_t lanes = most(0, least(kWidth, d - at));
            x[i] = lanes == kWidth ? load(values + at)
                : lanes > 0        ? loadFirst(values + at, lanes)
                                   : zero();
            highest = larger(highest, x[i]);
            lowest = smaller(lowest, x[i]);
        }
        const float above = maximum(highest);
        const float below = maximum(sub(zero(), lowest)); // a magnitude
        std::uint8_t* const scale = head + blocks * blockBytes + 2 * b;
        const float step = type == KvType::q8_0
            ? storeScale(scale, (above > below ? above : below) / 127.0F)
            : storeScale(scale, (above >= below ? above : -below) / -8.0F);
        const F inverse = all(step == 0.0F ? 0.0F : 1.0F / step);
        for (F& value : x)
            value = nearest(mul(value, inverse));
        if (type == KvType::q8_0) {
            for (int i = 0; i < kVectors; ++i)
                storeBytes(
                    head + b * 32 + i * kWidth, larger(smaller(x[i], all(127.0F)), all(-127.0F)));
            continue;
        }
        for (F& value : x)
            value = larger(smaller(add(value, all(8.0F)), all(15.0F)), zero());
        storeNibbles(head + b * 16, x);
    }
}

void encode(KvType type, const float* values, std::int64_t d, std::int64_t heads, std::byte* target,
    std::int64_t headBytes)
{
    auto* head = reinterpret_cast<std::uint8_t*>(target);
    for (std::int64_t h = 0; h < heads; ++h, head += headBytes, values += d) {
        if (type == KvType::f32) {
            __builtin_memcpy(head, values, static_cast<std::size_t>(d) * sizeof(float));
        } else if (type == KvType::f16) {
            for (std::int64_t i = 0; i < d; i += kWidth) {
                const std::int64_t lanes = least(kWidth, d - i);
                storeFirstHalves(head + 2 * i,
                    lanes == kWidth ? load(values + i) : loadFirst(values + i, lanes), lanes);
            }
        } else {
            encodeHead(type, values, d, head);
        }
    }
}
// NOLINTEND(misc-definitions-in-headers)
