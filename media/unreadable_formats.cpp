// SPDX-License-Identifier: Apache-2.0
// Formats that Lectern recognises only to say, in a sentence, what the file is.
#include "media/format_readers.h"

#include <algorithm>
#include <array>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

struct Magic {
    std::size_t offset;
    std::string_view bytes;
    std::string_view name;
};

// The first row that fits wins.
constexpr std::array kMagics = std::to_array<Magic>({
    {0, "PK\5\6"sv, "an empty ZIP archive"sv},
    {0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"sv},
    {0, "Rar!\x1A\7"sv, "a RAR archive"sv},
    {0, "\x1F\x8B\x08"sv, "a gzip archive"sv},
    {0, "BZh"sv, "a bzip2 archive"sv},
    {0,
        "\xFD"
        "7zXZ\0"sv,
        "an XZ archive"sv},
    {0, "\x28\xB5\x2F\xFD"sv, "a Zstandard archive"sv},
    {257, "ustar"sv, "a tar archive"sv},
    {0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Office document"sv},
    {0, "SQLite format 3\0"sv, "an SQLite database"sv},
    {0,
        "\x7F"
        "ELF"sv,
        "a Linux program"sv},
    {0, "\xCA\xFE\xBA\xBE"sv, "a compiled program"sv},
    {0, "\xCF\xFA\xED\xFE"sv, "a macOS program"sv},
    {0, "\0asm"sv, "a WebAssembly program"sv},
    {0, "GGUF"sv, "a model file"sv},
    {0, "\0\0\0\x0CJXL \r\n\x87\n"sv, "a JPEG XL picture"sv},
    {0, "\xFF\x0A"sv, "a JPEG XL picture"sv},
    {0, "\0\0\0\x0CjP  \r\n\x87\n"sv, "a JPEG 2000 picture"sv},
    {0, "8BPS"sv, "a Photoshop picture"sv},
    {0, "\x76\x2F\x31\x01"sv, "an OpenEXR picture"sv},
    {0, "AT&TFORM"sv, "a DjVu document"sv},
    {0, "\0\0\1\0"sv, "an icon"sv},
    {4, "ftypM4A "sv, "an audio file"sv},
    {4, "ftypM4B "sv, "an audio file"sv},
    {0, "ID3\2"sv, "an MP3 audio file"sv},
    {0, "ID3\3"sv, "an MP3 audio file"sv},
    {0, "ID3\4"sv, "an MP3 audio file"sv},
    {0, "\xFF\xFB"sv, "an MP3 audio file"sv},
    {0, "\xFF\xF3"sv, "an MP3 audio file"sv},
    {0, "fLaC"sv, "a FLAC audio file"sv},
    {8, "WAVE"sv, "a WAV audio file"sv},
    {0, "MThd\0\0\0\6"sv, "a MIDI file"sv},
    {0, "OTTO\0"sv, "a font"sv},
    {0, "\0\1\0\0\0"sv, "a font"sv},
    {0, "wOFF"sv, "a font"sv},
    {0, "wOF2"sv, "a font"sv},
});

} // namespace

std::string_view nameOfUnreadableFormat(std::span<const std::byte> head)
{
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()), head.size());
    if (bytes.starts_with("MZ"sv) && bytes.substr(0, 128).find('\0') != std::string_view::npos)
        return "a Windows program"sv;
    const auto row = std::ranges::find_if(kMagics, [&](const Magic& magic) {
        return bytes.size() >= magic.offset + magic.bytes.size()
            && bytes.substr(magic.offset, magic.bytes.size()) == magic.bytes;
    });
    return row == kMagics.end() ? std::string_view() : row->name;
}

} // namespace lectern::media
