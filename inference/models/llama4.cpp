// SPDX-License-Identifier: Apache-2.0
// Llama 4, the text decoder.
#include "inference/models/llama4.h"

#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string>

namespace lectern::inference {

namespace {

// Larger than any published model by a wide margin, and small enough that no product of two or
// three of them overflows.
constexpr std::uint64_t kMostLayers = 4096;
constexpr std::uint64_t kWidest = 1U << 20U;
constexpr std::uint64_t kLongest = std::uint64_t{1} << 32U;
constexpr double kLargestNumber = 1e30;

// Reads keys and remembers the first thing that is wrong with them.
class KeyReader {
public:
    explicit KeyReader(const Gguf& gguf) : m_gguf(gguf) { }

    // `absent`: the value when the file lacks the key; nullopt: it must not.
    std::int64_t integer(std::string_view name, std::optional<std::int64_t> absent,
        std::uint64_t least, std::uint64_t most)
    {
        const std::string key = fmt::format("llama4.{}", name);
        if (!present(key, absent.has_value()))
            return absent.value_or(static_cast<std::int64_t>(least));
        const auto value = m_gguf.integer(key);
        if (!value || *value < least || *value > most) {
            report(ErrorCode::malformed,
                fmt::format("The model's setting {} is {}; a whole number from {} to {} belongs "
                            "there.",
                    key, value ? std::to_string(*value) : "of another kind", least, most));
            return static_cast<std::int64_t>(least);
        }
        return static_cast<std::int64_t>(*value);
    }
    float number(std::string_view name, std::optional<float> absent, float least)
    {
        const std::string key = fmt::format("llama4.{}", name);
        if (!present(key, absent.has_value()))
            return absent.value_or(least);
        const auto value = m_gguf.number(key);
        if (!value || !(*value >= least) || *value > kLargestNumber) {
            report(ErrorCode::malformed,
                fmt::format("The model's setting {} is not a number of at least {}.", key, least));
            return least;
        }
        return static_cast<float>(*value);
    }
    bool flag(std::string_view name, bool absent)
    {
        return m_gguf.boolean(fmt::format("llama4.{}", name)).value_or(absent);
    }
    void require(bool holds, const std::string& sentence)
    {
        if (!holds)
            report(ErrorCode::malformed, sentence);
    }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    bool present(const std::string& key, bool mayLack)
    {
        const bool found = m_gguf.keys.contains(key);
        if (!found && !mayLack)
            report(ErrorCode::missingKey,
                fmt::format("The model file lacks the setting {}; it is incomplete.", key));
        return found;
    }
    void report(ErrorCode code, std::string message)
    {
        if (!m_error)
            m_error = Error{code, std::move(message)};
    }
    const Gguf& m_gguf;
    std::optional<Error> m_error;
};

struct LayerWeights {
    Vector attentionNorm; // [hidden]
    Matrix q;             // [heads * headDim, hidden]
    Matrix k;             // [kvHeads * headDim, hidden]
    Matrix v;             // [kvHeads * headDim, hidden]
    Matrix attentionOut;  // [hidden, heads * headDim]
    Vector ffnNorm;       // [hidden]
    FfnWeights ffn;       // dense layers
    MoeWeights moe;       // MoE layers: router not empty
};

// Activations of one micro-batch, each [kMicroBatch, width].
struct Scratch {
    RowsBuffer normed;   // hidden
    RowsBuffer q;        // heads * headDim
    RowsBuffer k;        // kvHeads * headDim
    RowsBuffer v;        // kvHeads * headDim
    RowsBuffer attended; // heads * headDim
    RowsBuffer delta;    // hidden
};

struct Llama4 {
    Llama4Config config;
    std::vector<LayerWeights> layers;
    Vector ropeFactors;
    Scratch scratch;

