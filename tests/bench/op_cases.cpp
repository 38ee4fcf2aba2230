// SPDX-License-Identifier: Apache-2.0
// Building the cases: random weights and activations, and what each op reads and computes.
#include "tests/bench/op_cases.h"

#include "inference/cpu/cpu_backend.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace lectern::bench {

using namespace inference;

namespace {

class Random {
public:
    std::uint64_t next()
    {
        m_state ^= m_state << 13U;
        m_state ^= m_state >> 7U;
        m_state ^= m_state << 17U;
        return m_state;
    }
    float value() { return static_cast<float>(next() >> 40U) / 8388608.0F - 1.0F; } // -1 .. 1

private:
    std::uint64_t m_state = 88172645463325252U;
};

// Memory of one group, and the first error on the way.
class Arena {
public:
    explicit Arena(Backend& backend) : m_backend(backend) { }

    // Weights of blocks whose scales are finite and below 2, whichever type reads them: bit 6 of
    // every second byte is the high bit of an exponent where it belongs to one.
    Matrix matrix(TensorType type, std::int64_t columns, std::int64_t rows, std::int64_t slices = 1)
    {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(type));
        const auto rowBytes =
            static_cast<std::uint64_t>(columns) / layout->blockValues * layout->blockBytes;
        const std::uint64_t bytes = rowBytes * static_cast<std::uint64_t>(rows * slices);
        auto memory = m_backend.allocate(bytes);
        if (!memory)
            return refuse<Matrix>(memory.error());
        std::byte* const data = memory->data();
        m_buffers.push_back(std::move(*memory));
        for (std::uint64_t i = 0; i < bytes / 8; ++i) {
            const std::uint64_t word = m_random.next() & 0xBFFFBFFFBFFFBFFFU;
            std::copy_n(reinterpret_cast<const std::byte*>(&word), 8, data + 8 * i);
        }
        TensorView view;
        view.data = data;
        view.type = type;
        view.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows),
            static_cast<std::uint64_t>(slices), 1};
        view.rowBytes = rowBytes;
        auto taken = m_backend.matrix(view);
        return taken ? *taken : refuse<Matrix>(taken.error());
    }
    Rows rows(std::int64_t count, std::int64_t width)
    {
        auto memory = m_backend.allocateRows(count, width);
        if (!memory)
            return refuse<Rows>(memory.error());
        m_values.resize(static_cast<std::size_t>(count * width));
        for (float& value : m_values)
            value = m_random.value();
        m_backend.upload(memory->rows, m_values);
        const Rows made = memory->rows;
        m_rows.push_back(std::move(*memory));
        return made;
    }
    Vector vector(std::int64_t width)
    {
        const Rows made = rows(1, width);
        return {made.data, width};
    }
    KvRows kvRows(KvType type, std::int64_t count, std::int64_t heads, std::int64_t headDim)
    {
        KvRows made{nullptr, type, heads, headDim};
        auto memory = m_backend.allocate(static_cast<std::uint64_t>(made.rowBytes() * count));
        if (!memory)
            return refuse<KvRows>(memory.error());
        made.data = memory->data();
        m_buffers.push_back(std::move(*memory));
        const std::int64_t step = std::min<std::int64_t>(count, 256);
        const Rows values = rows(step, made.width());
        for (std::int64_t first = 0; first < count && values.data != nullptr; first += step)
            m_backend.storeKv(made.from(first), values.slice(0, std::min(step, count - first)));
        return made;
    }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    template <class T> T refuse(const Error& error)
    {
        if (!m_error)
            m_error = error;
        return T{};
    }
    Backend& m_backend;
    Random m_random;
    std::vector<Buffer> m_buffers;
    std::vector<RowsBuffer> m_rows;
    std::vector<float> m_values;
    std::optional<Error> m_error;
};

Result<OpGroup> finish(std::shared_ptr<Arena> arena, std::string name, std::vector<OpCase> cases)
{
    if (arena->error())
        return tl::unexpected(*arena->error());
    return OpGroup{std::move(name), std::move(cases), std::move(arena)};
}

std::string typeName(TensorType type)
{
    return std::string(tensorTypeInfo(static_cast<std::uint32_t>(type))->name);
}

