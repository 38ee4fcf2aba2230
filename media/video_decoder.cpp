// SPDX-License-Identifier: Apache-2.0
// Opening, scanning, seeking and decoding with FFmpeg 5.
#include "media/video_decoder.h"

#include "media/file.h"
#include "media/video_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <mutex>
#include <string_view>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
}

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr int kIoBufferBytes = 64 * 1024;
constexpr int kDecoderThreads = 2;
constexpr std::size_t kMaxPackets = 10'000'000; // 46 hours at 60 frames a second
constexpr double kCodecDelay = 0.1;             // sound starts this much early only to warm up
constexpr double kMaxStartGap = 10.0;           // a larger one between sound and picture is a fault

struct FreeIo {
    void operator()(AVIOContext* io) const
    {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};
struct CloseFormat {
    void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
};
struct FreeCodec {
    void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using IoPtr = std::unique_ptr<AVIOContext, FreeIo>;
using FormatPtr = std::unique_ptr<AVFormatContext, CloseFormat>;
using CodecPtr = std::unique_ptr<AVCodecContext, FreeCodec>;
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;

// What FFmpeg's callbacks see.
struct Input {
    RegularFile file;
    std::stop_token stop;
    std::uint64_t position = 0;
};

int readInput(void* opaque, std::uint8_t* data, int wanted) noexcept
{
    auto& input = *static_cast<Input*>(opaque);
    if (input.stop.stop_requested())
        return AVERROR_EXIT;
    const auto count = input.file.readAt(
        input.position, std::as_writable_bytes(std::span(data, static_cast<std::size_t>(wanted))));
    if (!count)
        return AVERROR(EIO);
    input.position += *count;
    return *count == 0 ? AVERROR_EOF : static_cast<int>(*count);
}

std::int64_t seekInput(void* opaque, std::int64_t offset, int whence) noexcept
{
    auto& input = *static_cast<Input*>(opaque);
    const auto size = static_cast<std::int64_t>(input.file.bytes());
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE)
        return size;
    const std::int64_t base = whence == SEEK_CUR ? static_cast<std::int64_t>(input.position)
        : whence == SEEK_END                     ? size
                                                 : 0;
    if (offset < -base || offset > INT64_MAX - base)
        return AVERROR(EINVAL);
    input.position = static_cast<std::uint64_t>(base + offset);
    return base + offset;
}

int refuseOtherFiles(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) noexcept
{
    return AVERROR(EACCES);
}

int wasStopped(void* opaque) noexcept
{
    return static_cast<Input*>(opaque)->stop.stop_requested() ? 1 : 0;
}

tl::unexpected<Error> damagedVideo()
{
    return fail(ErrorCode::damaged,
        "The video is damaged or cut off: its index or its first pictures are missing.");
}

std::string codecName(AVCodecID id)
{
    struct Row {
        AVCodecID id;
        std::string_view name;
    };
    constexpr std::array kNames = std::to_array<Row>({
        {AV_CODEC_ID_H264, "H.264"sv},
        {AV_CODEC_ID_HEVC, "H.265"sv},
        {AV_CODEC_ID_VP8, "VP8"sv},
        {AV_CODEC_ID_VP9, "VP9"sv},
        {AV_CODEC_ID_AV1, "AV1"sv},
        {AV_CODEC_ID_MPEG4, "MPEG-4"sv},
        {AV_CODEC_ID_MPEG2VIDEO, "MPEG-2"sv},
        {AV_CODEC_ID_MPEG1VIDEO, "MPEG-1"sv},
        {AV_CODEC_ID_MJPEG, "Motion JPEG"sv},
        {AV_CODEC_ID_GIF, "GIF"sv},
        {AV_CODEC_ID_THEORA, "Theora"sv},
        {AV_CODEC_ID_PRORES, "ProRes"sv},
    });
    const auto row = std::ranges::find(kNames, id, &Row::id);
    return row != kNames.end() ? std::string(row->name) : std::string(avcodec_get_name(id));
}

Orientation orientationOf(const AVStream& stream)
{
    std::size_t bytes = 0;
    const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &bytes);
    if (data == nullptr || bytes < 9 * sizeof(std::int32_t))
        return {};
    return orientationFromMatrix(reinterpret_cast<const std::int32_t*>(data));
}

