// SPDX-License-Identifier: Apache-2.0
// Opening, scanning, seeking and decoding with FFmpeg 5.
#include "media/video_decoder.h"

#include "media/scene_cuts.h"
#include "media/video_frame.h"
#include "media/video_input.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <mutex>

namespace lectern::media {

namespace {

constexpr int kDecoderThreads = 2;
constexpr std::size_t kMaxPackets = 10'000'000; // 46 hours at 60 frames a second
constexpr std::size_t kProgressPackets = 1000;
constexpr std::size_t kNearFrames = 8; // so far ahead, decoding on is cheaper than seeking
constexpr double kCodecDelay = 0.1;    // sound starts this much early only to warm up
constexpr double kMaxStartGap = 10.0;  // a larger one between sound and picture is a fault

struct KeyFrame {
    std::int64_t pts = 0;
    std::int64_t seekTo = 0; // its decoding time where that is earlier: some demuxers seek by it
};

} // namespace

struct VideoDecoder::State {
    explicit State(RegularFile file) : input{std::move(file), {}, 0} { }

    Result<void> openFormat();
    Result<void> openCodec();
    void scanPacket(const AVPacket& read, std::int64_t& next, std::int64_t& end);
    Result<void> rewind();
    Result<void> seekBefore(std::int64_t pts, std::size_t keysEarlier);
    Result<bool> decodeNext();
    Result<bool> decodeUntil(std::int64_t pts);
    Result<bool> decodeKey(const KeyFrame& key);
    Result<void> look(const VideoDecoder::LookFn& look);
    Result<std::optional<VideoFrame>> convertDecoded();
    [[nodiscard]] double secondsOf(std::int64_t time) const
    {
        return static_cast<double>(time - base) * av_q2d(stream->time_base);
    }
    // Of the frame shown at a time, or of the next one.
    [[nodiscard]] std::size_t indexOf(std::int64_t time) const
    {
        return static_cast<std::size_t>(std::ranges::lower_bound(pts, time) - pts.begin());
    }
    [[nodiscard]] bool stopped() const { return input.stop.stop_requested(); }

    VideoInput input; // before the demuxer, which reads through it
    const char* demuxer = nullptr;
    std::uint64_t maxPixels = 0;
    OpenDemuxer open;
    CodecPtr codec;
    std::optional<SubtitleDecoder> subtitles;
    PacketPtr packet{av_packet_alloc()};
    FramePtr decoded{av_frame_alloc()};
    FrameConverter converter{FrameConverter::Quality::best};
    FrameConverter lookConverter{FrameConverter::Quality::fast};
    AVStream* stream = nullptr; // the format context's
    Orientation orientation;
    VideoInfo info;

