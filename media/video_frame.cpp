// SPDX-License-Identifier: Apache-2.0
// Colour conversion by libswscale, pixel aspect ratio, rotation.
#include "media/video_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

extern "C" {
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace lectern::media {

namespace {

constexpr int kLineAlignment = 64; // libswscale's vector code writes whole vectors
constexpr int kHdHeight = 576;     // above it, unmarked colours are BT.709

struct FreeBytes {
    void operator()(std::uint8_t* bytes) const { av_free(bytes); }
};

int swsColours(const AVFrame& frame)
{
    switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return frame.height > kHdHeight ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

// in * alpha + white * (1 - alpha), rounded.
std::uint8_t overWhite(int value, int alpha)
{
    return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
}

Size scaledTo(Size size, int maxSide)
{
    const int longest = std::max(size.width, size.height);
    if (longest <= maxSide)
        return size;
    const double scale = static_cast<double>(maxSide) / longest;
    return {std::max(1, static_cast<int>(std::lround(size.width * scale))),
        std::max(1, static_cast<int>(std::lround(size.height * scale)))};
}

} // namespace

Orientation orientationFromMatrix(const std::int32_t* matrix)
{
    // x' = a x + c y, y' = b x + d y
    const std::int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
    if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c))
        return {false, a < 0, d < 0};
    return {true, c < 0, b < 0};
}

Image orient(Image image, const Orientation& orientation)
{
    if (orientation.isUpright())
        return image;
    Image result{orientation.swapAxes ? image.height : image.width,
        orientation.swapAxes ? image.width : image.height, {}};
    result.rgb.resize(image.rgb.size());
    std::uint8_t* out = result.rgb.data();
    for (int y = 0; y < result.height; ++y) {
        for (int x = 0; x < result.width; ++x, out += 3) {
            const int u = orientation.reverseX ? result.width - 1 - x : x;
            const int v = orientation.reverseY ? result.height - 1 - y : y;
            const int fromX = orientation.swapAxes ? v : u, fromY = orientation.swapAxes ? u : v;
            const std::size_t in = (static_cast<std::size_t>(fromY) * image.width + fromX) * 3;
            std::copy_n(image.rgb.data() + in, 3, out);
        }
    }
    return result;
}

Size shownSize(int width, int height, AVRational pixelAspect, const Orientation& orientation)
{
    constexpr double kWildest = 16; // a larger ratio is a damaged header
    const double aspect = pixelAspect.num > 0 && pixelAspect.den > 0 ? av_q2d(pixelAspect) : 1.0;
    if (aspect <= kWildest && aspect >= 1 / kWildest)
        width = std::max(1, static_cast<int>(std::lround(std::min(width * aspect, 1e6))));
    return orientation.swapAxes ? Size{height, width} : Size{width, height};
}

FrameConverter::FrameConverter() = default;

FrameConverter::~FrameConverter()
{
    sws_freeContext(m_scaler);
}

Result<Image> FrameConverter::convert(
    const AVFrame& frame, AVRational pixelAspect, const Orientation& orientation, int maxSide)
{
    const auto pixelFormat = static_cast<AVPixelFormat>(frame.format);
    const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(pixelFormat);
    if (descriptor == nullptr || frame.width <= 0 || frame.height <= 0)
        return fail(ErrorCode::damaged, "A picture of the video is damaged.");
    const bool alpha = (descriptor->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0;
    const int channels = alpha ? 4 : 3;
    const Size size = scaledTo(shownSize(frame.width, frame.height, pixelAspect, {}), maxSide);
    m_scaler = sws_getCachedContext(m_scaler, frame.width, frame.height, pixelFormat, size.width,
        size.height, alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24,
        SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr, nullptr);
    if (m_scaler == nullptr)
        return fail(ErrorCode::unsupported, "The video's colour format is not supported.");
    // Refused for RGB sources, which need no conversion of the kind.
    (void)sws_setColorspaceDetails(m_scaler, sws_getCoefficients(swsColours(frame)),
        frame.color_range == AVCOL_RANGE_JPEG, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
        1 << 16);

    const int line =
        (size.width * channels + 2 * kLineAlignment - 1) / kLineAlignment * kLineAlignment;
    const std::unique_ptr<std::uint8_t, FreeBytes> buffer(
        static_cast<std::uint8_t*>(av_malloc(static_cast<std::size_t>(line) * size.height)));
    if (buffer == nullptr)
        return fail(ErrorCode::tooLarge, "There is not enough memory for the video's pictures.");
    const std::array<std::uint8_t*, 4> planes{buffer.get(), nullptr, nullptr, nullptr};
    const std::array<int, 4> lines{line, 0, 0, 0};
    if (sws_scale(
            m_scaler, frame.data, frame.linesize, 0, frame.height, planes.data(), lines.data())
        != size.height)
        return fail(ErrorCode::damaged, "A picture of the video is damaged.");

    Image image{size.width, size.height, {}};
    image.rgb.resize(static_cast<std::size_t>(size.width) * size.height * 3);
    std::uint8_t* out = image.rgb.data();
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* in = buffer.get() + static_cast<std::size_t>(y) * line;
        if (!alpha) {
            out = std::copy_n(in, static_cast<std::size_t>(size.width) * 3, out);
            continue;
        }
        for (int x = 0; x < size.width; ++x, in += 4, out += 3)
            for (int channel = 0; channel < 3; ++channel)
                out[channel] = overWhite(in[channel], in[3]);
    }
    return orient(std::move(image), orientation);
}

} // namespace lectern::media
