// SPDX-License-Identifier: Apache-2.0
// Matching by name.
#include "app/clip_subtitles.h"

#include <algorithm>

namespace lectern::app {
namespace {

std::string_view withoutEnding(std::string_view fileName)
{
    return fileName.substr(0, fileName.rfind('.'));
}

} // namespace

std::vector<int> clipsOfSubtitles(const std::vector<PromptAttachment>& attachments)
{
    std::vector<int> clips(attachments.size(), -1);
    // Exact names before those with a language.
    for (const bool language : {false, true})
        for (std::size_t s = 0; s < attachments.size(); ++s) {
            const auto& file = attachments[s];
            if (!file.content || file.content->kind != AttachmentKind::text
                || file.content->subtitles.empty() || clips[s] >= 0)
                continue;
            std::string_view name = withoutEnding(file.fileName);
            if (language)
                name = withoutEnding(name);
            for (std::size_t c = 0; c < attachments.size(); ++c) {
                const auto& clip = attachments[c];
                // A clip that was sent without them stays as it was.
                if (clip.content && clip.content->kind == AttachmentKind::video
                    && (!clip.inclusion || clip.inclusion->ofSubtitles > 0)
                    && withoutEnding(clip.fileName) == name
                    && std::ranges::find(clips, static_cast<int>(c)) == clips.end()) {
                    clips[s] = static_cast<int>(c);
                    break;
                }
            }
        }
    return clips;
}

SharedContent withSubtitles(const AttachmentContent& clip, const std::vector<Subtitle>& subtitles)
{
    AttachmentContent both = clip;
    both.subtitles = subtitles;
    return std::make_shared<const AttachmentContent>(std::move(both));
}

} // namespace lectern::app
