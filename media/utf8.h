// SPDX-License-Identifier: Apache-2.0
// UTF-8 read code point by code point; what is invalid becomes U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lectern::media {

// The code point at `at`, which moves behind it. Requires: at < text.size().
[[nodiscard]] char32_t nextCodePoint(std::string_view text, std::size_t& at);

void appendUtf8(std::string& text, char32_t c);

// How many characters a person would count, joined ones apart.
[[nodiscard]] std::size_t codePoints(std::string_view text);

} // namespace lectern::media
