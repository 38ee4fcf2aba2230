// SPDX-License-Identifier: Apache-2.0
// A text model of any architecture: the loop around its graph that feeds tokens and picture
// embeddings in micro-batches, keeps the KV cache and computes logits.
#pragma once

#include "inference/backend.h"
#include "inference/kv_cache.h"
#include "inference/model_file.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern::inference {

// What tests look at while a model runs. Both are called on the forward()'s thread, per layer and
// micro-batch; `firstPosition` is that of row 0.
struct Taps {
    enum class Stage { embedding, afterAttention, output };
    // values [tokens, hidden]; layer 0 for Stage::embedding
    std::function<void(
        Stage stage, int layer, std::int64_t firstPosition, std::span<const float> values)>
        rows;
    std::function<void(int layer, std::int64_t firstPosition, const Routing& routing)> routing;
};

// One micro-batch on its way through the layers.
struct GraphPass {
    Backend& backend;
    KvCache& kv; // has room for `hidden.count` positions behind kv.position()
    Rows hidden; // in: embeddings; out: the last layer's output, before the output norm
    std::stop_token stop{};
    const Taps* taps = nullptr;
    void tap(Taps::Stage stage, int layer) const; // of `hidden`
};

// What an architecture gives: its shape, and its layers as one function, which owns the weights'
// description and its scratch memory.
struct Graph {
    int layers = 0;
    std::int64_t hidden = 0;
    std::int64_t vocabulary = 0;
    std::int64_t contextLength = 0; // trained
    KvShape kv;
    Matrix embedding;  // [vocabulary, hidden]
    Matrix output;     // [vocabulary, hidden]
    Vector outputNorm; // [hidden]
    float normEpsilon = 1e-5F;
    std::function<void(GraphPass&)> run; // passes of at most Backend::microBatch() tokens
};

// Rows (in the backend's memory) that stand in for the embeddings of tokens[first] and the
// following: a picture's tile.
struct EmbeddingRun {
    std::int64_t first = 0;
    Rows rows; // [.., hidden]
};

enum class LogitsOf { none, last, all };

struct ForwardRequest {
    std::span<const std::int32_t> tokens{};   // appended at kv.position()
    std::span<const EmbeddingRun> pictures{}; // ordered, not overlapping, inside `tokens`
    LogitsOf logits = LogitsOf::last;
    // > 0: of each row only this many, which largest() then gives; at most kMostLargest.
    std::int64_t largest = 0;
    std::stop_token stop{};
    const Taps* taps = nullptr;
    std::function<void(std::int64_t done)> onProgress{}; // tokens done, after each micro-batch
};

// Thread: one at a time, the backend's. Borrows the ModelFile and the Backend.
class TextModel {
public:
    // Picks the architecture by `general.architecture`. Errors: unsupportedArchitecture,
    // missingKey, malformed (settings that contradict), missingTensor, wrongShape,
    // unsupportedType, outOfMemory.
    [[nodiscard]] static Result<std::unique_ptr<TextModel>> load(
        const ModelFile& file, Backend& backend);

    [[nodiscard]] const Graph& graph() const { return m_graph; }
    [[nodiscard]] Result<KvCache> createKvCache(KvType type, std::int64_t capacity) const;

    // Appends the tokens and returns logits [last: 1, all: tokens; vocabulary], host memory,
    // valid until the next call; with ForwardRequest::largest none. Results do not depend on how a
    // prompt is split into calls. Errors: invalidRequest (ids outside the vocabulary), contextFull,
    // both before anything is computed; outOfMemory, cancelled, cannotRead (the model's file
    // changed): kv.position() then says how many tokens went in whole.
    [[nodiscard]] Result<std::span<const float>> forward(
        KvCache& kv, const ForwardRequest& request);
    // Of the last forward() that asked for them: [rows, ForwardRequest::largest], best first.
    [[nodiscard]] std::span<const TokenLogit> largest() const { return m_largest; }

private:
    TextModel(Graph graph, const ModelFile& file, Backend& backend)
        : m_graph(std::move(graph)), m_file(&file), m_backend(&backend)
    {
    }
    void embed(Rows target, const ForwardRequest& request, std::int64_t first);
    Result<void> appendLogits(Rows hidden, std::int64_t largest);
    // Waits for the ops and makes sure that the weights they read were those of the file.
    Result<void> finishOps();

    Graph m_graph;
    const ModelFile* m_file;
    Backend* m_backend;
    RowsBuffer m_hidden; // [micro-batch, hidden]
    RowsBuffer m_normed; // [kLogitRows, hidden]
    RowsBuffer m_logits; // [kLogitRows, vocabulary]
    std::vector<float> m_result;
    std::vector<TokenLogit> m_largest;
};

} // namespace lectern::inference
