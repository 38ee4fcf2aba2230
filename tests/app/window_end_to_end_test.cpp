// SPDX-License-Identifier: Apache-2.0
// The real window with the real assistant, store and built-in model: a file is dropped, a question
// typed, the answer streams into the list.
#include "app/local_models.h"
#include "app/storage_thread.h"
#include "app/window_binding.h"
#include "ui/models.h"
#include "ui/window.h"

#include <QDir>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QMimeData>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern;

class WindowEndToEndTest : public QObject {
    Q_OBJECT

    static constexpr int kPatience = 60'000;

private slots:
    void dropsAsksAndReadsTheAnswer()
    {
        QTemporaryDir directory;
        app::StorageThread storage(directory.path().toStdString());
        app::AssistantOptions options;
        options.storage = &storage;
        options.dataDirectory = directory.path().toStdString();
        options.openEngine = app::openLocalModels();
        options.greedyDemonstration = true;
        app::Assistant assistant(options);
        ui::WindowState state;
        app::WindowBinding binding(assistant, state);
        const auto engine = ui::loadWindow(state);
        QVERIFY(engine);
        auto* window = qobject_cast<QQuickWindow*>(engine->rootObjects().constFirst());
        QVERIFY(window);
        window->resize(1280, 800);
        assistant.start();
        assistant.chooseModel({});
        window->requestActivate();
        QVERIFY(QTest::qWaitForWindowActive(window));
        QTRY_VERIFY_WITH_TIMEOUT(state.canSend(), kPatience);
        QVERIFY(state.demonstrationModel());

        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QDir(qEnvironmentVariable("LECTERN_TEST_ROOT"))
                                              .filePath("../resources/samples/minutes.txt"))});
        const QPoint middle(600, 400);
        QDragEnterEvent enter(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window, &enter);
        QDragMoveEvent move(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window, &move);
        QDropEvent drop(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window, &drop);
        QVERIFY(drop.isAccepted());
        QTRY_COMPARE_WITH_TIMEOUT(state.draftAttachments().count(), 1, kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(state.canSend(), kPatience);
        const auto chip = state.draftAttachments().index(0, 0);
        QCOMPARE(state.draftAttachments().data(chip, ui::AttachmentListModel::State).toString(),
            QStringLiteral("ready"));
        QVERIFY(state.draftAttachments()
                    .data(chip, ui::AttachmentListModel::Detail)
                    .toString()
                    .contains(QStringLiteral("tokens")));

        auto* input = window->findChild<QQuickItem*>(QStringLiteral("composerInput"));
        QVERIFY(input);
        input->forceActiveFocus();
        for (const char c : std::string("What is the document about?"))
            QTest::keyClick(window, c);
        QTest::keyClick(window, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(state.lastAnswer() != 0 && !state.answering(), kPatience);
        const ui::MessageData* answer = state.messages().find(state.lastAnswer());
        QVERIFY(answer);
        QCOMPARE(answer->state, ui::MessageData::State::Complete);
        QVERIFY(!answer->markdown.isEmpty());
        QVERIFY2(answer->note.contains(QStringLiteral("tok/s")), qPrintable(answer->note));
        QCOMPARE(state.draftAttachments().count(), 0);
        QCOMPARE(state.conversations().count(), 1);
        QCOMPARE(state.currentTitle(), QStringLiteral("What is the document about?"));
        QVERIFY(state.contextUsed() > 0);
        bool inRows = false;
        for (int row = 0; row < state.messages().rowCount(); ++row)
            inRows = inRows
                || answer->markdown.startsWith(
                    state.messages()
                        .data(state.messages().index(row, 0), ui::MessageListModel::Plain)
                        .toString()
                        .left(10));
        QVERIFY(inRows);
    }
};

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    ui::prepareApplication();
    WindowEndToEndTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_end_to_end_test.moc"