    void run(GraphPass& pass) const;
    void attention(GraphPass& pass, std::size_t layer) const;
    void feedForward(GraphPass& pass, std::size_t layer) const;
};

void Llama4::attention(GraphPass& pass, std::size_t layer) const
{
    Backend& backend = pass.backend;
    const LayerWeights& weights = layers[layer];
    const std::int64_t count = pass.hidden.count;
    const std::int64_t position = pass.kv.position();
    const Rows normed = scratch.normed.rows.slice(0, count);
    const Rows q = scratch.q.rows.slice(0, count);
    const Rows k = scratch.k.rows.slice(0, count);
    const Rows v = scratch.v.rows.slice(0, count);
    const Rows attended = scratch.attended.rows.slice(0, count);
    const Rows delta = scratch.delta.rows.slice(0, count);

    backend.rmsNorm(normed, pass.hidden, weights.attentionNorm, config.epsilon);
    backend.matmul(q, weights.q, normed);
    backend.matmul(k, weights.k, normed);
    backend.matmul(v, weights.v, normed);
    if (!config.isNope(static_cast<std::int64_t>(layer))) {
        const RopeParams rope{config.headDim, config.ropeTheta, ropeFactors};
        backend.rope(q, rope, position);
        backend.rope(k, rope, position);
        if (config.qkNorm) {
            const Rows qHeads = q.reshaped(config.headDim);
            const Rows kHeads = k.reshaped(config.headDim);
            backend.rmsNorm(qHeads, qHeads, {}, config.epsilon);
            backend.rmsNorm(kHeads, kHeads, {}, config.epsilon);
        }
    } else if (config.temperatureScale != 0.0F) {
        std::vector<float> factors(count);
        for (std::int64_t t = 0; t < count; ++t) {
            const std::int64_t whole = (position + t + 1) / config.temperatureLength;
            const auto step = static_cast<double>(whole);
            factors[t] = static_cast<float>(1.0 + config.temperatureScale * std::log(1.0 + step));
        }
        backend.scaleRows(q, factors);
    }

    const std::int64_t firstKey = pass.kv.firstPosition(layer);
    const KvRows keys = pass.kv.keys(layer);
    const KvRows values = pass.kv.values(layer);
    backend.storeKv(keys.from(position - firstKey), k);
    backend.storeKv(values.from(position - firstKey), v);
    AttentionParams params;
    params.heads = config.heads;
    params.kvHeads = config.kvHeads;
    params.headDim = config.headDim;
    params.scale = 1.0F / std::sqrt(static_cast<float>(config.headDim));
    params.keyCount = position + count - firstKey;
    params.firstKey = firstKey;
    params.firstPosition = position;
    params.chunk = config.isNope(static_cast<std::int64_t>(layer)) ? 0 : config.chunk;
    backend.attention(attended, q, keys, values, params);
    backend.matmul(delta, weights.attentionOut, attended);
    backend.add(pass.hidden, delta);
}

void Llama4::feedForward(GraphPass& pass, std::size_t layer) const
{
    Backend& backend = pass.backend;
    const LayerWeights& weights = layers[layer];
    const Rows normed = scratch.normed.rows.slice(0, pass.hidden.count);
    const Rows delta = scratch.delta.rows.slice(0, pass.hidden.count);
    backend.rmsNorm(normed, pass.hidden, weights.ffnNorm, config.epsilon);
    if (!weights.moe.router) {
        backend.ffn(delta, weights.ffn, normed);
    } else if (pass.taps && pass.taps->routing) {
        Routing routing;
        backend.moe(delta, weights.moe, normed, &routing);
        pass.taps->routing(static_cast<int>(layer), pass.kv.position(), routing);
    } else {
        backend.moe(delta, weights.moe, normed);
    }
    backend.add(pass.hidden, delta);
}

void Llama4::run(GraphPass& pass) const
{
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        if (pass.stop.stop_requested())
            return; // the caller's synchronize() says so
        attention(pass, layer);
        pass.tap(Taps::Stage::afterAttention, static_cast<int>(layer));
        feedForward(pass, layer);
        pass.tap(Taps::Stage::output, static_cast<int>(layer));
    }
}

// Finds tensors, checks their shapes, hands them to the backend, and remembers the first error.
class Loader {
public:
    Loader(const ModelFile& file, Backend& backend) : m_file(file), m_backend(backend) { }

