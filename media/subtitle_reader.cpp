// SPDX-License-Identifier: Apache-2.0
// The reader for subtitle files: one part a cue, with its second.
#include "media/file.h"
#include "media/file_bytes.h"
#include "media/format_readers.h"
#include "media/subtitles.h"

#include <fmt/format.h>

namespace lectern::media {

namespace {

bool isWebVtt(const Source& source)
{
    return lowerStart(source.head, 16).starts_with("webvtt");
}

class SubtitleReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        if (!looksLikeText(source.head))
            return false;
        return isWebVtt(source) || hasExtension(source.fileName, {"srt", "vtt"})
            || looksLikeSubRip(lowerStart(source.head, 200));
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto bytes = readWhole(source, options.maxTextBytes, "subtitle file", stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto decoded = decodeText(*bytes, stop);
        if (!decoded)
            return tl::unexpected(decoded.error());
        const Subtitles subtitles = readSubtitles(decoded->text);
        DocumentBuilder builder(options, stop);
        addEncoding(builder, *decoded);
        double last = 0;
        for (const Cue& cue : subtitles.cues) {
            if (builder.done())
                break;
            Provenance place;
            place.seconds = cue.begin;
            builder.moveTo(std::move(place), DocumentBuilder::Join::asIs);
            builder.append(cue.text);
            builder.append("\n");
            last = std::max(last, cue.end);
        }
        builder.fact("cues", formatCount(subtitles.cues.size()));
        builder.fact("last", formatTimestamp(last));
        if (subtitles.unreadable > 0)
            builder.warn(fmt::format("{} no readable time and {} left out.",
                subtitles.unreadable == 1 ? std::string("1 subtitle has")
                                          : formatCount(subtitles.unreadable) + " subtitles have",
                subtitles.unreadable == 1 ? "is" : "are"));
        if (progress)
            progress(bytes->size(), bytes->size());
        return builder.finish(isWebVtt(source) ? "WebVTT subtitles" : "SubRip subtitles");
    }
};

} // namespace

std::unique_ptr<const Reader> makeSubtitleReader()
{
    return std::make_unique<SubtitleReader>();
}

} // namespace lectern::media
