// SPDX-License-Identifier: Apache-2.0
// The llama4 graph: three of four layers turn their heads and see one chunk, the fourth does
// neither; the sigmoid of the router scales an expert's input, and a shared expert is added.
#include "inference/models/llama4.h"

#include "inference/models/decoder.h"

#include <cmath>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

struct Llama4Config {
    DecoderConfig decoder;
    std::int64_t ffn = 0;       // width of dense layers
    std::int64_t expertFfn = 0; // width of experts and of the shared expert
    std::int64_t experts = 0;
    std::int64_t expertsUsed = 0;
    std::int64_t moeStep = 1;  // layer i is MoE if (i + 1) % moeStep == 0; 0: none is
    std::int64_t chunk = 8192; // attention chunk of RoPE layers; 0: none
    std::int64_t nopeStep = 4; // layer i has no RoPE if (i + 1) % nopeStep == 0
    std::int64_t temperatureLength = 8192;
    float temperatureScale = 0.1F;
    bool qkNorm = true;

    [[nodiscard]] bool isMoe(std::int64_t layer) const
    {
        return moeStep > 0 && (layer + 1) % moeStep == 0;
    }
    [[nodiscard]] bool isNope(std::int64_t layer) const
    {
        return nopeStep > 0 && (layer + 1) % nopeStep == 0;
    }
};

Result<Llama4Config> readConfig(const Gguf& gguf)
{
    KeyReader keys(gguf, "llama4");
    Llama4Config config;
    config.decoder = readDecoderConfig(keys, 500000.0F);

    config.moeStep = keys.integer("interleave_moe_layer_step", 1, 0, kMostLayers);
    std::int64_t moeLayers = 0;
    for (std::int64_t i = 0; i < config.decoder.layers; ++i)
        moeLayers += config.isMoe(i) ? 1 : 0;
    config.experts = keys.integer("expert_count", 0, 0, kWidest);
    if (moeLayers > 0) {
        config.expertFfn = keys.integer("expert_feed_forward_length", {}, 1, kWidest);
        config.expertsUsed = keys.integer("expert_used_count", {}, 1, kWidest);
    }
    if (moeLayers < config.decoder.layers)
        config.ffn = keys.integer("feed_forward_length", {}, 1, kWidest);

    config.chunk = keys.integer("attention.sliding_window", config.chunk, 0, kLongest);
    config.nopeStep =
        keys.integer("attention.sliding_window_pattern", config.nopeStep, 0, kMostLayers);
    config.temperatureLength =
        keys.integer("attention.temperature_length", config.temperatureLength, 1, kLongest);
    config.temperatureScale =
        keys.number("attention.temperature_scale", config.temperatureScale, 0.0F);
    config.qkNorm = keys.flag("attention.qk_norm", config.experts != 128);
    keys.require(moeLayers == 0 || config.expertsUsed <= config.experts,
        fmt::format("The model's settings contradict: {} of {} experts are to be used.",
            config.expertsUsed, config.experts));
    if (keys.error())
        return tl::unexpected(*keys.error());
    return config;
}

KvShape kvShapeOf(const Llama4Config& config)
{
    KvShape shape = config.decoder.globalKvShape();
    for (std::int64_t i = 0; i < config.decoder.layers; ++i) {
        if (!config.isNope(i) && config.chunk > 0)
            shape.layers[static_cast<std::size_t>(i)] = KvScope::local;
    }
    shape.chunk = config.chunk;
    return shape;
}

// Makes attention sharper again at positions where the softmax runs over very many keys.
void scaleQueries(GraphPass& pass, Rows q, const Llama4Config& config)
{
    if (config.temperatureScale == 0.0F)
        return;
    std::vector<float> factors(q.count);
    for (std::int64_t t = 0; t < q.count; ++t) {
        const std::int64_t whole = (pass.kv.position() + t + 1) / config.temperatureLength;
        const auto step = static_cast<double>(whole);
        factors[t] = static_cast<float>(1.0 + config.temperatureScale * std::log(1.0 + step));
    }
    pass.backend.scaleRows(q, factors);
}

void run(const Decoder& llama, const Llama4Config& config, GraphPass& pass)
{
    for (std::size_t layer = 0; layer < llama.layers.size(); ++layer) {
        if (pass.stop.stop_requested())
            return; // the caller's synchronize() says so
        const Decoder::Heads heads = llama.project(pass, layer);
        if (config.isNope(static_cast<std::int64_t>(layer))) {
            scaleQueries(pass, heads.q, config);
            llama.attend(pass, layer, heads);
        } else {
            llama.rotate(pass, heads, RopePairs::adjacent);
            if (config.qkNorm)
                llama.normHeads(pass, heads, {}, {});
            llama.attend(pass, layer, heads, config.chunk);
        }
        pass.tap(Taps::Stage::afterAttention, static_cast<int>(layer));
        llama.feedForward(pass, layer);
        pass.tap(Taps::Stage::output, static_cast<int>(layer));
    }
}

} // namespace

Result<KvShape> llama4KvShape(const Gguf& gguf)
{
    return readConfig(gguf).map(kvShapeOf);
}

Result<Graph> loadLlama4(const ModelFile& file, Backend& backend)
{
    Result<Llama4Config> read = readConfig(file.gguf());
    if (!read)
        return inFile(file, read.error());
    Llama4Config config = *read;
    config.decoder.vocabulary = embeddingRows(file);
    Loader load(file, backend);
    // Shared because std::function wants copies; never changed once loaded.
    const auto llama = std::make_shared<Decoder>(load, config.decoder);
    for (std::int64_t i = 0; i < config.decoder.layers && !load.error(); ++i) {
        DecoderLayer layer = Decoder::loadAttention(load, config.decoder, i);
        const std::int64_t hidden = config.decoder.hidden;
        if (config.isMoe(i)) {
            layer.moe = load.moe(i, hidden, config.expertFfn, config.experts, config.expertsUsed);
            layer.moe.shared = load.ffn(i, "_shexp", hidden, config.expertFfn);
        } else {
            layer.ffn = load.ffn(i, "", hidden, config.ffn);
        }
        llama->layers.push_back(layer);
    }
    return finishGraph(load, config.decoder, kvShapeOf(config),
        [llama, config](GraphPass& pass) { run(*llama, config, pass); });
}

} // namespace lectern::inference