    Matrix matrix(
        const std::string& name, std::int64_t columns, std::int64_t rows, std::int64_t slices = 1)
    {
        return take(m_file.require(name, {size(columns), size(rows), size(slices)})
                        .and_then([&](const TensorView& view) { return m_backend.matrix(view); }));
    }
    Vector vector(const std::string& name, std::int64_t width)
    {
        return take(m_file.require(name, {size(width)}).and_then([&](const TensorView& view) {
            return m_backend.vector(view);
        }));
    }
    FfnWeights ffn(std::int64_t layer, std::string_view suffix, std::int64_t hidden,
        std::int64_t width, std::int64_t slices = 1)
    {
        const auto name = [&](std::string_view part) {
            return fmt::format("blk.{}.ffn_{}{}.weight", layer, part, suffix);
        };
        return {matrix(name("gate"), hidden, width, slices),
            matrix(name("up"), hidden, width, slices), matrix(name("down"), width, hidden, slices)};
    }
    RowsBuffer rows(std::int64_t width) { return take(m_backend.allocateRows(kMicroBatch, width)); }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    static std::uint64_t size(std::int64_t value) { return static_cast<std::uint64_t>(value); }
    template <class T> T take(Result<T> result)
    {
        if (result)
            return std::move(*result);
        if (!m_error)
            m_error = std::move(result.error());
        return T{};
    }
    const ModelFile& m_file;
    Backend& m_backend;
    std::optional<Error> m_error;
};

LayerWeights loadLayer(Loader& load, const Llama4Config& config, std::int64_t i)
{
    const auto name = [&](std::string_view part) {
        return fmt::format("blk.{}.{}.weight", i, part);
    };
    const std::int64_t qWidth = config.heads * config.headDim;
    const std::int64_t kvWidth = config.kvHeads * config.headDim;
    LayerWeights layer;
    layer.attentionNorm = load.vector(name("attn_norm"), config.hidden);
    layer.q = load.matrix(name("attn_q"), config.hidden, qWidth);
    layer.k = load.matrix(name("attn_k"), config.hidden, kvWidth);
    layer.v = load.matrix(name("attn_v"), config.hidden, kvWidth);
    layer.attentionOut = load.matrix(name("attn_output"), qWidth, config.hidden);
    layer.ffnNorm = load.vector(name("ffn_norm"), config.hidden);
    if (!config.isMoe(i)) {
        layer.ffn = load.ffn(i, "", config.hidden, config.ffn);
        return layer;
    }
    layer.moe.router = load.matrix(name("ffn_gate_inp"), config.hidden, config.experts);
    layer.moe.experts = load.ffn(i, "_exps", config.hidden, config.expertFfn, config.experts);
    layer.moe.shared = load.ffn(i, "_shexp", config.hidden, config.expertFfn);
    layer.moe.used = config.expertsUsed;
    return layer;
}

KvShape kvShapeOf(const Llama4Config& config)
{
    KvShape shape;
    for (std::int64_t i = 0; i < config.layers; ++i) {
        const bool local = !config.isNope(i) && config.chunk > 0;
        shape.layers.push_back(local ? KvScope::local : KvScope::global);
    }
    shape.width = config.kvHeads * config.headDim;
    shape.chunk = config.chunk;
    return shape;
}

} // namespace

Result<KvShape> llama4KvShape(const Gguf& gguf)
{
    return readLlama4Config(gguf).map(kvShapeOf);
}

