// SPDX-License-Identifier: Apache-2.0
// Validation of UTF-8, one unit at a time.
#include "inference/utf8.h"

#include <cstdint>

namespace lectern::inference {

Utf8Unit firstUtf8Unit(std::string_view text)
{
    const auto lead = static_cast<std::uint8_t>(text.front());
    if (lead < 0x80)
        return {Utf8Kind::valid, 1};
    if (lead < 0xC2 || lead > 0xF4)
        return {Utf8Kind::invalid, 1};
    const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    for (std::size_t i = 1; i < size; ++i) {
        if (i == text.size())
            return {Utf8Kind::incomplete, i};
        // The second byte's range excludes overlong forms, surrogates and what is too large.
        std::uint8_t low = 0x80;
        std::uint8_t high = 0xBF;
        if (i == 1) {
            low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : low;
            high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : high;
        }
        const auto byte = static_cast<std::uint8_t>(text[i]);
        if (byte < low || byte > high)
            return {Utf8Kind::invalid, i};
    }
    return {Utf8Kind::valid, size};
}

bool isValidUtf8(std::string_view text)
{
    while (!text.empty()) {
        const Utf8Unit unit = firstUtf8Unit(text);
        if (unit.kind != Utf8Kind::valid)
            return false;
        text.remove_prefix(unit.size);
    }
    return true;
}

std::string toValidUtf8(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const Utf8Unit unit = firstUtf8Unit(text);
        result += unit.kind == Utf8Kind::valid ? text.substr(0, unit.size) : kReplacementCharacter;
        text.remove_prefix(unit.size);
    }
    return result;
}

} // namespace lectern::inference
