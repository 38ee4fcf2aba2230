// SPDX-License-Identifier: Apache-2.0
// The reader for video and animated GIFs: the frames that show most, each with its exact time, and
// the subtitles between them.
#include "media/file.h"
#include "media/format_readers.h"
#include "media/picture_check.h"
#include "media/scene_cuts.h"
#include "media/video_container.h"
#include "media/video_decoder.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace lectern::media {

namespace {

constexpr int kMaxFrames = 120;                 // 650 MB of pictures at the largest size
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

// One progress from several stages, in thousandths.
class Stages {
public:
    explicit Stages(const ProgressFn& progress) : m_progress(progress) { }
    // Of a stage that goes from `from` to `to`.
    void report(int from, int to, std::uint64_t done, std::uint64_t total) const
    {
        if (!m_progress || total == 0)
            return;
        const std::uint64_t now = static_cast<std::uint64_t>(from)
            + static_cast<std::uint64_t>(to - from) * std::min(done, total) / total;
        if (now != m_reported)
            m_progress(m_reported = now, kWhole);
    }

    static constexpr int kScanned = 300, kLooked = 600, kWhole = 1000;

private:
    const ProgressFn& m_progress;
    mutable std::uint64_t m_reported = kWhole + 1;
};

struct Scenes {
    Look look = Look::nowhere;
    std::vector<std::size_t> starts; // frames
};

// Where scenes begin. With key frames alone a scene is found at the first key frame in it; encoders
// put one at most cuts.
Result<Scenes> findScenes(VideoDecoder& decoder, const VideoTimes& times, const Stages& stages)
{
    const auto pixels = static_cast<std::uint64_t>(decoder.info().width)
        * static_cast<std::uint64_t>(decoder.info().height);
    Scenes scenes{chooseLook(times, pixels), {}};
    if (scenes.look == Look::nowhere)
        return scenes;
    SceneCuts cuts;
    const auto keys =
        scenes.look == Look::keyFrames ? keysToLookAt(times) : std::vector<std::size_t>();
    const std::size_t total = keys.empty() ? times.frames.size() : keys.size();
    std::size_t looked = 0;
    const auto look = [&](std::size_t index, const Image& small) {
        if (cuts.beginsWith(small))
            scenes.starts.push_back(index);
        stages.report(Stages::kScanned, Stages::kLooked, ++looked, total);
    };
    const auto done = keys.empty() ? decoder.lookAtAll(look) : decoder.lookAtKeys(keys, look);
    if (!done)
        return tl::unexpected(done.error());
    return scenes;
}

struct Frames {
    std::vector<FramePart> parts;
    std::size_t alike = 0; // left out, because the one before shows the same
};

// Frames that show what the one before shows. Dropping them is pointless where all fit into the
// budget.
enum class Alike { drop, keep };
Result<Frames> readFrames(VideoDecoder& decoder, const std::vector<std::size_t>& chosen,
    Alike whatIsAlike, const std::stop_token& stop, const Stages& stages)
{
    Frames frames;
    std::optional<Sketch> last;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        if (stop.stop_requested())
            return cancelled();
        auto frame = decoder.frame(chosen[i]);
        if (!frame)
            return tl::unexpected(frame.error());
        stages.report(Stages::kLooked, Stages::kWhole, i + 1, chosen.size());
        // A frame that stands in for a damaged one may have been read before.
        if (!*frame || (!frames.parts.empty() && frames.parts.back().seconds >= (*frame)->seconds))
            continue;
        Sketch sketch((*frame)->image);
        if (whatIsAlike == Alike::drop && last && sketch.looksLike(*last)) {
            ++frames.alike;
            continue;
        }
        last = std::move(sketch);
        FramePart part;
        part.seconds = (*frame)->seconds;
        part.where.seconds = part.seconds;
        part.image = std::make_shared<const Image>(std::move((*frame)->image));
        frames.parts.push_back(std::move(part));
    }
    if (frames.parts.empty())
        return fail(ErrorCode::damaged, "The video is damaged: no picture could be decoded.");
    return frames;
}

// Frames and subtitles in the order of time.
void addParts(Reading& reading, std::vector<FramePart> frames, std::vector<TimedText> texts)
{
    auto text = texts.begin();
    std::size_t position = 0; // in the whole text
    const auto addTextsBefore = [&](double seconds) {
        for (; text != texts.end() && text->begin < seconds; ++text) {
            TextPart part;
            part.text = std::move(text->text) + '\n';
            part.where.seconds = text->begin;
            part.where.begin = position;
            part.where.end = position += part.text.size();
            reading.parts.emplace_back(std::move(part));
        }
    };
    for (FramePart& frame : frames) {
        addTextsBefore(frame.seconds);
        frame.where.begin = frame.where.end = position;
        reading.parts.emplace_back(std::move(frame));
    }
    addTextsBefore(std::numeric_limits<double>::infinity());
}

const char* lookName(Look look, const FrameChoice& choice)
{
    if (look == Look::everyFrame)
        return "scene changes among all frames, then even steps";
    if (look == Look::keyFrames && choice.movedToKeys)
        return "scene changes among key frames, then key frames at even steps";
    if (look == Look::keyFrames)
        return "scene changes among key frames, then even steps";
    return "even steps";
}

std::string chapterList(const std::vector<VideoInfo::Chapter>& chapters)
{
    std::string list;
    for (const VideoInfo::Chapter& chapter : chapters)
        list += fmt::format("{}{} {}", list.empty() ? "" : "; ", formatTimestamp(chapter.seconds),
            chapter.title.empty() ? "(no title)" : chapter.title);
    return list;
}

