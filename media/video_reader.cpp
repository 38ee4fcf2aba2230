// SPDX-License-Identifier: Apache-2.0
// The reader for video and animated GIFs: frames at equal steps of time, each with its exact time.
#include "media/file.h"
#include "media/format_readers.h"
#include "media/picture_check.h"
#include "media/video_container.h"
#include "media/video_decoder.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr int kMaxFrames = 512;                 // 1.6 GB of pictures at the largest size
constexpr std::size_t kGifLookBytes = 16 << 20; // where a GIF's second picture is looked for

bool isAnimatedGif(const Source& source)
{
    if (pictureFormat(source.head) != PictureFormat::gif)
        return false;
    const auto file = RegularFile::open(source.path);
    if (!file)
        return false;
    std::vector<std::byte> bytes(std::min<std::uint64_t>(file->bytes(), kGifLookBytes));
    const auto count = file->readAt(0, bytes);
    if (!count)
        return false;
    const auto structure = checkPicture(PictureFormat::gif, std::span(bytes).first(*count));
    return structure && structure->animated;
}

std::optional<VideoContainer> containerOf(const Source& source)
{
    if (isAnimatedGif(source))
        return VideoContainer{"gif", "Animated GIF"};
    return videoContainer(source.head);
}

// The frames on screen at the times i * duration / count, each once.
std::vector<std::size_t> uniformFrames(const VideoTimes& times, int count)
{
    constexpr double kTolerance = 1e-6; // times are rationals in floating point
    const auto wanted = static_cast<std::size_t>(std::clamp(count, 1, kMaxFrames));
    std::vector<std::size_t> chosen;
    if (times.frames.size() <= wanted) {
        for (std::size_t i = 0; i < times.frames.size(); ++i)
            chosen.push_back(i);
        return chosen;
    }
    for (std::size_t i = 0; i < wanted; ++i) {
        const double time = times.end * static_cast<double>(i) / static_cast<double>(wanted);
        const auto after = std::ranges::upper_bound(times.frames, time + kTolerance);
        const auto index = after == times.frames.begin()
            ? 0
            : static_cast<std::size_t>(after - times.frames.begin()) - 1;
        if (chosen.empty() || chosen.back() != index)
            chosen.push_back(index);
    }
    return chosen;
}

// What the file is and what of it was left out. The frames are in `reading` already.
void describe(Reading& reading, const VideoDecoder& decoder, const VideoTimes& times)
{
    const VideoInfo& info = decoder.info();
    const Image& first = *std::get<FramePart>(reading.parts.front()).image;
    reading.facts.emplace_back("size", fmt::format("{} x {}", info.width, info.height));
    reading.facts.emplace_back("duration", formatTimestamp(times.end));
    reading.facts.emplace_back("codec", info.codec);
    reading.facts.emplace_back(
        "frames", fmt::format("{} of {}", reading.parts.size(), formatCount(times.frames.size())));
    if (info.rotated)
        reading.facts.emplace_back("orientation", "turned upright");
    if (std::max(info.width, info.height) > kMaxFrameSide)
        reading.facts.emplace_back(
            "frame size", fmt::format("scaled to {} x {}", first.width, first.height));

    const double missing = info.headerDuration - times.end;
    if (missing > std::max(1.0, 0.05 * info.headerDuration))
        reading.warnings.push_back(fmt::format(
            "The video is cut off or its header is wrong: it promises {}, and {} could be read.",
            formatTimestamp(info.headerDuration), formatTimestamp(times.end)));
    if (decoder.damageCount() > 0)
        reading.warnings.emplace_back(
            "Parts of the video are damaged; pictures may be missing or show faults.");
    if (info.hasSound)
        reading.warnings.emplace_back("The sound was not read.");
    if (info.hasSubtitles)
        reading.warnings.emplace_back("The subtitles were not read.");
}

class VideoReader final : public Reader {
public:
    bool sniff(const Source& source) const override { return containerOf(source).has_value(); }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto container = containerOf(source);
        if (!container)
            return fail(ErrorCode::damaged, "The video changed while it was being read.");
        auto decoder = VideoDecoder::open(source.path, container->demuxer, options.maxPixels, stop);
        if (!decoder)
            return tl::unexpected(decoder.error());
        const auto times = decoder->times();
        if (!times)
            return tl::unexpected(times.error());

        Reading reading;
        reading.kind = Kind::video;
        reading.format = fmt::format("{} ({})", container->name, decoder->info().codec);
        if (std::string_view(container->demuxer) == "gif")
            reading.format = container->name;
        const std::vector<std::size_t> chosen = uniformFrames(*times, options.videoFrames);
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            if (stop.stop_requested())
                return cancelled();
            auto frame = decoder->frame(chosen[i]);
            if (!frame)
                return tl::unexpected(frame.error());
            if (*frame)
                add(reading, std::move(**frame));
            if (progress)
                progress(i + 1, chosen.size());
        }
        if (reading.parts.empty())
            return fail(ErrorCode::damaged, "The video is damaged: no picture could be decoded.");
        describe(reading, *decoder, *times);
        return reading;
    }

private:
    // A frame that stands in for a damaged one may have been read before.
    static void add(Reading& reading, VideoFrame frame)
    {
        if (!reading.parts.empty()
            && std::get<FramePart>(reading.parts.back()).seconds >= frame.seconds)
            return;
        FramePart part;
        part.seconds = frame.seconds;
        part.where.seconds = frame.seconds;
        part.image = std::make_shared<const Image>(std::move(frame.image));
        reading.parts.emplace_back(std::move(part));
    }
};

} // namespace

std::unique_ptr<const Reader> makeVideoReader()
{
    return std::make_unique<VideoReader>();
}

} // namespace lectern::media
