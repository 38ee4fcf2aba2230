// SPDX-License-Identifier: Apache-2.0
// Pictures of high dynamic range to what an ordinary screen, and the model, can show.
#pragma once

#include "media/image.h"

#include <cstdint>
#include <span>

namespace lectern::media {

enum class Transfer { ordinary, pq, hlg };

// RGB of BT.2020 in 16 bits a channel, coded by PQ or HLG, to sRGB in 8 bits. White paper (203
// nits) comes out bright, what is brighter is rolled off without changing its hue.
//   in   [width * height * 3]
//   out  as many
// Requires: transfer is not ordinary. Thread: any. Source: ITU-R BT.2100 (curves), BT.2408 (white),
// BT.2087 (primaries).
void toneMap(Transfer transfer, std::span<const std::uint16_t> in, std::span<std::uint8_t> out);

} // namespace lectern::media
