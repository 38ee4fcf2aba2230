// SPDX-License-Identifier: Apache-2.0
// How a search result reads: one line of text, the words in bold and in sight, and when it was.
#include "ui/search_results_model.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest/QTest>

using namespace lectern::ui;
using Hit = SearchResultData::Hit;

class SearchResultsModelTest : public QObject {
    Q_OBJECT

    // A text with its hits in brackets.
    static SearchResultData result(const QString& marked, qint64 message = 7)
    {
        SearchResultData data;
        data.conversation = 3;
        data.message = message;
        data.title = QStringLiteral("Talk <1>");
        for (const QChar c : marked) {
            const int at = static_cast<int>(data.passage.size());
            if (c == u'{')
                data.hits.push_back({at, at});
            else if (c == u'}')
                data.hits.back().to = at;
            else
                data.passage += c;
        }
        return data;
    }
    static QVariant at(const SearchResultsModel& model, int row, int role)
    {
        return model.data(model.index(row), role);
    }

private slots:
    void showsAPassage_data()
    {
        QTest::addColumn<QString>("marked");
        QTest::addColumn<QString>("html");
        const auto row = [](const char* name, const char* marked, const char* html) {
            QTest::newRow(name) << QString::fromUtf8(marked) << QString::fromUtf8(html);
        };
        row("words", "the {board} met {here}", "the <b>board</b> met <b>here</b>");
        row("the-end", "the {board}", "the <b>board</b>");
        row("markup-is-text", "<b>a</b> & {b}", "&lt;b&gt;a&lt;/b&gt; &amp; <b>b</b>");
        row("lines", "one\n\n  two\t{three}\n", "one two <b>three</b>");
        row("emphasis", "**bold** and *{slanted}* and `code`", "bold and <b>slanted</b> and code");
        row("hit-round-signs", "{the **board**} met", "<b>the board</b> met");
        row("signs-that-mean-themselves", "2 * 3 is 2*3, a_b, C# {x}",
            "2 * 3 is 2*3, a_b, C# <b>x</b>");
        row("heading", "## The {board}\n> said", "The <b>board</b> said");
        row("list", "Then:\n- one {hit}\n  * two", "Then: • one <b>hit</b> • two");
        row("table", "| A | {B} |\n|---|---:|\n| c | d |", "A <b>B</b> c d");
        row("minus", "a - {b} - c", "a - <b>b</b> - c");
        row("link", "see [the {rules}](https://example.org/a) now", "see the <b>rules</b> now");
        row("cut-link", "see [the {rules}](https://exam", "see the <b>rules</b>");
        row("brackets", "a[0] is {b}", "a[0] is <b>b</b>");
        row("far-hit", "0123456789 0123456789 0123456789 0123456789 {hit} and more",
            "…0123456789 0123456789 <b>hit</b> and more");
        row("far-hit-without-spaces",
            "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語{予算}",
            "…本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語<b>予算</b>");
        row("no-hits", "just text", "just text");
        row("nothing", "", "");
    }
    void showsAPassage()
    {
        QFETCH(QString, marked);
        QFETCH(QString, html);
        const SearchResultData data = result(marked);
        QCOMPARE(SearchResultsModel::passageHtml(data.passage, data.hits), html);
    }

    void neverCutsAPairOfSurrogates()
    {
        for (int lead = 0; lead < 8; ++lead) {
            const SearchResultData data = result(QString(lead, u'x')
                + QStringLiteral("🙂").repeated(30) + QStringLiteral("{hit}"));
            const QString html = SearchResultsModel::passageHtml(data.passage, data.hits);
            QVERIFY(html.isValidUtf16());
            QVERIFY(html.startsWith(u'…'));
        }
    }

