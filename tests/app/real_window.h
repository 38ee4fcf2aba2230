// SPDX-License-Identifier: Apache-2.0
// The whole program in one struct, offscreen: store, assistant, window.
#pragma once

#include "app/local_models.h"
#include "app/storage_thread.h"
#include "app/window_binding.h"
#include "ui/models.h"
#include "ui/window.h"

#include <QDir>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTest>

namespace lectern::app {

struct RealWindow {
    static constexpr int kPatience = 60'000;

    explicit RealWindow(const QString& directory, OpenEngine open = openLocalModels())
        : storage(directory.toStdString())
        , assistant(options(directory, std::move(open)))
        , binding(assistant, state)
        , engine(ui::loadWindow(state))
        , window(engine ? qobject_cast<QQuickWindow*>(engine->rootObjects().constFirst()) : nullptr)
    {
        assistant.start();
        binding.loadSettings();
        assistant.loadSetting(
            "none", [this](const std::string&) { assistant.chooseModel({}); }); // behind the others
    }

    [[nodiscard]] bool show()
    {
        if (!window)
            return false;
        window->resize(1280, 800);
        window->requestActivate();
        return QTest::qWaitForWindowActive(window);
    }
    void press(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) const
    {
        QTest::keyClick(window, static_cast<Qt::Key>(key), modifiers);
    }
    // Writes the question and sends it; the caller waits.
    void ask(const char* question) const
    {
        item("composerInput")->forceActiveFocus();
        for (const char* c = question; *c != '\0'; ++c)
            QTest::keyClick(window, *c);
        press(Qt::Key_Return);
    }
    [[nodiscard]] QQuickItem* item(const char* name) const
    {
        const QList<QQuickItem*> found = items(name);
        return found.isEmpty() ? nullptr : found.constFirst();
    }
    // Visible ones, delegates too.
    [[nodiscard]] QList<QQuickItem*> items(const char* name) const
    {
        QList<QQuickItem*> found;
        collect(window->contentItem(), QLatin1String(name), found);
        return found;
    }
    void click(const QQuickItem* target) const
    {
        QTest::mouseClick(window, Qt::LeftButton, Qt::NoModifier,
            target->mapToScene(QPointF(target->width() / 2, target->height() / 2)).toPoint());
    }
    [[nodiscard]] const ui::MessageData* lastAnswer()
    {
        return state.messages().find(state.lastAnswer());
    }

    StorageThread storage;
    Assistant assistant;
    ui::WindowState state;
    WindowBinding binding;
    std::unique_ptr<QQmlApplicationEngine> engine;
    QQuickWindow* window;

private:
    AssistantOptions options(const QString& directory, OpenEngine open)
    {
        AssistantOptions made;
        made.storage = &storage;
        made.dataDirectory = directory.toStdString();
        made.openEngine = std::move(open);
        made.greedyDemonstration = true;
        return made;
    }
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
};

} // namespace lectern::app
