// SPDX-License-Identifier: Apache-2.0
// Shows the window with realistic content, or saves a picture of it: for looking at the design.
//   ui_preview [--grab FILE] [--size WxH] [--scheme light|dark|system]
//              [--scene
//              conversation|top|welcome|streaming|draft|edit|drop|notice|files|models|settings|shortcuts|sidebar]
#include "preview_data.h"
#include "ui/models.h"
#include "ui/window.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QMimeData>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTimer>

using namespace lectern::ui;

namespace {

void sendKey(QQuickWindow& window, int key, Qt::KeyboardModifiers modifiers)
{
    QKeyEvent press(QEvent::KeyPress, key, modifiers);
    QKeyEvent shortcut(QEvent::ShortcutOverride, key, modifiers);
    QCoreApplication::sendEvent(&window, &shortcut);
    QCoreApplication::sendEvent(&window, &press);
}

// An answer in the middle of being written, one word every 60 ms.
void stream(WindowState& state, QObject& owner)
{
    state.messages().append({5, MessageData::Role::User, MessageData::State::Complete,
        QStringLiteral("Summarise it again, please, in five sentences."), {}, {}});
    state.messages().append(
        {6, MessageData::Role::Assistant, MessageData::State::Waiting, {}, {}, {}});
    state.setAnswering(true);
    state.setActivity(QStringLiteral("Prefill 512 of 2048 tokens"), 0.25);
    auto* timer = new QTimer(&owner);
    QObject::connect(timer, &QTimer::timeout, timer, [&state, at = qsizetype(0)]() mutable {
        const QString text = longAnswer();
        if (at >= text.size())
            return;
        state.messages().appendText(6, text.mid(at, 12));
        state.setUsage(23.4, 1874 + static_cast<int>(at) / 4, 8192);
        at += 12;
    });
    timer->start(60);
}

void openDialog(QQuickWindow& window, const char* name)
{
    if (auto* item = window.findChild<QObject*>(QLatin1String(name)))
        QMetaObject::invokeMethod(item, "clicked");
}

void dragOver(QQuickWindow& window)
{
    static QMimeData data;
    data.setUrls({QUrl(QStringLiteral("file:///home/ada/minutes.md")),
        QUrl(QStringLiteral("file:///home/ada/harbour.jpg"))});
    QDragEnterEvent enter(QPoint(300, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &enter);
    QDragMoveEvent move(QPoint(320, 320), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &move);
}

void play(const QString& scene, WindowState& state, QQuickWindow& window)
{
    if (scene == u"streaming")
        stream(state, window);
    else if (scene == u"draft")
        fillDraft(state);
    else if (scene == u"edit") {
        state.setEditedMessage(3);
        state.restoreDraft(QStringLiteral("And the merger?"));
    } else if (scene == u"drop")
        dragOver(window);
    else if (scene == u"models")
        openDialog(window, "modelButton");
    else if (scene == u"settings")
        openDialog(window, "settings");
    else if (scene == u"shortcuts")
        sendKey(window, Qt::Key_Slash, Qt::ControlModifier);
    else if (scene == u"files")
        openDialog(window, "attach");
    else if (scene == u"sidebar")
        openDialog(window, "showSidebar");
    else if (scene == u"notice") {
        state.showNotice(QStringLiteral("Lectern reads files on this computer only, so "
                                        "https://example.org/a.pdf was not added."));
        state.setUndo(QStringLiteral("Deleted “Travel notes”"));
    } else if (scene == u"top")
        QTimer::singleShot(300, &window, [&window] {
            if (auto* list = window.findChild<QQuickItem*>(QStringLiteral("messageList"))) {
                list->setProperty("following", false);
                QMetaObject::invokeMethod(list, "positionViewAtBeginning");
            }
        });
}

} // namespace

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    QCommandLineParser parser;
    parser.addOptions(
        {{QStringLiteral("grab"), QStringLiteral("Save a picture."), QStringLiteral("FILE")},
            {QStringLiteral("size"), QStringLiteral("Window size."), QStringLiteral("WxH"),
                QStringLiteral("1280x800")},
            {QStringLiteral("scheme"), QStringLiteral("light, dark or system."),
                QStringLiteral("NAME"), QStringLiteral("light")},
            {QStringLiteral("scene"), QStringLiteral("What to show."), QStringLiteral("NAME"),
                QStringLiteral("conversation")},
            {QStringLiteral("wait"), QStringLiteral("Before the picture."), QStringLiteral("MS"),
                QStringLiteral("1200")}});
    parser.addHelpOption();
    parser.process(application);

    prepareApplication();
    WindowState state;
    state.setColorScheme(parser.value(QStringLiteral("scheme")));
    fillModel(state);
    const QString scene = parser.value(QStringLiteral("scene"));
    if (scene != u"welcome")
        fillConversation(state);
    if (scene == u"models") {
        state.setModel({.name = state.modelName(),
            .detail = state.modelDetail(),
            .error = QStringLiteral("scout-q4.gguf was not loaded: it is truncated at byte "
                                    "1,073,741,824 of 61,203,283,968."),
            .demonstration = true,
            .loading = false,
            .seesImages = true});
    }
    QObject::connect(&state, &WindowState::colorSchemeChosen, &state, &WindowState::setColorScheme);
    QObject::connect(&state, &WindowState::attachmentRemoved, &state,
        [&state](qint64 id) { state.draftAttachments().remove(id); });
    QObject::connect(
        &state, &WindowState::conversationSelected, &state, &WindowState::setCurrentConversation);
    const auto engine = loadWindow(state);
    if (!engine)
        return 1;
    auto* window = qobject_cast<QQuickWindow*>(engine->rootObjects().constFirst());
    const QStringList size = parser.value(QStringLiteral("size")).split(u'x');
    window->resize(size.value(0).toInt(), size.value(1).toInt());
    QTimer::singleShot(100, window, [&] { play(scene, state, *window); });
    if (parser.isSet(QStringLiteral("grab")))
        QTimer::singleShot(parser.value(QStringLiteral("wait")).toInt(), window, [&] {
            QCoreApplication::exit(
                window->grabWindow().save(parser.value(QStringLiteral("grab"))) ? 0 : 1);
        });
    return QGuiApplication::exec();
}