    std::vector<std::int64_t> pts; // from the scan, ascending
    std::vector<KeyFrame> keys;    // ascending by pts
    std::int64_t base = 0;         // second 0, in the stream's time base
    std::size_t damage = 0;
    bool atBeginning = true; // nothing was read since the file was opened
    bool atEnd = false;      // the demuxer has nothing more; the codec is being drained
    std::int64_t lastPts = AV_NOPTS_VALUE; // of `decoded`; none after a seek
};

Result<void> VideoDecoder::State::openFormat()
{
    open = {};
    auto opened = openDemuxer(input, demuxer);
    if (!opened)
        return tl::unexpected(opened.error());
    open = std::move(*opened);
    const AVFormatContext& format = *open.format;
    const int best = av_find_best_stream(open.format.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    const bool cover =
        best >= 0 && (format.streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    stream = best >= 0 && !cover ? format.streams[best] : nullptr;
    if (stream == nullptr
        && av_find_best_stream(open.format.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0) >= 0)
        return fail(ErrorCode::unsupported,
            "This file holds sound but no moving picture; Lectern cannot listen to sound yet.");
    if (stream == nullptr)
        return damagedVideo();
    if (!subtitles)
        subtitles = SubtitleDecoder::open(format);
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        AVStream* other = format.streams[i];
        const bool read = other == stream || (subtitles && subtitles->stream() == other->index);
        other->discard = read ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    return {};
}

Result<void> VideoDecoder::State::openCodec()
{
    const AVCodecParameters& parameters = *stream->codecpar;
    const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
    if (decoder == nullptr)
        return fail(ErrorCode::unsupported,
            fmt::format("No decoder for this video's format ({}) is installed.",
                codecName(parameters.codec_id)));
    const auto pixels = static_cast<std::uint64_t>(std::max(parameters.width, 0))
        * static_cast<std::uint64_t>(std::max(parameters.height, 0));
    if (pixels > maxPixels)
        return fail(ErrorCode::tooLarge,
            fmt::format(
                "The video is too large: {} x {} pixels.", parameters.width, parameters.height));
    codec.reset(avcodec_alloc_context3(decoder));
    if (codec == nullptr || packet == nullptr || decoded == nullptr)
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this video.");
    if (avcodec_parameters_to_context(codec.get(), &parameters) < 0)
        return damagedVideo();
    codec->pkt_timebase = stream->time_base;
    codec->max_pixels = static_cast<std::int64_t>(maxPixels); // holds for size changes on the way
    codec->thread_count = kDecoderThreads;
    if (avcodec_open2(codec.get(), decoder, nullptr) < 0)
        return damagedVideo();
    return {};
}

// To the beginning, by opening the file anew: works for every container.
Result<void> VideoDecoder::State::rewind()
{
    if (const auto reopened = openFormat(); !reopened)
        return reopened;
    avcodec_flush_buffers(codec.get());
    atBeginning = true;
    atEnd = false;
    lastPts = AV_NOPTS_VALUE;
    return {};
}

// To the key frame at or before `pts`, or some key frames earlier.
Result<void> VideoDecoder::State::seekBefore(std::int64_t wanted, std::size_t keysEarlier)
{
    const auto after = std::ranges::upper_bound(keys, wanted, {}, &KeyFrame::pts);
    const auto known = static_cast<std::size_t>(after - keys.begin());
    if (known <= keysEarlier + 1) // the first key frame, or none known
        return rewind();
    const std::int64_t target = keys[known - 1 - keysEarlier].seekTo;
    if (avformat_seek_file(open.format.get(), stream->index, INT64_MIN, target, target, 0) < 0)
        return stopped() ? Result<void>(cancelled()) : rewind();
    avcodec_flush_buffers(codec.get());
    atBeginning = false;
    atEnd = false;
    lastPts = AV_NOPTS_VALUE;
    return {};
}

// The next frame in presentation order into `decoded`; false at the end.
Result<bool> VideoDecoder::State::decodeNext()
{
    while (true) {
        if (stopped())
            return cancelled();
        av_frame_unref(decoded.get());
        const int received = avcodec_receive_frame(codec.get(), decoded.get());
        if (received == 0) {
            if (decoded->best_effort_timestamp == AV_NOPTS_VALUE)
                continue; // no place on the time line
            lastPts = decoded->best_effort_timestamp;
            return true;
        }
        if (received == AVERROR_EOF)
            return false;
        if (received != AVERROR(EAGAIN)) {
            ++damage;
            if (atEnd)
                return false;
        }
        atBeginning = false;
        const int read = atEnd ? AVERROR_EOF : av_read_frame(open.format.get(), packet.get());
        if (stopped())
            return cancelled();
        if (read < 0) {
            if (atEnd)
                return false;
            atEnd = true;
            avcodec_send_packet(codec.get(), nullptr);
            continue;
        }
        if (packet->stream_index == stream->index && (packet->flags & AV_PKT_FLAG_CORRUPT) == 0) {
            const int sent = avcodec_send_packet(codec.get(), packet.get());
            damage += sent < 0 && sent != AVERROR(EAGAIN) && sent != AVERROR_EOF;
        }
        av_packet_unref(packet.get());
    }
}

Result<bool> VideoDecoder::State::decodeUntil(std::int64_t wanted)
{
    while (true) {
        const auto more = decodeNext();
        if (!more || !*more)
            return more;
        if (lastPts >= wanted)
            return true;
    }
}

VideoDecoder::VideoDecoder(std::unique_ptr<State> state) : m_state(std::move(state)) { }
VideoDecoder::VideoDecoder(VideoDecoder&&) noexcept = default;
VideoDecoder& VideoDecoder::operator=(VideoDecoder&&) noexcept = default;
VideoDecoder::~VideoDecoder() = default;

Result<VideoDecoder> VideoDecoder::open(const std::filesystem::path& path, const char* demuxer,
    std::uint64_t maxPixels, std::stop_token stop)
{
    static std::once_flag once; // damaged files are reported by us, not on stderr
    std::call_once(once, [] { av_log_set_level(AV_LOG_FATAL); });
    auto file = RegularFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    auto state = std::make_unique<State>(std::move(*file));
    state->input.stop = std::move(stop);
    state->demuxer = demuxer;
    state->maxPixels = maxPixels;
    if (const auto opened = state->openFormat(); !opened)
        return tl::unexpected(opened.error());
    if (const auto opened = state->openCodec(); !opened)
        return tl::unexpected(opened.error());
    state->info = describeVideo(
        *state->open.format, *state->stream, state->subtitles ? state->subtitles->stream() : -1);
    state->orientation = orientationOf(*state->stream);
    return VideoDecoder(std::move(state));
}

const VideoInfo& VideoDecoder::info() const
{
    return m_state->info;
}

std::size_t VideoDecoder::damageCount() const
{
    return m_state->damage;
}

// Notes one packet of the scan. `next` is where a packet without a time must lie.
void VideoDecoder::State::scanPacket(const AVPacket& read, std::int64_t& next, std::int64_t& end)
{
    if (subtitles && read.stream_index == subtitles->stream())
        return subtitles->decode(read);
    if (read.stream_index != stream->index || read.size <= 0
        || (read.flags & AV_PKT_FLAG_DISCARD) != 0)
        return;
    if ((read.flags & AV_PKT_FLAG_CORRUPT) != 0) {
        ++damage;
        return;
    }
    const std::int64_t shown = read.pts != AV_NOPTS_VALUE ? read.pts
        : read.dts != AV_NOPTS_VALUE                      ? read.dts
                                                          : next;
    const std::int64_t decodedAt = read.dts != AV_NOPTS_VALUE ? read.dts : shown;
    next = shown + std::clamp<std::int64_t>(read.duration, 0, INT32_MAX);
    end = std::max(end, next);
    pts.push_back(shown);
    if ((read.flags & AV_PKT_FLAG_KEY) != 0)
        keys.push_back({shown, std::min(shown, decodedAt)});
}

Result<VideoTimes> VideoDecoder::times(const ProgressFn& progress)
{
    State& s = *m_state;
    std::int64_t end = INT64_MIN;
    std::int64_t next = 0;
    while (s.pts.size() < kMaxPackets) {
        const int read = av_read_frame(s.open.format.get(), s.packet.get());
        if (s.stopped())
            return cancelled();
        if (read < 0)
            break;
        s.scanPacket(*s.packet, next, end);
        av_packet_unref(s.packet.get());
        if (progress && s.pts.size() % kProgressPackets == 0)
            progress(std::min(s.input.position, s.input.file.bytes()), s.input.file.bytes());
    }
    if (s.pts.empty())
        return damagedVideo();
    std::ranges::sort(s.pts);
    s.pts.erase(std::unique(s.pts.begin(), s.pts.end()), s.pts.end());
    std::ranges::sort(s.keys, {}, &KeyFrame::pts);
    const auto sameTime = [](const KeyFrame& a, const KeyFrame& b) { return a.pts == b.pts; };
    s.keys.erase(std::unique(s.keys.begin(), s.keys.end(), sameTime), s.keys.end());

    // The time line begins where the file begins, which may be its sound; a large gap is a fault.
    s.base = s.pts.front();
    const std::int64_t startTime = s.open.format->start_time;
    if (startTime != AV_NOPTS_VALUE) {
        const std::int64_t start =
            av_rescale_q(startTime, AVRational{1, AV_TIME_BASE}, s.stream->time_base);
        const double gap = s.secondsOf(s.base) - s.secondsOf(start);
        if (gap > kCodecDelay && gap <= kMaxStartGap)
            s.base = start;
    }
    VideoTimes times;
    times.frames.reserve(s.pts.size());
    for (const std::int64_t pts : s.pts)
        times.frames.push_back(s.secondsOf(pts));
    times.keys.reserve(s.keys.size());
    for (const KeyFrame& key : s.keys)
        times.keys.push_back(s.indexOf(key.pts));
    times.end = s.secondsOf(end);
    if (s.pts.size() > 1 && times.end <= times.frames.back()) { // no durations: the last frame's
        const double mean =
            (times.frames.back() - times.frames.front()) / static_cast<double>(s.pts.size() - 1);
        times.end = times.frames.back() + mean;
    }
    if (const auto rewound = s.rewind(); !rewound)
        return tl::unexpected(rewound.error());
    return times;
}

std::vector<TimedText> VideoDecoder::takeSubtitles()
{
    State& s = *m_state;
    if (!s.subtitles)
        return {};
    std::vector<TimedText> texts = s.subtitles->take();
    const double start = static_cast<double>(s.base) * av_q2d(s.stream->time_base);
    for (TimedText& text : texts) {
        text.begin = std::max(0.0, text.begin - start);
        text.end = std::max(text.begin, text.end - start);
    }
    return texts;
}

std::string VideoDecoder::subtitleLanguage() const
{
    return m_state->subtitles ? languageName(m_state->subtitles->language()) : std::string();
}

std::size_t VideoDecoder::invisibleInSubtitles() const
{
    return m_state->subtitles ? m_state->subtitles->invisibleCharacters() : 0;
}

// A key frame and nothing before or behind it: its packet alone goes through the decoder.
Result<bool> VideoDecoder::State::decodeKey(const KeyFrame& key)
{
    if (const auto sought = seekBefore(key.pts, 0); !sought)
        return tl::unexpected(sought.error());
    atBeginning = false;
    bool sent = false;
    while (!sent) {
        const int read = av_read_frame(open.format.get(), packet.get());
        if (stopped())
            return cancelled();
        if (read < 0)
            return false;
        const bool ours = packet->stream_index == stream->index;
        const std::int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
        if (ours && (packet->flags & AV_PKT_FLAG_KEY) != 0 && time >= key.pts) {
            sent = avcodec_send_packet(codec.get(), packet.get()) == 0;
            avcodec_send_packet(codec.get(), nullptr);
        }
        av_packet_unref(packet.get());
        if (ours && time > key.pts && !sent)
            return false;
    }
    av_frame_unref(decoded.get());
    const bool got = avcodec_receive_frame(codec.get(), decoded.get()) == 0
        && decoded->best_effort_timestamp != AV_NOPTS_VALUE;
    avcodec_flush_buffers(codec.get()); // lastPts stays none: what follows cannot be decoded alone
    return got;
}

Result<std::optional<VideoFrame>> VideoDecoder::State::convertDecoded()
{
    damage += decoded->decode_error_flags != 0 || (decoded->flags & AV_FRAME_FLAG_CORRUPT) != 0;
    const AVRational aspect =
        av_guess_sample_aspect_ratio(open.format.get(), stream, decoded.get());
    auto image = converter.convert(*decoded, aspect, orientation, kMaxFrameSide);
    if (!image)
        return tl::unexpected(image.error());
    return VideoFrame{std::move(*image), secondsOf(decoded->best_effort_timestamp)};
}

// The decoded frame, small.
Result<void> VideoDecoder::State::look(const VideoDecoder::LookFn& look)
{
    const auto image = lookConverter.convert(*decoded, {1, 1}, {}, kLookSide);
    if (!image)
        return tl::unexpected(image.error());
    look(std::min(indexOf(decoded->best_effort_timestamp), pts.size() - 1), *image);
    return {};
}

Result<void> VideoDecoder::lookAtAll(const LookFn& look)
{
    State& s = *m_state;
    if (const auto rewound = s.rewind(); !rewound)
        return rewound;
    while (true) {
        const auto more = s.decodeNext();
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return {};
        if (const auto looked = s.look(look); !looked)
            return looked;
    }
}

Result<void> VideoDecoder::lookAtKeys(const std::vector<std::size_t>& keys, const LookFn& look)
{
    State& s = *m_state;
    for (const std::size_t frame : keys) {
        const auto key = std::ranges::lower_bound(s.keys, s.pts.at(frame), {}, &KeyFrame::pts);
        if (key == s.keys.end())
            continue;
        const auto got = s.decodeKey(*key);
        if (!got)
            return tl::unexpected(got.error());
        if (!*got)
            continue;
        if (const auto looked = s.look(look); !looked)
            return looked;
    }
    return {};
}

Result<std::optional<VideoFrame>> VideoDecoder::frame(std::size_t index)
{
    State& s = *m_state;
    const std::int64_t wanted = s.pts.at(index);
    const auto after = std::ranges::upper_bound(s.keys, wanted, {}, &KeyFrame::pts);
    const bool keyAhead = after != s.keys.begin() && std::prev(after)->pts > s.lastPts;
    const bool behind = s.lastPts != AV_NOPTS_VALUE && s.lastPts >= wanted;
    const bool lost = s.lastPts == AV_NOPTS_VALUE;
    const bool atStart = s.atBeginning && after - s.keys.begin() <= 1;
    const bool near = !lost && !behind && index - s.indexOf(s.lastPts) <= kNearFrames;
    if ((keyAhead || behind || lost) && !atStart && !near) {
        const bool isKey = after != s.keys.begin() && std::prev(after)->pts == wanted;
        const auto alone = isKey ? s.decodeKey(*std::prev(after)) : Result<bool>(false);
        if (!alone)
            return tl::unexpected(alone.error());
        if (*alone && s.decoded->best_effort_timestamp == wanted)
            return s.convertDecoded();
        if (const auto sought = s.seekBefore(wanted, 0); !sought)
            return tl::unexpected(sought.error());
    }
    auto found = s.decodeUntil(wanted);
    if (found && (!*found || s.lastPts > wanted)) {
        // The demuxer went too far, or the frame leans on an earlier key frame: once more from
        // there.
        if (const auto sought = s.seekBefore(wanted, 1); !sought)
            return tl::unexpected(sought.error());
        found = s.decodeUntil(wanted);
    }
    if (!found)
        return tl::unexpected(found.error());
    if (!*found)
        return std::optional<VideoFrame>();
    return s.convertDecoded();
}

} // namespace lectern::media
