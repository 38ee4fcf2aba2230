// SPDX-License-Identifier: Apache-2.0
// A decoded picture, as readers give it: upright, RGB, transparency already over white.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace lectern::media {

// RGB, 8 bits a channel, rows top-down and tightly packed.
struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb;
};

using SharedImage = std::shared_ptr<const Image>; // shared: parts, previews and the engine hold one

} // namespace lectern::media
