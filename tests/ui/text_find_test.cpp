// SPDX-License-Identifier: Apache-2.0
// Finding in the shown conversation: the places while rows come, change and go, and the bar, the
// marks and the scrolling in the real window.
#include "window_fixture.h"

#include "ui/found_marks.h"
#include "ui/text_find.h"

#include <QSignalSpy>
#include <QTextBlock>
#include <QTextDocument>
#include <QTextLayout>

using namespace lectern::ui;
using Role = MessageData::Role;
using State = MessageData::State;

class TextFindTest : public QObject {
    Q_OBJECT

    static MessageData user(qint64 id, const QString& text)
    {
        return {id, Role::User, State::Complete, text, {}, {}};
    }
    static MessageData answer(qint64 id, const QString& text)
    {
        return {id, Role::Assistant, State::Complete, text, {}, {}};
    }
    // "row.cell:from-to" of each place, the current one in brackets.
    static QString places(const TextFind& find, const MessageListModel& model)
    {
        QStringList list;
        for (int row = 0; row < model.count(); ++row)
            for (const TextFind::Hit& hit : find.hitsOf(row)) {
                QString one = QStringLiteral("%1.%2:%3-%4")
                                  .arg(hit.row)
                                  .arg(hit.cell)
                                  .arg(hit.from)
                                  .arg(hit.to);
                list << (hit == find.currentHit() ? u'[' + one + u']' : one);
            }
        return list.join(u' ');
    }

    std::unique_ptr<WindowFixture> m_fixture;
    WindowFixture& fixture() { return *m_fixture; }
    WindowState& state() { return m_fixture->state; }
    QQuickWindow* window() { return m_fixture->window; }
    QQuickItem* list() { return m_fixture->item("messageList"); }
    QString tally() { return m_fixture->item("findTally")->property("text").toString(); }
    void key(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(window(), static_cast<Qt::Key>(key), modifiers);
    }
    void type(const char* text)
    {
        for (; *text != '\0'; ++text)
            QTest::keyClick(window(), *text);
    }
    void find(const char* text)
    {
        key(Qt::Key_F, Qt::ControlModifier);
        type(text);
    }
    // What is marked in the shown texts, the current place in brackets.
    QStringList marked()
    {
        QStringList all;
        for (QQuickItem* item : WindowFixture::itemsBelow(list())) {
            if (!item->isVisible())
                continue;
            for (const FoundMarks* marks :
                item->findChildren<FoundMarks*>(QString(), Qt::FindDirectChildrenOnly)) {
                const QTextDocument* document = marks->document();
                if (document == nullptr)
                    continue;
                for (QTextBlock block = document->begin(); block.isValid(); block = block.next())
                    for (const QTextLayout::FormatRange& range : block.layout()->formats()) {
                        if (!range.format.hasProperty(QTextFormat::BackgroundBrush))
                            continue;
                        const QString text = block.text().mid(range.start, range.length);
                        const bool current = range.format.background().color()
                            == marks->find()->marks().value(1).value<QColor>();
                        all << (current ? u'[' + text + u']' : text);
                    }
            }
        }
        return all;
    }
    // Whether the letters of the current place can be seen.
    bool currentInSight()
    {
        for (QQuickItem* item : WindowFixture::itemsBelow(list())) {
            if (!item->isVisible())
                continue;
            for (const FoundMarks* marks :
                item->findChildren<FoundMarks*>(QString(), Qt::FindDirectChildrenOnly)) {
                const int place = marks->placeOfCurrent();
                if (place < 0)
                    continue;
                QRectF at;
                QMetaObject::invokeMethod(
                    item, "positionToRectangle", Q_RETURN_ARG(QRectF, at), Q_ARG(int, place));
                const QRectF shown = list()->mapRectFromItem(item, at);
                QQuickItem* bar = fixture().item("findBar");
                return !list()->mapRectFromItem(bar, bar->boundingRect()).intersects(shown)
                    && shown.top() >= 0 && shown.bottom() <= list()->height() && shown.left() >= 0
                    && shown.right() <= list()->width();
            }
        }
        return false;
    }

private slots:
    void initTestCase() { prepareApplication(); }
    void cleanup()
    {
        if (m_fixture)
            VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void findsInEveryKindOfRow()
    {
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        model.reset({user(1, QStringLiteral("The cat, the CAT\nand the cats")),
            answer(2,
                QStringLiteral("A **cat**.\n\n# Cats\n\n```\nint cat;\n```\n\n"
                               "| cat | dog |\n|---|---|\n| a | cat cat |"))});
        QTRY_VERIFY(model.complete());
        find.setProperty("startRow", 0);
        find.setText(QStringLiteral("cat"));
        QCOMPARE(find.count(), 9);
        QCOMPARE(places(find, model),
            QStringLiteral(
                "[0.0:4-7] 0.0:13-16 0.0:25-28 1.0:2-5 2.0:0-3 3.0:4-7 4.0:0-3 5.1:0-3 5.1:4-7"));
        find.setText(QStringLiteral("cats"));
        QCOMPARE(places(find, model), QStringLiteral("[0.0:25-29] 2.0:0-4"));
        find.setText(QString());
        QCOMPARE(find.count(), 0);
        QCOMPARE(find.current(), 0);
        QCOMPARE(find.currentRow(), -1);
    }

    void looksPastCaseAccentsAndKindsOfSpaces_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("typed");
        QTest::addColumn<QString>("place"); // empty: not found
        const auto row = [](const char* name, const char* text, const char* typed,
                             const char* place) {
            QTest::newRow(name) << QString::fromUtf8(text) << QString::fromUtf8(typed)
                                << QString::fromUtf8(place);
        };
        row("accents", "un Résumé", "resume", "[0.0:3-9]");
        row("typed-accents", "a resume", "RÉSUMÉ", "[0.0:2-8]");
        row("combining", "cafe\xcc\x81 noir", "café", "[0.0:0-5]");
        row("greek", "Η Ελλάδα", "ελλαδα", "[0.0:2-8]");
        row("two-accents", "Việt", "viet", "[0.0:0-4]");
        row("korean", "이사회가 예산을", "예산", "[0.0:5-7]");
        row("korean-other-syllable", "예산", "예사", "");
        row("chinese", "董事会批准了", "批准", "[0.0:3-5]");
        row("emoji", "a 🙂 b", "🙂", "[0.0:2-4]");
        row("hard-space", "12\u00a0000 euros", "12 000", "[0.0:0-6]");
        row("signs", "a(b)*c", "(b)*", "[0.0:1-5]");
        row("space-inside", "a b", "a b", "[0.0:0-3]");
        row("absent", "a b", "c", "");
    }
    void looksPastCaseAccentsAndKindsOfSpaces()
    {
        QFETCH(QString, text);
        QFETCH(QString, typed);
        QFETCH(QString, place);
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        model.reset({user(1, text)});
        find.setText(typed);
        QCOMPARE(places(find, model), place);
    }

