// SPDX-License-Identifier: Apache-2.0
// The real window on a WindowState, for tests; any warning of Qt or QML fails the test.
#pragma once

#include "preview_data.h"
#include "ui/models.h"
#include "ui/window.h"

#include <memory>
#include <QAccessible>
#include <QGuiApplication>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QtTest/QTest>

namespace lectern::ui {

inline QStringList& qtWarnings()
{
    static QStringList warnings;
    return warnings;
}

inline void catchWarning(QtMsgType type, const QMessageLogContext&, const QString& message)
{
    if (type != QtDebugMsg && type != QtInfoMsg && !message.contains(u"XDG_RUNTIME_DIR")
        && !message.contains(u"does not support raise()")) // the offscreen platform
        qtWarnings() << message;
}

class WindowFixture {
public:
    WindowFixture()
    {
        qtWarnings().clear();
        m_oldHandler = qInstallMessageHandler(catchWarning);
        fillModel(state);
        QObject::connect(
            &state, &WindowState::colorSchemeChosen, &state, &WindowState::setColorScheme);
    }

    ~WindowFixture()
    {
        m_engine.reset();
        qInstallMessageHandler(m_oldHandler);
    }

    WindowFixture(const WindowFixture&) = delete;
    WindowFixture& operator=(const WindowFixture&) = delete;

    // Shows the window with what `state` holds by now.
    bool show(const QSize& size = {1280, 800})
    {
        m_engine = loadWindow(state);
        if (!m_engine)
            return false;
        window = qobject_cast<QQuickWindow*>(m_engine->rootObjects().constFirst());
        window->resize(size);
        window->requestActivate();
        return QTest::qWaitForWindowActive(window);
    }

    // Waits until the list of messages makes no more rows. Resetting it before, Qt 6.4 warns.
    bool settle() const
    {
        const auto* rows = item("messageList")->property("contentItem").value<QQuickItem*>();
        qsizetype before = -1;
        int calm = 0;
        return QTest::qWaitFor(
            [&] {
                const qsizetype now = rows->childItems().size();
                calm = now == before ? calm + 1 : 0;
                before = now;
                return calm >= 10; // 10 ms each
            },
            10'000);
    }

    QQuickItem* item(const char* name) const
    {
        return window->findChild<QQuickItem*>(QLatin1String(name));
    }

    // Items by name that may live in delegates, the topmost visible one first.
    QList<QQuickItem*> visibleItems(const char* name) const
    {
        QList<QQuickItem*> found;
        collect(window->contentItem(), QLatin1String(name), found);
        return found;
    }

    void click(QQuickItem* target, Qt::MouseButton button = Qt::LeftButton) const
    {
        QTest::mouseClick(window, button, Qt::NoModifier,
            target->mapToScene(QPointF(target->width() / 2, target->height() / 2)).toPoint());
    }

    // All items below one, hidden ones too.
    static QList<QQuickItem*> itemsBelow(QQuickItem* from)
    {
        QList<QQuickItem*> items = from->childItems();
        for (qsizetype i = 0; i < items.size(); ++i)
            items += items.at(i)->childItems();
        return items;
    }

    WindowState state;
    QQuickWindow* window = nullptr;

private:
    static void collect(QQuickItem* from, QLatin1String name, QList<QQuickItem*>& found)
    {
        if (!from->isVisible())
            return;
        if (from->objectName() == name)
            found << from;
        const QList<QQuickItem*> children = from->childItems();
        for (QQuickItem* child : children)
            collect(child, name, found);
    }

    std::unique_ptr<QQmlApplicationEngine> m_engine;
    QtMessageHandler m_oldHandler = nullptr;
};

} // namespace lectern::ui

#define VERIFY_NO_WARNINGS()                                                                       \
    QVERIFY2(lectern::ui::qtWarnings().isEmpty(), qPrintable(lectern::ui::qtWarnings().join(u'\n')))
