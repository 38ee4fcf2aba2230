// SPDX-License-Identifier: Apache-2.0
// The common parts of decoder graphs.
#include "inference/models/decoder.h"

#include "inference/quoted.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

std::uint64_t size(std::int64_t value)
{
    return static_cast<std::uint64_t>(value);
}

} // namespace

KvShape DecoderConfig::globalKvShape() const
{
    KvShape shape;
    shape.layers.assign(size(layers), KvScope::global);
    shape.kvHeads = kvHeads;
    shape.headDim = headDim;
    return shape;
}

DecoderConfig readDecoderConfig(KeyReader& keys, float absentTheta)
{
    DecoderConfig config;
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
    config.ropeTheta = keys.number("rope.freq_base", absentTheta, 1.0F);

    keys.require(config.heads % config.kvHeads == 0,
        fmt::format("The model's settings contradict: its {} query heads cannot share {} "
                    "key/value heads evenly.",
            config.heads, config.kvHeads));
    keys.require(config.headDim >= 2 && config.headDim % 2 == 0,
        fmt::format("The model's heads have {} values; rotary embedding needs an even number.",
            config.headDim));
    keys.require(valueDim == config.headDim && ropeDim == config.headDim,
        fmt::format("The model's settings contradict: keys have {} values a head, values {}, and "
                    "rotary embedding turns {}; this architecture has one size for all.",
            config.headDim, valueDim, ropeDim));
    if (const std::string* scaling = keys.text("rope.scaling.type"); scaling && *scaling != "none")
        keys.report(ErrorCode::unsupportedArchitecture,
            fmt::format("The model stretches its context by rope scaling of the kind {}, which "
                        "this version does not compute; choose a file without it.",
                inference::inQuotes(*scaling)));
    return config;
}

template <class T> T Loader::take(Result<T> result)
{
    if (result)
        return std::move(*result);
    if (!m_error)
        m_error = std::move(result.error());
    return T{};
}

Matrix Loader::matrix(
    const std::string& name, std::int64_t columns, std::int64_t rows, std::int64_t slices)
{
    // No architecture here has biases; one that is there and left out would give wrong answers.
    constexpr std::string_view kWeight = "weight";
    const std::string bias = name.substr(0, name.size() - kWeight.size()) + "bias";
    if (m_file.tensor(bias))
        return take<Matrix>(fail(ErrorCode::unsupportedArchitecture,
            fmt::format("{}: The model has the tensor {}, which its architecture does not have in "
                        "this version.",
                m_file.path().filename().string(), inference::inQuotes(bias))));
    return take(m_file.require(name, {size(columns), size(rows), size(slices)})
                    .and_then([&](const TensorView& view) {
                        Result<Matrix> loaded = m_backend.matrix(view);
                        if (loaded && loaded->packed)
                            m_file.release(view);
                        return loaded;
                    }));
}

Matrix Loader::table(const std::string& name, std::int64_t columns, std::int64_t rows)
{
    return take(
        m_file.require(name, {size(columns), size(rows)}).and_then([&](const TensorView& view) {
            return m_backend.table(view);
        }));
}

Vector Loader::vector(const std::string& name, std::int64_t width)
{
    return take(m_file.require(name, {size(width)}).and_then([&](const TensorView& view) {
        return m_backend.vector(view);
    }));
}

FfnWeights Loader::ffn(std::int64_t layer, std::string_view suffix, std::int64_t hidden,
    std::int64_t width, std::int64_t slices)
{
    const auto name = [&](std::string_view part) {
        return fmt::format("blk.{}.ffn_{}{}.weight", layer, part, suffix);
    };
    return {matrix(name("gate"), hidden, width, slices), matrix(name("up"), hidden, width, slices),
        matrix(name("down"), width, hidden, slices)};
}

MoeWeights Loader::moe(std::int64_t layer, std::int64_t hidden, std::int64_t width,
    std::int64_t experts, std::int64_t used)
{
    MoeWeights moe;
    moe.router = matrix(fmt::format("blk.{}.ffn_gate_inp.weight", layer), hidden, experts);
    moe.experts = ffn(layer, "_exps", hidden, width, experts);
    moe.used = used;
    return moe;
}

RowsBuffer Loader::rows(std::int64_t width)
{
    return take(m_backend.allocateRows(m_backend.microBatch(), width));
}

Decoder::Decoder(Loader& load, const DecoderConfig& settings) : config(settings)
{
    if (load.file().tensor("rope_freqs.weight"))
        m_ropeFactors = load.vector("rope_freqs.weight", config.headDim / 2);
    m_normed = load.rows(config.hidden);
    m_q = load.rows(config.qWidth());
    m_k = load.rows(config.kvWidth());
    m_v = load.rows(config.kvWidth());
    m_attended = load.rows(config.qWidth());
    m_delta = load.rows(config.hidden);
}