// The unit that could do a type's multiply-adds fastest.
std::string peakOf(TensorType type)
{
    const bool tiles = detectedSimdLevel() >= SimdLevel::amx;
    switch (type) {
    case TensorType::f32:
        return "f32-fma";
    case TensorType::f16:
    case TensorType::bf16:
        return tiles ? "bf16-tile" : "bf16-dot";
    default:
        return tiles ? "int8-tile" : "int8-dot";
    }
}

double matrixBytes(const Matrix& matrix)
{
    const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(matrix.type));
    return static_cast<double>(matrix.rows * matrix.columns) / layout->blockValues
        * layout->blockBytes;
}

double rowBytes(Rows rows)
{
    return static_cast<double>(rows.count * rows.width) * sizeof(float);
}

constexpr std::array<std::int64_t, 3> kBatches{1, 32, 512};

Result<OpGroup> weightsGroup(Backend& backend, const Shapes& s, TensorType type)
{
    auto arena = std::make_shared<Arena>(backend);
    std::vector<OpCase> cases;
    const auto products = [&](const char* op, std::int64_t columns, std::int64_t outputs,
                              std::span<const std::int64_t> batches) {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(type));
        const std::uint64_t bytes = static_cast<std::uint64_t>(columns * outputs)
            / layout->blockValues * layout->blockBytes;
        const auto copies =
            static_cast<std::size_t>(std::max<std::uint64_t>(1, s.streamedBytes / bytes));
        auto matrices = std::make_shared<std::vector<Matrix>>();
        for (std::size_t i = 0; i < copies; ++i)
            matrices->push_back(arena->matrix(type, columns, outputs));
        for (const std::int64_t n : batches) {
            const Rows in = arena->rows(n, columns);
            const Rows out = arena->rows(n, outputs);
            OpCase made{op, fmt::format("n={} {}x{}", n, columns, outputs), typeName(type),
                static_cast<double>(bytes) + rowBytes(in) + rowBytes(out),
                2.0 * static_cast<double>(n * columns * outputs), peakOf(type), {}};
            made.run = [&backend, matrices, in, out, next = std::size_t{0}]() mutable {
                backend.matmul(out, (*matrices)[next++ % matrices->size()], in, {});
            };
            cases.push_back(std::move(made));
        }
    };
    products("matmul", s.hidden, s.hidden, kBatches);
    products("head", s.hidden, s.vocabulary, std::span(kBatches).first(1));

    MoeWeights weights;
    weights.router = arena->matrix(TensorType::f32, s.hidden, s.experts);
    weights.experts.gate = arena->matrix(type, s.hidden, s.ffn, s.experts);
    weights.experts.up = arena->matrix(type, s.hidden, s.ffn, s.experts);
    weights.experts.down = arena->matrix(type, s.ffn, s.hidden, s.experts);
    weights.shared.gate = arena->matrix(type, s.hidden, s.ffn);
    weights.shared.up = arena->matrix(type, s.hidden, s.ffn);
    weights.shared.down = arena->matrix(type, s.ffn, s.hidden);
    for (const std::int64_t n : kBatches) {
        // One token a run takes a row of its own each time, so that experts take turns.
        const Rows in = arena->rows(std::max<std::int64_t>(n, 64), s.hidden);
        const Rows out = arena->rows(n, s.hidden);
        const double expert = arena->error()
            ? 0
            : 2 * matrixBytes(weights.shared.gate) + matrixBytes(weights.shared.down);
        // Experts that n tokens reach on average when each has the same chance.
        const auto count = static_cast<double>(s.experts);
        const double reached = count * (1 - std::pow(1 - 1 / count, static_cast<double>(n)));
        OpCase made{"moe", fmt::format("n={} {}x{} top-1 of {}", n, s.hidden, s.ffn, s.experts),
            typeName(type), expert * (reached + 1),
            2.0 * static_cast<double>(n * (6 * s.hidden * s.ffn + s.hidden * s.experts)),
            peakOf(type), {}};
        made.run = [&backend, weights, in, out, next = std::int64_t{0}]() mutable {
            const std::int64_t first = next++ % (in.count - out.count + 1);
            backend.moe(out, weights, in.slice(first, out.count));
        };
        cases.push_back(std::move(made));
    }
    return finish(arena, "weights " + typeName(type), std::move(cases));
}

