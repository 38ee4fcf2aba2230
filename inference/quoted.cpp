// SPDX-License-Identifier: Apache-2.0
// Quoting of names from outside for error sentences.
#include "inference/quoted.h"

namespace lectern::inference {

std::string inQuotes(std::string_view name)
{
    constexpr std::size_t kLongest = 64;
    std::string text = "\"";
    for (const char c : name.substr(0, kLongest))
        text += c >= 0x20 && c < 0x7F ? c : '?';
    if (name.size() > kLongest)
        text += "...";
    text += '"';
    return text;
}

} // namespace lectern::inference
