// SPDX-License-Identifier: Apache-2.0
// Sines and cosines of rotary embeddings.
#include "inference/cpu/rope_table.h"

#include <cmath>

namespace lectern::inference {

namespace {

void append(RopeTable& table, float angle)
{
    table.cosines.push_back(static_cast<float>(std::cos(static_cast<double>(angle))));
    table.sines.push_back(static_cast<float>(std::sin(static_cast<double>(angle))));
}

// theta^(-j / of), each step rounded to float32.
float inversePower(float theta, std::int64_t j, std::int64_t of)
{
    return 1.0F / std::pow(theta, static_cast<float>(j) / static_cast<float>(of));
}

} // namespace

RopeTable ropeTable(const RopeParams& params, std::int64_t firstPosition, std::int64_t positions)
{
    const std::int64_t half = params.headDim / 2;
    std::vector<float> frequencies;
    for (std::int64_t j = 0; j < half; ++j) {
        const float factor = params.freqFactors.data ? params.freqFactors.data[j] : 1.0F;
        frequencies.push_back(inversePower(params.theta, 2 * j, params.headDim) / factor);
    }
    RopeTable table;
    for (std::int64_t t = 0; t < positions; ++t) {
        for (const float frequency : frequencies)
            append(table, static_cast<float>(firstPosition + t) * frequency);
    }
    return table;
}

RopeTable rope2dTable(const Rope2dParams& params, std::int64_t patches)
{
    const std::int64_t quarter = params.headDim / 4;
    RopeTable table;
    for (std::int64_t t = 0; t < patches; ++t) {
        const bool turns = t < params.side * params.side;
        const float x = turns ? static_cast<float>(t % params.side + 1) : 0.0F;
        const std::int64_t row = t / params.side;
        const float y = turns ? static_cast<float>(row + 1) : 0.0F;
        for (std::int64_t i = 0; i < 2 * quarter; ++i) {
            const float frequency = inversePower(params.theta, 4 * (i % quarter), params.headDim);
            append(table, (i < quarter ? x : y) * frequency);
        }
    }
    return table;
}

} // namespace lectern::inference
