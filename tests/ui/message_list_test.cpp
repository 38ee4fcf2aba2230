// SPDX-License-Identifier: Apache-2.0
// The conversation in the real window: streaming, following the end, long conversations.
#include "window_fixture.h"

#include <QWheelEvent>

using namespace lectern::ui;
using Role = MessageData::Role;
using State = MessageData::State;

class MessageListTest : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_fixture;

    WindowState& state() { return m_fixture->state; }
    QQuickItem* list() { return m_fixture->item("messageList"); }
    bool atEnd() { return list()->property("atEnd").toBool(); }
    bool following() { return list()->property("following").toBool(); }

    void wheel(int steps)
    {
        const QPointF position =
            list()->mapToScene(QPointF(list()->width() / 2, list()->height() / 2));
        for (int i = 0; i < std::abs(steps); ++i) {
            QWheelEvent event(position, m_fixture->window->mapToGlobal(position), {},
                QPoint(0, steps > 0 ? 120 : -120), Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                false);
            QCoreApplication::sendEvent(m_fixture->window, &event);
        }
    }

    void beginAnswer()
    {
        state().messages().append(
            {100, Role::User, State::Complete, QStringLiteral("Again?"), {}, {}});
        state().messages().append({101, Role::Assistant, State::Waiting, {}, {}, {}});
        state().setAnswering(true);
    }

private slots:
    void initTestCase() { prepareApplication(); }
    void init()
    {
        m_fixture = std::make_unique<WindowFixture>();
        fillConversation(state());
        QVERIFY(m_fixture->show({1000, 640}));
        QTRY_VERIFY(list()->property("count").toInt() > 10);
        QTRY_VERIFY(atEnd());
        QVERIFY(m_fixture->settle());
    }
    void cleanup()
    {
        VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void followsAStreamingAnswer()
    {
        beginAnswer();
        const QString text = longAnswer();
        for (qsizetype at = 0; at < text.size(); at += 40) {
            state().messages().appendText(101, text.mid(at, 40));
            QCoreApplication::processEvents();
        }
        QTRY_VERIFY(atEnd());
        QVERIFY(following());
        QVERIFY(!m_fixture->item("jumpToLatest")->isVisible());
    }

    void letsTheReaderScrollAway()
    {
        beginAnswer();
        wheel(4);
        QVERIFY(!following());
        QTest::qWait(300); // the glide ends
        const qreal position = list()->property("contentY").toReal();
        const QString text = longAnswer();
        for (qsizetype at = 0; at < text.size(); at += 40) {
            state().messages().appendText(101, text.mid(at, 40));
            QCoreApplication::processEvents();
        }
        QTest::qWait(50);
        QCOMPARE(list()->property("contentY").toReal(), position);
        QVERIFY(m_fixture->item("jumpToLatest")->isVisible());
        m_fixture->click(m_fixture->item("jumpToLatest"));
        QTRY_VERIFY(atEnd());
        QVERIFY(following());
    }

    void followsAgainWhenTheReaderReturnsToTheEnd()
    {
        wheel(2);
        QVERIFY(!following());
        QTest::qWait(300);
        wheel(-40);
        QTRY_VERIFY(atEnd());
        QVERIFY(following());
    }

    void goesToTheEndForAnotherConversation()
    {
        wheel(4);
        QVERIFY(!following());
        state().messages().reset(
            {{1, Role::User, State::Complete, QStringLiteral("line\n").repeated(10), {}, {}},
                {2, Role::Assistant, State::Complete, longAnswer(), {}, {}}});
        state().setCurrentConversation(2);
        QTRY_VERIFY(atEnd());
        QVERIFY(following());
    }

    void scrollsByKeys()
    {
        list()->forceActiveFocus();
        QTest::keyClick(m_fixture->window, Qt::Key_Home);
        QTRY_COMPARE(list()->property("contentY").toReal(), list()->property("originY").toReal());
        QTest::keyClick(m_fixture->window, Qt::Key_End);
        QTRY_VERIFY(atEnd());
    }

    void keepsFewRowsOfALongConversation()
    {
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 10000; ++id)
            messages.push_back({id, id % 2 != 0 ? Role::User : Role::Assistant, State::Complete,
                QStringLiteral("Message %1 with some words.\n\nAnd a second paragraph.").arg(id),
                {}, {}});
        state().messages().reset(std::move(messages));
        state().setCurrentConversation(9);
        QTRY_VERIFY(atEnd());
        // Older rows are inserted above while the reader looks at the end.
        QTRY_VERIFY_WITH_TIMEOUT(state().messages().complete(), 120000);
        QTRY_VERIFY(atEnd());
        QCOMPARE(list()->property("count").toInt(), 5000 + 5000 * 3);
        for (int i = 0; i < 10; ++i) {
            wheel(10);
            QTest::qWait(20);
        }
        const auto* content = list()->property("contentItem").value<QQuickItem*>();
        QVERIFY2(content->childItems().size() < 300,
            qPrintable(QString::number(content->childItems().size())));
        QVERIFY(!following());
    }

    void neverShowsMarkupOfThePersonOrTheModel()
    {
        state().messages().reset(
            {{1, Role::User, State::Complete,
                 QStringLiteral("<h1>big</h1><img src='file:///etc/hostname'>"), {}, {}},
                {2, Role::Assistant, State::Complete,
                    QStringLiteral(
                        "<h1>big</h1> ![x](file:///etc/hostname) [l](file:///etc/passwd)"),
                    {}, {}}});
        QStringList texts; // of the rows, also of some that the list keeps for reuse
        const auto shown = [&] {
            texts.clear();
            const QList<QQuickItem*> items = WindowFixture::itemsBelow(list());
            for (QQuickItem* item : items) {
                QString plain;
                if (item->inherits("QQuickTextEdit")
                    && QMetaObject::invokeMethod(item, "getText", Q_RETURN_ARG(QString, plain),
                        Q_ARG(int, 0), Q_ARG(int, 1000)))
                    texts << plain;
            }
            return texts.filter(QStringLiteral("big")).size() == 2
                && texts.filter(QStringLiteral("<h1>big</h1>")).size() == 2;
        };
        QTRY_VERIFY2(shown(), qPrintable(texts.join(QLatin1Char('\n'))));
    }
};

QTEST_MAIN(MessageListTest)
#include "message_list_test.moc"
