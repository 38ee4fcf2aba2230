// SPDX-License-Identifier: Apache-2.0
// FFmpeg reads through these callbacks: one open file, and a stop that ends every call.
#include "media/video_input.h"

#include <cstdio>
#include <span>

namespace lectern::media {

namespace {

constexpr int kIoBufferBytes = 64 * 1024;

int readInput(void* opaque, std::uint8_t* data, int wanted) noexcept
{
    auto& input = *static_cast<VideoInput*>(opaque);
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
    auto& input = *static_cast<VideoInput*>(opaque);
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
    return static_cast<VideoInput*>(opaque)->stop.stop_requested() ? 1 : 0;
}

} // namespace

Result<OpenDemuxer> openDemuxer(VideoInput& input, const char* demuxer)
{
    OpenDemuxer open;
    input.position = 0;
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBufferBytes));
    open.io.reset(
        avio_alloc_context(buffer, kIoBufferBytes, 0, &input, readInput, nullptr, seekInput));
    AVFormatContext* context = avformat_alloc_context();
    if (open.io == nullptr || context == nullptr) {
        avformat_free_context(context);
        return fail(ErrorCode::tooLarge, "There is not enough memory to read this video.");
    }
    context->pb = open.io.get();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    context->io_open = refuseOtherFiles;
    context->interrupt_callback = {wasStopped, &input};
    const int opened = avformat_open_input(&context, "", av_find_input_format(demuxer), nullptr);
    open.format.reset(context); // freed and null after a failure
    if (opened < 0 || avformat_find_stream_info(open.format.get(), nullptr) < 0)
        return input.stop.stop_requested() ? Result<OpenDemuxer>(cancelled()) : damagedVideo();
    return open;
}

tl::unexpected<Error> damagedVideo()
{
    return fail(ErrorCode::damaged,
        "The video is damaged or cut off: its index or its first pictures are missing.");
}

} // namespace lectern::media
