// SPDX-License-Identifier: Apache-2.0
// Subtitle files (SubRip, WebVTT) to cues with times. Pure functions; fuzzed by
// tests/fuzz/subtitles_fuzz.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

struct Cue {
    double begin = 0, end = 0; // seconds
    std::string text;          // lines, without markup
};

struct Subtitles {
    std::vector<Cue> cues;
    std::size_t unreadable = 0; // lines with "-->" whose times could not be read
};

// Line ends must be "\n".
[[nodiscard]] Subtitles readSubtitles(std::string_view text);

[[nodiscard]] bool looksLikeSubRip(std::string_view start);

} // namespace lectern::media