Result<OpGroup> attentionGroup(Backend& backend, const Shapes& s, const KvTypeName& kv)
{
    auto arena = std::make_shared<Arena>(backend);
    constexpr std::int64_t kDeepest = 16384;
    constexpr std::int64_t kMostRows = 512;
    const std::int64_t width = s.heads * s.headDim;
    const std::int64_t kvWidth = s.kvHeads * s.headDim;
    const KvRows keys = arena->kvRows(kv.type, kDeepest + kMostRows, s.kvHeads, s.headDim);
    const KvRows values = arena->kvRows(kv.type, kDeepest + kMostRows, s.kvHeads, s.headDim);
    const Rows q = arena->rows(kMostRows, width);
    const Rows out = arena->rows(kMostRows, width);
    const Rows fresh = arena->rows(kMostRows, kvWidth);
    std::vector<OpCase> cases;
    struct Point {
        std::int64_t tokens, depth;
    };
    for (const auto& [n, depth] : {Point{1, 512}, Point{1, 4096}, Point{1, kDeepest},
             Point{kMostRows, 0}, Point{kMostRows, 4096}}) {
        const double read =
            2.0 * static_cast<double>(keys.rowBytes()) * static_cast<double>(depth + n);
        // Of the block's own keys each query sees half on average.
        const double seen = static_cast<double>(n)
            * (static_cast<double>(depth) + (static_cast<double>(n) + 1) / 2);
        OpCase made{"attention",
            fmt::format("n={} depth={} {}/{}x{}", n, depth, s.heads, s.kvHeads, s.headDim),
            std::string(kv.name), read, 4.0 * seen * static_cast<double>(width), "f32-fma", {}};
        AttentionParams params;
        params.heads = s.heads;
        params.kvHeads = s.kvHeads;
        params.headDim = s.headDim;
        params.scale = 1.0F / std::sqrt(static_cast<float>(s.headDim));
        params.keyCount = depth + n;
        params.firstPosition = depth;
        made.run = [&backend, out, q, keys, values, params, n = n] {
            backend.attention(out.slice(0, n), q.slice(0, n), keys, values, params);
        };
        cases.push_back(std::move(made));
    }
    OpCase store{"storeKv", fmt::format("n={} {}", kMostRows, kvWidth), std::string(kv.name),
        rowBytes(fresh) + static_cast<double>(keys.rowBytes()) * kMostRows, 0, "", {}};
    store.run = [&backend, keys, fresh] { backend.storeKv(keys, fresh); };
    cases.push_back(std::move(store));
    return finish(arena, fmt::format("attention {}", kv.name), std::move(cases));
}

Result<OpGroup> rowsGroup(Backend& backend, const Shapes& s)
{
    auto arena = std::make_shared<Arena>(backend);
    std::vector<OpCase> cases;
    const Vector weight = arena->vector(s.hidden);
    for (const std::int64_t n : {std::int64_t{1}, std::int64_t{512}}) {
        const Rows x = arena->rows(n, s.hidden);
        const Rows y = arena->rows(n, s.hidden);
        const auto values = static_cast<double>(n * s.hidden);
        const auto one = [&](const char* op, double bytes, double flops,
                             std::function<void()> run) {
            cases.push_back({op, fmt::format("n={} {}", n, s.hidden), "", bytes, flops, "f32-fma",
                std::move(run)});
        };
        one("rmsNorm", 2 * rowBytes(x), 4 * values,
            [&backend, x, y, weight] { backend.rmsNorm(y, x, weight, 1e-5F); });
        one("rope", 2 * rowBytes(x), 3 * values, [&backend, x, headDim = s.headDim] {
            backend.rope(x, {.headDim = headDim, .theta = 500000.0F, .freqFactors = {}}, 4096);
        });
        one("add", 3 * rowBytes(x), values, [&backend, x, y] { backend.add(x, y); });
    }
    return finish(arena, "rows", std::move(cases));
}

