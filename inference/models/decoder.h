// SPDX-License-Identifier: Apache-2.0
// What decoders of the Llama family have in common: settings, tensor names, and the steps of a
// layer, of which an architecture's file composes its own.
//
//     h += Wo attention(turned(Wq a), turned(Wk a), Wv a),   a = rms(h) * attn_norm
//     h += ffn(rms(h) * ffn_norm)
#pragma once

#include "inference/models/key_reader.h"
#include "inference/models/text_model.h"

#include <optional>
#include <string>

namespace lectern::inference {

struct DecoderConfig {
    std::int64_t layers = 0;
    std::int64_t hidden = 0;
    std::int64_t vocabulary = 0; // height of the embedding; the token list may be shorter
    std::int64_t contextLength = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0; // need not be hidden / heads
    float epsilon = 1e-5F;
    float ropeTheta = 0;

    [[nodiscard]] std::int64_t qWidth() const { return heads * headDim; }
    [[nodiscard]] std::int64_t kvWidth() const { return kvHeads * headDim; }
    // Every layer sees all earlier tokens.
    [[nodiscard]] KvShape globalKvShape() const;
};

// Reads and checks what every decoder has, except the vocabulary; `absentTheta` is the base of
// the rotary embedding where the file does not name one. Errors: in `keys`.
[[nodiscard]] DecoderConfig readDecoderConfig(KeyReader& keys, float absentTheta);

struct DecoderLayer {
    Vector attentionNorm; // [hidden]
    Matrix q;             // [heads * headDim, hidden]
    Matrix k;             // [kvHeads * headDim, hidden]
    Matrix v;             // [kvHeads * headDim, hidden]
    Vector qNorm;         // [headDim], of each head, where the architecture has it
    Vector kNorm;         // [headDim]
    Matrix attentionOut;  // [hidden, heads * headDim]
    Vector ffnNorm;       // [hidden]
    FfnWeights ffn;       // dense layers
    MoeWeights moe;       // MoE layers: router not empty
};

// Finds tensors, checks their shapes, hands them to the backend, and remembers the first error.
class Loader {
public:
    Loader(const ModelFile& file, Backend& backend) : m_file(file), m_backend(backend) { }

    Matrix matrix(
        const std::string& name, std::int64_t columns, std::int64_t rows, std::int64_t slices = 1);
    Matrix table(const std::string& name, std::int64_t columns, std::int64_t rows); // for embed()
    Vector vector(const std::string& name, std::int64_t width);
    // blk.LAYER.ffn_{gate,up,down}SUFFIX.weight
    FfnWeights ffn(std::int64_t layer, std::string_view suffix, std::int64_t hidden,
        std::int64_t width, std::int64_t slices = 1);
    // Router and experts; the shared expert and the gating are the architecture's.
    MoeWeights moe(std::int64_t layer, std::int64_t hidden, std::int64_t width,
        std::int64_t experts, std::int64_t used);
    RowsBuffer rows(std::int64_t width); // [micro-batch, width]
    [[nodiscard]] const ModelFile& file() const { return m_file; }
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    template <class T> T take(Result<T> result);
    const ModelFile& m_file;
    Backend& m_backend;
    std::optional<Error> m_error;
};

// Weights and scratch memory of a decoder, and the steps of its layers. Each step works on all rows
// of the pass.
class Decoder {
public:
    struct Heads {
        Rows q; // [tokens, heads * headDim]
        Rows k; // [tokens, kvHeads * headDim]
        Rows v; // [tokens, kvHeads * headDim]
    };

    // Everything but the layers, which the architecture appends. Errors: in `load`.
    Decoder(Loader& load, const DecoderConfig& config);
    // blk.LAYER.{attn_norm,attn_q,attn_k,attn_v,attn_output,ffn_norm}.weight
    [[nodiscard]] static DecoderLayer loadAttention(
        Loader& load, const DecoderConfig& config, std::int64_t layer);

    // q, k, v of the normed hidden state.
    [[nodiscard]] Heads project(GraphPass& pass, std::size_t layer) const;
    // Normalises each head of q and k; empty weights: 1.
    void normHeads(GraphPass& pass, const Heads& heads, Vector qNorm, Vector kNorm) const;
    // Turns q and k to their positions.
    void rotate(GraphPass& pass, const Heads& heads, RopePairs pairs) const;
    // Stores k and v; hidden += Wo attention(q, k, v). chunk 0: every earlier token is seen.
    void attend(
        GraphPass& pass, std::size_t layer, const Heads& heads, std::int64_t chunk = 0) const;
    // hidden += ffn(rms(hidden))
    void feedForward(GraphPass& pass, std::size_t layer) const;

    DecoderConfig config;
    std::vector<DecoderLayer> layers;

private:
    Vector m_ropeFactors; // rope_freqs.weight, if the file has it
    // Activations of one micro-batch.
    RowsBuffer m_normed;   // hidden
    RowsBuffer m_q;        // heads * headDim
    RowsBuffer m_k;        // kvHeads * headDim
    RowsBuffer m_v;        // kvHeads * headDim
    RowsBuffer m_attended; // heads * headDim
    RowsBuffer m_delta;    // hidden
};

// Height of the embedding, 1 where there is none (loading then says so).
[[nodiscard]] std::int64_t embeddingRows(const ModelFile& file);
// The settings' error with the file's name before it.
[[nodiscard]] tl::unexpected<Error> inFile(const ModelFile& file, const Error& error);

// Embedding, output and their norm around the layers. Errors: those of `load`.
[[nodiscard]] Result<Graph> finishGraph(
    Loader& load, const DecoderConfig& config, KvShape kv, std::function<void(GraphPass&)> run);

} // namespace lectern::inference
