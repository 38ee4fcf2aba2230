// SPDX-License-Identifier: Apache-2.0
// A decoded picture of Qt's to ours: its colours to sRGB, transparency over white.
#pragma once

#include "media/error.h"
#include "media/image.h"
#include "media/reader.h"

#include <QImage>

namespace lectern::media {

struct PixelRules {
    bool toSrgb = false;    // the picture brought a colour profile
    bool dropAlpha = false; // grey pictures: so does the model's own processor
};

// Works through strips, so that no second picture of the size exists beside the two.
[[nodiscard]] Image toImage(const QImage& decoded, const PixelRules& rules);

// Before decoding: an error when there are too many pixels, or more memory would be needed than the
// worker has. `bytesPerPixel` is what the decoder keeps; `fileBytes` are in memory at the same
// time.
[[nodiscard]] Result<void> checkPictureSize(
    const QSize& size, int bytesPerPixel, std::uint64_t fileBytes, const ReadOptions& options);

} // namespace lectern::media
