// SPDX-License-Identifier: Apache-2.0
// Walking PNG chunks, JPEG segments, GIF blocks, BMP and WebP headers.
#include "media/picture_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

tl::unexpected<Error> cutOff()
{
    return fail(ErrorCode::truncated, "The picture is cut off: the end of the file is missing.");
}

tl::unexpected<Error> damaged()
{
    return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
}

// Bounds-checked look into the file: what lies beyond its end reads as 0, so ask has() first.
class View {
public:
    explicit View(std::span<const std::byte> bytes) : m_bytes(bytes) { }
    [[nodiscard]] std::uint64_t size() const { return m_bytes.size(); }
    [[nodiscard]] bool has(std::uint64_t at, std::uint64_t count) const
    {
        return at <= size() && count <= size() - at;
    }
    [[nodiscard]] std::uint32_t u8(std::uint64_t at) const
    {
        return has(at, 1) ? std::to_integer<std::uint32_t>(m_bytes[at]) : 0;
    }
    [[nodiscard]] std::uint32_t be16(std::uint64_t at) const { return u8(at) << 8 | u8(at + 1); }
    [[nodiscard]] std::uint32_t be32(std::uint64_t at) const
    {
        return be16(at) << 16 | be16(at + 2);
    }
    [[nodiscard]] std::uint32_t le16(std::uint64_t at) const { return u8(at + 1) << 8 | u8(at); }
    [[nodiscard]] std::uint32_t le32(std::uint64_t at) const
    {
        return le16(at + 2) << 16 | le16(at);
    }
    [[nodiscard]] bool matches(std::uint64_t at, std::string_view text) const
    {
        return has(at, text.size())
            && std::equal(text.begin(), text.end(),
                m_bytes.begin() + static_cast<std::ptrdiff_t>(at),
                [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
    }
    [[nodiscard]] std::span<const std::byte> part(std::uint64_t at, std::uint64_t count) const
    {
        return m_bytes.subspan(at, count);
    }

private:
    std::span<const std::byte> m_bytes;
};

// CRC-32 of PNG (ISO 3309), a byte at a time.
std::uint32_t crc32(std::span<const std::byte> bytes)
{
    static constexpr auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t n = 0; n < 256; ++n) {
            std::uint32_t c = n;
            for (int bit = 0; bit < 8; ++bit)
                c = (c & 1U) != 0 ? 0xEDB88320U ^ c >> 1 : c >> 1;
            table[n] = c;
        }
        return table;
    }();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::byte b : bytes)
        crc = kTable[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFFU] ^ crc >> 8;
    return ~crc;
}

// Signature (8), then chunks: length (4, big endian), type (4), data, CRC of type and data (4).
Result<PictureStructure> checkPng(const View& file)
{
    constexpr std::uint64_t kAround = 12; // length, type, CRC
    PictureStructure found;
    std::uint64_t at = 8;
    if (file.has(at, 8) && !file.matches(at + 4, "IHDR"sv))
        return damaged();
    found.greyWithAlpha = file.u8(25) == 4;
    while (true) {
        if (!file.has(at, 8))
            return cutOff();
        const std::uint64_t length = file.be32(at);
        if (length > 0x7FFFFFFFU)
            return damaged();
        if (!file.has(at, length + kAround))
            return cutOff();
        const bool critical = (file.u8(at + 4) & 0x20U) == 0;
        if (critical && crc32(file.part(at + 4, length + 4)) != file.be32(at + 8 + length))
            return damaged();
        found.hasProfile = found.hasProfile || file.matches(at + 4, "iCCP"sv);
        found.animated = found.animated || file.matches(at + 4, "acTL"sv);
        if (file.matches(at + 4, "IEND"sv))
            return found;
        at += length + kAround;
    }
}

// Segments: 0xFF, marker, length (2, big endian, itself included), data; entropy-coded data follows
// SOS and ends at the next marker that is neither 0xFF00 nor a restart.
Result<PictureStructure> checkJpeg(const View& file)
{
    constexpr std::uint32_t kEnd = 0xD9, kScan = 0xDA, kApp2 = 0xE2;
    PictureStructure found;
    bool hasScan = false;
    std::uint64_t at = 2;
    while (true) {
        while (file.has(at, 1) && file.u8(at) != 0xFF) // stray bytes between segments
            ++at;
        while (file.has(at, 1) && file.u8(at) == 0xFF) // fill bytes
            ++at;
        if (!file.has(at, 1))
            return cutOff();
        const std::uint32_t marker = file.u8(at++);
        if (marker == kEnd)
            return hasScan ? Result<PictureStructure>(found) : damaged();
        if (marker == 0 || marker == 1 || (marker >= 0xD0 && marker <= 0xD8))
            continue; // stuffing, TEM, restarts, SOI: no data of their own
        if (!file.has(at, 2))
            return cutOff();
        const std::uint64_t length = file.be16(at);
        if (length < 2)
            return damaged();
        if (!file.has(at, length))
            return cutOff();
        hasScan = hasScan || marker == kScan;
        found.hasProfile =
            found.hasProfile || (marker == kApp2 && file.matches(at + 2, "ICC_PROFILE\0"sv));
        at += length;
    }
}

