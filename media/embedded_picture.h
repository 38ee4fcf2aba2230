// SPDX-License-Identifier: Apache-2.0
// Pictures inside of documents, decoded only when they are worth looking at.
#pragma once

#include "media/image.h"

#include <string>

namespace lectern::media {

// Null for formats Qt does not read, damaged or absurdly large ones, and for ornaments (icons,
// lines, bullets: under 48 pixels a side). Larger than the model sees is scaled down.
[[nodiscard]] SharedImage decodeEmbedded(const std::string& bytes);

} // namespace lectern::media
