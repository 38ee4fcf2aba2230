// SPDX-License-Identifier: Apache-2.0
// The search of the sidebar: reached from anywhere, its results by mouse and keyboard, its ways
// out.
#include "window_fixture.h"

#include <QSignalSpy>

using namespace lectern::ui;

class SidebarSearchTest : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_fixture;

    WindowFixture& fixture() { return *m_fixture; }
    WindowState& state() { return m_fixture->state; }
    QQuickItem* field() { return m_fixture->item("searchField"); }
    QQuickItem* results() { return m_fixture->item("searchResults"); }
    bool writing() { return m_fixture->item("composerInput")->hasActiveFocus(); }
    void key(int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(m_fixture->window, static_cast<Qt::Key>(key), modifiers);
    }
    void type(const char* text)
    {
        for (; *text != '\0'; ++text)
            QTest::keyClick(m_fixture->window, *text);
    }
    void answer(const QString& words, int count)
    {
        std::vector<SearchResultData> found;
        for (int i = 0; i < count; ++i)
            found.push_back({i + 1, i == 0 ? 0 : 100 + i, QStringLiteral("Talk %1").arg(i),
                QStringLiteral("the board met"), {{4, 9}}, 1'700'000'000'000});
        state().searchResults().reset(words, std::move(found));
    }

