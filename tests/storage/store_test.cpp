// SPDX-License-Identifier: Apache-2.0
// The store: what goes in comes out, what is deleted goes, and what is shared stays.
#include "storage/store.h"

#include "storage/sqlite.h"

#include <array>
#include <filesystem>
#include <optional>
#include <QObject>
#include <QTemporaryDir>
#include <QTest>
#include <thread>

using namespace lectern::storage;

namespace {

MessagePart textPart(std::string text)
{
    return {std::move(text), std::nullopt};
}

MessagePart filePart(const Store::Blob& blob, std::string name)
{
    Attachment attachment;
    attachment.fileName = std::move(name);
    attachment.sha256 = blob.sha256;
    attachment.byteSize = blob.byteSize;
    attachment.kind = "text";
    attachment.format = "Plain text";
    attachment.detailsJson = R"({"lines":1})";
    return {{}, attachment};
}

} // namespace

class StoreTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;

    [[nodiscard]] std::filesystem::path directory() const { return m_dir->path().toStdString(); }

    void reopen()
    {
        m_store.reset();
        auto store = Store::open(directory());
        QVERIFY2(store, store ? "" : store.error().message.c_str());
        m_store = std::move(*store);
    }

    ConversationId conversation(std::string_view title = "talk")
    {
        const auto made = m_store->createConversation(title);
        return made ? made->id : 0;
    }

    MessageId add(ConversationId id, std::vector<MessagePart> parts,
        MessageState state = MessageState::complete)
    {
        Message message;
        message.conversation = id;
        message.role = state == MessageState::streaming ? Role::assistant : Role::user;
        message.state = state;
        message.parts = std::move(parts);
        const auto added = m_store->addMessage(message);
        return added ? *added : 0;
    }

    bool kept(const Store::Blob& blob)
    {
        return std::filesystem::exists(m_store->blobPath(blob.sha256));
    }

