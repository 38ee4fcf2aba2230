// SPDX-License-Identifier: Apache-2.0
// Growing, addressing and rewinding a session's keys and values.
#include "inference/kv_cache.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

// Memory that a rewind leaves committed in a buffer: fetching so little anew costs more (a page
// fault per 2 MiB, zeroed) than keeping it while the next answer grows into it.
constexpr std::uint64_t kKeptGrowth = 16U << 20U;

} // namespace

Result<KvCache> KvCache::create(
    Backend& backend, const KvShape& shape, KvType type, std::int64_t capacity)
{
    KvCache cache;
    cache.m_backend = &backend;
    cache.m_type = type;
    cache.m_kvHeads = shape.kvHeads;
    cache.m_headDim = shape.headDim;
    cache.m_chunk = shape.chunk;
    cache.m_capacity = capacity;
    const std::uint64_t rowBytes = cache.rowBytes();
    for (const KvScope scope : shape.layers) {
        const bool local = scope == KvScope::local;
        cache.m_hasLocal = cache.m_hasLocal || local;
        const std::int64_t rows = local ? std::min(capacity, shape.chunk) : capacity;
        Result<Buffer> keys = backend.reserve(rowBytes * static_cast<std::uint64_t>(rows));
        if (!keys)
            return tl::unexpected(keys.error());
        Result<Buffer> values = backend.reserve(rowBytes * static_cast<std::uint64_t>(rows));
        if (!values)
            return tl::unexpected(values.error());
        cache.m_layers.push_back({scope, std::move(*keys), std::move(*values)});
    }
    return cache;
}

std::int64_t KvCache::runLength() const
{
    const std::int64_t room = m_capacity - m_position;
    return m_hasLocal ? std::min(room, m_chunk - m_position % m_chunk) : room;
}

Result<void> KvCache::require(std::int64_t count) const
{
    if (count > m_capacity - m_position) {
        return fail(ErrorCode::contextFull,
            fmt::format("The conversation is longer than the {} tokens this session can hold; "
                        "start a new one, or attach less.",
                m_capacity));
    }
    return {};
}

Result<void> KvCache::prepare(std::int64_t count)
{
    if (auto fits = require(count); !fits)
        return fits;
    if (m_hasLocal)
        m_localChunk = m_position / m_chunk;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        const auto rows = static_cast<std::uint64_t>(m_position + count - firstPosition(i));
        for (Buffer* buffer : {&m_layers[i].keys, &m_layers[i].values}) {
            if (auto grown = m_backend->commit(*buffer, rows * rowBytes()); !grown)
                return grown;
        }
    }
    return {};
}

std::int64_t KvCache::firstPosition(std::size_t layer) const
{
    return m_layers[layer].scope == KvScope::local ? m_position / m_chunk * m_chunk : 0;
}

KvRows KvCache::keys(std::size_t layer) const
{
    return {m_layers[layer].keys.data(), m_type, m_kvHeads, m_headDim};
}

KvRows KvCache::values(std::size_t layer) const
{
    return {m_layers[layer].values.data(), m_type, m_kvHeads, m_headDim};
}

void KvCache::advanceGlobals(std::int64_t count)
{
    m_position += count;
    if (m_hasLocal)
        m_localChunk = -1;
}

std::int64_t KvCache::kept(std::int64_t position) const
{
    if (position >= m_position)
        return m_position;
    const bool held = !m_hasLocal || position / m_chunk == m_localChunk;
    return held ? position : position / m_chunk * m_chunk;
}

std::int64_t KvCache::rewindTo(std::int64_t position)
{
    if (position >= m_position)
        return m_position;
    m_position = kept(position);
    for (Layer& layer : m_layers) {
        if (layer.scope != KvScope::global)
            continue; // one chunk, soon filled again
        const std::uint64_t used = static_cast<std::uint64_t>(m_position) * rowBytes();
        for (Buffer* buffer : {&layer.keys, &layer.values}) {
            if (buffer->committed() > used + kKeptGrowth)
                m_backend->decommit(*buffer, used);
        }
    }
    return m_position;
}

std::uint64_t KvCache::bytesFor(const KvShape& shape, KvType type, std::int64_t tokens)
{
    std::uint64_t rows = 0;
    for (const KvScope scope : shape.layers) {
        const bool local = scope == KvScope::local;
        rows += static_cast<std::uint64_t>(local ? std::min(tokens, shape.chunk) : tokens);
    }
    return rows * shape.positionBytes(type);
}

} // namespace lectern::inference
