// SPDX-License-Identifier: Apache-2.0
// RTF to readable text: the part of the Rich Text Format specification 1.9 that decides what a
// person reads. Fuzzed by tests/fuzz/rtf_fuzz.cpp.
#pragma once

#include "media/text_writer.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace lectern::media {

struct RtfFindings {
    std::string title, author;
    std::size_t pictures = 0;
    std::size_t deletions = 0; // tracked ones, left out
    bool cutOff = false;       // groups were still open at the end
};

// Never fails; what is no RTF reads as far as it goes.
[[nodiscard]] RtfFindings writeRtf(std::string_view rtf, TextWriter& writer);

} // namespace lectern::media