struct KeyFrame {
    std::int64_t pts = 0;
    std::int64_t seekTo = 0; // its decoding time where that is earlier: some demuxers seek by it
};

} // namespace

struct VideoDecoder::State {
    explicit State(RegularFile file) : input{std::move(file), {}, 0} { }

    Result<void> openFormat();
    Result<void> openCodec();
    void describe();
    Result<void> rewind();
    Result<void> seekBefore(std::int64_t pts, std::size_t keysEarlier);
    Result<bool> decodeNext();
    Result<bool> decodeUntil(std::int64_t pts);
    [[nodiscard]] double secondsOf(std::int64_t time) const
    {
        return static_cast<double>(time - base) * av_q2d(stream->time_base);
    }
    [[nodiscard]] bool stopped() const { return input.stop.stop_requested(); }

    // Declared in the order of their lifetimes: the format context reads through `io`.
    Input input;
    const char* demuxer = nullptr;
    std::uint64_t maxPixels = 0;
    IoPtr io;
    FormatPtr format;
    CodecPtr codec;
    PacketPtr packet{av_packet_alloc()};
    FramePtr decoded{av_frame_alloc()};
    FrameConverter converter;
    AVStream* stream = nullptr; // the format context's
    Orientation orientation;
    VideoInfo info;

    std::vector<std::int64_t> pts; // from the scan, ascending
    std::vector<KeyFrame> keys;    // ascending by pts
    std::int64_t base = 0;         // second 0, in the stream's time base
    std::size_t damage = 0;
    bool atEnd = false; // the demuxer has nothing more; the codec is being drained
    std::int64_t lastPts = AV_NOPTS_VALUE; // of `decoded`; none after a seek
};

