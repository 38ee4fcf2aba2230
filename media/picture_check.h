// SPDX-License-Identifier: Apache-2.0
// What a picture file's own structure says before it is decoded: its format, whether it is whole.
// Decoders deliver grey half pictures for cut-off files; this looks first. Pure functions over
// bytes, fuzzed by tests/fuzz/picture_check_fuzz.cpp.
#pragma once

#include "media/error.h"

#include <cstddef>
#include <optional>
#include <span>

namespace lectern::media {

enum class PictureFormat { png, jpeg, gif, bmp, webp, tiff };

// By the first bytes alone.
[[nodiscard]] std::optional<PictureFormat> pictureFormat(std::span<const std::byte> head);

struct PictureStructure {
    bool greyWithAlpha = false; // PNG colour type 4
    bool hasProfile = false;    // an ICC colour profile
    bool animated = false;      // more than one picture in sequence
};

// Walks the file from chunk to chunk. Errors: truncated, damaged.
[[nodiscard]] Result<PictureStructure> checkPicture(
    PictureFormat format, std::span<const std::byte> bytes);

} // namespace lectern::media
