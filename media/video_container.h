// SPDX-License-Identifier: Apache-2.0
// Which video container a file is, by its first bytes; the demuxer is then fixed, never probed, so
// that no playlist or image sequence can lead to other files.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace lectern::media {

struct VideoContainer {
    const char* demuxer; // FFmpeg's short name
    const char* name;    // for people: "MP4 video"
};

// Animated GIFs are not found here: the head cannot tell them from still ones.
[[nodiscard]] std::optional<VideoContainer> videoContainer(std::span<const std::byte> head);

} // namespace lectern::media
