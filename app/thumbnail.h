// SPDX-License-Identifier: Apache-2.0
// Thumbnails as small JPEG texts, so that a chip has its picture before the file is read again.
#pragma once

#include "app/attachment.h"

#include <string>
#include <string_view>

namespace lectern::app {

// Base64 of a JPEG; empty without a picture.
[[nodiscard]] std::string encodeThumbnail(const SharedPicture& picture);
// Null when it cannot be decoded or is larger than a thumbnail may be.
[[nodiscard]] SharedPicture decodeThumbnail(std::string_view base64);

} // namespace lectern::app
