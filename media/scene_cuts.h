// SPDX-License-Identifier: Apache-2.0
// Where one scene of a video ends and the next begins.
#pragma once

#include "media/image.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace lectern::media {

constexpr int kLookSide = 160; // longest side of the pictures that are compared, in pixels

// How unlike two pictures are in the colours they hold, wherever these are: the Bhattacharyya
// distance of their histograms (8 x 8 x 8 bins of hue, saturation, value), 0 to 1.
class ColourHistogram {
public:
    explicit ColourHistogram(const Image& image);
    [[nodiscard]] double distanceTo(const ColourHistogram& other) const;

private:
    std::vector<float> m_bins; // sum 1
};

// How unlike two pictures are cell by cell. Colours alone would not see a thing move, and take a
// flat picture that grows brighter for another whenever it crosses from bin to bin.
class Sketch {
public:
    explicit Sketch(const Image& image);
    // Nobody would see the difference without looking for it: noise of coding, a blinking cursor.
    [[nodiscard]] bool looksLike(const Sketch& other) const;
    [[nodiscard]] double meanDifference(const Sketch& other) const; // 0 to 255

private:
    std::vector<float> m_cells; // RGB, 0 to 255
};

// Tells for pictures of one video, one after another, which begin a scene.
class SceneCuts {
public:
    // True when a scene begins with this picture; false for the first of all.
    [[nodiscard]] bool beginsWith(const Image& small);

private:
    std::optional<ColourHistogram> m_colours;
    std::optional<Sketch> m_sketch;
};

} // namespace lectern::media
