// SPDX-License-Identifier: Apache-2.0
// Canvas choice, antialiased bilinear resize and tile cutting, as Llama 4's processor does them.
// Source: tests/golden/README.md, section 6.
#include "media/tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace lectern::media {

namespace {

constexpr int kChannels = 3;

// What one output sample takes: inputs [first, first + count) with weights that sum to 1.
struct Taps {
    int first = 0;
    int count = 0;
    std::size_t offset = 0; // of its weights in AxisWeights::weights
};

struct AxisWeights {
    std::vector<Taps> taps; // one per output sample
    std::vector<float> weights;
};

AxisWeights axisWeights(int in, int out)
{
    AxisWeights axis;
    axis.taps.reserve(static_cast<std::size_t>(out));
    const double scale = static_cast<double>(in) / out;
    const double radius = std::max(scale, 1.0);
    std::vector<double> raw;
    for (int i = 0; i < out; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first = std::max(static_cast<int>(centre - radius + 0.5), 0);
        const int last = std::min(static_cast<int>(centre + radius + 0.5), in);
        raw.clear();
        double sum = 0;
        for (int k = first; k < last; ++k) {
            raw.push_back(std::max(0.0, 1.0 - std::abs(k + 0.5 - centre) / radius));
            sum += raw.back();
        }
        axis.taps.push_back({first, last - first, axis.weights.size()});
        for (const double weight : raw)
            axis.weights.push_back(static_cast<float>(weight / sum));
    }
    return axis;
}

std::uint8_t roundToByte(float value)
{
    return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

Image resizeWidth(const Image& image, int width)
{
    const AxisWeights axis = axisWeights(image.width, width);
    Image result{width, image.height, {}};
    result.rgb.resize(static_cast<std::size_t>(width) * image.height * kChannels);
    std::uint8_t* out = result.rgb.data();
    for (int y = 0; y < image.height; ++y) {
        const std::uint8_t* row =
            image.rgb.data() + static_cast<std::size_t>(y) * image.width * kChannels;
        for (const Taps& taps : axis.taps) {
            const std::uint8_t* in = row + static_cast<std::size_t>(taps.first) * kChannels;
            const float* weight = axis.weights.data() + taps.offset;
            float red = 0, green = 0, blue = 0;
            for (int k = 0; k < taps.count; ++k, in += kChannels) {
                red += weight[k] * in[0];
                green += weight[k] * in[1];
                blue += weight[k] * in[2];
            }
            *out++ = roundToByte(red);
            *out++ = roundToByte(green);
            *out++ = roundToByte(blue);
        }
    }
    return result;
}

Image resizeHeight(const Image& image, int height)
{
    const AxisWeights axis = axisWeights(image.height, height);
    const std::size_t rowBytes = static_cast<std::size_t>(image.width) * kChannels;
    Image result{image.width, height, {}};
    result.rgb.resize(rowBytes * height);
    std::vector<float> sums(rowBytes);
    for (int y = 0; y < height; ++y) {
        const Taps& taps = axis.taps[static_cast<std::size_t>(y)];
        std::fill(sums.begin(), sums.end(), 0.0F);
        for (int k = 0; k < taps.count; ++k) {
            const float weight = axis.weights[taps.offset + static_cast<std::size_t>(k)];
            const std::uint8_t* in =
                image.rgb.data() + static_cast<std::size_t>(taps.first + k) * rowBytes;
            for (std::size_t x = 0; x < rowBytes; ++x)
                sums[x] += weight * in[x];
        }
        std::uint8_t* out = result.rgb.data() + static_cast<std::size_t>(y) * rowBytes;
        for (std::size_t x = 0; x < rowBytes; ++x)
            out[x] = roundToByte(sums[x]);
    }
    return result;
}

// Copies the t x t window of `picture` at (left, top) into three planes; what lies outside the
// picture stays as it is.
void copyTile(const Image& picture, int left, int top, int t, std::uint8_t* planes)
{
    const std::size_t plane = static_cast<std::size_t>(t) * t;
    const int width = std::clamp(picture.width - left, 0, t);
    const int height = std::clamp(picture.height - top, 0, t);
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* in = picture.rgb.data()
            + (static_cast<std::size_t>(top + y) * picture.width + left) * kChannels;
        std::uint8_t* out = planes + static_cast<std::size_t>(y) * t;
        for (int x = 0; x < width; ++x, in += kChannels) {
            out[x] = in[0];
            out[plane + x] = in[1];
            out[2 * plane + x] = in[2];
        }
    }
}

} // namespace

