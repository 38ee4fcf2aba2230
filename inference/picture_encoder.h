// SPDX-License-Identifier: Apache-2.0
// Pictures to embeddings: cuts tiles, runs the vision tower, and remembers what it has seen.
#pragma once

#include "inference/chat.h"
#include "inference/image_tiles.h"
#include "inference/models/llama4_vision.h"

#include <cstdint>
#include <list>
#include <memory>
#include <stop_token>
#include <unordered_map>

namespace lectern::inference {

struct TileGrid {
    int rows = 1;
    int columns = 1;
};

// Of the pixels and the size; what `hash` says, computed when it says nothing.
[[nodiscard]] std::uint64_t pictureKey(const Picture& picture);

// Keeps the embeddings of the pictures used last, so that a question about the same pictures costs
// no second look. Thread: the backend's.
class PictureEncoder {
public:
    // [tiles * tokensPerTile, hidden], in the backend's memory; shared because the request that
    // uses it may outlast its place in the cache.
    using Embeddings = std::shared_ptr<const RowsBuffer>;

    PictureEncoder(Backend& backend, std::unique_ptr<Llama4Vision> vision, Tiler tiler,
        std::uint64_t cacheBytes);

    [[nodiscard]] TileSpec tileSpec() const { return m_vision->tileSpec(); }

    // How the picture is cut. Errors: invalidRequest (empty or broken picture, unusable tiles).
    [[nodiscard]] Result<TileGrid> grid(const Picture& picture);
    // Errors: those of grid(), cancelled, outOfMemory.
    [[nodiscard]] Result<Embeddings> encode(const Picture& picture, const std::stop_token& stop);
    // Drops what grid() has cut and no encode() has asked for.
    void forgetTiles();

private:
    struct Entry {
        std::uint64_t key = 0;
        Embeddings embeddings;
        std::uint64_t bytes = 0;
    };
    Result<ImageTiles> cut(const Picture& picture);
    void remember(std::uint64_t key, Embeddings embeddings);

    Backend& m_backend;
    std::unique_ptr<Llama4Vision> m_vision;
    Tiler m_tiler;
    std::uint64_t m_cacheBytes;
    std::uint64_t m_usedBytes = 0;
    std::list<Entry> m_entries; // used last first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> m_byKey;
    std::unordered_map<std::uint64_t, TileGrid> m_grids;
    std::unordered_map<std::uint64_t, ImageTiles> m_cut; // by grid(), for the encode() to come
    std::uint64_t m_cutBytes = 0;
};

} // namespace lectern::inference
