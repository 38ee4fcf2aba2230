// SPDX-License-Identifier: Apache-2.0
// The qwen3 and qwen3moe graphs: every head of q and k normalised with weights, then turned as
// halves; the router's softmax over the experts it takes weighs their outputs, and there is no
// shared expert.
#include "inference/models/qwen3.h"

#include "inference/models/decoder.h"

#include <fmt/format.h>

namespace lectern::inference {

namespace {

enum class Kind { dense, moe };

struct Qwen3Config {
    DecoderConfig decoder;
    std::int64_t ffn = 0; // dense
    std::int64_t experts = 0;
    std::int64_t expertsUsed = 0;
    std::int64_t expertFfn = 0;
};

Result<Qwen3Config> readConfig(const Gguf& gguf, Kind kind)
{
    KeyReader keys(gguf, kind == Kind::dense ? "qwen3" : "qwen3moe");
    Qwen3Config config;
    config.decoder = readDecoderConfig(keys, 1000000.0F);
    if (kind == Kind::dense) {
        config.ffn = keys.integer("feed_forward_length", {}, 1, kWidest);
    } else {
        config.experts = keys.integer("expert_count", {}, 1, kWidest);
        config.expertsUsed = keys.integer("expert_used_count", {}, 1, kWidest);
        config.expertFfn = keys.integer("expert_feed_forward_length", {}, 1, kWidest);
        keys.require(config.expertsUsed <= config.experts,
            fmt::format("The model's settings contradict: {} of {} experts are to be used.",
                config.expertsUsed, config.experts));
        if (!keys.flag("expert_weights_norm", true))
            keys.report(ErrorCode::unsupportedArchitecture,
                "The model weighs its experts by the softmax over all of them; this version runs "
                "only models that divide it by the sum of those taken.");
    }
    if (keys.error())
        return tl::unexpected(*keys.error());
    return config;
}

void run(const Decoder& qwen, GraphPass& pass)
{
    for (std::size_t layer = 0; layer < qwen.layers.size(); ++layer) {
        if (pass.stop.stop_requested())
            return; // the caller's synchronize() says so
        const DecoderLayer& weights = qwen.layers[layer];
        const Decoder::Heads heads = qwen.project(pass, layer);
        qwen.normHeads(pass, heads, weights.qNorm, weights.kNorm);
        qwen.rotate(pass, heads, RopePairs::halves);
        qwen.attend(pass, layer, heads);
        pass.tap(Taps::Stage::afterAttention, static_cast<int>(layer));
        qwen.feedForward(pass, layer);
        pass.tap(Taps::Stage::output, static_cast<int>(layer));
    }
}

Result<KvShape> kvShape(const Gguf& gguf, Kind kind)
{
    return readConfig(gguf, kind).map([](const Qwen3Config& config) {
        return config.decoder.globalKvShape();
    });
}

Result<Graph> load(const ModelFile& file, Backend& backend, Kind kind)
{
    Result<Qwen3Config> config = readConfig(file.gguf(), kind);
    if (!config)
        return inFile(file, config.error());
    DecoderConfig& decoder = config->decoder;
    decoder.vocabulary = embeddingRows(file);
    Loader load(file, backend);
    // Shared because std::function wants copies; never changed once loaded.
    const auto qwen = std::make_shared<Decoder>(load, decoder);
    for (std::int64_t i = 0; i < decoder.layers && !load.error(); ++i) {
        DecoderLayer layer = Decoder::loadAttention(load, decoder, i);
        layer.qNorm = load.vector(fmt::format("blk.{}.attn_q_norm.weight", i), decoder.headDim);
        layer.kNorm = load.vector(fmt::format("blk.{}.attn_k_norm.weight", i), decoder.headDim);
        if (kind == Kind::dense) {
            layer.ffn = load.ffn(i, "", decoder.hidden, config->ffn);
        } else {
            layer.moe = load.moe(
                i, decoder.hidden, config->expertFfn, config->experts, config->expertsUsed);
            layer.moe.gating = Gating::softmaxOfOutput;
        }
        qwen->layers.push_back(layer);
    }
    return finishGraph(
        load, decoder, decoder.globalKvShape(), [qwen](GraphPass& pass) { run(*qwen, pass); });
}

} // namespace

Result<KvShape> qwen3KvShape(const Gguf& gguf)
{
    return kvShape(gguf, Kind::dense);
}

Result<KvShape> qwen3MoeKvShape(const Gguf& gguf)
{
    return kvShape(gguf, Kind::moe);
}

Result<Graph> loadQwen3(const ModelFile& file, Backend& backend)
{
    return load(file, backend, Kind::dense);
}

Result<Graph> loadQwen3Moe(const ModelFile& file, Backend& backend)
{
    return load(file, backend, Kind::moe);
}

} // namespace lectern::inference
