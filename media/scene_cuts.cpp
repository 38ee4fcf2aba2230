// SPDX-License-Identifier: Apache-2.0
// Histograms and sketches by OpenCV.
#include "media/scene_cuts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace lectern::media {

namespace {

constexpr int kBins = 8;
constexpr int kSketchWidth = 32, kSketchHeight = 18;
// Above both, two pictures in a row belong to different scenes: on test clips of hard cuts, motion
// and noise the colours find exactly the cuts.
constexpr double kCutColours = 0.4;
constexpr double kCutMean = 10; // of 255
// Of 255. Two codings of one still picture differ by less than 1 in the mean and by about 3 in the
// worst cell; a word that changes on a slide moves a cell by 20 and more.
constexpr double kSameMean = 1.5;
constexpr float kSameCell = 10;

// A view of the picture's pixels, which OpenCV does not write to.
cv::Mat viewOf(const Image& image)
{
    return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.rgb.data())};
}

} // namespace

ColourHistogram::ColourHistogram(const Image& image)
{
    cv::Mat hsv;
    cv::cvtColor(viewOf(image), hsv, cv::COLOR_RGB2HSV);
    constexpr std::array kChannels{0, 1, 2};
    constexpr std::array kSizes{kBins, kBins, kBins};
    constexpr std::array<float, 2> kHues{0, 180}, kLevels{0, 256};
    std::array<const float*, 3> ranges{kHues.data(), kLevels.data(), kLevels.data()};
    cv::Mat bins;
    cv::calcHist(
        &hsv, 1, kChannels.data(), cv::Mat(), bins, 3, kSizes.data(), ranges.data(), true, false);
    const auto* begin = bins.ptr<float>();
    m_bins.assign(begin, begin + bins.total());
    const auto pixels = static_cast<float>(image.width) * static_cast<float>(image.height);
    for (float& bin : m_bins)
        bin /= pixels;
}

double ColourHistogram::distanceTo(const ColourHistogram& other) const
{
    const cv::Mat a(m_bins, false), b(other.m_bins, false);
    return cv::compareHist(a, b, cv::HISTCMP_BHATTACHARYYA);
}

Sketch::Sketch(const Image& image)
{
    cv::Mat small;
    cv::resize(viewOf(image), small, cv::Size(kSketchWidth, kSketchHeight), 0, 0, cv::INTER_AREA);
    const auto* begin = small.ptr<std::uint8_t>();
    m_cells.assign(begin, begin + small.total() * small.elemSize());
}

double Sketch::meanDifference(const Sketch& other) const
{
    double sum = 0;
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        sum += std::abs(m_cells[i] - other.m_cells[i]);
    return sum / static_cast<double>(m_cells.size());
}

bool Sketch::looksLike(const Sketch& other) const
{
    const bool everywhere = std::ranges::equal(m_cells, other.m_cells,
        [](float one, float two) { return std::abs(one - two) < kSameCell; });
    return everywhere && meanDifference(other) < kSameMean;
}

bool SceneCuts::beginsWith(const Image& small)
{
    ColourHistogram colours(small);
    Sketch sketch(small);
    const bool begins = m_colours && m_colours->distanceTo(colours) > kCutColours
        && m_sketch->meanDifference(sketch) > kCutMean;
    m_colours = std::move(colours);
    m_sketch = std::move(sketch);
    return begins;
}

} // namespace lectern::media
