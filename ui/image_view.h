// SPDX-License-Identifier: Apache-2.0
// A QML item that shows a QImage cropped to its size, with rounded corners.
#pragma once

#include <QImage>
#include <QQuickPaintedItem>
#include <QVariant>

namespace lectern::ui {

class ImageView : public QQuickPaintedItem {
    Q_OBJECT
    QML_ELEMENT
    Q_PROPERTY(QVariant image READ imageValue WRITE setImageValue NOTIFY imageChanged)
    Q_PROPERTY(bool empty READ empty NOTIFY imageChanged)
    Q_PROPERTY(qreal radius READ radius WRITE setRadius NOTIFY radiusChanged)

public:
    explicit ImageView(QQuickItem* parent = nullptr);

    QVariant imageValue() const { return m_image; }
    void setImageValue(const QVariant& value);
    void setImage(const QImage& image);
    bool empty() const { return m_image.isNull(); }
    qreal radius() const { return m_radius; }
    void setRadius(qreal radius);

    void paint(QPainter* painter) override;

signals:
    void imageChanged();
    void radiusChanged();

private:
    QImage m_image;
    qreal m_radius = 0;
};

} // namespace lectern::ui
