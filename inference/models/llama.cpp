// SPDX-License-Identifier: Apache-2.0
// The llama graph: rotary embedding of adjacent pairs (files hold the rows of q and k in that
// order, with Llama 3.1's frequency factors as rope_freqs.weight), dense feed-forward.
#include "inference/models/llama.h"

#include "inference/models/decoder.h"

namespace lectern::inference {

namespace {

struct LlamaConfig {
    DecoderConfig decoder;
    std::int64_t ffn = 0;
};

Result<LlamaConfig> readConfig(const Gguf& gguf)
{
    KeyReader keys(gguf, "llama");
    LlamaConfig config;
    config.decoder = readDecoderConfig(keys, 10000.0F);
    config.ffn = keys.integer("feed_forward_length", {}, 1, kWidest);
    if (keys.integer("expert_count", 0, 0, kWidest) > 0)
        keys.report(ErrorCode::unsupportedArchitecture,
            "The model is a mixture of experts under the name llama; this version runs only the "
            "dense models of that name.");
    if (keys.error())
        return tl::unexpected(*keys.error());
    return config;
}

void run(const Decoder& llama, GraphPass& pass)
{
    for (std::size_t layer = 0; layer < llama.layers.size(); ++layer) {
        if (pass.stop.stop_requested())
            return; // the caller's synchronize() says so
        const Decoder::Heads heads = llama.project(pass, layer);
        llama.rotate(pass, heads, RopePairs::adjacent);
        llama.attend(pass, layer, heads);
        pass.tap(Taps::Stage::afterAttention, static_cast<int>(layer));
        llama.feedForward(pass, layer);
        pass.tap(Taps::Stage::output, static_cast<int>(layer));
    }
}

} // namespace

Result<KvShape> llamaKvShape(const Gguf& gguf)
{
    return readConfig(gguf).map(
        [](const LlamaConfig& config) { return config.decoder.globalKvShape(); });
}

Result<Graph> loadLlama(const ModelFile& file, Backend& backend)
{
    Result<LlamaConfig> config = readConfig(file.gguf());
    if (!config)
        return inFile(file, config.error());
    config->decoder.vocabulary = embeddingRows(file);
    Loader load(file, backend);
    // Shared because std::function wants copies; never changed once loaded.
    const auto llama = std::make_shared<Decoder>(load, config->decoder);
    for (std::int64_t i = 0; i < config->decoder.layers && !load.error(); ++i) {
        DecoderLayer layer = Decoder::loadAttention(load, config->decoder, i);
        layer.ffn = load.ffn(i, "", config->decoder.hidden, config->ffn);
        llama->layers.push_back(layer);
    }
    return finishGraph(load, config->decoder, config->decoder.globalKvShape(),
        [llama](GraphPass& pass) { run(*llama, pass); });
}

} // namespace lectern::inference
