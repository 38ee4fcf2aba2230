// SPDX-License-Identifier: Apache-2.0
// What a text file is, by its name and, where the name is silent, by its first line.
#pragma once

#include <string_view>

namespace lectern::media {

struct TextFormat {
    std::string_view format;   // for people: "C++ source", "Markdown", "Plain text"
    std::string_view language; // "C++", "Python"; empty for prose
};

[[nodiscard]] TextFormat textFormat(std::string_view fileName, std::string_view text);

} // namespace lectern::media
