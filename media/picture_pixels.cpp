// SPDX-License-Identifier: Apache-2.0
// Colour conversion and blending, strip by strip.
#include "media/picture_pixels.h"

#include "media/file.h"

#include <algorithm>
#include <fmt/format.h>
#include <QColorSpace>

namespace lectern::media {

namespace {

constexpr int kStripRows = 64;
// Of the worker's gigabyte (media/worker/sandbox.h); the rest is for libraries.
constexpr std::uint64_t kMemoryBytes = 1'000'000'000;
constexpr int kRgbBytes = 3;

// in * alpha + white * (1 - alpha), rounded as the reference does.
std::uint8_t overWhite(int value, int alpha)
{
    const int sum = value * alpha + 255 * (255 - alpha) + 128;
    return static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8);
}

} // namespace

Image toImage(const QImage& decoded, const PixelRules& rules)
{
    const bool convert = rules.toSrgb && decoded.pixelFormat().colorModel() == QPixelFormat::RGB
        && decoded.colorSpace().isValid() && decoded.colorSpace() != QColorSpace(QColorSpace::SRgb);
    const bool blend = decoded.hasAlphaChannel() && !rules.dropAlpha;
    const QImage::Format format =
        decoded.hasAlphaChannel() ? QImage::Format_ARGB32 : QImage::Format_RGB32;

    Image image{decoded.width(), decoded.height(), {}};
    image.rgb.resize(static_cast<std::size_t>(image.width) * image.height * kRgbBytes);
    std::uint8_t* out = image.rgb.data();
    for (int top = 0; top < image.height; top += kStripRows) {
        QImage strip = decoded.copy(0, top, image.width, std::min(kStripRows, image.height - top));
        if (convert)
            strip.convertToColorSpace(QColorSpace::SRgb);
        strip.convertTo(format);
        for (int y = 0; y < strip.height(); ++y) {
            const QRgb* row = reinterpret_cast<const QRgb*>(strip.constScanLine(y));
            for (int x = 0; x < image.width; ++x, out += kRgbBytes) {
                const int alpha = blend ? qAlpha(row[x]) : 255;
                out[0] = overWhite(qRed(row[x]), alpha);
                out[1] = overWhite(qGreen(row[x]), alpha);
                out[2] = overWhite(qBlue(row[x]), alpha);
            }
        }
    }
    return image;
}

Result<void> checkPictureSize(
    const QSize& size, int bytesPerPixel, std::uint64_t fileBytes, const ReadOptions& options)
{
    if (size.width() <= 0 || size.height() <= 0)
        return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
    const auto width = static_cast<std::uint64_t>(size.width());
    const auto height = static_cast<std::uint64_t>(size.height());
    const std::uint64_t pixels = width * height;
    if (pixels > options.maxPixels)
        return fail(ErrorCode::tooLarge,
            fmt::format("The picture is too large: {} x {} pixels, and Lectern reads up to {} "
                        "million pixels.",
                formatCount(width), formatCount(height), options.maxPixels / 1'000'000));
    const std::uint64_t each = static_cast<std::uint64_t>(bytesPerPixel) + kRgbBytes;
    if (pixels * each + fileBytes > kMemoryBytes)
        return fail(ErrorCode::tooLarge,
            fmt::format("The picture is too large: {} x {} pixels need {} of memory to decode, and "
                        "Lectern allows {}. Make it smaller or split it.",
                formatCount(width), formatCount(height), formatBytes(pixels * each + fileBytes),
                formatBytes(kMemoryBytes)));
    return {};
}

} // namespace lectern::media
