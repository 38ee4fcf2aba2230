// SPDX-License-Identifier: Apache-2.0
// The codebooks of the IQ1, IQ2 and IQ3 types: rows of eight (IQ1, IQ2) or four (IQ3) levels.
#pragma once

#include <array>
#include <cstdint>

namespace lectern::inference {

// 2 bits a level, eight levels an entry, the first lowest. Levels 0 1 2 mean 8 25 43 for the IQ2
// types, -1 0 1 for the IQ1 types.
extern const std::array<std::uint16_t, 256> kIq2Xxs;
extern const std::array<std::uint16_t, 512> kIq2Xs;
extern const std::array<std::uint16_t, 1024> kIq2S;
extern const std::array<std::uint16_t, 2048> kIq1;
// 3 bits a level, four levels an entry, the first lowest. Level n means 4 12 20 28 36 44 52 62 for
// IQ3_XXS, 2n + 1 for IQ3_S.
extern const std::array<std::uint16_t, 256> kIq3Xxs;
extern const std::array<std::uint16_t, 512> kIq3S;

} // namespace lectern::inference
