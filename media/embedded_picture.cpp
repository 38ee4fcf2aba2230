// SPDX-License-Identifier: Apache-2.0
// Decoding through QImageReader, over white.
#include "media/embedded_picture.h"

#include "media/picture_check.h"

#include <algorithm>
#include <QBuffer>
#include <QImage>
#include <QImageReader>
#include <QPainter>
#include <span>

namespace lectern::media {

namespace {

constexpr int kLeastSide = 48;
constexpr qint64 kMaxPixels = 50'000'000;
constexpr int kSide = 1680; // five tiles of 336 pixels

} // namespace

SharedImage decodeEmbedded(const std::string& bytes)
{
    const auto span = std::as_bytes(std::span(bytes));
    const auto format = pictureFormat(span);
    if (!format || !checkPicture(*format, span))
        return nullptr;
    QByteArray data = QByteArray::fromRawData(bytes.data(), static_cast<qsizetype>(bytes.size()));
    QBuffer buffer(&data);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer);
    reader.setAutoTransform(true);
    const QSize size = reader.size();
    if (size.width() < kLeastSide || size.height() < kLeastSide
        || static_cast<qint64>(size.width()) * size.height() > kMaxPixels)
        return nullptr;
    QImage decoded = reader.read();
    if (decoded.isNull())
        return nullptr;
    if (std::max(decoded.width(), decoded.height()) > kSide)
        decoded = decoded.scaled(kSide, kSide, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    QImage page(decoded.size(), QImage::Format_RGB32);
    page.fill(Qt::white);
    QPainter(&page).drawImage(0, 0, decoded);
    auto image = std::make_shared<Image>();
    image->width = page.width();
    image->height = page.height();
    image->rgb.reserve(static_cast<std::size_t>(image->width) * image->height * 3);
    for (int y = 0; y < image->height; ++y) {
        const QRgb* row = reinterpret_cast<const QRgb*>(page.constScanLine(y));
        for (int x = 0; x < image->width; ++x) {
            image->rgb.push_back(static_cast<std::uint8_t>(qRed(row[x])));
            image->rgb.push_back(static_cast<std::uint8_t>(qGreen(row[x])));
            image->rgb.push_back(static_cast<std::uint8_t>(qBlue(row[x])));
        }
    }
    return image;
}

} // namespace lectern::media
