// SPDX-License-Identifier: Apache-2.0
// Keys and values of one session, for every layer.
//
// A local layer attends inside aligned chunks only, so it keeps one chunk and starts anew at each
// chunk boundary. A global layer keeps everything. Both live in reserved address ranges that get
// memory as they grow, so nothing is ever copied and unused context costs nothing.
//
// Thread: the backend's. Invariant: rows before position() hold finished keys and values; what
// is behind it may be left over from a cancelled pass.
#pragma once

#include "inference/backend.h"

#include <cstdint>
#include <vector>

namespace lectern::inference {

enum class KvScope { global, local };

struct KvShape {
    std::vector<KvScope> layers{};
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0; // values of a head
    std::int64_t chunk = 0;   // tokens; > 0 when there are local layers

    // Bytes that one position takes in one layer, keys and values together.
    [[nodiscard]] std::uint64_t positionBytes(KvType type) const
    {
        return 2 * static_cast<std::uint64_t>(kvHeads) * kvHeadBytes(type, headDim);
    }
};

class KvCache {
public:
    // Room for `capacity` positions. Errors: outOfMemory (address space).
    [[nodiscard]] static Result<KvCache> create(
        Backend& backend, const KvShape& shape, KvType type, std::int64_t capacity);

    [[nodiscard]] std::int64_t position() const { return m_position; } // tokens held
    [[nodiscard]] std::int64_t capacity() const { return m_capacity; }
    [[nodiscard]] KvType type() const { return m_type; }
    // Positions that can be appended in one go: up to the next chunk boundary.
    [[nodiscard]] std::int64_t runLength() const;

    // Whether `count` more positions stay within the capacity. Errors: contextFull.
    [[nodiscard]] Result<void> require(std::int64_t count) const;
    // Gets memory for `count` more positions; they are written through keys() and values() and
    // counted by advance(). Requires: count <= runLength(). Errors: contextFull, outOfMemory; the
    // tokens held stay as they are.
    [[nodiscard]] Result<void> prepare(std::int64_t count);
    void advance(std::int64_t count) { m_position += count; }
    // As advance(), up to a chunk boundary, when only the global layers' rows were written: no
    // position before the boundary can then be rewound to but earlier boundaries.
    void advanceGlobals(std::int64_t count);

    // Position that row 0 of a layer's keys and values stands for.
    [[nodiscard]] std::int64_t firstPosition(std::size_t layer) const;
    [[nodiscard]] KvRows keys(std::size_t layer) const;
    [[nodiscard]] KvRows values(std::size_t layer) const;
    [[nodiscard]] std::size_t layers() const { return m_layers.size(); }
    [[nodiscard]] KvScope scope(std::size_t layer) const { return m_layers[layer].scope; }

    // Forgets everything from `position` on and returns the position actually kept, which the
    // caller replays from: `position` itself inside the chunk whose local keys are still held,
    // else the chunk boundary before it. Never more than is held. Memory that a long conversation
    // leaves behind goes back to the system.
    std::int64_t rewindTo(std::int64_t position);
    // What rewindTo() would return.
    [[nodiscard]] std::int64_t kept(std::int64_t position) const;

    // Bytes that `tokens` positions take, for memory plans.
    [[nodiscard]] static std::uint64_t bytesFor(
        const KvShape& shape, KvType type, std::int64_t tokens);

private:
    struct Layer {
        KvScope scope = KvScope::global;
        Buffer keys;
        Buffer values;
    };
    // Of keys or of values, one layer.
    [[nodiscard]] std::uint64_t rowBytes() const
    {
        return static_cast<std::uint64_t>(m_kvHeads) * kvHeadBytes(m_type, m_headDim);
    }

    Backend* m_backend = nullptr;
    std::vector<Layer> m_layers;
    KvType m_type = KvType::f32;
    std::int64_t m_kvHeads = 0;
    std::int64_t m_headDim = 0;
    std::int64_t m_chunk = 0;
    std::int64_t m_capacity = 0;
    std::int64_t m_position = 0;
    std::int64_t m_localChunk = 0; // index of the chunk that local layers hold
    bool m_hasLocal = false;
};

} // namespace lectern::inference
