// SPDX-License-Identifier: Apache-2.0
// Colour conversion by libswscale, pixel aspect ratio, rotation.
#include "media/video_frame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
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

// RGBA to RGB.
void blendOverWhite(const std::uint8_t* in, std::span<std::uint8_t> out)
{
    for (std::size_t at = 0; at < out.size(); at += 3, in += 4)
        for (std::size_t channel = 0; channel < 3; ++channel)
            out[at + channel] = overWhite(in[channel], in[3]);
}

// What libswscale writes.
struct Layout {
    AVPixelFormat format;
    int pixelBytes;
};
constexpr Layout kPlain{AV_PIX_FMT_RGB24, 3};
constexpr Layout kWithAlpha{AV_PIX_FMT_RGBA, 4};
constexpr Layout kDeep{AV_PIX_FMT_RGB48, 6};

// The lines of a frame that belong to one moment: all, or every other one of an interlaced frame,
// whose two fields would show everything that moves twice.
struct Field {
    std::array<const std::uint8_t*, 4> planes{};
    std::array<int, 4> lines{};
    int height = 0;
};

Field fieldOf(const AVFrame& frame)
{
    Field field;
    field.height = frame.height;
    std::copy_n(frame.data, 4, field.planes.begin());
    std::copy_n(frame.linesize, 4, field.lines.begin());
    const int half = frame.height / 2 & ~1; // even: chroma has half as many lines
    const auto* descriptor = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
    if (frame.interlaced_frame == 0 || half == 0 || (descriptor->flags & AV_PIX_FMT_FLAG_PAL) != 0)
        return field;
    field.height = half;
    for (std::size_t plane = 0; plane < field.planes.size(); ++plane) {
        if (field.planes[plane] == nullptr)
            continue;
        if (frame.top_field_first == 0)
            field.planes[plane] += field.lines[plane];
        field.lines[plane] *= 2;
    }
    return field;
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

Transfer transferOf(AVColorTransferCharacteristic characteristic)
{
    switch (characteristic) {
    case AVCOL_TRC_SMPTE2084:
        return Transfer::pq;
    case AVCOL_TRC_ARIB_STD_B67:
        return Transfer::hlg;
    default:
        return Transfer::ordinary;
    }
}

FrameConverter::FrameConverter(Quality quality) : m_quality(quality) { }

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
    const Transfer transfer = transferOf(frame.color_trc);
    const Layout layout = transfer != Transfer::ordinary ? kDeep : alpha ? kWithAlpha : kPlain;
    const Field field = fieldOf(frame);
    const Size size = scaledTo(shownSize(frame.width, frame.height, pixelAspect, {}), maxSide);
    const int flags = m_quality == Quality::fast
        ? SWS_BILINEAR // SWS_FAST_BILINEAR writes machine code, which the sandbox forbids
        : SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;
    m_scaler = sws_getCachedContext(m_scaler, frame.width, field.height, pixelFormat, size.width,
        size.height, layout.format, flags, nullptr, nullptr, nullptr);
    if (m_scaler == nullptr)
        return fail(ErrorCode::unsupported, "The video's colour format is not supported.");
    // Refused for RGB sources, which need no conversion of the kind.
    (void)sws_setColorspaceDetails(m_scaler, sws_getCoefficients(swsColours(frame)),
        frame.color_range == AVCOL_RANGE_JPEG, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
        1 << 16);

    const int line =
        (size.width * layout.pixelBytes + 2 * kLineAlignment - 1) / kLineAlignment * kLineAlignment;
    const std::unique_ptr<std::uint8_t, FreeBytes> buffer(
        static_cast<std::uint8_t*>(av_malloc(static_cast<std::size_t>(line) * size.height)));
    if (buffer == nullptr)
        return fail(ErrorCode::tooLarge, "There is not enough memory for the video's pictures.");
    const std::array<std::uint8_t*, 4> planes{buffer.get(), nullptr, nullptr, nullptr};
    const std::array<int, 4> lines{line, 0, 0, 0};
    if (sws_scale(m_scaler, field.planes.data(), field.lines.data(), 0, field.height, planes.data(),
            lines.data())
        != size.height)
        return fail(ErrorCode::damaged, "A picture of the video is damaged.");

    Image image{size.width, size.height, {}};
    const std::size_t row = static_cast<std::size_t>(size.width) * 3;
    image.rgb.resize(row * static_cast<std::size_t>(size.height));
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* in = buffer.get() + static_cast<std::size_t>(y) * line;
        const std::span out(image.rgb.data() + row * static_cast<std::size_t>(y), row);
        if (transfer != Transfer::ordinary)
            toneMap(transfer, {reinterpret_cast<const std::uint16_t*>(in), row}, out);
        else if (alpha)
            blendOverWhite(in, out);
        else
            std::copy_n(in, row, out.data());
    }
    return orient(std::move(image), orientation);
}

} // namespace lectern::media
