// SPDX-License-Identifier: Apache-2.0
// The codebooks of inference/quant_codebooks.h in the device's memory.
#pragma once

#include <cstdint>

namespace lectern::inference::cuda {

struct Codebooks {
    const std::uint16_t* iq2Xxs = nullptr;
    const std::uint16_t* iq2Xs = nullptr;
    const std::uint16_t* iq2S = nullptr;
    const std::uint16_t* iq1 = nullptr;
    const std::uint16_t* iq3Xxs = nullptr;
    const std::uint16_t* iq3S = nullptr;
};

} // namespace lectern::inference::cuda
