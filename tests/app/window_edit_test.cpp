// SPDX-License-Identifier: Apache-2.0
// Changing the last question, with everything behind the window: its files come along, what is
// replaced is gone from the store too, and thinking better of it changes nothing.
#include "real_window.h"

#include <QFile>
#include <QGuiApplication>
#include <QTemporaryDir>

using namespace lectern;
using namespace lectern::app;

class WindowEditTest : public QObject {
    Q_OBJECT

    static constexpr int kPatience = RealWindow::kPatience;

    static QString text(const RealWindow& program)
    {
        return program.item("composerInput")->property("text").toString();
    }
    static QString sample()
    {
        return QDir(qEnvironmentVariable("LECTERN_TEST_ROOT"))
            .filePath(QStringLiteral("../resources/samples/minutes.txt"));
    }
    static bool answered(RealWindow& program)
    {
        return program.lastAnswer() && !program.state.answering() && program.state.canSend();
    }

private slots:
    void asksAnewInPlaceOfTheLastQuestion()
    {
        QTemporaryDir directory;
        {
            RealWindow program(directory.path());
            QVERIFY(program.show());
            QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
            program.ask("How do you do?");
            QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
            emit program.state.filesDropped({QUrl::fromLocalFile(sample())});
            QTRY_VERIFY_WITH_TIMEOUT(
                program.state.canSend() && program.state.draftAttachments().count() == 1,
                kPatience);
            program.ask("What is the invoice number?");
            QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
            QCOMPARE(program.state.messages().messageCount(), 4);
        }
        {
            RealWindow program(directory.path()); // its file is only in the store now
            QVERIFY(program.show());
            QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
            QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 4, kPatience);
            program.item("composerInput")->forceActiveFocus();
            program.press(Qt::Key_Up);
            QCOMPARE(text(program), QStringLiteral("What is the invoice number?"));
            QCOMPARE(program.state.draftAttachments().count(), 1);
            QCOMPARE(program.state.messages().messageCount(), 4); // nothing is lost yet
            program.press(Qt::Key_A, Qt::ControlModifier);
            program.ask("Who wrote it?");
            QCOMPARE(text(program), QString());
            QTRY_COMPARE_WITH_TIMEOUT(program.state.editedMessage(), qint64{0}, kPatience);
            QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
            QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
        }
        RealWindow again(directory.path());
        QVERIFY(again.show());
        QTRY_COMPARE_WITH_TIMEOUT(again.state.messages().messageCount(), 4, kPatience);
        const auto& messages = again.assistant.messages();
        QCOMPARE(messages[0].text, std::string("How do you do?"));
        QCOMPARE(messages[2].text, std::string("Who wrote it?"));
        QCOMPARE(messages[2].attachments.size(), std::size_t{1});
        QVERIFY(messages[2].attachments[0].inclusion);
        QCOMPARE(messages[2].attachments[0].inclusion->extent, Inclusion::Extent::whole);
        QVERIFY(messages[3].stats.timings.promptTokens > 100); // the file was read anew
    }

    // The old exchange goes when the new one is known to fit, not before.
    void keepsTheExchangeWhenTheNewQuestionDoesNotFit()
    {
        QTemporaryDir directory;
        QString answer;
        const QString longQuestion = QStringLiteral("why so ").repeated(1200);
        {
            RealWindow program(directory.path());
            QVERIFY(program.show());
            QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
            emit program.state.settingChosen(QStringLiteral("context"), 1024);
            QTRY_VERIFY_WITH_TIMEOUT(program.state.contextSize() == 1024, kPatience);
            emit program.state.filesDropped({QUrl::fromLocalFile(sample())});
            QTRY_VERIFY_WITH_TIMEOUT(
                program.state.canSend() && program.state.draftAttachments().count() == 1,
                kPatience);
            program.ask("What is it?");
            QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
            answer = program.lastAnswer()->markdown;

            QStringList notices;
            connect(&program.state, &ui::WindowState::noticeRequested, this,
                [&](const QString& sentence) { notices << sentence; });
            program.press(Qt::Key_E, Qt::ControlModifier);
            program.item("composerInput")->setProperty("text", longQuestion);
            program.press(Qt::Key_Return);
            QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, kPatience);
            QVERIFY2(notices[0].contains(QStringLiteral("but the model holds 1,024")),
                qPrintable(notices[0]));
            // Still being edited: the text, the file and the exchange are there.
            QVERIFY(!program.state.answering());
            QCOMPARE(text(program), longQuestion);
            QCOMPARE(program.state.draftAttachments().count(), 1);
            QVERIFY(program.state.editedMessage() != 0);
            QCOMPARE(program.state.messages().messageCount(), 2);
            QCOMPARE(program.lastAnswer()->markdown, answer);

            program.press(Qt::Key_A, Qt::ControlModifier);
            program.ask("Who wrote it?");
            QTRY_COMPARE_WITH_TIMEOUT(program.state.editedMessage(), qint64{0}, kPatience);
            QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
            QCOMPARE(program.assistant.messages().front().text, std::string("Who wrote it?"));
            answer = program.lastAnswer()->markdown;
        }
        RealWindow again(directory.path());
        QVERIFY(again.show());
        QTRY_COMPARE_WITH_TIMEOUT(again.state.messages().messageCount(), 2, kPatience);
        QCOMPARE(again.lastAnswer()->markdown, answer);
    }

    void leavesEverythingAsItWas()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        emit program.state.filesDropped({QUrl::fromLocalFile(sample())});
        QTRY_VERIFY_WITH_TIMEOUT(
            program.state.canSend() && program.state.draftAttachments().count() == 1, kPatience);
        program.ask("What is it?");
        QTRY_VERIFY_WITH_TIMEOUT(answered(program), kPatience);
        const qint64 question = program.state.lastQuestion();
        const QString answer = program.lastAnswer()->markdown;

        QTest::keyClick(program.window, 'x'); // something is being written
        program.press(Qt::Key_E, Qt::ControlModifier);
        QCOMPARE(program.state.editedMessage(), question);
        QCOMPARE(program.state.draftAttachments().count(), 1);
        program.press(Qt::Key_Escape);
        QCOMPARE(program.state.editedMessage(), qint64{0});
        QCOMPARE(program.state.draftAttachments().count(), 0);
        QCOMPARE(text(program), QStringLiteral("x"));

        program.press(Qt::Key_E, Qt::ControlModifier);
        program.press(Qt::Key_N, Qt::ControlModifier); // looking elsewhere ends it too
        QCOMPARE(program.state.editedMessage(), qint64{0});
        QCOMPARE(program.state.draftAttachments().count(), 0);
        emit program.state.conversationSelected(program.state.conversations()
                                                    .data(program.state.conversations().index(0),
                                                        ui::ConversationListModel::ConversationId)
                                                    .toLongLong());
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 2, kPatience);
        QCOMPARE(program.lastAnswer()->markdown, answer);
        QCOMPARE(program.assistant.messages().front().attachments.size(), std::size_t{1});
    }
};

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    ui::prepareApplication();
    WindowEditTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_edit_test.moc"