Result<Llama4Config> readLlama4Config(const Gguf& gguf)
{
    KeyReader keys(gguf);
    Llama4Config config;
    config.layers = keys.integer("block_count", {}, 1, kMostLayers);
    config.hidden = keys.integer("embedding_length", {}, 1, kWidest);
    config.contextLength = keys.integer("context_length", {}, 1, kLongest);
    config.heads = keys.integer("attention.head_count", {}, 1, kWidest);
    config.kvHeads = keys.integer("attention.head_count_kv", config.heads, 1, kWidest);
    config.headDim = keys.integer("attention.key_length", config.hidden / config.heads, 2, kWidest);
    const std::int64_t valueDim =
        keys.integer("attention.value_length", config.headDim, 2, kWidest);
    const std::int64_t ropeDim = keys.integer("rope.dimension_count", config.headDim, 2, kWidest);
    config.epsilon = keys.number("attention.layer_norm_rms_epsilon", {}, 0.0F);
    config.ropeTheta = keys.number("rope.freq_base", config.ropeTheta, 1.0F);

    config.moeStep = keys.integer("interleave_moe_layer_step", 1, 0, kMostLayers);
    std::int64_t moeLayers = 0;
    for (std::int64_t i = 0; i < config.layers; ++i)
        moeLayers += config.isMoe(i) ? 1 : 0;
    config.experts = keys.integer("expert_count", 0, 0, kWidest);
    if (moeLayers > 0) {
        config.expertFfn = keys.integer("expert_feed_forward_length", {}, 1, kWidest);
        config.expertsUsed = keys.integer("expert_used_count", {}, 1, kWidest);
    }
    if (moeLayers < config.layers)
        config.ffn = keys.integer("feed_forward_length", {}, 1, kWidest);

    config.chunk = keys.integer("attention.sliding_window", config.chunk, 0, kLongest);
    config.nopeStep =
        keys.integer("attention.sliding_window_pattern", config.nopeStep, 0, kMostLayers);
    config.temperatureLength =
        keys.integer("attention.temperature_length", config.temperatureLength, 1, kLongest);
    config.temperatureScale =
        keys.number("attention.temperature_scale", config.temperatureScale, 0.0F);
    config.qkNorm = keys.flag("attention.qk_norm", config.experts != 128);

    keys.require(config.heads % config.kvHeads == 0,
        fmt::format("The model's settings contradict: its {} query heads cannot share {} "
                    "key/value heads evenly.",
            config.heads, config.kvHeads));
    keys.require(config.headDim >= 2 && config.headDim % 2 == 0,
        fmt::format("The model's heads have {} values; rotary embedding needs an even number.",
            config.headDim));
    keys.require(valueDim == config.headDim && ropeDim == config.headDim,
        fmt::format("The model's settings contradict: keys have {} values a head, values {}, and "
                    "rotary embedding turns {}; Llama 4 has one size for all.",
            config.headDim, valueDim, ropeDim));
    keys.require(moeLayers == 0 || config.expertsUsed <= config.experts,
        fmt::format("The model's settings contradict: {} of {} experts are to be used.",
            config.expertsUsed, config.experts));
    if (keys.error())
        return tl::unexpected(*keys.error());
    return config;
}

Result<Graph> loadLlama4(const ModelFile& file, Backend& backend)
{
    const std::string fileName = file.path().filename().string();
    Result<Llama4Config> read = readLlama4Config(file.gguf());
    if (!read)
        return fail(read.error().code, fmt::format("{}: {}", fileName, read.error().message));
    Llama4Config config = *read;
    // The token list may be padded; the embedding's own height is what counts.
    const TensorView embedding = file.tensor("token_embd.weight");
    config.vocabulary = embedding ? static_cast<std::int64_t>(embedding.dims[1]) : 1;

    Loader load(file, backend);
    Graph graph;
    graph.embedding = load.matrix("token_embd.weight", config.hidden, config.vocabulary);
    graph.output = file.tensor("output.weight")
        ? load.matrix("output.weight", config.hidden, config.vocabulary)
        : graph.embedding;
    graph.outputNorm = load.vector("output_norm.weight", config.hidden);

    // Shared because std::function wants copies; never changed once loaded.
    const auto model = std::make_shared<Llama4>();
    if (file.tensor("rope_freqs.weight"))
        model->ropeFactors = load.vector("rope_freqs.weight", config.headDim / 2);
    for (std::int64_t i = 0; i < config.layers && !load.error(); ++i)
        model->layers.push_back(loadLayer(load, config, i));
    const std::int64_t qWidth = config.heads * config.headDim;
    const std::int64_t kvWidth = config.kvHeads * config.headDim;
    if (!load.error())
        model->scratch = {load.rows(config.hidden), load.rows(qWidth), load.rows(kvWidth),
            load.rows(kvWidth), load.rows(qWidth), load.rows(config.hidden)};
    if (load.error())
        return tl::unexpected(*load.error());

    graph.layers = static_cast<int>(config.layers);
    graph.hidden = config.hidden;
    graph.vocabulary = config.vocabulary;
    graph.contextLength = config.contextLength;
    graph.kv = kvShapeOf(config);
    graph.normEpsilon = config.epsilon;
    model->config = config;
    graph.run = [model](GraphPass& pass) { model->run(pass); };
    return graph;
}

} // namespace lectern::inference
