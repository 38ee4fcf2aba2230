// SPDX-License-Identifier: Apache-2.0
// A picture as the vision tower takes it: square tiles. Who cuts them (media/) is not our business.
#pragma once

#include "inference/chat.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lectern::inference {

// What the loaded vision tower expects.
struct TileSpec {
    int tileSize = 336; // pixels, square
    int patchSize = 14; // pixels, square
    int maxTiles = 16;  // without the global tile
    [[nodiscard]] int tokensPerTile() const
    {
        const int side = tileSize / patchSize / 2; // pixel shuffle merges 2 x 2 patches
        return side * side;
    }
};

// Tiles row by row; with more than one tile the global tile follows last.
struct ImageTiles {
    int rows = 1;
    int columns = 1;
    int tileSize = 0;
    // [tileCount, 3 (R G B planes), tileSize, tileSize], u8
    std::vector<std::uint8_t> pixels;
    [[nodiscard]] int tileCount() const { return rows * columns > 1 ? rows * columns + 1 : 1; }
};

// Cuts a picture; called on the engine's thread. The application passes media/'s implementation.
using Tiler = std::function<ImageTiles(const Picture&, const TileSpec&)>;

} // namespace lectern::inference
