// SPDX-License-Identifier: Apache-2.0
// A window from which files can be dragged, so that a test can drop real files on Lectern through
// the X server:
//   drag_source X Y FILE...     100 x 100 pixels at X,Y; pressing the mouse in it starts the drag
#include <QDrag>
#include <QGuiApplication>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QRasterWindow>
#include <QUrl>

namespace {

class DragSource : public QRasterWindow {
public:
    explicit DragSource(QList<QUrl> urls) : m_urls(std::move(urls)) { }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.fillRect(QRect(QPoint(), size()), QColor(200, 120, 40));
    }

    void mousePressEvent(QMouseEvent*) override
    {
        auto* data = new QMimeData;
        data->setUrls(m_urls);
        auto* drag = new QDrag(this); // deleted by Qt when the drag ends
        drag->setMimeData(data);
        const Qt::DropAction action = drag->exec(Qt::CopyAction);
        std::printf("%s\n", action == Qt::CopyAction ? "dropped" : "refused");
        std::fflush(stdout);
    }

private:
    QList<QUrl> m_urls;
};

} // namespace

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    if (argc < 4) {
        std::fprintf(stderr, "usage: drag_source X Y FILE...\n");
        return 2;
    }
    QList<QUrl> urls;
    for (int i = 3; i < argc; ++i)
        urls.append(QUrl::fromLocalFile(QString::fromLocal8Bit(argv[i])));
    DragSource window(urls);
    window.setFlags(Qt::FramelessWindowHint | Qt::WindowStaysOnTopHint);
    window.setGeometry(std::atoi(argv[1]), std::atoi(argv[2]), 100, 100);
    window.show();
    return QGuiApplication::exec();
}
