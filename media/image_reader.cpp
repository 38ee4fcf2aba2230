// SPDX-License-Identifier: Apache-2.0
// The reader for still pictures: PNG, JPEG, GIF (one picture), BMP, WebP and TIFF through Qt.
// Transparency is blended over white; a grey picture's alpha is dropped (tests/golden/README.md,
// section 10: so does the model's own processor).
#include "media/file.h"
#include "media/format_readers.h"
#include "media/picture_check.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <mutex>
#include <QBuffer>
#include <QColorSpace>
#include <QImage>
#include <QImageReader>
#include <QIODevice>

namespace lectern::media {

namespace {

constexpr std::uint64_t kMaxFileBytes = 512'000'000; // the file is held in memory while decoding
// Above maxPixels at 8 bytes each; Qt's own default would refuse large scans with no reason given.
constexpr int kAllocationLimitMiB = 1024;

struct FormatRow {
    PictureFormat format;
    const char* qtName;
    const char* name;
};
constexpr std::array kFormats = std::to_array<FormatRow>({
    {PictureFormat::png, "png", "PNG image"},
    {PictureFormat::jpeg, "jpeg", "JPEG image"},
    {PictureFormat::gif, "gif", "GIF image"},
    {PictureFormat::bmp, "bmp", "BMP image"},
    {PictureFormat::webp, "webp", "WebP image"},
    {PictureFormat::tiff, "tiff", "TIFF image"},
});

// Bytes in memory that run dry when stopped, so that a long decode ends early.
class StoppableBytes final : public QIODevice {
public:
    StoppableBytes(std::span<const std::byte> bytes, std::stop_token stop)
        : m_bytes(bytes), m_stop(std::move(stop))
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    qint64 size() const override { return static_cast<qint64>(m_bytes.size()); }

protected:
    qint64 readData(char* data, qint64 wanted) override
    {
        if (m_stop.stop_requested())
            return -1;
        const qint64 count = std::clamp<qint64>(size() - pos(), 0, wanted);
        std::memcpy(data, m_bytes.data() + pos(), static_cast<std::size_t>(count));
        return count;
    }
    qint64 writeData(const char*, qint64) override { return -1; }

private:
    std::span<const std::byte> m_bytes;
    std::stop_token m_stop;
};

void allowLargeScans()
{
    static std::once_flag once; // the limit is the process's, and setting it is not thread-safe
    std::call_once(once, [] {
        if (QImageReader::allocationLimit() != 0)
            QImageReader::setAllocationLimit(
                std::max(QImageReader::allocationLimit(), kAllocationLimitMiB));
    });
}

// in * alpha + white * (1 - alpha), rounded as the reference does.
std::uint8_t overWhite(int value, int alpha)
{
    const int sum = value * alpha + 255 * (255 - alpha) + 128;
    return static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8);
}

Image toImage(QImage decoded, const PictureStructure& structure)
{
    const bool colour = decoded.pixelFormat().colorModel() == QPixelFormat::RGB;
    if (structure.hasProfile && colour && decoded.colorSpace().isValid()
        && decoded.colorSpace() != QColorSpace(QColorSpace::SRgb))
        decoded.convertToColorSpace(QColorSpace::SRgb);
    const bool blend = decoded.hasAlphaChannel() && !structure.greyWithAlpha;
    decoded.convertTo(decoded.hasAlphaChannel() ? QImage::Format_ARGB32 : QImage::Format_RGB32);

    Image image{decoded.width(), decoded.height(), {}};
    image.rgb.resize(static_cast<std::size_t>(image.width) * image.height * 3);
    std::uint8_t* out = image.rgb.data();
    for (int y = 0; y < image.height; ++y) {
        const QRgb* row = reinterpret_cast<const QRgb*>(decoded.constScanLine(y));
        for (int x = 0; x < image.width; ++x, out += 3) {
            const int alpha = blend ? qAlpha(row[x]) : 255;
            out[0] = overWhite(qRed(row[x]), alpha);
            out[1] = overWhite(qGreen(row[x]), alpha);
            out[2] = overWhite(qBlue(row[x]), alpha);
        }
    }
    return image;
}

Result<void> checkSize(const QSize& size, const ReadOptions& options)
{
    if (size.width() <= 0 || size.height() <= 0)
        return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
    const auto pixels =
        static_cast<std::uint64_t>(size.width()) * static_cast<std::uint64_t>(size.height());
    if (pixels > options.maxPixels)
        return fail(ErrorCode::tooLarge,
            fmt::format("The picture is too large: {} x {} pixels, and Lectern reads up to {} "
                        "million pixels.",
                formatCount(static_cast<std::uint64_t>(size.width())),
                formatCount(static_cast<std::uint64_t>(size.height())),
                options.maxPixels / 1'000'000));
    return {};
}

void warnAboutTheRest(Reading& reading, const PictureStructure& structure, QImageReader& reader)
{
    const int count = reader.imageCount();
    if (structure.animated)
        reading.warnings.emplace_back("Only the first picture of the animation was read.");
    else if (count > 1)
        reading.warnings.push_back(fmt::format("Only the first of {} pages was read.", count));
}

class ImageReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        return pictureFormat(source.head).has_value();
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto file = RegularFile::open(source.path);
        if (!file)
            return tl::unexpected(file.error());
        if (file->bytes() > kMaxFileBytes)
            return fail(ErrorCode::tooLarge,
                fmt::format("The picture is too large: {}, and Lectern reads up to {}.",
                    formatBytes(file->bytes()), formatBytes(kMaxFileBytes)));
        const auto bytes = file->readAll(stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        auto reading = decode(*bytes, options, stop);
        if (reading && progress)
            progress(bytes->size(), bytes->size());
        return reading;
    }

private:
    static Result<Reading> decode(
        const std::vector<std::byte>& bytes, const ReadOptions& options, std::stop_token stop)
    {
        const auto format = pictureFormat(bytes);
        if (!format)
            return fail(ErrorCode::damaged, "The picture changed while it was being read.");
        const FormatRow& row = *std::ranges::find(kFormats, *format, &FormatRow::format);
        const auto structure = checkPicture(*format, bytes);
        if (!structure)
            return tl::unexpected(structure.error());
        allowLargeScans();
        StoppableBytes device(bytes, stop);
        QImageReader reader(&device, row.qtName);
        reader.setAutoTransform(true);
        if (!QImageReader::supportedImageFormats().contains(row.qtName))
            return fail(ErrorCode::unsupported,
                fmt::format(
                    "This is a {}, and the part of Qt that reads it is not installed.", row.name));
        if (const auto fits = checkSize(reader.size(), options); !fits) // from the header alone
            return tl::unexpected(fits.error());

        Reading reading;
        reading.kind = Kind::image;
        reading.format = row.name;
        warnAboutTheRest(reading, *structure, reader);
        const bool turned = reader.transformation() != QImageIOHandler::TransformationNone;
        QImage decoded = reader.read();
        if (stop.stop_requested())
            return cancelled();
        if (decoded.isNull())
            return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
        auto image = std::make_shared<const Image>(toImage(std::move(decoded), *structure));
        reading.facts.emplace_back("size", fmt::format("{} x {}", image->width, image->height));
        if (turned)
            reading.facts.emplace_back("orientation", "turned upright");
        reading.parts.emplace_back(ImagePart{std::move(image), {}});
        return reading;
    }
};

} // namespace

void warmUpPictures()
{
    for (const QByteArray& format : QImageReader::supportedImageFormats()) {
        QBuffer nothing;
        QImageReader reader(&nothing, format);
        static_cast<void>(reader.canRead());
    }
}

std::unique_ptr<const Reader> makeImageReader()
{
    return std::make_unique<ImageReader>();
}

} // namespace lectern::media
