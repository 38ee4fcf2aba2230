// SPDX-License-Identifier: Apache-2.0
// The table of container magics.
#include "media/video_container.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

struct ContainerMagic {
    std::string_view bytes; // at the beginning
    VideoContainer container;
};
constexpr std::array kContainerMagics = std::to_array<ContainerMagic>({
    {"FLV\1"sv, {"flv", "Flash video"}},
    {"OggS\0"sv, {"ogg", "Ogg video"}},
    {"\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv, {"asf", "Windows Media video"}},
    {"\0\0\1\xBA"sv, {"mpeg", "MPEG video"}},
    {"\0\0\1\xB3"sv, {"mpegvideo", "MPEG video"}},
    {"\x06\x0E\x2B\x34\x02\x05\x01\x01"sv, {"mxf", "MXF video"}},
});

// QuickTime and MP4: a tree of atoms, size (4, big endian) and name (4).
std::optional<VideoContainer> movContainer(std::string_view head)
{
    const std::string_view atom = head.size() >= 12 ? head.substr(4, 4) : std::string_view();
    if (atom == "ftyp"sv) {
        const std::string_view brand = head.substr(8, 4);
        if (brand == "qt  "sv)
            return VideoContainer{"mov", "QuickTime video"};
        if (brand.starts_with("3g"sv))
            return VideoContainer{"mov", "3GP video"};
        return VideoContainer{"mov", "MP4 video"};
    }
    constexpr std::array kOtherAtoms{"moov"sv, "mdat"sv, "wide"sv, "free"sv, "skip"sv, "pnot"sv};
    const bool known = std::ranges::find(kOtherAtoms, atom) != kOtherAtoms.end();
    if (known && head.find('\0') != std::string_view::npos) // the words occur in prose too
        return VideoContainer{"mov", "QuickTime video"};
    return std::nullopt;
}

// A transport stream is packets of 188 bytes, each beginning with 0x47; Blu-ray puts 4 bytes
// before.
bool isTransportStream(std::string_view head)
{
    for (const auto& [first, step] : {std::pair<std::size_t, std::size_t>{0, 188}, {4, 192}}) {
        std::size_t packets = 0;
        for (std::size_t at = first; at < head.size() && head[at] == 0x47; at += step)
            ++packets;
        if (packets >= 3 && packets >= (head.size() - first) / step)
            return true;
    }
    return false;
}

} // namespace

std::optional<VideoContainer> videoContainer(std::span<const std::byte> head)
{
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()), head.size());
    if (bytes.starts_with("\x1A\x45\xDF\xA3"sv)) {
        const bool webm = bytes.substr(0, 64).find("webm"sv) != std::string_view::npos;
        return VideoContainer{"matroska", webm ? "WebM video" : "Matroska video"};
    }
    if (bytes.starts_with("RIFF"sv) && bytes.substr(8).starts_with("AVI "sv))
        return VideoContainer{"avi", "AVI video"};
    for (const ContainerMagic& magic : kContainerMagics)
        if (bytes.starts_with(magic.bytes))
            return magic.container;
    if (const auto mov = movContainer(bytes))
        return mov;
    if (isTransportStream(bytes))
        return VideoContainer{"mpegts", "MPEG transport stream"};
    return std::nullopt;
}

} // namespace lectern::media
