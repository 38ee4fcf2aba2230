// SPDX-License-Identifier: Apache-2.0
// Headers to what is said about a video.
#include "media/video_info.h"

#include "media/video_subtitles.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

const char* dynamicRangeOf(AVColorTransferCharacteristic characteristic)
{
    switch (transferOf(characteristic)) {
    case Transfer::pq:
        return "HDR (PQ)";
    case Transfer::hlg:
        return "HDR (HLG)";
    case Transfer::ordinary:
        break;
    }
    return nullptr;
}

void addOtherStreams(VideoInfo& info, const AVFormatContext& format, int subtitleStream)
{
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        const AVStream& other = *format.streams[i];
        info.hasSound |= other.codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        if (other.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE && other.index != subtitleStream) {
            const AVDictionaryEntry* language = av_dict_get(other.metadata, "language", nullptr, 0);
            info.unreadSubtitles.push_back(
                languageName(language != nullptr ? language->value : ""));
        }
    }
    for (unsigned i = 0; i < format.nb_chapters; ++i) {
        const AVChapter& chapter = *format.chapters[i];
        const AVDictionaryEntry* title = av_dict_get(chapter.metadata, "title", nullptr, 0);
        info.chapters.push_back({static_cast<double>(chapter.start) * av_q2d(chapter.time_base),
            title != nullptr ? title->value : ""});
    }
}

} // namespace

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

VideoInfo describeVideo(const AVFormatContext& format, const AVStream& stream, int subtitleStream)
{
    VideoInfo info;
    const AVCodecParameters& parameters = *stream.codecpar;
    const Orientation orientation = orientationOf(stream);
    const AVRational aspect = parameters.sample_aspect_ratio.num > 0
        ? parameters.sample_aspect_ratio
        : stream.sample_aspect_ratio;
    const Size shown = shownSize(parameters.width, parameters.height, aspect, orientation);
    info.codec = codecName(parameters.codec_id);
    info.width = shown.width;
    info.height = shown.height;
    info.rotated = !orientation.isUpright();
    if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0)
        info.headerDuration = static_cast<double>(stream.duration) * av_q2d(stream.time_base);
    else if (format.duration != AV_NOPTS_VALUE && format.duration > 0)
        info.headerDuration = static_cast<double>(format.duration) / AV_TIME_BASE;
    info.dynamicRange = dynamicRangeOf(parameters.color_trc);
    info.interlaced = parameters.field_order > AV_FIELD_PROGRESSIVE;
    addOtherStreams(info, format, subtitleStream);
    return info;
}

} // namespace lectern::media
