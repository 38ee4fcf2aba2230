// SPDX-License-Identifier: Apache-2.0
// Full-text search: what is found, in which order, with which words marked, and that the index is
// what is stored after every kind of change.
#include "storage/search.h"

#include "storage/migrations.h"

#include <QObject>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern::storage;

class SearchTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<Store> m_store;
    ConversationId m_conversation = 0;

    [[nodiscard]] std::filesystem::path directory() const { return m_dir->path().toStdString(); }

    void reopen()
    {
        m_store.reset();
        auto store = Store::open(directory());
        QVERIFY2(store, store ? "" : store.error().message.c_str());
        m_store = std::move(*store);
    }

    std::unique_ptr<Database> database()
    {
        auto opened = Database::open(directory() / "lectern.db", SQLITE_OPEN_READWRITE);
        return opened ? std::move(*opened) : nullptr;
    }

    MessageId add(std::string text, MessageState state = MessageState::complete,
        ConversationId conversation = 0, Role role = Role::user)
    {
        Message message;
        message.conversation = conversation != 0 ? conversation : m_conversation;
        message.role = role;
        message.state = state;
        if (!text.empty())
            message.parts = {{std::move(text), std::nullopt}};
        const auto added = m_store->addMessage(message);
        return added ? *added : 0;
    }

    // What is found, one "title: a [marked] snippet" each.
    QStringList found(std::string_view words, int limit = 20)
    {
        const auto all = m_store->search(words, limit);
        if (!all)
            return {QString::fromStdString(all.error().message)};
        QStringList list;
        for (const Found& one : *all) {
            std::string snippet = one.snippet;
            for (auto hit = one.hits.rbegin(); hit != one.hits.rend(); ++hit) {
                snippet.insert(hit->end, "]");
                snippet.insert(hit->begin, "[");
            }
            list << QString::fromStdString(
                one.title + (one.message != 0 ? ": " : " is ") + snippet);
        }
        return list;
    }
    static QStringList one(const char* text) { return {QString::fromUtf8(text)}; }

    // The index holds exactly what is stored: FTS5 compares every word of both.
    bool exact()
    {
        const auto db = database();
        return db
            && db->script("INSERT INTO search (search, rank) VALUES ('integrity-check', 1);"
                          "INSERT INTO search_titles (search_titles, rank)"
                          " VALUES ('integrity-check', 1);");
    }

