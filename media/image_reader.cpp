// SPDX-License-Identifier: Apache-2.0
// The reader for still pictures: PNG, JPEG, GIF (one picture), BMP, WebP and TIFF (its pages)
// through Qt.
// Transparency is blended over white; a grey picture's alpha is dropped (tests/golden/README.md,
// section 10: so does the model's own processor).
#include "media/file.h"
#include "media/format_readers.h"
#include "media/picture_check.h"
#include "media/picture_pixels.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <mutex>
#include <QBuffer>
#include <QImage>
#include <QImageReader>
#include <QIODevice>

namespace lectern::media {

namespace {

constexpr std::uint64_t kMaxImageBytes = 512'000'000; // the file is held in memory while decoding
constexpr std::uint64_t kMaxPagesBytes = 300'000'000; // of decoded pages; at 200 dpi about 27
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

// What Qt keeps of a pixel. Its handlers answer with any number for damaged files.
int bytesPerPixel(QImage::Format format)
{
    constexpr int kUnknown = 4;
    const bool known = format > QImage::Format_Invalid && format < QImage::NImageFormats;
    return known ? (QImage::toPixelFormat(format).bitsPerPixel() + 7) / 8 : kUnknown;
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
        if (file->bytes() > kMaxImageBytes)
            return fail(ErrorCode::tooLarge,
                fmt::format("The picture is too large: {}, and Lectern reads up to {}.",
                    formatBytes(file->bytes()), formatBytes(kMaxImageBytes)));
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
        Reading reading;
        reading.kind = Kind::image;
        reading.format = row.name;
        if (const auto read = readPages(reading, reader, *structure, bytes.size(), options); !read)
            return stop.stop_requested() ? Result<Reading>(cancelled())
                                         : tl::unexpected(read.error());
        if (stop.stop_requested())
            return cancelled();
        if (structure->animated)
            reading.warnings.emplace_back("Only the first picture of the animation was read.");
        return reading;
    }

    // The picture, or as many pages of it as fit. An error when the first cannot be read.
    static Result<void> readPages(Reading& reading, QImageReader& reader,
        const PictureStructure& structure, std::uint64_t fileBytes, const ReadOptions& options)
    {
        const PixelRules rules{structure.hasProfile, structure.greyWithAlpha};
        const int pages = structure.animated ? 1 : std::max(reader.imageCount(), 1);
        std::uint64_t kept = 0; // bytes of pictures
        int page = 0;
        for (; page < pages && kept < kMaxPagesBytes; ++page) {
            if (page > 0 && !reader.jumpToNextImage())
                break;
            const auto fits = checkPictureSize(reader.size(), bytesPerPixel(reader.imageFormat()),
                fileBytes + kept, options); // from the header alone
            const bool turned = reader.transformation() != QImageIOHandler::TransformationNone;
            const QImage decoded = fits ? reader.read() : QImage();
            if (page == 0 && !fits)
                return fits;
            if (page == 0 && decoded.isNull())
                return fail(ErrorCode::damaged, "The picture is damaged and cannot be decoded.");
            if (decoded.isNull())
                break;
            auto image = std::make_shared<const Image>(toImage(decoded, rules));
            kept += image->rgb.size();
            if (page == 0)
                reading.facts.emplace_back(
                    "size", fmt::format("{} x {}", image->width, image->height));
            if (page == 0 && turned)
                reading.facts.emplace_back("orientation", "turned upright");
            Provenance where;
            if (pages > 1)
                where.page = page + 1;
            reading.parts.emplace_back(ImagePart{std::move(image), where});
        }
        if (pages > 1)
            reading.facts.emplace_back("pages", fmt::format("{} of {}", page, pages));
        if (page < pages)
            reading.warnings.push_back(fmt::format("Only the first {}of {} pages {} read.",
                page == 1 ? std::string() : formatCount(static_cast<std::uint64_t>(page)) + " ",
                formatCount(static_cast<std::uint64_t>(pages)), page == 1 ? "was" : "were"));
        return {};
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