TileLayout tileLayout(int width, int height, int tileSize, int maxTiles)
{
    // Smallest scale that does not shrink the picture, else the largest scale there is.
    float best = 0;
    long bestArea = std::numeric_limits<long>::max();
    TileLayout layout;
    for (int columns = 1; columns <= maxTiles; ++columns) {
        for (int rows = 1; columns * rows <= maxTiles; ++rows) {
            const float scale =
                std::min(static_cast<float>(columns * tileSize) / static_cast<float>(width),
                    static_cast<float>(rows * tileSize) / static_cast<float>(height));
            const long area = static_cast<long>(columns) * rows;
            const bool better = best == 0 || (best < 1 ? scale > best : scale >= 1 && scale < best);
            if (better || (scale == best && area < bestArea)) {
                best = scale;
                bestArea = area;
                layout.columns = columns;
                layout.rows = rows;
            }
        }
    }
    // A small picture is never enlarged past one tile.
    const int limitWidth = std::min(std::max(width, tileSize), layout.columns * tileSize);
    const int limitHeight = std::min(std::max(height, tileSize), layout.rows * tileSize);
    const double scaleWidth = static_cast<double>(limitWidth) / width;
    const double scaleHeight = static_cast<double>(limitHeight) / height;
    if (scaleWidth < scaleHeight) {
        layout.resizedWidth = limitWidth;
        layout.resizedHeight =
            static_cast<int>(std::min(std::floor(height * scaleWidth), 1.0 * limitHeight));
    } else {
        layout.resizedWidth =
            static_cast<int>(std::min(std::floor(width * scaleHeight), 1.0 * limitWidth));
        layout.resizedHeight = limitHeight;
    }
    layout.resizedWidth = std::max(layout.resizedWidth, 1);
    layout.resizedHeight = std::max(layout.resizedHeight, 1);
    return layout;
}

int tileTokenCount(const TileLayout& layout, int tokensPerTile)
{
    constexpr int kFrame = 3; // image start, image, image end
    const int separators = layout.tileCount() > 1 ? layout.rows * layout.columns : 0;
    return kFrame + separators + layout.tileCount() * tokensPerTile;
}

std::vector<std::uint8_t> cutTiles(const Image& image, const TileLayout& layout, int tileSize)
{
    const std::size_t tileBytes = static_cast<std::size_t>(tileSize) * tileSize * kChannels;
    std::vector<std::uint8_t> tiles(tileBytes * static_cast<std::size_t>(layout.tileCount()), 0);
    const Image canvas = resize(image, layout.resizedWidth, layout.resizedHeight);
    std::uint8_t* out = tiles.data();
    for (int row = 0; row < layout.rows; ++row)
        for (int column = 0; column < layout.columns; ++column, out += tileBytes)
            copyTile(canvas, column * tileSize, row * tileSize, tileSize, out);
    if (layout.tileCount() > 1)
        copyTile(resize(image, tileSize, tileSize), 0, 0, tileSize, out);
    return tiles;
}

Image resize(const Image& image, int width, int height)
{
    if (width == image.width && height == image.height)
        return image;
    if (height == image.height)
        return resizeWidth(image, width);
    if (width == image.width)
        return resizeHeight(image, height);
    return resizeHeight(resizeWidth(image, width), height);
}

} // namespace lectern::media