private slots:
    void init()
    {
        m_store.reset();
        m_dir = std::make_unique<QTemporaryDir>();
        reopen();
        const auto made = m_store->createConversation("Talk");
        QVERIFY(made);
        m_conversation = made->id;
    }
    void cleanup()
    {
        QVERIFY(exact());
        m_store.reset();
    }

    void findsWords_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("marked"); // empty: not found
        const auto row = [](const char* name, const char* text, const char* typed,
                             const char* marked) {
            QTest::newRow(name) << QString::fromUtf8(text) << QString::fromUtf8(typed)
                                << QString::fromUtf8(marked);
        };
        row("word", "the board met", "board", "the [board] met");
        row("beginning-of-the-last", "the board met", "boa", "the [board] met");
        row("not-of-an-earlier", "the board met", "boa met", "");
        row("not-the-end-of-a-word", "the board met", "oard", "");
        row("all-words-in-any-order", "the board met", "met board", "the [board] [met]");
        row("one-word-missing", "the board met", "board left", "");
        row("case", "The Board MET", "bOARD met", "The [Board] [MET]");
        row("accents", "un résumé naïf", "resume naif", "un [résumé] [naïf]");
        row("typed-accents", "un resume", "RÉSUMÉ", "un [resume]");
        row("two-accents", "Việt Nam", "viet", "[Việt] Nam");
        row("combining", "cafe\xcc\x81 noir", "café", "[cafe\xcc\x81] noir");
        row("cyrillic", "Отчёт совета", "отчёт", "[Отчёт] совета");
        row("greek-capitals", "Η Ελλάδα", "ΕΛΛΆΔΑ", "Η [Ελλάδα]");
        row("arabic", "وافق مجلس الإدارة", "مجلس", "وافق [مجلس] الإدارة");
        row("chinese-two-characters", "董事会批准了预算。", "批准", "董事会[批准]了预算。");
        row("chinese-one-character", "董事会批准了预算。", "会", "董事[会]批准了预算。");
        row("chinese-not-in-order", "董事会批准了预算。", "准批", "");
        row("chinese-two-words", "董事会批准了预算。", "预算 董事", "[董事]会批准了[预算]。");
        row("japanese", "取締役会は予算を承認し、リヨンに", "承認",
            "取締役会は予算を[承認]し、リヨンに");
        row("japanese-katakana", "新しいリヨンの事務所", "リヨン", "新しい[リヨン]の事務所");
        row("korean-inside-a-word", "이사회가 예산을 승인했다", "예산",
            "이사회가 [예산]을 승인했다");
        row("thai", "กรรมการอนุมัติงบ", "อนุมัติ", "กรรมการ[อนุมัติ]งบ");
        row("rare-han", "the \xf0\xa0\x80\x8b character", "\xf0\xa0\x80\x8b",
            "the [\xf0\xa0\x80\x8b] character");
        row("mixed", "Lectern用于文档v2测试", "文档v2", "Lectern用于[文档v2]测试");
        row("number", "in 2025 and 1,204 more", "2025", "in [2025] and 1,204 more");
        row("dots-and-dashes", "see board-minutes.md", "board-minutes.md",
            "see [board-minutes.md]");
        row("code", "call std::move(x) here", "std::move", "call [std::move](x) here");
        row("quote", "she said \"no\" twice", "\"no\"", "she said \"[no]\" twice");
        row("operators-are-words", "AND then OR not", "AND OR NOT", "[AND] then [OR] [not]");
        row("near", "near here", "NEAR(here", "[near here]");
        row("column", "text of it", "text:it", "");
        row("star", "a b", "*", "");
        row("sign-among-words", "plus one", "+ one", "plus [one]");
        row("sign-after-words", "plus one", "one +", "plus [one]");
        row("signs", "a ( b", "((", "");
        row("nothing", "a b", "  ", "");
    }
    void findsWords()
    {
        QFETCH(QString, text);
        QFETCH(QString, typed);
        QFETCH(QString, marked);
        QVERIFY(add(text.toStdString()));
        QVERIFY(add("something else entirely"));
        const QStringList expected =
            marked.isEmpty() ? QStringList() : QStringList{QStringLiteral("Talk: ") + marked};
        QCOMPARE(found(typed.toStdString()), expected);
    }

    void neverFailsForWhatIsTyped()
    {
        QVERIFY(add("some text"));
        for (const std::string_view typed :
            {std::string_view("\"\"\""), std::string_view("a\0b", 3), std::string_view("\xff\xfe"),
                std::string_view("{text} : ^x*"), std::string_view("-text"),
                std::string_view("\xe4\xbc"), std::string_view("'; DROP TABLE search; --")})
            QVERIFY2(m_store->search(typed, 10), std::string(typed).c_str());
        QCOMPARE(found(std::string(100'000, 'x')), QStringList());
        std::string words;
        for (int i = 0; i < 1000; ++i)
            words += "text ";
        QCOMPARE(found(words).size(), 1);
    }

    void textThatIsNoUtf8OrHoldsNulIsHarmless()
    {
        QVERIFY(add(std::string("before\0behind", 13)));
        QVERIFY(add("\xe4\xbc board \xff\xc0\x80 met \xf0\x9f"));
        QCOMPARE(found("board met").size(), 1);
        QCOMPARE(found("before").size(), 1);
    }

    void tellsWhereItStands()
    {
        const auto before = add("a question about whales");
        const auto answer = add("Whales are large.", MessageState::complete, 0, Role::assistant);
        const auto all = m_store->search("whales", 10);
        QVERIFY(all && all->size() == 2);
        const Found& newest = all->front();
        QCOMPARE(newest.message, answer);
        QCOMPARE(newest.role, Role::assistant);
        QCOMPARE(newest.conversation, m_conversation);
        QCOMPARE(newest.title, std::string("Talk"));
        QVERIFY(newest.time > 0);
        QCOMPARE(newest.hits.size(), std::size_t(1));
        QCOMPARE(newest.hits[0].begin, std::size_t(0));
        QCOMPARE(newest.hits[0].end, std::size_t(6));
        QCOMPARE(all->back().message, before);
        QCOMPARE(all->back().role, Role::user);
    }

    void showsThePassageOfALongText()
    {
        std::string text;
        for (int i = 0; i < 2000; ++i)
            text += "word" + std::to_string(i) + ' ';
        QVERIFY(add(text));
        const auto all = m_store->search("word1000", 10);
        QVERIFY(all && all->size() == 1);
        const Found& one = all->front();
        QVERIFY(one.snippet.size() < 400);
        QVERIFY(one.snippet.starts_with("…") && one.snippet.ends_with("…"));
        QCOMPARE(one.hits.size(), std::size_t(1));
        QCOMPARE(one.snippet.substr(one.hits[0].begin, one.hits[0].end - one.hits[0].begin),
            std::string("word1000"));
    }

    void findsNamesOfFilesTogetherWithTheText()
    {
        const auto blob = m_store->putBytes("the file");
        Attachment file;
        file.fileName = "board-minutes.pdf";
        file.sha256 = blob->sha256;
        Message message;
        message.conversation = m_conversation;
        message.parts = {{{}, file}, {"What was decided?", std::nullopt}};
        QVERIFY(m_store->addMessage(message));
        QCOMPARE(found("minutes.pdf"), one("Talk: board-[minutes.pdf]"));
        QCOMPARE(found("minutes decided").size(), 1);
        QCOMPARE(found("decided"), one("Talk: What was [decided]?"));
    }

    void findsTitlesAndAQuestionRatherThanItsTitle()
    {
        const auto tax = m_store->createConversation("Taxes of the year");
        QVERIFY(tax);
        QCOMPARE(found("taxes"), one("Taxes of the year is [Taxes] of the year"));
        QVERIFY(add("Which taxes are due?", MessageState::complete, tax->id));
        QCOMPARE(found("taxes"), one("Taxes of the year: Which [taxes] are due?"));
        QCOMPARE(found("taxes year"), one("Taxes of the year is [Taxes] of the [year]"));
        QVERIFY(add("Taxes!"));
        QVERIFY(m_store->renameConversation(m_conversation, "Fees of the year"));
        QCOMPARE(found("fees"), one("Fees of the year is [Fees] of the year"));
        QCOMPARE(found("talk"), QStringList());
        QCOMPARE(found("year").size(), 2);
    }

    void newestFirstAndNoMoreThanAsked()
    {
        for (int i = 0; i < 30; ++i)
            QVERIFY(add("note " + std::to_string(i)));
        const QStringList three = found("note", 3);
        QCOMPARE(three,
            QStringList({QStringLiteral("Talk: [note] 29"), QStringLiteral("Talk: [note] 28"),
                QStringLiteral("Talk: [note] 27")}));
    }

    void anAnswerIsFoundOnceItIsOver()
    {
        const auto answer = add({}, MessageState::streaming, 0, Role::assistant);
        QVERIFY(m_store->appendText(answer, "Whales sing"));
        QCOMPARE(found("whales"), QStringList());
        QVERIFY(m_store->appendText(answer, " at night"));
        QVERIFY(exact());
        QVERIFY(m_store->finishMessage(answer, MessageState::stopped, "{}", ""));
        QCOMPARE(found("whales night"), one("Talk: [Whales] sing at [night]"));
        QVERIFY(exact());
        QVERIFY(m_store->finishMessage(answer, MessageState::complete, "{}", "")); // once more
        QCOMPARE(found("whales").size(), 1);
    }

    void anAnswerCutOffIsFoundAfterReopening()
    {
        const auto answer = add({}, MessageState::streaming, 0, Role::assistant);
        QVERIFY(m_store->appendText(answer, "half an answer"));
        reopen();
        QCOMPARE(found("half").size(), 1);
    }

    void whatIsRemovedIsNotFound()
    {
        const auto other = m_store->createConversation("Other");
        QVERIFY(add("first whale"));
        const auto second = add("second whale");
        QVERIFY(add("third whale", MessageState::complete, other->id));
        QVERIFY(add("fourth whale", MessageState::streaming));
        QVERIFY(m_store->truncateFrom(second));
        QVERIFY(exact());
        QCOMPARE(found("whale"),
            QStringList(
                {QStringLiteral("Other: third [whale]"), QStringLiteral("Talk: first [whale]")}));
        QVERIFY(m_store->deleteConversation(other->id));
        QCOMPARE(found("whale"), one("Talk: first [whale]"));
        QCOMPARE(found("other"), QStringList());
        QVERIFY(m_store->restoreConversation(other->id));
        QCOMPARE(found("whale").size(), 2);
        QVERIFY(m_store->deleteConversation(other->id));
        QVERIFY(m_store->purgeDeleted());
        QCOMPARE(found("whale").size(), 1);
    }

    void aPurgedConversationLeavesNoWordInTheIndex()
    {
        const auto secret = m_store->createConversation("Zebracode");
        QVERIFY(add("the password is xylophone", MessageState::complete, secret->id));
        QVERIFY(m_store->deleteConversation(secret->id));
        QVERIFY(m_store->purgeDeleted());
        const auto db = database();
        for (const char* table : {"search_data", "search_titles_data"}) {
            auto rows = db->query(std::string("SELECT block FROM ") + table);
            QVERIFY(rows);
            for (auto more = rows->next(); more && *more; more = rows->next()) {
                QVERIFY(rows->text(0).find("ylophone") == std::string::npos);
                QVERIFY(rows->text(0).find("ebracode") == std::string::npos);
            }
        }
    }

    // A database of the version before: what is in it is found at once.
    void anExistingDatabaseIsIndexed()
    {
        m_store.reset();
        m_dir = std::make_unique<QTemporaryDir>();
        {
            auto opened = Database::open(
                directory() / "lectern.db", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
            QVERIFY(opened && migrate(**opened, migrations().first(1)));
            QVERIFY((*opened)->script(
                "INSERT INTO conversations (title, created_at, updated_at) VALUES ('Old talk', 1, "
                "1);"
                "INSERT INTO messages (conversation_id, role, state, model_name, stats_json, error,"
                " created_at) VALUES (1, 'user', 'complete', '', '', '', 1),"
                " (1, 'assistant', 'streaming', '', '', '', 1);"
                "INSERT INTO message_parts (message_id, position, text) VALUES (1, 1, 'second "
                "part'),"
                " (1, 0, 'first part'), (2, 0, 'cut off');"));
        }
        reopen();
        QCOMPARE(found("part first"), one("Old talk: [first] [part]\nsecond [part]"));
        QCOMPARE(found("cut"), one("Old talk: [cut] off"));
        QCOMPARE(found("old"), one("Old talk is [Old] talk"));
    }

    // SQLite cannot tell that the index is damaged as long as its pages are in order.
    void aDamagedIndexIsMadeAnew_data()
    {
        QTest::addColumn<QString>("change"); // what is done first with it
        for (const char* change : {"search", "add", "finish", "truncate", "purge"})
            QTest::newRow(change) << QString::fromLatin1(change);
    }
    void aDamagedIndexIsMadeAnew()
    {
        QFETCH(QString, change);
        for (int i = 0; i < 50; ++i)
            QVERIFY(add("whale number " + std::to_string(i)));
        const auto last = add("last");
        const auto answer = add("streaming", MessageState::streaming);
        const auto other = m_store->createConversation("Other");
        QVERIFY(add("elsewhere", MessageState::complete, other->id));
        QVERIFY(m_store->deleteConversation(other->id));
        {
            const auto db = database();
            sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
            QVERIFY(db->script("UPDATE search_data SET block ="
                               " CAST(replace(hex(block), 'A', 'z') AS BLOB)"));
        }
        if (change == u"add")
            QVERIFY(add("one more whale number 7") != 0);
        else if (change == u"finish")
            QVERIFY(m_store->finishMessage(answer, MessageState::complete, "", ""));
        else if (change == u"truncate")
            QVERIFY(m_store->truncateFrom(last));
        else if (change == u"purge")
            QVERIFY(m_store->purgeDeleted());
        QCOMPARE(found("whale 7").size(), change == u"add" ? 2 : 1);
    }

    // Then FTS5 cannot open it, so the database is recovered as one whose pages are not in order.
    void anIndexWithoutItsHeadIsMadeAnewAtTheNextStart()
    {
        QVERIFY(add("whale"));
        m_store.reset();
        {
            const auto db = database();
            sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
            QVERIFY(db->script("UPDATE search_data SET block = 'zzzzzzzz' WHERE id = 10"));
        }
        reopen();
        QVERIFY(m_store->openingNotice().find("1 message could be") != std::string::npos);
        QCOMPARE(found("whale").size(), 1);
    }
};

QTEST_GUILESS_MAIN(SearchTest)
#include "search_test.moc"