    void saysWhen()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedKingdom));
        const QDateTime now(QDate(2026, 3, 12), QTime(10, 30)); // a Thursday
        const auto when = [&](const QDateTime& time) {
            return SearchResultsModel::whenOf(time, now);
        };
        QCOMPARE(when(QDateTime(QDate(2026, 3, 12), QTime(9, 5))), QStringLiteral("09:05"));
        QCOMPARE(when(now.addSecs(3600)), QStringLiteral("11:30")); // a clock that was set back
        QCOMPARE(when(QDateTime(QDate(2026, 3, 11), QTime(23, 59))), QStringLiteral("Yesterday"));
        QCOMPARE(when(QDateTime(QDate(2026, 3, 10), QTime(12, 0))), QStringLiteral("Tue"));
        QCOMPARE(when(QDateTime(QDate(2026, 3, 5), QTime(12, 0))), QStringLiteral("5 Mar"));
        QCOMPARE(when(QDateTime(QDate(2025, 12, 31), QTime(12, 0))), QStringLiteral("Dec 2025"));
    }

    void showsTitlesAndMessages()
    {
        SearchResultsModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset(QStringLiteral("hit"),
            {result(QStringLiteral("a {hit} title"), 0),
                result(QStringLiteral("a **{hit}** here"))});
        QCOMPARE(model.count(), 2);
        QCOMPARE(model.words(), QStringLiteral("hit"));
        QCOMPARE(at(model, 0, SearchResultsModel::Title).toString(),
            QStringLiteral("a <b>hit</b> title"));
        QCOMPARE(at(model, 0, SearchResultsModel::Passage).toString(), QString());
        QCOMPARE(at(model, 0, SearchResultsModel::FoundMessage).toLongLong(), 0);
        QCOMPARE(
            at(model, 1, SearchResultsModel::Title).toString(), QStringLiteral("Talk &lt;1&gt;"));
        QCOMPARE(at(model, 1, SearchResultsModel::Passage).toString(),
            QStringLiteral("a <b>hit</b> here"));
        QCOMPARE(at(model, 1, SearchResultsModel::Spoken).toString(),
            QStringLiteral("Talk <1>: a **hit** here"));
        QCOMPARE(at(model, 1, SearchResultsModel::FoundMessage).toLongLong(), 7);
        QCOMPARE(at(model, 1, SearchResultsModel::ConversationId).toLongLong(), 3);
    }

    void theSameAgainMovesNothing()
    {
        SearchResultsModel model;
        model.reset(QStringLiteral("hit"), {result(QStringLiteral("a {hit}"))});
        QSignalSpy rows(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy changes(&model, &SearchResultsModel::changed);
        model.reset(QStringLiteral("hit"), {result(QStringLiteral("a {hit}"))});
        QCOMPARE(rows.count(), 0);
        QCOMPARE(changes.count(), 0);
        model.reset(QStringLiteral("hit "), {result(QStringLiteral("a {hit}"))}); // other words
        QCOMPARE(changes.count(), 1);
        model.reset(QString(), {});
        QCOMPARE(model.count(), 0);
        QCOMPARE(model.rowCount(), 0);
    }

    void rowsComeByAndByAndAreTakenOver()
    {
        SearchResultsModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto some = [](int count, const QString& passage) {
            return std::vector<SearchResultData>(static_cast<std::size_t>(count), result(passage));
        };
        model.reset(QStringLiteral("a"), some(100, QStringLiteral("{a}")));
        QCOMPARE(model.count(), 100);
        QVERIFY(model.rowCount() > 0 && model.rowCount() < 100);
        QTRY_COMPARE(model.rowCount(), 100);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.reset(QStringLiteral("ab"), some(30, QStringLiteral("{ab}")));
        QCOMPARE(model.rowCount(), 30);
        QCOMPARE(
            at(model, 29, SearchResultsModel::Passage).toString(), QStringLiteral("<b>ab</b>"));
        QCOMPARE(inserted.count(), 0);
        model.reset(QStringLiteral("a"), some(50, QStringLiteral("{a}")));
        model.reset(QStringLiteral("abc"), some(2, QStringLiteral("{abc}"))); // before they came
        QTest::qWait(100);
        QCOMPARE(model.rowCount(), 2);
    }
};

QTEST_MAIN(SearchResultsModelTest)
#include "search_results_model_test.moc"
