// SPDX-License-Identifier: Apache-2.0
// Cleaning of file names, character by character.
#include "app/file_name.h"

#include <cstdint>

namespace lectern::app {
namespace {

constexpr std::size_t kMaxBytes = 200;

// One character of UTF-8: its code point and length; length 0 when the bytes are not valid.
struct Character {
    std::uint32_t code = 0;
    std::size_t length = 0;
};

Character decode(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t first = byte(0);
    if (first < 0x80)
        return {first, 1};
    const std::size_t length = first >= 0xF0 && first < 0xF5 ? 4
        : first >= 0xE0 && first < 0xF0                      ? 3
        : first >= 0xC2 && first < 0xE0                      ? 2
                                                             : 0;
    if (length == 0 || length > text.size())
        return {};
    std::uint32_t code = first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U)
            return {};
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return {};
    return {code, length};
}

bool isInvisible(std::uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) // controls
        || (code >= 0x200B && code <= 0x200F)           // zero width, direction marks
        || (code >= 0x2028 && code <= 0x202E)           // separators, direction overrides
        || (code >= 0x2060 && code <= 0x206F)           // joiners, direction isolates
        || code == 0x00AD || code == 0x061C || code == 0xFEFF
        || (code >= 0xE0000 && code <= 0xE007F); // tag characters
}

} // namespace

std::string sanitizedFileName(std::string_view name)
{
    std::string clean;
    for (std::size_t i = 0; i < name.size();) {
        const Character c = decode(name.substr(i));
        std::string piece;
        if (c.length == 0)
            piece = "\xEF\xBF\xBD";
        else if (c.code == '\n' || c.code == '\r' || c.code == '\t')
            piece = " ";
        else if (c.code == '"')
            piece = "'";
        else if (c.code == '<' || c.code == '>')
            piece = "_";
        else if (!isInvisible(c.code))
            piece = name.substr(i, c.length);
        if (clean.size() + piece.size() > kMaxBytes)
            break;
        clean += piece;
        i += c.length == 0 ? 1 : c.length;
    }
    return clean.find_first_not_of(' ') == std::string::npos ? "document" : clean;
}

} // namespace lectern::app