private slots:
    void init()
    {
        m_store.reset();
        m_dir = std::make_unique<QTemporaryDir>();
        reopen();
    }
    void cleanup() { m_store.reset(); }

    void givesBackAMessageAsItWas()
    {
        const auto id = conversation();
        const auto blob = m_store->putBytes("the file");
        QVERIFY(blob);
        Message message;
        message.conversation = id;
        message.role = Role::assistant;
        message.state = MessageState::failed;
        message.parts = {textPart("first \xc3\xa9 \xe2\x80\x94 \xf0\x9f\x93\x96"),
            filePart(*blob, "a \"name\"\n.txt"), textPart(std::string("nul\0inside", 10)),
            textPart("")};
        message.modelName = "nano";
        message.statsJson = R"({"tokens":3})";
        message.error = "It did not fit.";
        message.createdAt = 1234567890123;
        const auto added = m_store->addMessage(message);
        QVERIFY(added);
        reopen();

        const auto all = m_store->messages(id);
        QVERIFY(all && all->size() == 1);
        const Message& back = all->front();
        QCOMPARE(back.id, *added);
        QCOMPARE(back.conversation, id);
        QCOMPARE(back.role, Role::assistant);
        QCOMPARE(back.state, MessageState::failed);
        QCOMPARE(back.modelName, message.modelName);
        QCOMPARE(back.statsJson, message.statsJson);
        QCOMPARE(back.error, message.error);
        QCOMPARE(back.createdAt, message.createdAt);
        QCOMPARE(back.parts.size(), std::size_t(4));
        QCOMPARE(back.parts[0].text, message.parts[0].text);
        QCOMPARE(back.parts[2].text, message.parts[2].text);
        QVERIFY(!back.parts[3].attachment);
        QVERIFY(back.parts[1].attachment);
        const Attachment& file = *back.parts[1].attachment;
        QVERIFY(file.id > 0);
        QCOMPARE(file.fileName, std::string("a \"name\"\n.txt"));
        QCOMPARE(file.sha256, blob->sha256);
        QCOMPARE(file.byteSize, blob->byteSize);
        QCOMPARE(file.kind, std::string("text"));
        QCOMPARE(file.format, std::string("Plain text"));
        QCOMPARE(file.detailsJson, std::string(R"({"lines":1})"));
    }

    void keepsEveryRoleAndState()
    {
        const auto id = conversation();
        for (const Role role : {Role::system, Role::user, Role::assistant})
            for (const MessageState state : {MessageState::complete, MessageState::stopped,
                     MessageState::failed, MessageState::interrupted}) {
                Message message;
                message.conversation = id;
                message.role = role;
                message.state = state;
                QVERIFY(m_store->addMessage(message));
                const auto all = m_store->messages(id);
                QVERIFY(all);
                QCOMPARE(all->back().role, role);
                QCOMPARE(all->back().state, state);
                QVERIFY(all->back().createdAt > 0);
            }
    }

    void listsConversationsNewestFirst()
    {
        const auto first = conversation("first");
        const auto second = conversation("second");
        QCOMPARE(m_store->conversations()->front().id, second);
        QTest::qSleep(3); // so that the times differ
        QVERIFY(add(first, {textPart("again")}));
        const auto all = m_store->conversations();
        QCOMPARE(all->size(), std::size_t(2));
        QCOMPARE(all->front().id, first);
        QVERIFY(all->front().updatedAt >= all->front().createdAt);
        QVERIFY(m_store->renameConversation(second, "better"));
        QCOMPARE(m_store->conversations()->back().title, std::string("better"));
    }

    void saysWhenSomethingDoesNotExist()
    {
        QCOMPARE(m_store->messages(99).error().code, ErrorCode::notFound);
        QCOMPARE(m_store->renameConversation(99, "x").error().code, ErrorCode::notFound);
        QCOMPARE(m_store->deleteConversation(99).error().code, ErrorCode::notFound);
        QCOMPARE(m_store->restoreConversation(99).error().code, ErrorCode::notFound);
        QCOMPARE(m_store->truncateFrom(99).error().code, ErrorCode::notFound);
        QCOMPARE(m_store->appendText(99, "x").error().code, ErrorCode::notFound);
        QCOMPARE(m_store->finishMessage(99, MessageState::complete, "", "").error().code,
            ErrorCode::notFound);
        Message message;
        message.conversation = 99;
        QCOMPARE(m_store->addMessage(message).error().code, ErrorCode::notFound);
    }

    void aMessageThatCannotBeStoredWholeIsNotStoredAtAll()
    {
        const auto id = conversation();
        Message message;
        message.conversation = id;
        Attachment missing;
        missing.id = 4711;
        message.parts = {textPart("first"), {{}, missing}};
        QCOMPARE(m_store->addMessage(message).error().code, ErrorCode::notFound);
        QCOMPARE(m_store->messages(id)->size(), std::size_t(0));
        QVERIFY(add(id, {textPart("goes on")}));
    }

    void appendsToTheLastTextAndFinishes()
    {
        const auto id = conversation();
        const auto blob = m_store->putBytes("x");
        const auto message =
            add(id, {textPart("before"), filePart(*blob, "x")}, MessageState::streaming);
        QVERIFY(m_store->appendText(message, "one "));
        QVERIFY(m_store->appendText(message, ""));
        QVERIFY(m_store->appendText(message, std::string_view("\xe2\x82", 2))); // a split character
        QVERIFY(m_store->appendText(message, "\xac"));
        QVERIFY(m_store->finishMessage(message, MessageState::stopped, R"({"n":1})", ""));
        const auto all = m_store->messages(id);
        QCOMPARE(all->front().parts.size(), std::size_t(3));
        QCOMPARE(all->front().parts[0].text, std::string("before"));
        QCOMPARE(all->front().parts[2].text, std::string("one \xe2\x82\xac"));
        QCOMPARE(all->front().state, MessageState::stopped);
        QCOMPARE(all->front().statsJson, std::string(R"({"n":1})"));
        QCOMPARE(m_store->appendText(message, "late").error().code, ErrorCode::notFound);
    }

    void anAnswerCutOffIsInterruptedAfterReopening()
    {
        const auto id = conversation();
        const auto message = add(id, {}, MessageState::streaming);
        QVERIFY(m_store->appendText(message, "half an"));
        reopen();
        const auto all = m_store->messages(id);
        QCOMPARE(all->front().state, MessageState::interrupted);
        QCOMPARE(all->front().parts.front().text, std::string("half an"));
    }

    void truncatesOneConversationFromAMessageOn()
    {
        const auto id = conversation();
        const auto other = conversation("other");
        QVERIFY(add(id, {textPart("1")}));
        const auto second = add(id, {textPart("2")});
        QVERIFY(add(other, {textPart("elsewhere")}));
        QVERIFY(add(id, {textPart("3")}));
        QVERIFY(m_store->truncateFrom(second));
        QCOMPARE(m_store->messages(id)->size(), std::size_t(1));
        QCOMPARE(m_store->messages(other)->size(), std::size_t(1));
        QVERIFY(add(id, {textPart("4")}) > second); // ids are not reused
        QCOMPARE(m_store->messages(id)->back().parts.front().text, std::string("4"));
    }

    void aDeletedConversationComesBackUntilPurged()
    {
        const auto id = conversation();
        QVERIFY(add(id, {textPart("hello")}));
        QVERIFY(m_store->deleteConversation(id));
        QVERIFY(m_store->conversations()->empty());
        QVERIFY(m_store->restoreConversation(id));
        QCOMPARE(m_store->conversations()->size(), std::size_t(1));
        QCOMPARE(m_store->messages(id)->size(), std::size_t(1));
        QVERIFY(m_store->deleteConversation(id));
        QVERIFY(m_store->purgeDeleted());
        QCOMPARE(m_store->restoreConversation(id).error().code, ErrorCode::notFound);
    }

    void openingPurgesWhatWasLeftDeleted()
    {
        const auto id = conversation();
        const auto blob = m_store->putBytes("to go");
        QVERIFY(add(id, {filePart(*blob, "go.txt")}));
        QVERIFY(m_store->deleteConversation(id));
        QVERIFY(kept(*blob));
        reopen();
        QVERIFY(!kept(*blob));
        QCOMPARE(m_store->restoreConversation(id).error().code, ErrorCode::notFound);
    }

    void aSharedBlobStaysUntilItsLastReference()
    {
        const auto first = conversation();
        const auto second = conversation();
        const auto blob = m_store->putBytes("shared");
        QVERIFY(m_store->putBytes("shared"));
        QVERIFY(add(first, {filePart(*blob, "one.txt")}));
        QVERIFY(add(second, {filePart(*blob, "two.txt")}));
        QVERIFY(m_store->deleteConversation(first));
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(kept(*blob));
        QCOMPARE(m_store->messages(second)->front().parts.front().attachment->fileName,
            std::string("two.txt"));
        QVERIFY(m_store->deleteConversation(second));
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(!kept(*blob));
    }

    void aDraftsBlobSurvivesAPurgeButNotTheSession()
    {
        const auto blob = m_store->putBytes("draft");
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(kept(*blob));
        reopen();
        QVERIFY(!kept(*blob));
    }

    void aBlobCopiedInByAnotherStoreOfThisProgramSurvivesToo()
    {
        std::optional<Store::Blob> blob;
        std::jthread([&] {
            if (const auto copier = Store::open(directory()))
                if (const auto put = (*copier)->putBytes("copied elsewhere"))
                    blob = *put;
        }).join();
        QVERIFY(blob);
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(kept(*blob));
        const auto id = conversation();
        QVERIFY(add(id, {filePart(*blob, "copied.txt")}));
        QVERIFY(m_store->deleteConversation(id));
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(!kept(*blob));
    }

    void aBlobInASecondDraftSurvivesTheFirstsEnd()
    {
        const auto blob = m_store->putBytes("twice");
        QVERIFY(m_store->putBytes("twice"));
        const auto id = conversation();
        QVERIFY(add(id, {filePart(*blob, "one.txt")}));
        QVERIFY(m_store->deleteConversation(id));
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(kept(*blob));
    }

    void aMessageWrittenAgainRefersToTheSameAttachment()
    {
        const auto id = conversation();
        const auto blob = m_store->putBytes("again");
        const auto message = add(id, {filePart(*blob, "again.txt")});
        const auto parts = m_store->messages(id)->front().parts;
        QVERIFY(m_store->truncateFrom(message));
        QVERIFY(add(id, parts));
        QVERIFY(m_store->purgeDeleted());
        QVERIFY(kept(*blob));
        QCOMPARE(m_store->messages(id)->front().parts.front().attachment->id,
            parts.front().attachment->id);
    }

    void keepsSettings()
    {
        QVERIFY(m_store->setting("scheme"));
        QVERIFY(!m_store->setting("scheme")->has_value());
        QVERIFY(m_store->setSetting("scheme", "dark"));
        QVERIFY(m_store->setSetting("scheme", "light"));
        QVERIFY(m_store->setSetting("empty", {}));
        reopen();
        QCOMPARE(**m_store->setting("scheme"), std::string("light"));
        QCOMPARE(**m_store->setting("empty"), std::string());
    }

    void refusesALaterLecternsDatabase()
    {
        const auto id = conversation("precious");
        QVERIFY(id);
        m_store.reset();
        {
            auto database = Database::open(directory() / "lectern.db", SQLITE_OPEN_READWRITE);
            QVERIFY(database && (*database)->script("PRAGMA user_version = 77"));
        }
        const auto store = Store::open(directory());
        QVERIFY(!store);
        QCOMPARE(store.error().code, ErrorCode::newerVersion);
        auto database = Database::open(directory() / "lectern.db", SQLITE_OPEN_READWRITE);
        QCOMPARE(*(*database)->integer("SELECT count(*) FROM conversations"), std::int64_t(1));
    }

    void aSecondStoreDisturbsNothingOfTheFirsts()
    {
        const auto id = conversation();
        const auto message = add(id, {}, MessageState::streaming);
        const auto draft = m_store->putBytes("the first's draft");
        auto second = Store::open(directory());
        QVERIFY(second);
        QVERIFY((*second)->purgeDeleted());
        QVERIFY(kept(*draft));
        QVERIFY(m_store->appendText(message, "still streaming"));
        QCOMPARE(
            (*second)->messages(id)->front().parts.front().text, std::string("still streaming"));
    }

    void twoWritersWaitForEachOther()
    {
        const auto id = conversation();
        constexpr int kEach = 40;
        const auto write = [&](int* failures) {
            auto store = Store::open(directory());
            if (!store) {
                *failures = kEach;
                return;
            }
            Message message;
            message.conversation = id;
            message.parts = {textPart("from a thread")};
            for (int i = 0; i < kEach; ++i)
                *failures += (*store)->addMessage(message) ? 0 : 1;
        };
        int failures[2] = {};
        {
            const std::jthread one(write, &failures[0]);
            const std::jthread two(write, &failures[1]);
        }
        QCOMPARE(failures[0] + failures[1], 0);
        QCOMPARE(m_store->messages(id)->size(), std::size_t(2 * kEach));
        reopen();
        QCOMPARE(m_store->openingNotice(), std::string());
    }

    void manyMayOpenANewDirectoryAtOnce()
    {
        for (int round = 0; round < 10; ++round) {
            const QTemporaryDir fresh;
            std::array<std::string, 4> trouble;
            {
                std::vector<std::jthread> openers;
                openers.reserve(trouble.size());
                for (std::string& mine : trouble)
                    openers.emplace_back([&] {
                        const auto store = Store::open(fresh.path().toStdString());
                        if (!store)
                            mine = store.error().message;
                        else if (!(*store)->createConversation("mine"))
                            mine = "cannot write";
                    });
            }
            for (const std::string& mine : trouble)
                QVERIFY2(mine.empty(), mine.c_str());
            const auto store = Store::open(fresh.path().toStdString());
            QCOMPARE((*store)->conversations()->size(), trouble.size());
        }
    }

    // Ten thousand messages are read in one query that only touches their own conversation.
    void readsALongConversationInOrder()
    {
        const auto id = conversation("long");
        auto opened = Database::open(directory() / "lectern.db", SQLITE_OPEN_READWRITE);
        QVERIFY(opened);
        Database& database = **opened;
        {
            auto transaction = Transaction::begin(database);
            QVERIFY(transaction);
            for (int i = 0; i < 10'000; ++i) {
                QVERIFY(database.execute(
                    "INSERT INTO messages (conversation_id, role, state, model_name, stats_json,"
                    " error, created_at) VALUES (?, 'user', 'complete', '', '', '', 1)",
                    id));
                QVERIFY(database.execute(
                    "INSERT INTO message_parts (message_id, position, text) VALUES (?, 0, ?)",
                    database.lastInsertId(), std::to_string(i)));
            }
            QVERIFY(transaction->commit());
        }
        const auto all = m_store->messages(id);
        QVERIFY(all);
        QCOMPARE(all->size(), std::size_t(10'000));
        for (int i = 0; i < 10'000; ++i)
            QCOMPARE((*all)[static_cast<std::size_t>(i)].parts.front().text, std::to_string(i));
        auto plan = database.query(
            "EXPLAIN QUERY PLAN SELECT m.id FROM messages m LEFT JOIN message_parts p"
            " ON p.message_id = m.id WHERE m.conversation_id = ? ORDER BY m.id, p.position",
            id);
        QVERIFY(plan);
        for (auto more = plan->next(); more && *more; more = plan->next())
            QVERIFY2(!plan->text(3).starts_with("SCAN"), plan->text(3).c_str());
    }
};

QTEST_GUILESS_MAIN(StoreTest)
#include "store_test.moc"
