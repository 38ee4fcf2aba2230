// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace lectern::media {

// The whole number that a text begins with, as attributes of documents have them.
[[nodiscard]] inline int wholeNumber(std::string_view text, int fallback = 0)
{
    int value = 0;
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()
        ? value
        : fallback;
}

} // namespace lectern::media
