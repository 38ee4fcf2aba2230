// SPDX-License-Identifier: Apache-2.0
// Habits of people at the window, with everything behind it: looking elsewhere while an answer
// runs, copying it, pasting a picture, a file that is too long.
#include "endless_engine.h"
#include "real_window.h"

#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QImage>
#include <QTemporaryDir>

using namespace lectern;
using namespace lectern::app;

class WindowDialogueTest : public QObject {
    Q_OBJECT

    static constexpr int kPatience = RealWindow::kPatience;

private slots:
    void readsASubtitleFileWithItsClip()
    {
        QTemporaryDir directory;
        const QDir folder(directory.filePath(QStringLiteral("clips")));
        QDir().mkpath(folder.path());
        QVERIFY(QFile::copy(QDir(qEnvironmentVariable("LECTERN_TEST_ROOT"))
                                .filePath(QStringLiteral("../resources/samples/clip.mp4")),
            folder.filePath(QStringLiteral("clip.mp4"))));
        QFile file(folder.filePath(QStringLiteral("clip.srt")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("1\n00:00:02,000 --> 00:00:04,000\nThe ring\nmoves.\n");
        file.close();
        RealWindow program(directory.path());
        QVERIFY(program.show());
        emit program.state.filesDropped({QUrl::fromLocalFile(folder.path())});
        QTRY_VERIFY_WITH_TIMEOUT(
            program.state.canSend() && program.state.draftAttachments().count() == 2,
            RealWindow::kPatience);
        program.ask("What moves?");
        QTRY_VERIFY_WITH_TIMEOUT(
            program.lastAnswer() && !program.state.answering(), RealWindow::kPatience);
        const auto& files = program.assistant.messages().front().attachments;
        QCOMPARE(files.size(), std::size_t{2});
        const auto& clip = files[files[0].kind == AttachmentKind::video ? 0 : 1];
        QCOMPARE(clip.fileName, std::string("clip.mp4"));
        QVERIFY(clip.inclusion);
        QCOMPARE(clip.inclusion->ofSubtitles, std::size_t{1});
        QCOMPARE(clip.inclusion->subtitles, std::size_t{1});
    }

    void anAnswerGoesOnWhileAnotherConversationIsLookedAt()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path(), openEndless());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        program.ask("First");
        QTRY_VERIFY_WITH_TIMEOUT(
            program.lastAnswer() && program.lastAnswer()->markdown.size() > 20, kPatience);
        const qint64 first = program.state.currentConversation();
        const qsizetype before = program.lastAnswer()->markdown.size();

        program.press(Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(program.state.currentConversation(), qint64{0});
        QCOMPARE(program.state.messages().messageCount(), 0);
        QVERIFY(program.state.answering()); // so nothing else is sent meanwhile
        program.ask("Second");
        QCOMPARE(program.state.messages().messageCount(), 0);
        QCOMPARE(
            program.item("composerInput")->property("text").toString(), QStringLiteral("Second"));
        QTest::qWait(200);
        QCOMPARE(program.state.messages().messageCount(), 0); // nothing of it comes here

        emit program.state.conversationSelected(first);
        QTRY_COMPARE(program.state.messages().messageCount(), 2);
        QVERIFY(program.lastAnswer()->markdown.size() > before);
        QTRY_VERIFY(program.lastAnswer()->markdown.size() > 2 * before);
        program.press(Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(!program.state.answering(), kPatience);
        QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Stopped);
        QVERIFY(!program.lastAnswer()->markdown.contains(QStringLiteral("Second")));
    }

    void anAnswerThatEndsUnseenIsThereLater()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        program.ask("How do you do?");
        QTRY_VERIFY(program.state.messages().messageCount() == 2); // it may be over by now
        const qint64 first = program.state.currentConversation();
        program.press(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(!program.state.answering(), kPatience);
        QCOMPARE(program.state.messages().messageCount(), 0);
        emit program.state.conversationSelected(first);
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 2, kPatience);
        QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
        QVERIFY(!program.lastAnswer()->markdown.isEmpty());
    }

    void copiesAnAnswer()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        program.ask("How do you do?");
        QTRY_VERIFY_WITH_TIMEOUT(program.lastAnswer() && !program.state.answering(), kPatience);
        const QString answer = program.lastAnswer()->markdown;
        QGuiApplication::clipboard()->setText(QStringLiteral("before"));
        program.press(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier); // all of it
        QCOMPARE(QGuiApplication::clipboard()->text(), answer);