    void beginsWhereTheReaderIsAndGoesRound()
    {
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        model.reset({user(1, QStringLiteral("a")), user(2, QStringLiteral("a")),
            user(3, QStringLiteral("b")), user(4, QStringLiteral("a"))});
        QSignalSpy moved(&find, &TextFind::moved);
        find.setProperty("startRow", 2);
        find.setText(QStringLiteral("a"));
        QCOMPARE(find.current(), 3);
        QCOMPARE(moved.count(), 1);
        find.step(1);
        QCOMPARE(find.current(), 1);
        find.step(-1);
        QCOMPARE(find.current(), 3);
        QCOMPARE(moved.count(), 3);
        find.setText(QStringLiteral("b")); // nothing from there on
        QCOMPARE(find.current(), 1);
        QCOMPARE(find.currentRow(), 2);
    }

    void followsTheRows()
    {
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        model.reset({user(1, QStringLiteral("whale")), answer(2, QStringLiteral("no"))});
        find.setText(QStringLiteral("whale"));
        QSignalSpy moved(&find, &TextFind::moved);
        model.append(user(3, QStringLiteral("Whale?")));
        model.append({4, Role::Assistant, State::Waiting, {}, {}, {}});
        QCOMPARE(find.count(), 2);
        model.appendText(4, QStringLiteral("The wh"));
        QCOMPARE(find.count(), 2);
        model.appendText(4, QStringLiteral("ale and\n\n# Whales"));
        QCOMPARE(places(find, model), QStringLiteral("[0.0:0-5] 3.0:0-5 4.0:4-9 5.0:0-5"));
        find.step(-1);
        QCOMPARE(find.current(), 4);
        model.removeFrom(4);
        QCOMPARE(places(find, model), QStringLiteral("0.0:0-5 [3.0:0-5]"));
        QCOMPARE(moved.count(), 1); // only by step(): nothing scrolls under the reader
        model.reset({user(9, QStringLiteral("other"))});
        QCOMPARE(find.count(), 0);
    }

