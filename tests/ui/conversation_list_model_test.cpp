// SPDX-License-Identifier: Apache-2.0
// Order and date sections of the conversations; the draft's attachments.
#include "ui/attachment_list_model.h"
#include "ui/conversation_list_model.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QtTest/QTest>

using namespace lectern::ui;

class ConversationListModelTest : public QObject {
    Q_OBJECT

    static QList<qint64> ids(const ConversationListModel& model)
    {
        QList<qint64> list;
        for (int row = 0; row < model.count(); ++row)
            list
                << model.data(model.index(row), ConversationListModel::ConversationId).toLongLong();
        return list;
    }

private slots:
    void namesSectionsByDate_data()
    {
        QTest::addColumn<QDateTime>("updated");
        QTest::addColumn<QString>("section");
        const QDate today(2026, 3, 15);
        const auto at = [](const QDate& date, int hour) {
            return QDateTime(date, QTime(hour, 30));
        };
        QTest::newRow("now") << at(today, 9) << QStringLiteral("Today");
        QTest::newRow("early-today") << at(today, 0) << QStringLiteral("Today");
        QTest::newRow("clock-went-back") << at(today.addDays(1), 9) << QStringLiteral("Today");
        QTest::newRow("late-yesterday") << at(today.addDays(-1), 23) << QStringLiteral("Yesterday");
        QTest::newRow("a-week") << at(today.addDays(-7), 1) << QStringLiteral("Previous 7 days");
        QTest::newRow("eight-days")
            << at(today.addDays(-8), 23) << QStringLiteral("Previous 30 days");
        QTest::newRow("months") << at(QDate(2025, 12, 24), 12) << QStringLiteral("December 2025");
    }

    void namesSectionsByDate()
    {
        QFETCH(QDateTime, updated);
        QFETCH(QString, section);
        QCOMPARE(
            ConversationListModel::sectionOf(updated, QDateTime(QDate(2026, 3, 15), QTime(10, 0))),
            section);
    }

    void keepsTheNewestFirst()
    {
        ConversationListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset({{1, QStringLiteral("a"), 100}, {2, QStringLiteral("b"), 300},
            {3, QStringLiteral("c"), 200}});
        QCOMPARE(ids(model), QList<qint64>({2, 3, 1}));
        QSignalSpy moved(&model, &QAbstractItemModel::rowsMoved);
        model.upsert({1, QStringLiteral("a2"), 400});
        QCOMPARE(ids(model), QList<qint64>({1, 2, 3}));
        QCOMPARE(moved.count(), 1);
        QCOMPARE(model.titleOf(1), QStringLiteral("a2"));
        model.upsert({4, QStringLiteral("d"), 250});
        QCOMPARE(ids(model), QList<qint64>({1, 2, 4, 3}));
        model.remove(2);
        model.remove(77);
        QCOMPARE(ids(model), QList<qint64>({1, 4, 3}));
    }

    void staysSortedUnderRandomUpdates()
    {
        ConversationListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QRandomGenerator random(11);
        QMap<qint64, qint64> expected;
        for (int step = 0; step < 300; ++step) {
            const qint64 id = 1 + random.bounded(20);
            const qint64 updated = random.bounded(1000);
            if (random.bounded(5) == 0) {
                model.remove(id);
                expected.remove(id);
            } else {
                model.upsert({id, QString::number(id), updated});
                expected[id] = updated;
            }
            QList<qint64> sorted = expected.keys();
            std::sort(sorted.begin(), sorted.end(), [&](qint64 a, qint64 b) {
                return expected[a] != expected[b] ? expected[a] > expected[b] : a > b;
            });
            QCOMPARE(ids(model), sorted);
        }
    }

    void updatesAttachmentsInPlace()
    {
        AttachmentListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.upsert(
            {1, QStringLiteral("a.txt"), {}, {}, {}, AttachmentData::State::Reading, 0.5, {}});
        model.upsert({2, QStringLiteral("b.txt"), {}, {}, {}, AttachmentData::State::Ready, 1, {}});
        QVERIFY(model.reading());
        model.upsert({1, QStringLiteral("a.txt"), {}, QStringLiteral("Unreadable."), {},
            AttachmentData::State::Rejected, 0, {}});
        QVERIFY(!model.reading());
        QCOMPARE(model.count(), 2);
        QCOMPARE(model.data(model.index(0), AttachmentListModel::State).toString(),
            QStringLiteral("rejected"));
        model.remove(1);
        QCOMPARE(model.data(model.index(0), AttachmentListModel::FileName).toString(),
            QStringLiteral("b.txt"));
    }
};

QTEST_GUILESS_MAIN(ConversationListModelTest)
#include "conversation_list_model_test.moc"
