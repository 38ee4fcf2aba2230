// SPDX-License-Identifier: Apache-2.0
// The assistant with real files, the real store and the built-in model; and with a scripted engine
// where the moment matters.
#include "app/assistant.h"
#include "app/local_models.h"
#include "app/storage_thread.h"
#include "endless_engine.h"

#include <csignal>
#include <QDir>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern;
using namespace lectern::app;

namespace {

constexpr int kPatience = 60'000;

QString resource(const char* path)
{
    return QDir(qEnvironmentVariable("LECTERN_TEST_ROOT")).filePath(QStringLiteral("../resources/"))
        + QLatin1String(path);
}

// One run of the program without its window.
struct Program {
    explicit Program(const QString& directory, OpenEngine open = openLocalModels())
        : storage(directory.toStdString()), assistant(options(directory, std::move(open)))
    {
        QObject::connect(&assistant, &Assistant::notice, &assistant,
            [this](const std::string& sentence) { notices.push_back(sentence); });
        assistant.start();
        assistant.chooseModel({});
    }
    AssistantOptions options(const QString& directory, OpenEngine open)
    {
        AssistantOptions made;
        made.storage = &storage;
        made.dataDirectory = directory.toStdString();
        made.openEngine = std::move(open);
        made.greedyDemonstration = true;
        made.answering.maxTokens = 64;
        return made;
    }
    const ChatMessage& last() const { return assistant.messages().back(); }

    std::vector<std::string> notices;
    StorageThread storage;
    Assistant assistant;
};

} // namespace

class AssistantTest : public QObject {
    Q_OBJECT

private slots:
    void answersAboutFilesAndRemembersThemAfterARestart()
    {
        QTemporaryDir directory;
        std::string answer;
        {
            Program program(directory.path());
            int deltas = 0;
            connect(
                &program.assistant, &Assistant::textAdded, &program.assistant, [&] { ++deltas; });
            program.assistant.attach(resource("samples/minutes.txt").toStdString());
            program.assistant.attach(resource("samples/shapes.png").toStdString());
            program.assistant.send("What is the document about?"); // waits for files and model
            QVERIFY(program.assistant.answering());
            QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
            QVERIFY2(
                program.notices.empty(), program.notices.empty() ? "" : program.notices[0].c_str());
            QCOMPARE(program.assistant.messages().size(), std::size_t{2});
            QCOMPARE(program.last().state, MessageState::complete);
            QVERIFY(deltas > 0);
            answer = program.last().text;
            QVERIFY(!answer.empty());
            const auto& question = program.assistant.messages()[0];
            QCOMPARE(question.attachments.size(), std::size_t{2});
            QCOMPARE(question.attachments[0].inclusion->extent, Inclusion::Extent::whole);
            QVERIFY(question.attachments[1].thumbnail != nullptr);
        }
        Program again(directory.path());
        int contextUsed = 0;
        connect(&again.assistant, &Assistant::usageChanged, &again.assistant,
            [&](const Usage& usage) { contextUsed = usage.contextUsed; });
        QTRY_COMPARE_WITH_TIMEOUT(again.assistant.messages().size(), std::size_t{2}, kPatience);
        QVERIFY(contextUsed > 200);
        QCOMPARE(again.last().text, answer);
        QCOMPARE(again.last().state, MessageState::complete);
        const auto& question = again.assistant.messages()[0];
        QCOMPARE(question.attachments.size(), std::size_t{2});
        QVERIFY(question.attachments[0].content == nullptr); // read again only when needed
        QVERIFY(question.attachments[1].thumbnail != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(again.assistant.canSend(), kPatience);
        again.assistant.send("What colour is the diamond?");
        QTRY_COMPARE_WITH_TIMEOUT(again.assistant.messages().size(), std::size_t{4}, kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(!again.assistant.answering(), kPatience);
        QCOMPARE(again.last().state, MessageState::complete);
        QVERIFY(again.last().notices.empty());
        QVERIFY(again.last().stats.timings.imageTokens > 0); // the picture was read again
    }

    void doesNotSendWithoutAFileThatIsRejected()
    {
        QTemporaryDir directory;
        Program program(directory.path());
        std::string restored;
        connect(&program.assistant, &Assistant::draftRestored, &program.assistant,
            [&](const std::string& text) { restored = text; });
        program.assistant.attach("/nonexistent/file.txt");
        program.assistant.send("Well?");
        QTRY_COMPARE_WITH_TIMEOUT(restored, std::string("Well?"), kPatience);
        QVERIFY(program.assistant.messages().empty());
        QCOMPARE(program.assistant.draft().at(0).state, DraftAttachment::State::rejected);
        QVERIFY(!program.notices.empty());
    }

    void countsFilesThatWereReadBeforeTheModelCame()
    {
        QTemporaryDir directory;
        Program program(directory.path());
        program.assistant.attach(resource("samples/minutes.txt").toStdString());
        QTRY_COMPARE_WITH_TIMEOUT(
            program.assistant.draft().at(0).attachment.tokens, 193, kPatience);
        program.assistant.detach(program.assistant.draft().at(0).attachment.id);
        QVERIFY(program.assistant.draft().empty());
    }

    void keepsTheModelWhenTheNextOneDoesNotLoad()
    {
        QTemporaryDir directory;
        Program program(directory.path());
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.model().ready, kPatience);
        const std::string name = program.assistant.model().name;
        program.assistant.chooseModel({resource("samples/minutes.txt").toStdString(), {}});
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.model().loading, kPatience);
        QVERIFY(!program.assistant.model().error.empty());
        QCOMPARE(program.assistant.model().name, name);
        program.assistant.send("How do you do?");
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
        QCOMPARE(program.last().state, MessageState::complete);
    }

