// SPDX-License-Identifier: Apache-2.0
// Checking, cutting, encoding and remembering pictures.
#include "inference/picture_encoder.h"

#include <fmt/format.h>

namespace lectern::inference {

namespace {

// A grid is a few bytes; past this many pictures the table starts over.
constexpr std::size_t kMostGrids = 100000;
// Tiles waiting for their encoding; a picture of 17 tiles of 336 pixels takes 6 MB.
constexpr std::uint64_t kMostCutBytes = 64U << 20U;

} // namespace

std::uint64_t pictureKey(const Picture& picture)
{
    if (picture.hash != 0)
        return picture.hash;
    std::uint64_t hash = 0xCBF29CE484222325ULL; // FNV-1a
    const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x100000001B3ULL; };
    mix(static_cast<std::uint64_t>(picture.width));
    mix(static_cast<std::uint64_t>(picture.height));
    for (const std::uint8_t byte : picture.rgb)
        mix(byte);
    return hash;
}

PictureEncoder::PictureEncoder(
    Backend& backend, std::unique_ptr<Llama4Vision> vision, Tiler tiler, std::uint64_t cacheBytes)
    : m_backend(backend)
    , m_vision(std::move(vision))
    , m_tiler(std::move(tiler))
    , m_cacheBytes(cacheBytes)
{
}

Result<ImageTiles> PictureEncoder::cut(const Picture& picture)
{
    if (picture.width <= 0 || picture.height <= 0
        || picture.rgb.size()
            != std::uint64_t{3} * static_cast<std::uint64_t>(picture.width)
                * static_cast<std::uint64_t>(picture.height))
        return fail(ErrorCode::invalidRequest,
            fmt::format("The picture is damaged: {} x {} pixels and {} bytes.", picture.width,
                picture.height, picture.rgb.size()));
    const TileSpec spec = tileSpec();
    ImageTiles tiles = m_tiler(picture, spec);
    const bool usable = tiles.rows >= 1 && tiles.columns >= 1 && tiles.tileSize == spec.tileSize
        && tiles.rows <= spec.maxTiles && tiles.columns <= spec.maxTiles
        && tiles.rows * tiles.columns <= spec.maxTiles
        && tiles.pixels.size()
            == static_cast<std::uint64_t>(tiles.tileCount())
                * static_cast<std::uint64_t>(m_vision->config().tileValues());
    if (!usable)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The picture of {} x {} pixels could not be cut into tiles of {} pixels.",
                picture.width, picture.height, spec.tileSize));
    return tiles;
}

Result<TileGrid> PictureEncoder::grid(const Picture& picture)
{
    const std::uint64_t key = pictureKey(picture);
    if (const auto known = m_grids.find(key); known != m_grids.end())
        return known->second;
    auto tiles = cut(picture);
    if (!tiles)
        return tl::unexpected(tiles.error());
    if (m_grids.size() >= kMostGrids)
        m_grids.clear();
    const TileGrid grid{tiles->rows, tiles->columns};
    m_grids[key] = grid;
    if (m_cutBytes + tiles->pixels.size() <= kMostCutBytes) {
        m_cutBytes += tiles->pixels.size();
        m_cut[key] = std::move(*tiles);
    }
    return grid;
}

Result<PictureEncoder::Embeddings> PictureEncoder::encode(
    const Picture& picture, const std::stop_token& stop)
{
    const std::uint64_t key = pictureKey(picture);
    if (const auto known = m_byKey.find(key); known != m_byKey.end()) {
        m_entries.splice(m_entries.begin(), m_entries, known->second);
        return known->second->embeddings;
    }
    ImageTiles tiles;
    if (const auto waiting = m_cut.find(key); waiting != m_cut.end()) {
        tiles = std::move(waiting->second);
        m_cutBytes -= tiles.pixels.size();
        m_cut.erase(waiting);
    } else {
        auto cutTiles = cut(picture);
        if (!cutTiles)
            return tl::unexpected(cutTiles.error());
        tiles = std::move(*cutTiles);
    }
    const std::int64_t tileTokens = m_vision->config().tokens();
    auto rows =
        m_backend.allocateRows(tiles.tileCount() * tileTokens, m_vision->config().projection);
    if (!rows)
        return tl::unexpected(rows.error());
    const auto tileValues = static_cast<std::size_t>(m_vision->config().tileValues());
    for (int tile = 0; tile < tiles.tileCount(); ++tile) {
        const auto values = m_vision->normalise(
            std::span<const std::uint8_t>(tiles.pixels)
                .subspan(static_cast<std::size_t>(tile) * tileValues, tileValues));
        const auto encoded = m_vision->encode(values, stop);
        if (!encoded)
            return tl::unexpected(encoded.error());
        m_backend.upload(rows->rows.slice(tile * tileTokens, tileTokens), *encoded);
    }
    auto embeddings = std::make_shared<const RowsBuffer>(std::move(*rows));
    remember(key, embeddings);
    return embeddings;
}

void PictureEncoder::forgetTiles()
{
    m_cut.clear();
    m_cutBytes = 0;
}

void PictureEncoder::remember(std::uint64_t key, Embeddings embeddings)
{
    const std::uint64_t bytes = embeddings->buffer.reserved();
    if (bytes > m_cacheBytes)
        return;
    m_entries.push_front({key, std::move(embeddings), bytes});
    m_byKey[key] = m_entries.begin();
    m_usedBytes += bytes;
    while (m_usedBytes > m_cacheBytes) {
        m_usedBytes -= m_entries.back().bytes;
        m_byKey.erase(m_entries.back().key);
        m_entries.pop_back();
    }
}

} // namespace lectern::inference
