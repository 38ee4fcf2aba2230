// SPDX-License-Identifier: Apache-2.0
// FFmpeg's objects with owners, and a demuxer that reads one open file and nothing else.
#pragma once

#include "media/error.h"
#include "media/file.h"

#include <cstdint>
#include <memory>
#include <stop_token>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace lectern::media {

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

// What FFmpeg's callbacks see; stays where it is while a demuxer is open.
struct VideoInput {
    RegularFile file;
    std::stop_token stop;
    std::uint64_t position = 0;
};

// A demuxer over its reading side, which lives as long.
struct OpenDemuxer {
    IoPtr io;
    FormatPtr format;
};

// `demuxer` is FFmpeg's name of the container; no other is tried, no other file is opened.
[[nodiscard]] Result<OpenDemuxer> openDemuxer(VideoInput& input, const char* demuxer);

[[nodiscard]] tl::unexpected<Error> damagedVideo();

} // namespace lectern::media