DecoderLayer Decoder::loadAttention(Loader& load, const DecoderConfig& config, std::int64_t layer)
{
    const auto name = [&](std::string_view part) {
        return fmt::format("blk.{}.{}.weight", layer, part);
    };
    DecoderLayer weights;
    weights.attentionNorm = load.vector(name("attn_norm"), config.hidden);
    weights.q = load.matrix(name("attn_q"), config.hidden, config.qWidth());
    weights.k = load.matrix(name("attn_k"), config.hidden, config.kvWidth());
    weights.v = load.matrix(name("attn_v"), config.hidden, config.kvWidth());
    weights.attentionOut = load.matrix(name("attn_output"), config.qWidth(), config.hidden);
    weights.ffnNorm = load.vector(name("ffn_norm"), config.hidden);
    return weights;
}

Decoder::Heads Decoder::project(GraphPass& pass, std::size_t layer) const
{
    const DecoderLayer& weights = layers[layer];
    const std::int64_t count = pass.hidden.count;
    const Rows normed = m_normed.rows.slice(0, count);
    const Heads heads{m_q.rows.slice(0, count), m_k.rows.slice(0, count), m_v.rows.slice(0, count)};
    pass.backend.rmsNorm(normed, pass.hidden, weights.attentionNorm, config.epsilon);
    const std::array products{Product{heads.q, weights.q, normed},
        Product{heads.k, weights.k, normed}, Product{heads.v, weights.v, normed}};
    pass.backend.matmuls(products);
    return heads;
}

void Decoder::normHeads(GraphPass& pass, const Heads& heads, Vector qNorm, Vector kNorm) const
{
    const Rows q = heads.q.reshaped(config.headDim);
    const Rows k = heads.k.reshaped(config.headDim);
    pass.backend.rmsNorm(q, q, qNorm, config.epsilon);
    pass.backend.rmsNorm(k, k, kNorm, config.epsilon);
}

void Decoder::rotate(GraphPass& pass, const Heads& heads, RopePairs pairs) const
{
    const RopeParams rope{config.headDim, config.ropeTheta, m_ropeFactors, pairs};
    pass.backend.rope(heads.q, rope, pass.kv.position());
    pass.backend.rope(heads.k, rope, pass.kv.position());
}

void Decoder::attend(
    GraphPass& pass, std::size_t layer, const Heads& heads, std::int64_t chunk) const
{
    Backend& backend = pass.backend;
    const std::int64_t count = pass.hidden.count;
    const std::int64_t position = pass.kv.position();
    const std::int64_t firstKey = pass.kv.firstPosition(layer);
    const Rows attended = m_attended.rows.slice(0, count);
    const Rows delta = m_delta.rows.slice(0, count);
    const KvRows keys = pass.kv.keys(layer);
    const KvRows values = pass.kv.values(layer);
    backend.storeKv(keys.from(position - firstKey), heads.k);
    backend.storeKv(values.from(position - firstKey), heads.v);
    AttentionParams params;
    params.heads = config.heads;
    params.kvHeads = config.kvHeads;
    params.headDim = config.headDim;
    params.scale = 1.0F / std::sqrt(static_cast<float>(config.headDim));
    params.keyCount = position + count - firstKey;
    params.firstKey = firstKey;
    params.firstPosition = position;
    params.chunk = chunk;
    backend.attention(attended, heads.q, keys, values, params);
    backend.matmul(delta, layers[layer].attentionOut, attended);
    backend.add(pass.hidden, delta);
}

void Decoder::feedForward(GraphPass& pass, std::size_t layer) const
{
    Backend& backend = pass.backend;
    const DecoderLayer& weights = layers[layer];
    const Rows normed = m_normed.rows.slice(0, pass.hidden.count);
    const Rows delta = m_delta.rows.slice(0, pass.hidden.count);
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

std::int64_t embeddingRows(const ModelFile& file)
{
    const TensorView embedding = file.tensor("token_embd.weight");
    return embedding ? static_cast<std::int64_t>(embedding.dims[1]) : 1;
}

tl::unexpected<Error> inFile(const ModelFile& file, const Error& error)
{
    return fail(error.code, fmt::format("{}: {}", file.path().filename().string(), error.message));
}

Result<Graph> finishGraph(
    Loader& load, const DecoderConfig& config, KvShape kv, std::function<void(GraphPass&)> run)
{
    Graph graph;
    graph.embedding = load.table("token_embd.weight", config.hidden, config.vocabulary);
    graph.output =
        load.matrix(load.file().tensor("output.weight") ? "output.weight" : "token_embd.weight",
            config.hidden, config.vocabulary);
    graph.outputNorm = load.vector("output_norm.weight", config.hidden);
    if (load.error())
        return tl::unexpected(*load.error());
    graph.layers = static_cast<int>(config.layers);
    graph.hidden = config.hidden;
    graph.vocabulary = config.vocabulary;
    graph.contextLength = config.contextLength;
    graph.kv = std::move(kv);
    graph.normEpsilon = config.epsilon;
    graph.run = std::move(run);
    return graph;
}

} // namespace lectern::inference
