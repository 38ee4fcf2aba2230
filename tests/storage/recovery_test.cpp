// SPDX-License-Identifier: Apache-2.0
// Damaged databases: set aside, recovered as far as they can be read, and said so.
#include "storage/salvage.h"
#include "storage/store.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <QObject>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern::storage;
namespace fs = std::filesystem;

namespace {

constexpr int kMessages = 300;

std::string textOf(int index)
{
    return std::to_string(index) + std::string(400, static_cast<char>('a' + index % 26));
}

std::string contentOf(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const fs::path& path, std::streamoff at, const std::string& bytes)
{
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

class RecoveryTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_whole; // a good store, made once
    std::string m_blob;
    std::unique_ptr<QTemporaryDir> m_dir;
    fs::path m_database;

    [[nodiscard]] fs::path directory() const { return m_dir->path().toStdString(); }

    int setAside() const
    {
        int count = 0;
        for (const auto& entry : fs::directory_iterator(directory()))
            count += entry.path().filename().string().starts_with("lectern-damaged-")
                    && entry.path().extension() == ".db"
                ? 1
                : 0;
        return count;
    }

private slots:
    void initTestCase()
    {
        auto store = Store::open(m_whole.path().toStdString());
        QVERIFY(store);
        const auto conversation = (*store)->createConversation("long");
        const auto blob = (*store)->putBytes("attached");
        QVERIFY(conversation && blob && (*store)->setSetting("scheme", "dark"));
        m_blob = blob->sha256;
        for (int i = 0; i < kMessages; ++i) {
            Message message;
            message.conversation = conversation->id;
            message.parts = {{textOf(i), std::nullopt}};
            if (i == 0) {
                Attachment attachment;
                attachment.fileName = "a.txt";
                attachment.sha256 = m_blob;
                message.parts.push_back({{}, attachment});
            }
            QVERIFY((*store)->addMessage(message));
        }
    }

    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        fs::copy(m_whole.path().toStdString(), directory(),
            fs::copy_options::recursive | fs::copy_options::overwrite_existing);
        m_database = directory() / "lectern.db";
    }

    void aWholeDatabaseIsLeftAlone()
    {
        const auto store = Store::open(directory());
        QVERIFY(store);
        QCOMPARE((*store)->openingNotice(), std::string());
        QCOMPARE(setAside(), 0);
    }

