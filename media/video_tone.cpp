// SPDX-License-Identifier: Apache-2.0
// PQ and HLG to light, BT.2020 to BT.709, a soft shoulder, and sRGB again.
#include "media/video_tone.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace lectern::media {

namespace {

constexpr std::size_t kCodes = 65536;
constexpr std::size_t kOutSteps = 4096; // sRGB's steepest step is 1/3295
constexpr float kWhiteNits = 203;       // BT.2408
constexpr float kHlgPeakNits = 1000;
constexpr float kKnee = 0.75F; // up to here nothing is changed

// Light of a PQ code, 1 being white paper. BT.2100 table 4.
float pqLight(double code)
{
    constexpr double kM1 = 2610.0 / 16384, kM2 = 2523.0 / 4096 * 128, kC1 = 3424.0 / 4096,
                     kC2 = 2413.0 / 4096 * 32, kC3 = 2392.0 / 4096 * 32, kPeakNits = 10000;
    const double root = std::pow(code, 1 / kM2);
    const double light = std::pow(std::max(root - kC1, 0.0) / (kC2 - kC3 * root), 1 / kM1);
    return static_cast<float>(light * kPeakNits / kWhiteNits);
}

// Scene light of an HLG code, 0 to 1. BT.2100 table 5.
float hlgLight(double code)
{
    constexpr double kA = 0.17883277, kB = 0.28466892, kC = 0.55991073;
    return static_cast<float>(
        code <= 0.5 ? code * code / 3 : (std::exp((code - kC) / kA) + kB) / 12);
}

const std::vector<float>& lightTable(Transfer transfer)
{
    const auto make = [](float (*light)(double)) {
        std::vector<float> table(kCodes);
        for (std::size_t i = 0; i < kCodes; ++i)
            table[i] = light(static_cast<double>(i) / (kCodes - 1));
        return table;
    };
    static const std::vector<float> pq = make(pqLight), hlg = make(hlgLight);
    return transfer == Transfer::pq ? pq : hlg;
}

const std::array<std::uint8_t, kOutSteps>& srgbTable()
{
    static const auto table = [] {
        std::array<std::uint8_t, kOutSteps> codes{};
        for (std::size_t i = 0; i < kOutSteps; ++i) {
            const double light = static_cast<double>(i) / (kOutSteps - 1);
            const double code =
                light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
            codes[i] = static_cast<std::uint8_t>(std::lround(code * 255));
        }
        return codes;
    }();
    return table;
}

struct Light {
    float red, green, blue;
};

Light scaled(const Light& light, float factor)
{
    return {light.red * factor, light.green * factor, light.blue * factor};
}

// The display's light of HLG scene light: brighter scenes gain contrast. BT.2100 table 5, OOTF.
Light displayed(const Light& scene)
{
    constexpr float kGamma = 1.2F;
    const float luminance = 0.2627F * scene.red + 0.6780F * scene.green + 0.0593F * scene.blue;
    const float gain = luminance > 0 ? std::pow(luminance, kGamma - 1) : 0;
    return scaled(scene, gain * kHlgPeakNits / kWhiteNits);
}

// BT.2087, linear light.
Light toBt709(const Light& in)
{
    return {1.660491F * in.red - 0.587641F * in.green - 0.072850F * in.blue,
        -0.124550F * in.red + 1.132900F * in.green - 0.008349F * in.blue,
        -0.018151F * in.red - 0.100579F * in.green + 1.118730F * in.blue};
}

// The brightest channel through a shoulder that meets the straight line smoothly and ends at 1.
Light rolledOff(const Light& light)
{
    const float brightest = std::max({light.red, light.green, light.blue});
    if (brightest <= kKnee)
        return light;
    const float soft = kKnee + (1 - kKnee) * (1 - std::exp(-(brightest - kKnee) / (1 - kKnee)));
    return scaled(light, soft / brightest);
}

std::uint8_t coded(float light)
{
    const float step = std::clamp(light, 0.0F, 1.0F) * (kOutSteps - 1) + 0.5F;
    return srgbTable()[static_cast<std::size_t>(step)];
}

} // namespace

void toneMap(Transfer transfer, std::span<const std::uint16_t> in, std::span<std::uint8_t> out)
{
    const std::vector<float>& table = lightTable(transfer);
    for (std::size_t i = 0; i + 2 < in.size() && i + 2 < out.size(); i += 3) {
        Light light{table[in[i]], table[in[i + 1]], table[in[i + 2]]};
        if (transfer == Transfer::hlg)
            light = displayed(light);
        light = rolledOff(toBt709(light));
        out[i] = coded(light.red);
        out[i + 1] = coded(light.green);
        out[i + 2] = coded(light.blue);
    }
}

} // namespace lectern::media