Result<void> VideoDecoder::State::openFormat()
{
    format.reset();
    io.reset();
    input.position = 0;
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBufferBytes));
    io.reset(avio_alloc_context(buffer, kIoBufferBytes, 0, &input, readInput, nullptr, seekInput));
    AVFormatContext* context = avformat_alloc_context();
    if (io == nullptr || context == nullptr) {
        avformat_free_context(context);
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this video.");
    }
    context->pb = io.get();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    context->io_open = refuseOtherFiles;
    context->interrupt_callback = {wasStopped, &input};
    const int opened = avformat_open_input(&context, "", av_find_input_format(demuxer), nullptr);
    format.reset(context); // freed and null after a failure
    if (stopped())
        return cancelled();
    if (opened < 0 || avformat_find_stream_info(format.get(), nullptr) < 0)
        return stopped() ? cancelled() : damagedVideo();

    const int best = av_find_best_stream(format.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    const bool cover =
        best >= 0 && (format->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
    stream = best >= 0 && !cover ? format->streams[best] : nullptr;
    for (unsigned i = 0; i < format->nb_streams; ++i) {
        AVStream* other = format->streams[i];
        info.hasSound |= other->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        info.hasSubtitles |= other->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
        other->discard = other == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
    if (stream != nullptr)
        return {};
    if (info.hasSound)
        return fail(ErrorCode::unsupported,
            "This file holds sound but no moving picture; Lectern cannot listen to sound yet.");
    return damagedVideo();
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

void VideoDecoder::State::describe()
{
    const AVCodecParameters& parameters = *stream->codecpar;
    orientation = orientationOf(*stream);
    const Size shown = shownSize(parameters.width, parameters.height,
        av_guess_sample_aspect_ratio(format.get(), stream, nullptr), orientation);
    info.codec = codecName(parameters.codec_id);
    info.width = shown.width;
    info.height = shown.height;
    info.rotated = !orientation.isUpright();
    if (stream->duration != AV_NOPTS_VALUE && stream->duration > 0)
        info.headerDuration = static_cast<double>(stream->duration) * av_q2d(stream->time_base);
    else if (format->duration != AV_NOPTS_VALUE && format->duration > 0)
        info.headerDuration = static_cast<double>(format->duration) / AV_TIME_BASE;
}

// To the beginning, by opening the file anew: works for every container.
Result<void> VideoDecoder::State::rewind()
{
    if (const auto reopened = openFormat(); !reopened)
        return reopened;
    avcodec_flush_buffers(codec.get());
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
    if (avformat_seek_file(format.get(), stream->index, INT64_MIN, target, target, 0) < 0)
        return stopped() ? Result<void>(cancelled()) : rewind();
    avcodec_flush_buffers(codec.get());
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
        const int read = atEnd ? AVERROR_EOF : av_read_frame(format.get(), packet.get());
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
    state->describe();
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

Result<VideoTimes> VideoDecoder::times()
{
    State& s = *m_state;
    std::int64_t end = INT64_MIN;
    std::int64_t next = 0; // where a packet without a time must lie
    while (s.pts.size() < kMaxPackets) {
        const int read = av_read_frame(s.format.get(), s.packet.get());
        if (s.stopped())
            return cancelled();
        if (read < 0)
            break;
        const AVPacket& packet = *s.packet;
        const bool ours = packet.stream_index == s.stream->index && packet.size > 0
            && (packet.flags & AV_PKT_FLAG_DISCARD) == 0;
        if (ours && (packet.flags & AV_PKT_FLAG_CORRUPT) != 0) {
            ++s.damage;
        } else if (ours) {
            const std::int64_t pts = packet.pts != AV_NOPTS_VALUE ? packet.pts
                : packet.dts != AV_NOPTS_VALUE                    ? packet.dts
                                                                  : next;
            const std::int64_t dts = packet.dts != AV_NOPTS_VALUE ? packet.dts : pts;
            next = pts + std::clamp<std::int64_t>(packet.duration, 0, INT32_MAX);
            end = std::max(end, next);
            s.pts.push_back(pts);
            if ((packet.flags & AV_PKT_FLAG_KEY) != 0)
                s.keys.push_back({pts, std::min(pts, dts)});
        }
        av_packet_unref(s.packet.get());
    }
    if (s.pts.empty())
        return damagedVideo();
    std::ranges::sort(s.pts);
    s.pts.erase(std::unique(s.pts.begin(), s.pts.end()), s.pts.end());
    std::ranges::sort(s.keys, {}, &KeyFrame::pts);

    // The time line begins where the file begins, which may be its sound; a large gap is a fault.
    s.base = s.pts.front();
    if (s.format->start_time != AV_NOPTS_VALUE) {
        const std::int64_t start =
            av_rescale_q(s.format->start_time, AVRational{1, AV_TIME_BASE}, s.stream->time_base);
        const double gap = s.secondsOf(s.base) - s.secondsOf(start);
        if (gap > kCodecDelay && gap <= kMaxStartGap)
            s.base = start;
    }
    VideoTimes times;
    times.frames.reserve(s.pts.size());
    for (const std::int64_t pts : s.pts)
        times.frames.push_back(s.secondsOf(pts));
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

Result<std::optional<VideoFrame>> VideoDecoder::frame(std::size_t index)
{
    State& s = *m_state;
    const std::int64_t wanted = s.pts.at(index);
    const auto after = std::ranges::upper_bound(s.keys, wanted, {}, &KeyFrame::pts);
    const bool keyAhead = after != s.keys.begin() && std::prev(after)->pts > s.lastPts;
    const bool behind = s.lastPts != AV_NOPTS_VALUE && s.lastPts >= wanted;
    const bool atStart = s.lastPts == AV_NOPTS_VALUE && after - s.keys.begin() <= 1;
    if ((keyAhead || behind) && !atStart)
        if (const auto sought = s.seekBefore(wanted, 0); !sought)
            return tl::unexpected(sought.error());
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
    s.damage +=
        s.decoded->decode_error_flags != 0 || (s.decoded->flags & AV_FRAME_FLAG_CORRUPT) != 0;
    const AVRational aspect =
        av_guess_sample_aspect_ratio(s.format.get(), s.stream, s.decoded.get());
    auto image = s.converter.convert(*s.decoded, aspect, s.orientation, kMaxFrameSide);
    if (!image)
        return tl::unexpected(image.error());
    return VideoFrame{std::move(*image), s.secondsOf(s.lastPts)};
}

} // namespace lectern::media