    void aDamagedDatabaseIsSetAsideAndReplaced_data()
    {
        QTest::addColumn<qint64>("size"); // negative: as it is
        QTest::addColumn<qint64>("at");
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no-magic") << qint64(-1) << qint64(0) << QByteArray("Lectern?");
        QTest::newRow("header-noise") << qint64(-1) << qint64(16) << QByteArray(84, '\x5a');
        QTest::newRow("not-a-database") << qint64(0) << qint64(0) << QByteArray(30'000, 'n');
        QTest::newRow("first-page-gone") << qint64(-1) << qint64(0) << QByteArray(4096, '\0');
        QTest::newRow("half-of-it") << qint64(60'000) << qint64(0) << QByteArray();
        QTest::newRow("a-few-bytes") << qint64(50) << qint64(0) << QByteArray();
        QTest::newRow("nothing-of-it") << qint64(0) << qint64(0) << QByteArray();
        QTest::newRow("schema-noise") << qint64(-1) << qint64(3000) << QByteArray(1096, '\x7f');
    }
    void aDamagedDatabaseIsSetAsideAndReplaced()
    {
        QFETCH(qint64, size);
        QFETCH(qint64, at);
        QFETCH(QByteArray, bytes);
        if (size >= 0)
            fs::resize_file(m_database, static_cast<std::uintmax_t>(size));
        if (!bytes.isEmpty())
            overwrite(m_database, at, bytes.toStdString());
        const std::string damaged = contentOf(m_database);
        {
            auto store = Store::open(directory());
            QVERIFY2(store, store ? "" : store.error().message.c_str());
            const std::string notice = (*store)->openingNotice();
            QVERIFY(notice.find("damaged") != std::string::npos);
            QCOMPARE(setAside(), 1);
            const auto name = notice.substr(notice.rfind('/') + 1);
            // What was found is kept as it was found, and so are the attachments.
            QVERIFY(contentOf(directory() / name.substr(0, name.size() - 1)) == damaged);
            QVERIFY((*store)->purgeDeleted());
            QVERIFY(fs::exists((*store)->blobPath(m_blob)));
            // And it works.
            const auto conversation = (*store)->createConversation("new");
            QVERIFY(conversation);
            Message message;
            message.conversation = conversation->id;
            message.parts = {{"hello", std::nullopt}};
            QVERIFY((*store)->addMessage(message));
        }
        const auto again = Store::open(directory());
        QVERIFY(again);
        QCOMPARE((*again)->openingNotice(), std::string());
        QCOMPARE(setAside(), 1);
        QCOMPARE((*again)->conversations()->front().title, std::string("new"));
    }

    // One page of texts in the middle is lost: everything before and after it is still there.
    void rowsAroundADamagedPageAreRecovered()
    {
        const std::string content = contentOf(m_database);
        const auto where = content.find(textOf(150));
        QVERIFY(where != std::string::npos);
        overwrite(m_database, static_cast<std::streamoff>(where / 4096 * 4096),
            std::string(4096, '\x77'));
        auto store = Store::open(directory());
        QVERIFY2(store, store ? "" : store.error().message.c_str());
        QVERIFY((*store)->openingNotice().find("300 messages") != std::string::npos);
        QCOMPARE(**(*store)->setting("scheme"), std::string("dark"));
        const auto conversations = (*store)->conversations();
        QVERIFY(conversations && conversations->size() == 1);
        QCOMPARE(conversations->front().title, std::string("long"));
        const auto messages = (*store)->messages(conversations->front().id);
        QVERIFY(messages);
        QCOMPARE(int(messages->size()), kMessages);
        QVERIFY(messages->front().parts.back().attachment);
        int texts = 0;
        for (int i = 0; i < kMessages; ++i) {
            const auto& parts = (*messages)[static_cast<std::size_t>(i)].parts;
            if (parts.empty())
                continue;
            QCOMPARE(parts.front().text, textOf(i));
            ++texts;
        }
        QVERIFY2(texts > kMessages - 20 && texts < kMessages, qPrintable(QString::number(texts)));
    }

    // Random damage never crashes, never hangs, and always leaves a store that works.
    void randomDamageAlwaysEndsInAWorkingStore()
    {
        QRandomGenerator random(7);
        const std::string whole = contentOf(m_database);
        for (int round = 0; round < 25; ++round) {
            m_dir = std::make_unique<QTemporaryDir>();
            m_database = directory() / "lectern.db";
            std::string damaged = whole;
            const auto pages = static_cast<int>(whole.size() / 4096);
            for (int hits = random.bounded(1, 6); hits > 0; --hits) {
                const auto at = static_cast<std::size_t>(random.bounded(pages)) * 4096;
                const auto length = static_cast<std::size_t>(random.bounded(1, 4096));
                for (std::size_t i = 0; i < length; ++i)
                    damaged[at + i] = static_cast<char>(random.bounded(256));
            }
            std::ofstream(m_database, std::ios::binary) << damaged;
            auto store = Store::open(directory());
            QVERIFY2(store, store ? "" : store.error().message.c_str());
            const auto conversations = (*store)->conversations();
            QVERIFY(conversations);
            for (const Conversation& conversation : *conversations)
                QVERIFY((*store)->messages(conversation.id));
            QVERIFY((*store)->createConversation("new"));
        }
    }

    void aRecoveryCutOffIsFinishedAtTheNextStart()
    {
        // The moment between the two renames: the damaged one is away, the fresh one not in place.
        fs::rename(m_database, directory() / "lectern-recovering.db");
        auto store = Store::open(directory());
        QVERIFY(store);
        QCOMPARE((*store)->conversations()->size(), std::size_t(1));
        store->reset();
        // The moment before: a half-written one beside the damaged one is dropped.
        std::ofstream(directory() / "lectern-recovering.db") << "half";
        auto again = Store::open(directory());
        QVERIFY(again);
        QCOMPARE((*again)->conversations()->size(), std::size_t(1));
        QVERIFY(!fs::exists(directory() / "lectern-recovering.db"));
    }

    void isNotRecoveredUnderSomebodyElsesHands()
    {
        auto first = Store::open(directory());
        QVERIFY(first);
        overwrite(m_database, 0, "Lectern?");
        const auto second = Store::open(directory());
        QVERIFY(!second);
        QCOMPARE(setAside(), 0);
    }
};

QTEST_GUILESS_MAIN(RecoveryTest)
#include "recovery_test.moc"
