// SPDX-License-Identifier: Apache-2.0
// The loop around a model's graph.
#include "inference/models/text_model.h"

#include "inference/models/registry.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

// Rows of logits computed together: 16 * 200k * 4 bytes = 13 MB for a released vocabulary.
constexpr std::int64_t kLogitRows = 16;

// Resets the backend's stop token however forward() ends.
class StopScope {
public:
    StopScope(Backend& backend, const std::stop_token& stop) : m_backend(backend)
    {
        m_backend.setStopToken(stop);
    }
    ~StopScope() { m_backend.setStopToken({}); }
    StopScope(const StopScope&) = delete;
    StopScope& operator=(const StopScope&) = delete;

private:
    Backend& m_backend;
};

} // namespace

void GraphPass::tap(Taps::Stage stage, int layer) const
{
    if (!taps || !taps->rows)
        return;
    std::vector<float> values(hidden.count * hidden.width);
    backend.download(values, hidden);
    taps->rows(stage, layer, kv.position(), values);
}

Result<std::unique_ptr<TextModel>> TextModel::load(const ModelFile& file, Backend& backend)
{
    Result<Graph> graph = loadGraph(file, backend);
    if (!graph)
        return tl::unexpected(graph.error());
    if (auto intact = file.checkIntact(); !intact)
        return tl::unexpected(intact.error());
    std::unique_ptr<TextModel> model(new TextModel(std::move(*graph), file, backend));
    const Graph& shape = model->m_graph;
    const auto allocate = [&](RowsBuffer& target, std::int64_t count, std::int64_t width) {
        Result<RowsBuffer> rows = backend.allocateRows(count, width);
        if (rows)
            target = std::move(*rows);
        return rows.map([](const RowsBuffer&) {});
    };
    if (auto ok = allocate(model->m_hidden, backend.microBatch(), shape.hidden); !ok)
        return tl::unexpected(ok.error());
    if (auto ok = allocate(model->m_normed, kLogitRows, shape.hidden); !ok)
        return tl::unexpected(ok.error());
    if (auto ok = allocate(model->m_logits, kLogitRows, shape.vocabulary); !ok)
        return tl::unexpected(ok.error());
    return model;
}

Result<KvCache> TextModel::createKvCache(KvType type, std::int64_t capacity) const
{
    return KvCache::create(*m_backend, m_graph.kv, type, capacity);
}

void TextModel::embed(Rows target, const ForwardRequest& request, std::int64_t first)
{
    const auto ids = request.tokens.subspan(first, target.count);
    std::int64_t done = 0; // rows of target
    const auto embedUntil = [&](std::int64_t end) {
        if (end > done)
            m_backend->embed(
                target.slice(done, end - done), m_graph.embedding, ids.subspan(done, end - done));
        done = std::max(done, end);
    };
    std::vector<std::int32_t> rows;
    for (const EmbeddingRun& run : request.pictures) {
        const std::int64_t begin = std::max(run.first - first, std::int64_t{0});
        const std::int64_t end = std::min(run.first + run.rows.count - first, target.count);
        if (begin >= end)
            continue;
        embedUntil(begin);
        rows.resize(end - begin);
        for (std::int64_t i = begin; i < end; ++i)
            rows[i - begin] = static_cast<std::int32_t>(first + i - run.first);
        m_backend->gatherRows(target.slice(begin, end - begin), run.rows, rows);
        done = end;
    }
    embedUntil(target.count);
}

Result<void> TextModel::finishOps()
{
    if (auto done = m_backend->synchronize(); !done)
        return done;
    return m_file->checkIntact();
}

Result<void> TextModel::appendLogits(Rows hidden, std::int64_t largest)
{
    for (std::int64_t first = 0; first < hidden.count; first += kLogitRows) {
        const std::int64_t count = std::min(kLogitRows, hidden.count - first);
        const Rows normed = m_normed.rows.slice(0, count);
        const Rows logits = m_logits.rows.slice(0, count);
        m_backend->rmsNorm(
            normed, hidden.slice(first, count), m_graph.outputNorm, m_graph.normEpsilon);
        m_backend->matmul(logits, m_graph.output, normed);
        if (auto done = finishOps(); !done)
            return done;
        if (largest > 0) {
            const std::size_t size = m_largest.size();
            m_largest.resize(size + static_cast<std::size_t>(count * largest));
            m_backend->largest(std::span(m_largest).subspan(size), logits, largest);
            if (auto done = m_backend->synchronize(); !done)
                return done;
            continue;
        }
        const std::size_t size = m_result.size();
        m_result.resize(size + count * m_graph.vocabulary);
        m_backend->download(std::span(m_result).subspan(size), logits);
    }
    return {};
}

Result<std::span<const float>> TextModel::forward(KvCache& kv, const ForwardRequest& request)
{
    const auto total = static_cast<std::int64_t>(request.tokens.size());
    for (const std::int32_t id : request.tokens) {
        if (id < 0 || id >= m_graph.vocabulary)
            return fail(ErrorCode::invalidRequest,
                fmt::format("Token {} is outside the model's vocabulary of {} tokens.", id,
                    m_graph.vocabulary));
    }
    if (auto room = kv.require(total); !room)
        return tl::unexpected(room.error());
    const StopScope scope(*m_backend, request.stop);
    m_result.clear();
    m_largest.clear();
    for (std::int64_t first = 0; first < total;) {
        const std::int64_t count = std::max(
            std::int64_t{1}, std::min({m_backend->microBatch(), total - first, kv.runLength()}));
        if (auto room = kv.prepare(count); !room)
            return tl::unexpected(room.error());
        const Rows hidden = m_hidden.rows.slice(0, count);
        GraphPass pass{*m_backend, kv, hidden, request.stop, request.taps};
        embed(hidden, request, first);
        pass.tap(Taps::Stage::embedding, 0);
        m_graph.run(pass);
        if (auto done = finishOps(); !done)
            return tl::unexpected(done.error());
        const bool lastBatch = first + count == total;
        if (request.logits == LogitsOf::all || (request.logits == LogitsOf::last && lastBatch)) {
            const std::int64_t rows = request.logits == LogitsOf::all ? count : 1;
            if (auto done = appendLogits(hidden.slice(count - rows, rows), request.largest); !done)
                return tl::unexpected(done.error());
        }
        kv.advance(count);
        first += count;
        if (request.onProgress)
            request.onProgress(first);
    }
    return std::span<const float>(m_result);
}

} // namespace lectern::inference
