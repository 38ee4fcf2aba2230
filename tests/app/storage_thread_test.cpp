// SPDX-License-Identifier: Apache-2.0
// The storage thread: order, results, draining, and a real program killed while it streams.
#include "app/storage_thread.h"

#include <QFile>
#include <QObject>
#include <QProcess>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

using namespace lectern;
using app::StorageThread;

namespace {

constexpr int kPatienceMs = 60'000;

std::shared_ptr<storage::MessageId> streamInto(StorageThread& storage)
{
    auto key = std::make_shared<storage::MessageId>(0);
    storage.post([key](storage::Store& store) {
        storage::Message message;
        if (const auto conversation = store.createConversation("talk"))
            message.conversation = conversation->id;
        message.role = storage::Role::assistant;
        message.state = storage::MessageState::streaming;
        if (const auto id = store.addMessage(message))
            *key = *id;
    });
    return key;
}

// The only message of the newest conversation.
storage::Message onlyMessage(const QString& directory)
{
    const auto store = storage::Store::open(directory.toStdString());
    if (!store)
        return {};
    const auto conversations = (*store)->conversations();
    if (!conversations || conversations->empty())
        return {};
    const auto messages = (*store)->messages(conversations->front().id);
    return messages && messages->size() == 1 ? messages->front() : storage::Message{};
}

std::string textOf(const storage::Message& message)
{
    return message.parts.empty() ? std::string() : message.parts.front().text;
}

} // namespace

class StorageThreadTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void runsJobsInOrderOnItsOwnThreadAndAnswersOnThisOne()
    {
        StorageThread storage(m_dir->path().toStdString());
        QSignalSpy opened(&storage, &StorageThread::opened);
        std::vector<int> order;
        bool elsewhere = true;
        Qt::HANDLE here = QThread::currentThreadId();
        for (int i = 0; i < 100; ++i)
            storage.post([&order, &elsewhere, here, i](storage::Store&) {
                order.push_back(i);
                elsewhere = elsewhere && QThread::currentThreadId() != here;
            });
        bool answered = false;
        storage.ask<storage::Conversation>(
            this, [](storage::Store& store) { return store.createConversation("asked"); },
            [&](storage::Result<storage::Conversation> made) {
                QCOMPARE(QThread::currentThreadId(), here);
                QVERIFY(made);
                QCOMPARE(made->title, std::string("asked"));
                answered = true;
            });
        QTRY_VERIFY_WITH_TIMEOUT(answered, kPatienceMs);
        QCOMPARE(opened.count(), 1);
        QCOMPARE(opened[0][0].toString(), QString());
        QVERIFY(elsewhere);
        QCOMPARE(int(order.size()), 100);
        QVERIFY(std::is_sorted(order.begin(), order.end()));
    }

    void answersNobodyWhoIsGone()
    {
        StorageThread storage(m_dir->path().toStdString());
        auto context = std::make_unique<QObject>();
        bool wrong = false;
        bool right = false;
        const auto work = [](storage::Store& store) { return store.conversations(); };
        using List = std::vector<storage::Conversation>;
        storage.ask<List>(context.get(), work, [&](const storage::Result<List>&) { wrong = true; });
        storage.ask<List>(this, work, [&](const storage::Result<List>&) { right = true; });
        context.reset();
        QTRY_VERIFY_WITH_TIMEOUT(right, kPatienceMs);
        QVERIFY(!wrong);
    }

    void saysWhyItCannotOpen()
    {
        QFile file(m_dir->filePath("taken"));
        QVERIFY(file.open(QFile::WriteOnly));
        StorageThread storage(m_dir->filePath("taken").toStdString());
        QSignalSpy failed(&storage, &StorageThread::openFailed);
        bool ran = false;
        storage.post([&](storage::Store&) { ran = true; });
        storage::ErrorCode code = storage::ErrorCode::failed;
        storage.ask<storage::Conversation>(
            this, [](storage::Store& store) { return store.createConversation("x"); },
            [&](storage::Result<storage::Conversation> made) { code = made.error().code; });
        QTRY_COMPARE_WITH_TIMEOUT(code, storage::ErrorCode::cannotOpen, kPatienceMs);
        QCOMPARE(failed.count(), 1);
        QVERIFY(failed[0][0].toString().contains("taken"));
        QVERIFY(!ran);
    }

    void tellsOfARecovery()
    {
        QVERIFY(storage::Store::open(m_dir->path().toStdString()));
        QFile file(m_dir->filePath("lectern.db"));
        QVERIFY(file.open(QFile::ReadWrite) && file.write("Not a database at all") > 0);
        file.close();
        StorageThread storage(m_dir->path().toStdString());
        QSignalSpy opened(&storage, &StorageThread::opened);
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, kPatienceMs);
        QVERIFY(opened[0][0].toString().contains("damaged"));
    }

    void destructionDoesEverythingPosted()
    {
        std::string expected;
        {
            StorageThread storage(m_dir->path().toStdString());
            const auto key = streamInto(storage);
            for (int i = 0; i < 200; ++i) {
                expected += std::to_string(i) + ' ';
                storage.append(key, std::to_string(i) + ' ');
            }
            storage.post([](storage::Store& store) { (void)store.setSetting("last", "done"); });
            expected += "end";
            storage.append(key, "end");
        }
        QCOMPARE(textOf(onlyMessage(m_dir->path())), expected);
        const auto store = storage::Store::open(m_dir->path().toStdString());
        QCOMPARE(**(*store)->setting("last"), std::string("done"));
    }

    void writesStreamedTextWithoutBeingAsked()
    {
        StorageThread storage(m_dir->path().toStdString());
        const auto key = streamInto(storage);
        storage.append(key, "by itself");
        // Seen by another connection, as after a crash.
        QTRY_COMPARE_WITH_TIMEOUT(
            textOf(onlyMessage(m_dir->path())), std::string("by itself"), kPatienceMs);
        QCOMPARE(onlyMessage(m_dir->path()).state, storage::MessageState::streaming);
    }

    void finishComesAfterTheText()
    {
        {
            StorageThread storage(m_dir->path().toStdString());
            const auto key = streamInto(storage);
            storage.append(key, "the answer");
            storage.finish(key, {storage::MessageState::stopped, "{}", ""});
        }
        QCOMPARE(textOf(onlyMessage(m_dir->path())), std::string("the answer"));
        QCOMPARE(onlyMessage(m_dir->path()).state, storage::MessageState::stopped);
    }

    void aJobSeesTheTextAppendedBeforeIt()
    {
        StorageThread storage(m_dir->path().toStdString());
        const auto key = streamInto(storage);
        storage.append(key, "seen");
        std::string seen;
        storage.ask<std::vector<storage::Message>>(
            this, [](storage::Store& store) { return store.messages(1); },
            [&](storage::Result<std::vector<storage::Message>> messages) {
                seen = messages && !messages->empty() ? textOf(messages->front()) : "nothing";
            });
        QTRY_COMPARE_WITH_TIMEOUT(seen, std::string("seen"), kPatienceMs);
    }

    // A kill loses at most the last second of a streaming answer. Other programs can hold the disk
    // or this machine up for longer, so a round may fail; a program that does not write through
    // fails all of them.
    void killedWhileStreamingLosesAtMostTheLastSecond()
    {
        QRandomGenerator random(4);
        std::string sent;
        for (int i = 0; i < 20'000; ++i)
            sent += std::to_string(i) + ' ';
        int good = 0;
        for (int round = 0; round < 6 && good < 3; ++round) {
            m_dir = std::make_unique<QTemporaryDir>();
            QProcess streamer;
            streamer.start(APP_STORAGE_STREAMER, {m_dir->path()});
            const int lines = random.bounded(70, 130); // 1.4 to 2.6 seconds
            QByteArray said;
            while (said.count('\n') < lines) {
                QVERIFY(streamer.waitForReadyRead(kPatienceMs));
                said += streamer.readAllStandardOutput();
            }
            streamer.kill(); // SIGKILL
            QVERIFY(streamer.waitForFinished(kPatienceMs));
            said += streamer.readAllStandardOutput();
            said.truncate(said.lastIndexOf('\n'));
            const QList<QByteArray> log = said.split('\n');
            const auto end = log.last().split(' ').first().toLongLong();
            std::size_t due = 0; // bytes that were a second old
            for (const QByteArray& entry : log) {
                const QList<QByteArray> fields = entry.split(' ');
                if (fields[0].toLongLong() <= end - 1000)
                    due = fields[1].toULongLong();
            }
            QVERIFY(due > 0);
            const storage::Message message = onlyMessage(m_dir->path());
            const std::string text = textOf(message);
            QVERIFY(sent.starts_with(text)); // always: no gap, no repetition
            QVERIFY(message.id == 0 || message.state == storage::MessageState::interrupted);
            good += text.size() >= due ? 1 : 0;
        }
        QCOMPARE(good, 3);
    }
};

QTEST_GUILESS_MAIN(StorageThreadTest)
#include "storage_thread_test.moc"
