// SPDX-License-Identifier: Apache-2.0
// Painting of thumbnails.
#include "ui/image_view.h"

#include <algorithm>
#include <QPainter>
#include <QPainterPath>

namespace lectern::ui {

ImageView::ImageView(QQuickItem* parent) : QQuickPaintedItem(parent)
{
    setAntialiasing(true);
}

void ImageView::setImageValue(const QVariant& value)
{
    setImage(value.value<QImage>());
}

void ImageView::setImage(const QImage& image)
{
    if (m_image.cacheKey() == image.cacheKey())
        return;
    m_image = image;
    emit imageChanged();
    update();
}

void ImageView::setRadius(qreal radius)
{
    if (m_radius == radius)
        return;
    m_radius = radius;
    emit radiusChanged();
    update();
}

void ImageView::paint(QPainter* painter)
{
    if (m_image.isNull() || width() <= 0 || height() <= 0)
        return;
    const QRectF target(0, 0, width(), height());
    // The largest centred part of the image with the item's proportions.
    const qreal scale = std::min(m_image.width() / width(), m_image.height() / height());
    const QSizeF part(width() * scale, height() * scale);
    const QRectF source(
        QPointF((m_image.width() - part.width()) / 2, (m_image.height() - part.height()) / 2),
        part);
    painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    if (m_radius > 0) {
        QPainterPath outline;
        outline.addRoundedRect(target, m_radius, m_radius);
        painter->setClipPath(outline);
    }
    painter->drawImage(target, m_image, source);
}

} // namespace lectern::ui