private slots:
    void initTestCase() { prepareApplication(); }
    void init()
    {
        m_fixture = std::make_unique<WindowFixture>();
        fillConversation(state());
        QVERIFY(fixture().show());
    }
    void cleanup()
    {
        VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void asksForWhatIsTypedAndListsTheAnswer()
    {
        QSignalSpy asked(&state(), &WindowState::searchRequested);
        key(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(field()->hasActiveFocus());
        type("board");
        QCOMPARE(asked.count(), 5);
        QCOMPARE(asked.last().at(0).toString(), QStringLiteral("board"));
        QVERIFY(!fixture().item("conversationList")->isVisible());
        QVERIFY(fixture().visibleItems("nothingFound").isEmpty()); // it is not known yet
        answer(QStringLiteral("board"), 3);
        QTRY_COMPARE(fixture().visibleItems("searchResult").size(), 3);
        const QQuickItem* first = fixture().visibleItems("searchResult").constFirst();
        QVERIFY(first->property("spoken").toString().contains(QStringLiteral("Talk")));
    }

    void saysWhenNothingIsFound()
    {
        key(Qt::Key_K, Qt::ControlModifier);
        type("zebra ");
        answer(QStringLiteral("zebr"), 0); // of what was typed before
        QVERIFY(fixture().visibleItems("nothingFound").isEmpty());
        answer(QStringLiteral("zebra"), 0);
        const auto said = fixture().visibleItems("nothingFound");
        QCOMPARE(said.size(), 1);
        QCOMPARE(
            said[0]->property("text").toString(), QStringLiteral("Nothing found for “zebra”."));
        key(Qt::Key_Down); // nowhere to go
        QVERIFY(field()->hasActiveFocus());
    }

    void goesThroughTheResultsByKeys()
    {
        QSignalSpy chosen(&state(), &WindowState::foundChosen);
        key(Qt::Key_K, Qt::ControlModifier);
        type("board");
        answer(QStringLiteral("board"), 3);
        key(Qt::Key_Down);
        QVERIFY(results()->hasActiveFocus());
        QCOMPARE(results()->property("currentIndex").toInt(), 0);
        key(Qt::Key_Up);
        QVERIFY(field()->hasActiveFocus());
        key(Qt::Key_Return);
        QVERIFY(results()->hasActiveFocus());
        key(Qt::Key_Escape);
        QVERIFY(field()->hasActiveFocus());
        key(Qt::Key_Down);
        key(Qt::Key_Down);
        QTRY_COMPARE(fixture().visibleItems("searchResult").size(), 3);
        key(Qt::Key_Return);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0].at(0).toLongLong(), 2);
        QCOMPARE(chosen[0].at(1).toLongLong(), 101);
        QVERIFY(writing());
        QVERIFY(results()->isVisible()); // for the next one
        QCOMPARE(results()->property("currentIndex").toInt(), 1);
    }

    void choosesWithTheMouse()
    {
        QSignalSpy chosen(&state(), &WindowState::foundChosen);
        key(Qt::Key_K, Qt::ControlModifier);
        type("board");
        answer(QStringLiteral("board"), 2);
        QTRY_COMPARE(fixture().visibleItems("searchResult").size(), 2);
        for (QQuickItem* row : fixture().visibleItems("searchResult"))
            if (row->property("conversationId").toInt() == 1)
                fixture().click(row);
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen[0].at(1).toLongLong(), 0); // the title
    }

    void escapeClearsThenLeaves()
    {
        QSignalSpy asked(&state(), &WindowState::searchRequested);
        QSignalSpy stopped(&state(), &WindowState::stopRequested);
        state().setAnswering(true); // which Esc elsewhere would stop
        key(Qt::Key_K, Qt::ControlModifier);
        type("board");
        key(Qt::Key_Escape);
        QCOMPARE(field()->property("text").toString(), QString());
        QCOMPARE(asked.last().at(0).toString(), QString());
        QVERIFY(field()->hasActiveFocus());
        QVERIFY(fixture().item("conversationList")->isVisible());
        key(Qt::Key_Escape);
        QVERIFY(writing());
        QCOMPARE(stopped.count(), 0);
        key(Qt::Key_K, Qt::ControlModifier);
        type("a");
        QTRY_COMPARE(fixture().visibleItems("clearSearch").size(), 1);
        fixture().click(fixture().visibleItems("clearSearch").constFirst());
        QCOMPARE(field()->property("text").toString(), QString());
    }

    void isReachedWhenTheSidebarIsHidden()
    {
        key(Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!field()->isVisible());
        key(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(field()->isVisible() && field()->hasActiveFocus());
    }

    void isReachedInANarrowWindowAndGivesItBack()
    {
        fixture().window->resize(720, 480);
        QTRY_VERIFY(!field()->isVisible());
        key(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(field()->isVisible() && field()->hasActiveFocus());
        type("board");
        answer(QStringLiteral("board"), 2);
        key(Qt::Key_Down);
        QTRY_COMPARE(fixture().visibleItems("searchResult").size(), 2);
        key(Qt::Key_Return);
        QVERIFY(!field()->isVisible());
        QVERIFY(writing());
        key(Qt::Key_K, Qt::ControlModifier);
        QVERIFY(results()->isVisible());
        key(Qt::Key_Escape);
        QVERIFY(field()->isVisible());
        key(Qt::Key_Escape);
        QVERIFY(!field()->isVisible());
        QVERIFY(writing());
    }

    void aMessageThatIsSoughtIsShownAndMarkedForAMoment()
    {
        QVERIFY(fixture().settle());
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 1200; id += 2) {
            messages.push_back({id, MessageData::Role::User, MessageData::State::Complete,
                QStringLiteral("Question %1?").arg(id), {}, {}});
            messages.push_back({id + 1, MessageData::Role::Assistant, MessageData::State::Complete,
                QStringLiteral("One paragraph.\n\n").repeated(20) + QStringLiteral("The board."),
                {}, {}});
        }
        state().messages().reset(std::move(messages));
        state().setCurrentConversation(7);
        key(Qt::Key_K, Qt::ControlModifier);
        type("board");
        QVERIFY(!state().messages().complete());
        state().showMessage(22);
        QQuickItem* list = fixture().item("messageList");
        const auto shown = [&] { // the paragraph of it that holds the word
            for (QQuickItem* row : list->property("contentItem").value<QQuickItem*>()->childItems())
                if (row->isVisible() && row->property("messageId").toInt() == 22
                    && row->property("plain").toString() == u"The board.") {
                    const qreal y = list->mapFromItem(row, QPointF()).y();
                    return y > 0 && y < list->height()
                        && row->property("markedMessage").toInt() == 22;
                }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(shown(), 60'000);
        QTRY_VERIFY_WITH_TIMEOUT(state().messages().complete(), 60'000); // rows come above it
        QVERIFY(!list->property("following").toBool());
        const auto stays = [&] {
            for (QQuickItem* row : list->property("contentItem").value<QQuickItem*>()->childItems())
                if (row->isVisible() && row->property("messageId").toInt() == 22
                    && row->property("plain").toString() == u"The board.") {
                    const qreal y = list->mapFromItem(row, QPointF()).y();
                    return y > 0 && y < list->height()
                        && row->property("markedMessage").toInt() == 0;
                }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(stays(), 10'000);
    }
};

QTEST_MAIN(SidebarSearchTest)
#include "sidebar_search_test.moc"