// One layer of the vision tower, its products also alone.
Result<OpGroup> visionGroup(Backend& backend, const Shapes& s, TensorType type)
{
    auto arena = std::make_shared<Arena>(backend);
    const std::int64_t n = s.visionTokens;
    const std::int64_t c = s.visionWidth;
    const Matrix square = arena->matrix(type, c, c);
    const Matrix up = arena->matrix(type, c, s.visionFfn);
    const Matrix down = arena->matrix(type, s.visionFfn, c);
    const Vector weight = arena->vector(c);
    const Vector wide = arena->vector(s.visionFfn);
    const std::array<Rows, 5> x{arena->rows(n, c), arena->rows(n, c), arena->rows(n, c),
        arena->rows(n, c), arena->rows(n, c)};
    const Rows hidden = arena->rows(n, s.visionFfn);
    if (arena->error())
        return tl::unexpected(*arena->error());
    const AttentionParams attention{.heads = s.visionHeads,
        .kvHeads = s.visionHeads,
        .headDim = c / s.visionHeads,
        .scale = 0.1F,
        .mask = Mask::none,
        .keyCount = n};
    const auto kv = [attention](Rows rows) {
        return KvRows{reinterpret_cast<std::byte*>(rows.data), KvType::f32, attention.kvHeads,
            attention.headDim};
    };
    const auto attend = [&backend, x, attention, kv] {
        backend.attention(x[4], x[1], kv(x[2]), kv(x[3]), attention);
    };
    const double products = static_cast<double>(n * c);
    const double attentionFlops = 4 * products * static_cast<double>(n);
    const double layerFlops = 2 * products * static_cast<double>(4 * c + 2 * s.visionFfn);
    std::vector<OpCase> cases;
    const auto one = [&](const char* op, double bytes, double flops, const std::string& peak,
                         std::function<void()> run) {
        cases.push_back({op, fmt::format("n={} {}/{}", n, c, s.visionFfn), typeName(type), bytes,
            flops, peak, std::move(run)});
    };
    one("vision-up", matrixBytes(up), 2 * products * static_cast<double>(s.visionFfn), peakOf(type),
        [&backend, hidden, up, x, wide] { backend.matmul(hidden, up, x[0], wide); });
    one("vision-attention", 4 * rowBytes(x[0]), attentionFlops, "f32-fma", attend);
    one("vision-gelu", 2 * rowBytes(hidden), 0, "", [&backend, hidden] { backend.gelu(hidden); });
    one("vision-layer", 4 * matrixBytes(square) + matrixBytes(up) + matrixBytes(down),
        layerFlops + attentionFlops, peakOf(type), [=, &backend] {
            const Rope2dParams rope{.headDim = c / s.visionHeads, .side = 24};
            backend.layerNorm(x[4], x[0], weight, weight, 1e-5F);
            for (const std::size_t i : {1U, 2U, 3U})
                backend.matmul(x[i], square, x[4], weight);
            backend.rope2d(x[1], rope);
            backend.rope2d(x[2], rope);
            attend();
            backend.matmul(x[1], square, x[4], weight);
            backend.layerNorm(x[4], x[1], weight, weight, 1e-5F);
            backend.matmul(hidden, up, x[4], wide);
            backend.gelu(hidden);
            backend.matmul(x[1], down, hidden, weight);
        });
    return finish(arena, "vision " + typeName(type), std::move(cases));
}

} // namespace

std::vector<NamedGroup> opGroups(Backend& backend, const Shapes& shapes)
{
    std::vector<NamedGroup> groups;
    constexpr std::uint32_t kMostTypes = 64;
    for (std::uint32_t id = 0; id < kMostTypes; ++id) {
        const auto type = static_cast<TensorType>(id);
        const auto layout = tensorTypeInfo(id);
        if (layout && isComputable(type))
            groups.push_back({fmt::format("weights {}", layout->name), {"matmul", "head", "moe"},
                [&backend, shapes, type] { return weightsGroup(backend, shapes, type); }});
    }
    for (const KvTypeName& kv : kKvTypes)
        groups.push_back({fmt::format("attention {}", kv.name), {"attention", "storeKv"},
            [&backend, shapes, kv] { return attentionGroup(backend, shapes, kv); }});
    groups.push_back({"rows", {"rmsNorm", "rope", "add"},
        [&backend, shapes] { return rowsGroup(backend, shapes); }});
    for (const TensorType type : {TensorType::f16, TensorType::bf16})
        groups.push_back({"vision " + typeName(type),
            {"vision-up", "vision-attention", "vision-gelu", "vision-layer"},
            [&backend, shapes, type] { return visionGroup(backend, shapes, type); }});
    return groups;
}

} // namespace lectern::bench
