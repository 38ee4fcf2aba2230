// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the walk through picture files.
#include "media/picture_check.h"

#include <cstdint>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto format = pictureFormat(bytes))
        (void)checkPicture(*format, bytes);
    return 0;
}
