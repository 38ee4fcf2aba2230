// SPDX-License-Identifier: Apache-2.0
// Streamed text on its way to the disk: when it is due, in which order, and what a failure keeps.
#include "app/stream_writer.h"

#include <csignal>
#include <QObject>
#include <QTemporaryDir>
#include <QTest>
#include <sys/resource.h>

using namespace lectern;
using app::StreamWriter;

namespace {

// While it lives, files of this process cannot grow beyond a few kilobytes.
class FullDisk {
public:
    FullDisk()
    {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit = {4096, m_before.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &m_before); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit m_before = {};
};

} // namespace

class StreamWriterTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<storage::Store> m_store;
    storage::ConversationId m_conversation = 0;
    StreamWriter::Clock::time_point m_now; // the test's clock

    app::MessageKey streaming()
    {
        storage::Message message;
        message.conversation = m_conversation;
        message.role = storage::Role::assistant;
        message.state = storage::MessageState::streaming;
        const auto id = m_store->addMessage(message);
        return std::make_shared<storage::MessageId>(id ? *id : 0);
    }

    storage::Message last()
    {
        const auto all = m_store->messages(m_conversation);
        return all && !all->empty() ? all->back() : storage::Message{};
    }

private slots:
    void init()
    {
        m_store.reset();
        m_dir = std::make_unique<QTemporaryDir>();
        auto store = storage::Store::open(m_dir->path().toStdString());
        QVERIFY(store);
        m_store = std::move(*store);
        m_conversation = m_store->createConversation("talk")->id;
    }
    void cleanup() { m_store.reset(); }

    void isDueHalfASecondAfterTheFirstText()
    {
        StreamWriter writer;
        QVERIFY(!writer.due());
        const auto message = streaming();
        writer.append(message, "one ", m_now);
        writer.append(message, "two ", m_now + std::chrono::milliseconds(400));
        QCOMPARE(*writer.due() - m_now, std::chrono::milliseconds(500));
        QVERIFY(last().parts.empty()); // nothing was written yet
        QVERIFY(writer.flush(*m_store, m_now));
        QVERIFY(!writer.due());
        QCOMPARE(last().parts.front().text, std::string("one two "));
        QCOMPARE(last().state, storage::MessageState::streaming);
    }

    void finishesAfterTheText()
    {
        StreamWriter writer;
        const auto message = streaming();
        writer.append(message, "all of it", m_now);
        writer.finish(message, {storage::MessageState::complete, R"({"n":2})", ""}, m_now);
        QVERIFY(writer.flush(*m_store, m_now));
        QCOMPARE(last().parts.front().text, std::string("all of it"));
        QCOMPARE(last().state, storage::MessageState::complete);
        QCOMPARE(last().statsJson, std::string(R"({"n":2})"));
    }

    void aFullDiskKeepsTheTextForLater()
    {
        StreamWriter writer;
        const auto message = streaming();
        const std::string text(20'000, 't');
        writer.append(message, text, m_now);
        {
            const FullDisk full;
            const auto written = writer.flush(*m_store, m_now);
            QVERIFY(!written);
            QCOMPARE(written.error().code, storage::ErrorCode::full);
            QCOMPARE(*writer.due() - m_now, std::chrono::milliseconds(500));
            writer.append(message, "more", m_now);
            writer.finish(message, {}, m_now);
            QVERIFY(!writer.flush(*m_store, m_now));
        }
        QVERIFY(writer.flush(*m_store, m_now));
        QVERIFY(last().parts.front().text == text + "more");
        QCOMPARE(last().state, storage::MessageState::complete);
    }

    void textOfAMessageThatIsGoneIsDropped()
    {
        StreamWriter writer;
        const auto gone = streaming();
        writer.append(gone, "for nobody", m_now);
        QVERIFY(m_store->truncateFrom(*gone));
        const auto other = streaming();
        writer.append(other, "for somebody", m_now);
        writer.append(std::make_shared<storage::MessageId>(0), "never stored", m_now);
        QVERIFY(writer.flush(*m_store, m_now));
        QVERIFY(!writer.due());
        QCOMPARE(last().parts.front().text, std::string("for somebody"));
    }
};

QTEST_GUILESS_MAIN(StreamWriterTest)
#include "stream_writer_test.moc"
