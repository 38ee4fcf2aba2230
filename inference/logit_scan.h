// SPDX-License-Identifier: Apache-2.0
// Passes over a whole row of logits: the largest ones, sums of exponentials. Written so that the
// compiler uses vectors of any width and the result is the same for all.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace lectern::inference {

inline constexpr float kImpossible = -std::numeric_limits<float>::infinity();
// Values of a row that are looked at together; 16 lanes of 4 steps.
inline constexpr std::size_t kScanBlock = 64;

// exp(x) for x <= 0 with a relative error below 2e-7, from float additions and multiplications
// alone, so that it is the same everywhere; the C library's differs in the last bits from platform
// to platform, and a draw can hang on them. Below -87 (and for NaN): 0.
// Method: x = n ln 2 + r, |r| <= ln(2)/2, Taylor's polynomial of degree 7 for exp(r) - 1.
[[nodiscard]] inline float expOf(float x)
{
    constexpr float kLog2e = 1.44269504F;
    constexpr float kLn2High = 0.693359375F; // 9 bits: its product with n is exact
    constexpr float kLn2Low = -2.12194440e-4F;
    constexpr float kRound = 12582912.0F; // 1.5 * 2^23: adding it leaves the nearest integer
    const bool counts = x > -87.0F;
    const float clamped = counts ? std::min(x, 0.0F) : 0.0F;
    const float shifted = clamped * kLog2e + kRound;
    const float n = shifted - kRound;
    const float r = (clamped - n * kLn2High) - n * kLn2Low;
    float sum = 1.0F / 5040;
    sum = sum * r + 1.0F / 720;
    sum = sum * r + 1.0F / 120;
    sum = sum * r + 1.0F / 24;
    sum = sum * r + 1.0F / 6;
    sum = sum * r + 0.5F;
    sum = sum * r + 1.0F;
    sum = sum * r + 1.0F;
    const auto exponent = (std::bit_cast<std::uint32_t>(shifted) << 23U) + 0x3F800000U;
    return counts ? sum * std::bit_cast<float>(exponent) : 0.0F;
}

// NaN is impossible, +infinity the largest float.
[[nodiscard]] inline float cleanLogit(float logit)
{
    return logit > kImpossible ? std::min(logit, std::numeric_limits<float>::max()) : kImpossible;
}

// The largest cleanLogit() of each kScanBlock values; returns the largest of all.
//   maxima  [ceil(row.size() / kScanBlock)], resized
float scanMaxima(std::span<const float> row, std::vector<float>& maxima);

// Sum of exp((logit - best) * sharpness) over the row; sharpness is 1 / temperature, because a
// division takes several times as long as all the rest.
//   sums  of each kScanBlock values, resized; null: not wanted
// Requires: best as scanMaxima() gives it and possible; sharpness > 0 and finite.
double scanWeights(
    std::span<const float> row, float best, float sharpness, std::vector<double>* sums);

} // namespace lectern::inference
