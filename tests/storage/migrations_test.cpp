// SPDX-License-Identifier: Apache-2.0
// Migrations: from nothing, from an older schema, failing half-way, and from the future.
#include "storage/migrations.h"

#include <array>
#include <QObject>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern::storage;

class MigrationsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    std::unique_ptr<Database> database(const char* name)
    {
        auto opened = Database::open(
            m_dir.filePath(name).toStdString(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        return opened ? std::move(*opened) : nullptr;
    }

private slots:
    void buildsTheSchemaFromNothing()
    {
        const auto db = database("new.db");
        QVERIFY(db);
        QVERIFY(migrate(*db, migrations()));
        QCOMPARE(*db->integer("PRAGMA user_version"), std::int64_t(migrations().size()));
        QCOMPARE(*db->integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table'"
                              " AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search%'"),
            std::int64_t(5));
        QCOMPARE(*db->integer("SELECT count(*) FROM pragma_table_list WHERE type = 'virtual'"),
            std::int64_t(2));
        QVERIFY(migrate(*db, migrations())); // and is content with it
    }

    void everyTableIsStrict()
    {
        const auto db = database("strict.db");
        QVERIFY(db && migrate(*db, migrations()));
        QCOMPARE(*db->integer("SELECT count(*) FROM pragma_table_list"
                              " WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"),
            std::int64_t(0));
    }

    void takesAVersionOneFileWithItsRowsToVersionTwo()
    {
        const auto db = database("older.db");
        QVERIFY(db && migrate(*db, migrations().first(1)));
        QVERIFY(db->execute("INSERT INTO conversations (title, created_at, updated_at)"
                            " VALUES ('kept', 1, 2)"));
        const std::array steps = {migrations()[0],
            Migration{"pins",
                "ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL"
                " DEFAULT 0; UPDATE conversations SET pinned = 1;"}};
        QVERIFY(migrate(*db, steps));
        QCOMPARE(*db->integer("PRAGMA user_version"), std::int64_t(2));
        QCOMPARE(
            *db->integer("SELECT pinned FROM conversations WHERE title = 'kept'"), std::int64_t(1));
    }

    void aFailingStepLeavesTheVersionBeforeIt()
    {
        const auto db = database("failing.db");
        QVERIFY(db);
        const std::array steps = {migrations()[0],
            Migration{"broken",
                "CREATE TABLE half (a INTEGER) STRICT; INSERT INTO nowhere "
                "VALUES (1);"}};
        const auto done = migrate(*db, steps);
        QVERIFY(!done);
        QVERIFY(!db->inTransaction());
        QCOMPARE(*db->integer("PRAGMA user_version"), std::int64_t(1));
        QCOMPARE(*db->integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"),
            std::int64_t(0));
    }

    void refusesAFileFromTheFuture()
    {
        const auto db = database("future.db");
        QVERIFY(db && migrate(*db, migrations()));
        QVERIFY(db->script("PRAGMA user_version = 1000"));
        const auto done = migrate(*db, migrations());
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::newerVersion);
        QVERIFY(done.error().message.find("later version") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(MigrationsTest)
#include "migrations_test.moc"
