// SPDX-License-Identifier: Apache-2.0
// The passes, block by block; a last short block is padded with what counts nothing.
#include "inference/logit_scan.h"

#include <array>

namespace lectern::inference {
namespace {

using Block = std::array<float, kScanBlock>;

Block padded(std::span<const float> rest)
{
    Block block;
    block.fill(kImpossible);
    std::copy(rest.begin(), rest.end(), block.begin());
    return block;
}

float blockMaximum(const float* values)
{
    // Every lane by itself, then the lanes: the compiler keeps the lanes in vectors.
    std::array<float, 16> lanes;
    lanes.fill(kImpossible);
    for (std::size_t i = 0; i < kScanBlock; i += lanes.size())
        for (std::size_t lane = 0; lane < lanes.size(); ++lane)
            lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
    for (std::size_t half = lanes.size() / 2; half > 0; half /= 2)
        for (std::size_t lane = 0; lane < half; ++lane)
            lanes[lane] = lanes[lane + half] > lanes[lane] ? lanes[lane + half] : lanes[lane];
    return std::min(lanes[0], std::numeric_limits<float>::max());
}

float blockWeight(const float* values, float best, float sharpness)
{
    std::array<float, 16> lanes{};
    for (std::size_t i = 0; i < kScanBlock; i += lanes.size())
        for (std::size_t lane = 0; lane < lanes.size(); ++lane)
            lanes[lane] += expOf((values[i + lane] - best) * sharpness);
    for (std::size_t half = lanes.size() / 2; half > 0; half /= 2)
        for (std::size_t lane = 0; lane < half; ++lane)
            lanes[lane] += lanes[lane + half];
    return lanes[0];
}

} // namespace

float scanMaxima(std::span<const float> row, std::vector<float>& maxima)
{
    const std::size_t whole = row.size() / kScanBlock;
    maxima.resize((row.size() + kScanBlock - 1) / kScanBlock);
    for (std::size_t i = 0; i < whole; ++i)
        maxima[i] = blockMaximum(row.data() + i * kScanBlock);
    if (maxima.size() > whole)
        maxima[whole] = blockMaximum(padded(row.subspan(whole * kScanBlock)).data());
    float best = kImpossible;
    for (const float maximum : maxima)
        best = std::max(best, maximum);
    return best;
}

double scanWeights(
    std::span<const float> row, float best, float sharpness, std::vector<double>* sums)
{
    const std::size_t whole = row.size() / kScanBlock;
    if (sums != nullptr)
        sums->resize((row.size() + kScanBlock - 1) / kScanBlock);
    double total = 0;
    const auto add = [&](std::size_t block, const float* values) {
        const double sum = blockWeight(values, best, sharpness);
        if (sums != nullptr)
            (*sums)[block] = sum;
        total += sum;
    };
    for (std::size_t i = 0; i < whole; ++i)
        add(i, row.data() + i * kScanBlock);
    if (whole * kScanBlock < row.size())
        add(whole, padded(row.subspan(whole * kScanBlock)).data());
    return total;
}

} // namespace lectern::inference
