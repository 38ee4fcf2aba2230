// SPDX-License-Identifier: Apache-2.0
// A clip and the subtitle file that was given with it. Pure.
#pragma once

#include "app/prompt_builder.h"

#include <vector>

namespace lectern::app {

// For every attachment of a turn, the index of its clip when it is the subtitle file of one: the
// same name up to the ending, or to a language before it ("talk.en.srt" of "talk.mp4"). -1: not.
// A clip has one at most, the first.
[[nodiscard]] std::vector<int> clipsOfSubtitles(const std::vector<PromptAttachment>& attachments);

// The clip with these subtitles instead of its own. The pictures are shared.
[[nodiscard]] SharedContent withSubtitles(
    const AttachmentContent& clip, const std::vector<Subtitle>& subtitles);

} // namespace lectern::app
