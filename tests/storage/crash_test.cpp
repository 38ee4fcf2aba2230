// SPDX-License-Identifier: Apache-2.0
// A real writer ended by SIGKILL, a full disk and missing permissions.
#include "storage/store.h"
#include "tests/storage/streamed_text.h"

#include <QFile>
#include <QObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern::storage;

class CrashTest : public QObject {
    Q_OBJECT
private slots:
    // Whatever appendText() had returned for is there, and what is there is what was sent.
    void killedWhileStreamingLosesNothingReported()
    {
        QTemporaryDir dir;
        QRandomGenerator random(20260);
        constexpr int kRounds = 8;
        const std::string sent = test::streamedText(5000);
        for (int round = 0; round < kRounds; ++round) {
            QProcess writer;
            writer.start(STORAGE_CRASH_WRITER, {"stream", dir.path()});
            const int lines = random.bounded(1, 120);
            QByteArray said;
            while (said.count('\n') < lines) {
                QVERIFY(writer.waitForReadyRead(60'000));
                said += writer.readAllStandardOutput();
            }
            writer.kill(); // SIGKILL
            QVERIFY(writer.waitForFinished(60'000));
            QCOMPARE(writer.exitStatus(), QProcess::CrashExit);
            said += writer.readAllStandardOutput();
            said.truncate(said.lastIndexOf('\n'));
            const auto reported = said.mid(said.lastIndexOf('\n') + 1).toULongLong();
            QVERIFY(reported > 0);

            auto store = Store::open(dir.path().toStdString());
            QVERIFY(store);
            QCOMPARE((*store)->openingNotice(), std::string());
            const auto conversations = (*store)->conversations();
            QVERIFY(conversations);
            QCOMPARE(int(conversations->size()), round + 1);
            const auto messages = (*store)->messages(conversations->front().id);
            QVERIFY(messages && messages->size() == 1 && messages->front().parts.size() == 1);
            QCOMPARE(messages->front().state, MessageState::interrupted);
            const std::string& text = messages->front().parts.front().text;
            QVERIFY2(text.size() >= reported, qPrintable(QString::number(reported)));
            QVERIFY(sent.starts_with(text));
        }
    }

    void aFullDiskIsASentence()
    {
        QTemporaryDir dir;
        QProcess writer;
        writer.start(STORAGE_CRASH_WRITER, {"fill-disk", dir.path()});
        QVERIFY(writer.waitForFinished(60'000));
        if (writer.exitCode() == 3)
            QSKIP("this system does not let the test mount a small disk");
        const QList<QByteArray> said = writer.readAllStandardOutput().split('\n');
        QVERIFY2(said.size() >= 3, qPrintable(said.join('\n')));
        const QByteArray full = "error " + QByteArray::number(int(ErrorCode::full));
        QVERIFY2(said[0].startsWith(full) && said[0].contains("is full"), said[0]);
        const QList<QByteArray> kept = said[1].split(' ');
        QVERIFY2(kept.size() == 4 && kept[1].toInt() > 0 && kept[1] == kept[3], said[1]);
        QVERIFY2(said[2].startsWith(full) && said[2].contains("not enough space"), said[2]);
    }

    void aLimitReachedIsASentenceAndWhatWasSavedStays()
    {
        QTemporaryDir dir;
        QProcess writer;
        writer.start(STORAGE_CRASH_WRITER, {"fill", dir.path(), "400000"});
        QVERIFY(writer.waitForFinished(60'000));
        const QList<QByteArray> said = writer.readAllStandardOutput().split('\n');
        QVERIFY2(said.size() >= 2, qPrintable(said.join('\n')));
        QVERIFY2(said[0].startsWith("error " + QByteArray::number(int(ErrorCode::full))), said[0]);
        QVERIFY2(said[0].contains("full"), said[0]);
        const QList<QByteArray> kept = said[1].split(' ');
        QCOMPARE(kept.size(), 4);
        QVERIFY2(kept[1].toInt() > 0 && kept[1] == kept[3], said[1]);

        // With space again, everything is there and it goes on.
        auto store = Store::open(dir.path().toStdString());
        QVERIFY(store);
        QCOMPARE((*store)->openingNotice(), std::string());
        const auto id = (*store)->conversations()->front().id;
        QCOMPARE(int((*store)->messages(id)->size()), kept[1].toInt());
        Message message;
        message.conversation = id;
        QVERIFY((*store)->addMessage(message));
    }

    void aFolderThatCannotBeWrittenIsASentence()
    {
        QTemporaryDir dir;
        const auto all = QFile::ReadOwner | QFile::ExeOwner | QFile::ReadOther | QFile::ExeOther;
        const QString data = dir.filePath("data");
        QVERIFY(Store::open(data.toStdString()));
        QVERIFY(QFile::setPermissions(dir.path(), all | QFile::WriteOwner));
        QVERIFY(QFile::setPermissions(data, all));
        QProcess reader;
        reader.start(STORAGE_CRASH_WRITER, {"open", data});
        QVERIFY(reader.waitForFinished(60'000));
        QVERIFY(QFile::setPermissions(data, all | QFile::WriteOwner));
        const QByteArray said = reader.readAllStandardOutput();
        if (reader.exitCode() == 2 || said.isEmpty())
            QSKIP("this system does not let the test become an unprivileged user");
        QVERIFY2(said.startsWith("error " + QByteArray::number(int(ErrorCode::cannotOpen))), said);
    }

    void aFolderWhoseNameIsTakenIsASentence()
    {
        QTemporaryDir dir;
        QFile file(dir.filePath("taken"));
        QVERIFY(file.open(QFile::WriteOnly));
        const auto store = Store::open(dir.filePath("taken").toStdString());
        QVERIFY(!store);
        QCOMPARE(store.error().code, ErrorCode::cannotOpen);
        QVERIFY(!Store::open(dir.filePath("taken/below").toStdString()));
    }
};

QTEST_GUILESS_MAIN(CrashTest)
#include "crash_test.moc"
