// SPDX-License-Identifier: Apache-2.0
// JPEG through QImage, which needs no window system.
#include "app/thumbnail.h"

#include <cstring>
#include <QBuffer>
#include <QByteArray>
#include <QImage>
#include <QImageReader>

namespace lectern::app {
namespace {
constexpr int kQuality = 80;
constexpr int kLargestSide = 512;
} // namespace

std::string encodeThumbnail(const SharedPicture& picture)
{
    if (!picture || picture->width < 1 || picture->height < 1)
        return {};
    const QImage image(picture->rgb.data(), picture->width, picture->height, 3 * picture->width,
        QImage::Format_RGB888);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "JPEG", kQuality))
        return {};
    return bytes.toBase64().toStdString();
}

SharedPicture decodeThumbnail(std::string_view base64)
{
    if (base64.empty())
        return nullptr;
    QByteArray bytes = QByteArray::fromBase64(
        QByteArray::fromRawData(base64.data(), static_cast<qsizetype>(base64.size())));
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer, "JPEG");
    const QSize size = reader.size();
    if (!size.isValid() || size.width() > kLargestSide || size.height() > kLargestSide)
        return nullptr;
    const QImage image = reader.read().convertToFormat(QImage::Format_RGB888);
    if (image.isNull())
        return nullptr;
    inference::Picture picture;
    picture.width = image.width();
    picture.height = image.height();
    const std::size_t row = static_cast<std::size_t>(picture.width) * 3;
    picture.rgb.resize(row * static_cast<std::size_t>(picture.height));
    for (int y = 0; y < picture.height; ++y)
        std::memcpy(
            picture.rgb.data() + row * static_cast<std::size_t>(y), image.constScanLine(y), row);
    return std::make_shared<const inference::Picture>(std::move(picture));
}

} // namespace lectern::app