// What the video is.
void addFacts(Reading& reading, const VideoDecoder& decoder, const VideoTimes& times)
{
    const VideoInfo& info = decoder.info();
    reading.facts.emplace_back("size", fmt::format("{} x {}", info.width, info.height));
    reading.facts.emplace_back("duration", formatTimestamp(times.end));
    reading.facts.emplace_back("codec", info.codec);
    if (info.rotated)
        reading.facts.emplace_back("orientation", "turned upright");
    if (info.interlaced)
        reading.facts.emplace_back("interlaced", "one field of each frame shown");
    if (info.dynamicRange != nullptr)
        reading.facts.emplace_back(
            "brightness", fmt::format("{}, brought to the ordinary range", info.dynamicRange));
    if (!info.chapters.empty())
        reading.facts.emplace_back("chapters", chapterList(info.chapters));
}

void warnAboutTheRest(Reading& reading, const VideoDecoder& decoder, const VideoTimes& times)
{
    const VideoInfo& info = decoder.info();
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
    if (const std::size_t removed = decoder.invisibleInSubtitles(); removed > 0)
        reading.warnings.push_back(fmt::format("{} invisible {} removed from the subtitles.",
            formatCount(removed), removed == 1 ? "character was" : "characters were"));
    if (info.unreadSubtitles.empty())
        return;
    std::string languages;
    for (const std::string& language : info.unreadSubtitles)
        if (!language.empty())
            languages += (languages.empty() ? "" : ", ") + language;
    const std::size_t count = info.unreadSubtitles.size();
    reading.warnings.push_back(fmt::format("{} subtitle {} not read{}.", formatCount(count),
        count == 1 ? "track was" : "tracks were", languages.empty() ? "" : " (" + languages + ")"));
}

// What was read of it, and how that was chosen.
void describeChoice(Reading& reading, const Frames& frames, const FrameChoice& choice, Look look,
    const VideoTimes& times)
{
    reading.facts.emplace_back(
        "frames", fmt::format("{} of {}", frames.parts.size(), formatCount(times.frames.size())));
    if (times.frames.size() > choice.frames.size())
        reading.facts.emplace_back("chosen by", lookName(look, choice));
    if (frames.alike > 0)
        reading.facts.emplace_back("left out",
            fmt::format("{} {} that {} the one before", frames.alike,
                frames.alike == 1 ? "frame" : "frames",
                frames.alike == 1 ? "looks like" : "look like"));
    const Image& first = *frames.parts.front().image;
    if (std::max(first.width, first.height) == kMaxFrameSide)
        reading.facts.emplace_back(
            "frame size", fmt::format("scaled to {} x {}", first.width, first.height));
    if (choice.scenesLeftOut > 0 && look == Look::everyFrame)
        reading.warnings.push_back(
            fmt::format("{} short {} no frame of {} own; ask for more frames to see {}.",
                formatCount(choice.scenesLeftOut),
                choice.scenesLeftOut == 1 ? "scene has" : "scenes have",
                choice.scenesLeftOut == 1 ? "its" : "their",
                choice.scenesLeftOut == 1 ? "it" : "them"));
    if (choice.incomplete)
        reading.warnings.push_back(
            fmt::format("The video has too few key frames to reach all of it in reasonable time; "
                        "it was looked at up to {}.",
                formatTimestamp(frames.parts.back().seconds)));
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
        const Stages stages(progress);
        const auto times = decoder->times([&](std::uint64_t done, std::uint64_t total) {
            stages.report(0, Stages::kScanned, done, total);
        });
        if (!times)
            return tl::unexpected(times.error());
        const auto budget =
            static_cast<std::size_t>(std::clamp(options.videoFrames, 1, kMaxFrames));
        auto scenes = times->frames.size() > budget ? findScenes(*decoder, *times, stages)
                                                    : Result<Scenes>(Scenes{});
        if (!scenes)
            return tl::unexpected(scenes.error());
        const auto pixels = static_cast<std::uint64_t>(decoder->info().width)
            * static_cast<std::uint64_t>(decoder->info().height);
        const FrameChoice choice = chooseFrames(*times, scenes->starts, budget, pixels);
        auto frames = readFrames(*decoder, choice.frames,
            choice.frames.size() < times->frames.size() ? Alike::drop : Alike::keep, stop, stages);
        if (!frames)
            return tl::unexpected(frames.error());

        Reading reading;
        reading.kind = Kind::video;
        reading.format = std::string_view(container->demuxer) == "gif"
            ? std::string(container->name)
            : fmt::format("{} ({})", container->name, decoder->info().codec);
        addFacts(reading, *decoder, *times);
        describeChoice(reading, *frames, choice, scenes->look, *times);
        warnAboutTheRest(reading, *decoder, *times);
        std::vector<TimedText> texts = decoder->takeSubtitles();
        if (!texts.empty()) {
            const std::string language = decoder->subtitleLanguage();
            reading.facts.emplace_back("subtitles",
                fmt::format("{} lines{}", formatCount(texts.size()),
                    language.empty() ? "" : ", " + language));
        }
        addParts(reading, std::move(frames->parts), std::move(texts));
        return reading;
    }
};

} // namespace

std::unique_ptr<const Reader> makeVideoReader()
{
    return std::make_unique<VideoReader>();
}

} // namespace lectern::media