    void keepsItsPlaceWhileOlderRowsCome()
    {
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 1000; ++id)
            messages.push_back(
                user(id, id % 100 == 0 ? QStringLiteral("whale") : QStringLiteral("no")));
        model.reset(std::move(messages));
        QVERIFY(!model.complete());
        find.setText(QStringLiteral("whale"));
        QCOMPARE(find.count(), 1);
        QTRY_VERIFY(model.complete());
        QCOMPARE(find.count(), 10);
        QCOMPARE(find.current(), 10);
        QCOMPARE(find.currentRow(), 999);
    }

    void looksThroughALongConversationALittleAtATime()
    {
        MessageListModel model;
        TextFind find;
        find.setModel(&model);
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 5000; ++id)
            messages.push_back(user(id,
                QStringLiteral("words and words ").repeated(125)
                    + (id % 1000 == 0 ? QStringLiteral("whale") : QString())));
        model.reset(std::move(messages));
        QTRY_VERIFY(model.complete());
        QSignalSpy moved(&find, &TextFind::moved);
        find.setProperty("startRow", 2500);
        find.setText(QStringLiteral("whale"));
        QVERIFY(find.looking()); // ten million characters are more than a moment's work
        QCOMPARE(moved.count(), 0);
        model.append(user(5001, QStringLiteral("whale"))); // meanwhile
        QTRY_VERIFY_WITH_TIMEOUT(!find.looking(), 60'000);
        QCOMPARE(find.count(), 6);
        QCOMPARE(find.currentRow(), 2999);
        QCOMPARE(find.current(), 3);
        QCOMPARE(moved.count(), 1);
        find.setText(QStringLiteral("whale!"));
        QTRY_VERIFY_WITH_TIMEOUT(!find.looking(), 60'000);
        QCOMPARE(find.count(), 0);
    }

    void opensFindsAndCloses()
    {
        m_fixture = std::make_unique<WindowFixture>();
        fillConversation(state());
        QVERIFY(fixture().show());
        QTRY_VERIFY(list()->property("count").toInt() > 10 && state().messages().complete());
        QVERIFY(!fixture().item("findBar")->isVisible());
        find("merger");
        QVERIFY(fixture().item("findField")->hasActiveFocus());
        QCOMPARE(tally(), QStringLiteral("1 of 3"));
        QTRY_VERIFY(currentInSight());
        key(Qt::Key_Return);
        key(Qt::Key_Return);
        QCOMPARE(tally(), QStringLiteral("3 of 3"));
        QTRY_VERIFY(marked().contains(QStringLiteral("[merger]")));
        QCOMPARE(marked().count(QStringLiteral("[merger]")), 1);
        key(Qt::Key_Return);
        QCOMPARE(tally(), QStringLiteral("1 of 3"));
        key(Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(tally(), QStringLiteral("3 of 3"));
        fixture().click(fixture().item("findPrevious"));
        QCOMPARE(tally(), QStringLiteral("2 of 3"));
        fixture().click(fixture().item("findNext"));
        QCOMPARE(tally(), QStringLiteral("3 of 3"));
        QVERIFY(fixture().item("findField")->hasActiveFocus()); // the mouse leaves it the keyboard
        type("zz");
        QCOMPARE(tally(), QStringLiteral("Not found"));
        QCOMPARE(marked(), QStringList());
        key(Qt::Key_Escape);
        QVERIFY(!fixture().item("findBar")->isVisible());
        QVERIFY(fixture().item("composerInput")->hasActiveFocus());
        find("merger"); // instead of what was there
        QCOMPARE(tally().section(u' ', 2), QStringLiteral("3"));
        fixture().click(fixture().item("findClose"));
        QVERIFY(!fixture().item("findBar")->isVisible());
        QCOMPARE(marked(), QStringList());
        find("merger");
        key(Qt::Key_Tab); // to the buttons
        QVERIFY(!fixture().item("findField")->hasActiveFocus());
        key(Qt::Key_Escape);
        QVERIFY(!fixture().item("findBar")->isVisible());
    }

    void marksCodeTablesAndInlineCode()
    {
        m_fixture = std::make_unique<WindowFixture>();
        state().messages().reset({user(1, QStringLiteral("whale")),
            answer(2,
                QStringLiteral("`whale` *whale*\n\n```c\nint whale; // a whale\n```\n\n"
                               "| whale | b |\n|---|---|\n| a | whale |"))});
        QVERIFY(fixture().show());
        QTRY_VERIFY(list()->property("count").toInt() > 5);
        find("whale");
        QTRY_COMPARE(marked().size(), 7);
        for (int place = 1; place <= 7; ++place) {
            QCOMPARE(tally(), QStringLiteral("%1 of 7").arg(place));
            QTRY_COMPARE(marked().count(QStringLiteral("[whale]")), 1);
            QCOMPARE(marked().count(QStringLiteral("whale")), 6);
            key(Qt::Key_Return);
        }
        // Code keeps its colours.
        bool coloured = false;
        for (QQuickItem* item : WindowFixture::itemsBelow(list()))
            for (const FoundMarks* marks :
                item->findChildren<FoundMarks*>(QString(), Qt::FindDirectChildrenOnly))
                if (marks->document() != nullptr
                    && marks->document()->toPlainText().startsWith(u"int"))
                    for (const auto& range : marks->document()->begin().layout()->formats())
                        coloured = coloured
                            || (range.start == 0 && range.length == 3
                                && range.format.hasProperty(QTextFormat::ForegroundBrush));
        QVERIFY(coloured);
    }

    void showsPlacesThatWereHidden()
    {
        m_fixture = std::make_unique<WindowFixture>();
        const QString pasted = QStringLiteral("a line of text\n").repeated(80)
            + QStringLiteral("whale one\n") + QStringLiteral("a line of text\n").repeated(80)
            + QStringLiteral("whale two");
        const QString code = QStringLiteral("```\n%1 whale three\n```").arg(QString(400, u'x'));
        state().messages().reset({user(1, pasted), answer(2, code),
            user(3, QStringLiteral("more\n").repeated(13)), answer(4, longAnswer())});
        QVERIFY(fixture().show());
        QTRY_VERIFY(state().messages().complete());
        find("whale one");
        QCOMPARE(tally(), QStringLiteral("1 of 1"));
        QTRY_VERIFY(currentInSight());
        QTest::keyClick(window(), Qt::Key_A, Qt::ControlModifier);
        type("whale t");
        QCOMPARE(tally(), QStringLiteral("1 of 2"));
        QTRY_VERIFY(currentInSight());
        key(Qt::Key_Return);
        QCOMPARE(tally(), QStringLiteral("2 of 2"));
        QTRY_VERIFY(currentInSight()); // sideways
    }

    void findsInMessagesThatAreNotBuiltYet()
    {
        m_fixture = std::make_unique<WindowFixture>();
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 4000; id += 2) {
            messages.push_back(user(id, QStringLiteral("Question %1?").arg(id)));
            messages.push_back(answer(id + 1,
                QStringLiteral("First of %1.\n\nSecond%2.")
                    .arg(id)
                    .arg(id == 11 ? QStringLiteral(" whale") : QString())));
        }
        state().messages().reset(std::move(messages));
        state().setCurrentConversation(5);
        QVERIFY(fixture().show());
        find("whale");
        QVERIFY(!state().messages().complete());
        QVERIFY(tally().endsWith(u'…'));
        QTRY_COMPARE_WITH_TIMEOUT(tally(), QStringLiteral("1 of 1"), 60'000);
        QTRY_VERIFY(currentInSight());
        QVERIFY(!list()->property("following").toBool());
    }

    void doesNotCoverTheFirstMessage()
    {
        m_fixture = std::make_unique<WindowFixture>();
        const QString question = QStringLiteral("a question that is as wide as it may be, a whale");
        state().messages().reset({user(1, question), answer(2, QStringLiteral("short"))});
        QVERIFY(fixture().show());
        const double before = list()->property("contentY").toDouble();
        find("whale");
        QCOMPARE(tally(), QStringLiteral("1 of 1"));
        QTRY_VERIFY(currentInSight());
        key(Qt::Key_Escape);
        QTRY_COMPARE(list()->property("contentY").toDouble(), before);
    }

    void closesWithItsConversationAndIsNotForAnEmptyOne()
    {
        m_fixture = std::make_unique<WindowFixture>();
        fillConversation(state());
        QVERIFY(fixture().show());
        find("merger");
        QVERIFY(fixture().item("findBar")->isVisible());
        QVERIFY(fixture().settle());
        state().messages().reset({});
        state().setCurrentConversation(0);
        QVERIFY(!fixture().item("findBar")->isVisible());
        key(Qt::Key_F, Qt::ControlModifier);
        QVERIFY(!fixture().item("findBar")->isVisible());
    }

    void escapeClosesTheBarAndNotTheAnswer()
    {
        m_fixture = std::make_unique<WindowFixture>();
        fillConversation(state());
        state().setAnswering(true);
        QSignalSpy stopped(&state(), &WindowState::stopRequested);
        QVERIFY(fixture().show());
        find("merger");
        key(Qt::Key_Escape);
        QVERIFY(!fixture().item("findBar")->isVisible());
        QCOMPARE(stopped.count(), 0);
        key(Qt::Key_Escape);
        QCOMPARE(stopped.count(), 1);
    }
};

QTEST_MAIN(TextFindTest)
#include "text_find_test.moc"