    void stopsAndMakesTheAnswerAgain()
    {
        QTemporaryDir directory;
        Program program(directory.path(), openEndless());
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.canSend(), kPatience);
        program.assistant.send("Go on");
        QTRY_VERIFY_WITH_TIMEOUT(
            program.assistant.messages().size() == 2 && program.last().text.size() > 20, kPatience);
        program.assistant.stop();
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
        QCOMPARE(program.last().state, MessageState::stopped);
        const auto first = program.last().id;
        program.assistant.regenerate(first);
        QVERIFY(program.assistant.answering());
        program.assistant.stop(); // before it is known to fit: the old answer stays
        QVERIFY(!program.assistant.answering());
        QCOMPARE(program.last().id, first);
        program.assistant.regenerate(first);
        QTRY_VERIFY_WITH_TIMEOUT(program.last().id != first, kPatience);
        program.assistant.stop();
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
        QCOMPARE(program.last().state, MessageState::stopped);
        QCOMPARE(program.assistant.messages().size(), std::size_t{2});
    }

    // An edited question is sent at once, but its exchange goes only when it is known to fit; who
    // looks elsewhere meanwhile has cancelled it.
    void lookingElsewhereKeepsWhatWasBeingEdited()
    {
        QTemporaryDir directory;
        Program program(directory.path());
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.canSend(), kPatience);
        program.assistant.send("How do you do?");
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
        const auto edited = program.assistant.currentConversation();
        const std::string answer = program.last().text;
        program.assistant.newConversation();
        program.assistant.send("What can you do?");
        QTRY_VERIFY_WITH_TIMEOUT(!program.assistant.answering(), kPatience);
        const auto other = program.assistant.currentConversation();
        program.assistant.select(edited);
        QTRY_COMPARE_WITH_TIMEOUT(program.assistant.messages().size(), std::size_t{2}, kPatience);

        std::string restored;
        connect(&program.assistant, &Assistant::draftRestored, this,
            [&](const std::string& text) { restored = text; });
        program.assistant.edit(program.assistant.messages().front().id);
        program.assistant.send("Who are you?");
        program.assistant.select(other);
        QCOMPARE(restored, std::string("Who are you?"));
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.canSend(), kPatience);
        QTest::qWait(200); // what was being prepared would have come by now
        QCOMPARE(program.assistant.messages().size(), std::size_t{2});
        QCOMPARE(program.assistant.messages().front().text, std::string("What can you do?"));
        program.assistant.select(edited);
        QTRY_COMPARE_WITH_TIMEOUT(program.assistant.messages().size(), std::size_t{2}, kPatience);
        QCOMPARE(program.assistant.messages().front().text, std::string("How do you do?"));
        QCOMPARE(program.last().text, answer);
    }

    void savesARunningAnswerWhenTheProgramEnds()
    {
        QTemporaryDir directory;
        std::string shown;
        {
            Program program(directory.path(), openEndless());
            program.assistant.send("Go on");
            QTRY_VERIFY_WITH_TIMEOUT(
                program.assistant.messages().size() == 2 && program.last().text.size() > 20,
                kPatience);
            shown = program.last().text;
        }
        Program again(directory.path(), openEndless());
        QTRY_COMPARE_WITH_TIMEOUT(again.assistant.messages().size(), std::size_t{2}, kPatience);
        QVERIFY(QByteArray::fromStdString(again.last().text)
                    .startsWith(QByteArray::fromStdString(shown)));
        QCOMPARE(again.last().state, MessageState::stopped);
    }

    void losesAtMostASecondToAKill()
    {
        QTemporaryDir directory;
        QProcess writer; // says how many bytes it has shown so far, ten times a second
        writer.start(QStringLiteral(ASSISTANT_WRITER), {directory.path()});
        QVERIFY(writer.waitForStarted(kPatience));
        QList<qsizetype> shown;
        while (shown.size() < 25) {
            QVERIFY(writer.waitForReadyRead(kPatience) || writer.canReadLine());
            while (writer.canReadLine())
                shown << writer.readLine().trimmed().toLongLong();
        }
        ::kill(static_cast<pid_t>(writer.processId()), SIGKILL);
        QVERIFY(writer.waitForFinished(kPatience));

        Program again(directory.path(), openEndless());
        QTRY_COMPARE_WITH_TIMEOUT(again.assistant.messages().size(), std::size_t{2}, kPatience);
        QCOMPARE(again.last().state, MessageState::interrupted);
        const auto kept = static_cast<qsizetype>(again.last().text.size());
        QVERIFY2(kept >= shown.at(shown.size() - 11), // a second before the last word heard of it
            qPrintable(QStringLiteral("%1 of %2").arg(kept).arg(shown.last())));
    }

    void bringsADeletedConversationBack()
    {
        QTemporaryDir directory;
        Program program(directory.path());
        program.assistant.send("How do you do?");
        QTRY_VERIFY_WITH_TIMEOUT(
            program.assistant.messages().size() == 2 && !program.assistant.answering(), kPatience);
        const auto id = program.assistant.currentConversation();
        program.assistant.remove(id);
        QCOMPARE(program.assistant.currentConversation(), std::int64_t{0});
        QVERIFY(program.assistant.messages().empty());
        program.assistant.undo();
        QCOMPARE(program.assistant.currentConversation(), id);
        QTRY_COMPARE_WITH_TIMEOUT(program.assistant.messages().size(), std::size_t{2}, kPatience);
    }
};

QTEST_GUILESS_MAIN(AssistantTest)
#include "assistant_test.moc"