// Header (6), screen (7), colour table, then blocks: 0x21 extension, 0x2C picture, 0x3B end.
Result<PictureStructure> checkGif(const View& file)
{
    const auto tableBytes = [](std::uint32_t flags) -> std::uint64_t {
        return (flags & 0x80U) != 0 ? 3ULL << ((flags & 7U) + 1) : 0;
    };
    PictureStructure found;
    int pictures = 0;
    std::uint64_t at = 13 + tableBytes(file.u8(10));
    while (pictures < 2) {
        if (!file.has(at, 1))
            break;
        const std::uint32_t block = file.u8(at++);
        if (block == 0x3B)
            break;
        if (block == 0x2C) {
            if (!file.has(at, 10))
                break;
            at += 9 + tableBytes(file.u8(at + 8)) + 1; // place and size, colours, code size
        } else if (block == 0x21) {
            at += 1;
        } else {
            break; // padding or damage; what was whole before it counts
        }
        while (file.has(at, 1) && file.u8(at) != 0)
            at += 1 + file.u8(at);
        if (!file.has(at, 1))
            break;
        ++at;
        pictures += block == 0x2C;
    }
    if (pictures == 0)
        return cutOff();
    found.animated = pictures > 1;
    return found;
}

// File header (14): "BM", size, 4 reserved, offset of the pixels; then the bitmap header.
Result<PictureStructure> checkBmp(const View& file)
{
    if (!file.has(0, 26))
        return cutOff();
    const bool old = file.le32(14) == 12;
    if (!old && !file.has(0, 54))
        return cutOff();
    const std::uint64_t width = old ? file.le16(18) : file.le32(18);
    const auto signedHeight =
        old ? static_cast<std::int64_t>(file.le16(20)) : static_cast<std::int32_t>(file.le32(22));
    const auto height = static_cast<std::uint64_t>(std::abs(signedHeight));
    const std::uint64_t bits = old ? file.le16(24) : file.le16(28);
    const std::uint32_t compression = old ? 0 : file.le32(30);
    if (width == 0 || height == 0 || width > 0x7FFFFFFFU || bits == 0 || bits > 32)
        return damaged();
    const bool raw = compression == 0 || compression == 3;
    const std::uint64_t pixels =
        raw ? (width * bits + 31) / 32 * 4 * height : file.le32(34); // run-length: its byte count
    if (!file.has(file.le32(10), pixels))
        return cutOff();
    return PictureStructure{};
}

// "RIFF", size of the rest (4, little endian), "WEBP", then chunks.
Result<PictureStructure> checkWebp(const View& file)
{
    PictureStructure found;
    if (!file.has(0, 21) || !file.has(8, file.le32(4) & ~1U))
        return cutOff();
    if (file.matches(12, "VP8X"sv)) {
        found.animated = (file.u8(20) & 0x02U) != 0;
        found.hasProfile = (file.u8(20) & 0x20U) != 0;
    }
    return found;
}

} // namespace

std::optional<PictureFormat> pictureFormat(std::span<const std::byte> head)
{
    const View file(head);
    if (file.matches(0, "\x89PNG\r\n\x1A\n"sv))
        return PictureFormat::png;
    if (file.matches(0, "\xFF\xD8\xFF"sv))
        return PictureFormat::jpeg;
    if (file.matches(0, "GIF87a"sv) || file.matches(0, "GIF89a"sv))
        return PictureFormat::gif;
    if (file.matches(0, "RIFF"sv) && file.matches(8, "WEBP"sv))
        return PictureFormat::webp;
    if (file.matches(0, "II*\0"sv) || file.matches(0, "MM\0*"sv))
        return PictureFormat::tiff;
    constexpr std::array kBitmapHeaders{12U, 40U, 52U, 56U, 64U, 108U, 124U};
    if (file.matches(0, "BM"sv)
        && std::ranges::find(kBitmapHeaders, file.le32(14)) != kBitmapHeaders.end())
        return PictureFormat::bmp;
    return std::nullopt;
}

Result<PictureStructure> checkPicture(PictureFormat format, std::span<const std::byte> bytes)
{
    const View file(bytes);
    switch (format) {
    case PictureFormat::png:
        return checkPng(file);
    case PictureFormat::jpeg:
        return checkJpeg(file);
    case PictureFormat::gif:
        return checkGif(file);
    case PictureFormat::bmp:
        return checkBmp(file);
    case PictureFormat::webp:
        return checkWebp(file);
    case PictureFormat::tiff: { // its decoder reports missing strips itself
        PictureStructure found;
        found.hasProfile = true; // whether there is one, the decoder says
        return found;
    }
    }
    return damaged();
}

} // namespace lectern::media