        QGuiApplication::clipboard()->setText(QStringLiteral("before"));
        QQuickItem* words = nullptr; // the paragraph of the answer; rows appear with the next frame
        const auto find = [&] {
            for (QQuickItem* item : everything(program.window->contentItem()))
                if (item->inherits("QQuickTextEdit") && item->isVisible()
                    && plain(item).startsWith(answer.left(8)))
                    words = item;
            return words != nullptr;
        };
        QTRY_VERIFY_WITH_TIMEOUT(find(), kPatience);
        program.click(words);
        program.press(Qt::Key_A, Qt::ControlModifier);
        program.press(Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), plain(words));
    }

    void pastesAPictureFromTheClipboard()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        QImage picture(112, 112, QImage::Format_RGB32);
        picture.fill(Qt::red);
        QGuiApplication::clipboard()->setImage(picture);
        program.item("composerInput")->forceActiveFocus();
        program.press(Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(program.state.draftAttachments().count(), 1, kPatience);
        const auto chip = program.state.draftAttachments().index(0, 0);
        const auto shown = [&](int role) {
            return program.state.draftAttachments().data(chip, role);
        };
        QTRY_COMPARE_WITH_TIMEOUT(
            shown(ui::AttachmentListModel::State).toString(), QStringLiteral("ready"), kPatience);
        QCOMPARE(shown(ui::AttachmentListModel::Kind).toString(), QStringLiteral("image"));
        const auto thumbnail = shown(ui::AttachmentListModel::Thumbnail).value<QImage>();
        QCOMPARE(thumbnail.pixelColor(50, 50).red(), 255);
        program.ask("What colour is it?");
        QTRY_VERIFY_WITH_TIMEOUT(program.lastAnswer() && !program.state.answering(), kPatience);
        QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
        QVERIFY(program.assistant.messages().back().stats.timings.imageTokens > 0);
    }

    void pastesALongTextAsAFile()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        QGuiApplication::clipboard()->setText(
            QStringLiteral("The school board met in March.\n").repeated(400));
        program.item("composerInput")->forceActiveFocus();
        program.press(Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE_WITH_TIMEOUT(program.assistant.draft().size(), std::size_t{1}, kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(
            program.assistant.draft()[0].state, DraftAttachment::State::ready, kPatience);
        QCOMPARE(program.assistant.draft()[0].attachment.kind, AttachmentKind::text);
        QCOMPARE(program.assistant.draft()[0].attachment.byteSize, std::uint64_t{400 * 31});
    }

    void saysOnceWhatWasNotRead()
    {
        QTemporaryDir directory;
        const QString path = QDir(directory.path()).filePath(QStringLiteral("long.txt"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 600; ++i)
            file.write("The school board met in March.\n\n");
        file.close();
        const auto remarks = [](RealWindow& program) {
            QStringList texts;
            for (QQuickItem* item : program.items("attachmentRemark"))
                texts << item->property("modelData").toString();
            return texts.filter(QStringLiteral("Only the first"));
        };
        {
            RealWindow program(directory.path());
            QVERIFY(program.show());
            QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
            emit program.state.settingChosen(QStringLiteral("context"), 1024);
            QTRY_VERIFY_WITH_TIMEOUT(program.state.contextSize() == 1024, kPatience);
            emit program.state.filesDropped({QUrl::fromLocalFile(path)});
            QTRY_VERIFY_WITH_TIMEOUT(
                program.state.canSend() && program.state.draftAttachments().count() == 1,
                kPatience);
            int messages = 0;
            for (const char* question : {"Who met?", "When?"}) { // there is room for the second
                program.ask(question);
                messages += 2;
                QTRY_COMPARE(program.state.messages().messageCount(), messages);
                QTRY_VERIFY_WITH_TIMEOUT(
                    !program.state.answering() && program.lastAnswer() && program.state.canSend(),
                    kPatience);
                QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
                QVERIFY2(!program.lastAnswer()->note.contains(QStringLiteral("Only the first")),
                    qPrintable(program.lastAnswer()->note));
                QTRY_COMPARE(remarks(program).size(), 1);
            }
        }
        RealWindow again(directory.path()); // and after a restart
        QVERIFY(again.show());
        QTRY_COMPARE_WITH_TIMEOUT(again.state.messages().messageCount(), 4, kPatience);
        QTRY_COMPARE(remarks(again).size(), 1);
        QVERIFY(!again.lastAnswer()->note.contains(QStringLiteral("Only the first")));
    }

private:
    static QList<QQuickItem*> everything(QQuickItem* from)
    {
        QList<QQuickItem*> items = from->childItems();
        for (qsizetype i = 0; i < items.size(); ++i)
            items += items.at(i)->childItems();
        return items;
    }
    static QString plain(QQuickItem* textEdit)
    {
        QString text;
        QMetaObject::invokeMethod(textEdit, "getText", Q_RETURN_ARG(QString, text), Q_ARG(int, 0),
            Q_ARG(int, textEdit->property("length").toInt()));
        return text;
    }
};

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    ui::prepareApplication();
    WindowDialogueTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_dialogue_test.moc"
