// SPDX-License-Identifier: Apache-2.0
// Pictures to tiles, exactly as Llama 4's own processor does: canvas choice, antialiased bilinear
// resize, black padding, row-by-row tiles, global tile last. Source: tests/golden/README.md,
// section 6.
#pragma once

#include "media/image.h"

#include <cstdint>
#include <vector>

namespace lectern::media {

struct TileLayout {
    int columns = 1, rows = 1;               // tiles of the canvas
    int resizedWidth = 0, resizedHeight = 0; // of the picture on it, in pixels
    [[nodiscard]] int tileCount() const { return columns * rows > 1 ? columns * rows + 1 : 1; }
};

// Pure arithmetic; width, height >= 1. Thread: any.
[[nodiscard]] TileLayout tileLayout(int width, int height, int tileSize, int maxTiles);

// Tokens the picture takes in a prompt, its separators included.
[[nodiscard]] int tileTokenCount(const TileLayout& layout, int tokensPerTile);

// [tileCount, 3 planes, tileSize, tileSize], u8. Thread: any.
[[nodiscard]] std::vector<std::uint8_t> cutTiles(
    const Image& image, const TileLayout& layout, int tileSize);

// Bilinear with antialiasing (the resize of cutTiles, and of thumbnails).
[[nodiscard]] Image resize(const Image& image, int width, int height);

} // namespace lectern::media
