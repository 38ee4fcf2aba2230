// SPDX-License-Identifier: Apache-2.0
// Selecting over several paragraphs of the conversation with the mouse, and copying what was
// selected.
#include "window_fixture.h"

#include "ui/text_selection.h"

#include <QClipboard>

using namespace lectern::ui;
using Role = MessageData::Role;
using State = MessageData::State;

class TextSelectionTest : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_fixture;

    WindowState& state() { return m_fixture->state; }
    QQuickWindow* window() { return m_fixture->window; }
    QQuickItem* list() { return m_fixture->item("messageList"); }

    // The shown text item that holds these words.
    QQuickItem* textWith(const char* words)
    {
        for (QQuickItem* item : WindowFixture::itemsBelow(list()))
            if (item->inherits("QQuickTextEdit") && item->isVisible()
                && plainOf(item).contains(QLatin1String(words)))
                return item;
        return nullptr;
    }
    static QString plainOf(QQuickItem* edit)
    {
        QString text;
        QMetaObject::invokeMethod(edit, "getText", Q_RETURN_ARG(QString, text), Q_ARG(int, 0),
            Q_ARG(int, edit->property("length").toInt()));
        return text;
    }
    // Where a character of a text item stands in the window.
    static QPoint placeOf(QQuickItem* edit, int position)
    {
        QRectF at;
        QMetaObject::invokeMethod(
            edit, "positionToRectangle", Q_RETURN_ARG(QRectF, at), Q_ARG(int, position));
        return edit->mapToScene(at.center()).toPoint();
    }
    void drag(const QPoint& from, const QPoint& to)
    {
        QTest::mousePress(window(), Qt::LeftButton, Qt::NoModifier, from);
        for (int step = 1; step <= 8; ++step)
            QTest::mouseMove(window(), from + (to - from) * step / 8);
        QTest::mouseRelease(window(), Qt::LeftButton, Qt::NoModifier, to);
    }
    QString copied()
    {
        QGuiApplication::clipboard()->clear();
        QTest::keyClick(window(), Qt::Key_C, Qt::ControlModifier);
        return QGuiApplication::clipboard()->text();
    }
    static QString selectedIn(QQuickItem* edit)
    {
        return edit->property("selectedText").toString();
    }

private slots:
    void initTestCase() { prepareApplication(); }
    void init()
    {
        m_fixture = std::make_unique<WindowFixture>();
        state().messages().reset({{1, Role::User, State::Complete, QStringLiteral("A question?"),
                                      {}, {}},
            {2, Role::Assistant, State::Complete,
                QStringLiteral("First **bold** words.\n\n- one\n- two\n\n```c\nint code;\n```\n\n"
                               "| A | B |\n|---|---|\n| c | d |\n\nLast words here."),
                {}, {}}});
        QVERIFY(m_fixture->show());
        QTRY_VERIFY(textWith("Last words") != nullptr);
        QTest::qWait(100); // rows take their places
    }
    void cleanup()
    {
        VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void copiesFromTheMiddleOfOneToTheMiddleOfAnother()
    {
        drag(placeOf(textWith("First"), 6), placeOf(textWith("Last words"), 4));
        QCOMPARE(selectedIn(textWith("First")), QStringLiteral("bold words."));
        QCOMPARE(selectedIn(textWith("two")), QStringLiteral("two"));
        QCOMPARE(selectedIn(textWith("int code")), QStringLiteral("int code;"));
        QCOMPARE(selectedIn(textWith("Last words")), QStringLiteral("Last"));
        QCOMPARE(copied(),
            QStringLiteral("bold words.\n\n• one\n• two\n\nint code;\n\nA\tB\nc\td\n\nLast"));
    }

    void selectsUpwardsToo()
    {
        drag(placeOf(textWith("Last words"), 4), placeOf(textWith("question"), 2));
        QVERIFY(copied().startsWith(QStringLiteral("question?\n\nFirst bold words.")));
        QVERIFY(copied().endsWith(QStringLiteral("c\td\n\nLast")));
    }

    void endsWithTheNextPress()
    {
        drag(placeOf(textWith("First"), 6), placeOf(textWith("two"), 2));
        QVERIFY(!selectedIn(textWith("one")).isEmpty());
        QQuickItem* last = textWith("Last words");
        QTest::mouseClick(window(), Qt::LeftButton, Qt::NoModifier, placeOf(last, 3));
        for (const char* words : {"First", "one", "two"})
            QCOMPARE(selectedIn(textWith(words)), QString());
        // Inside one paragraph the text selects as ever.
        drag(placeOf(last, 5), placeOf(last, 10));
        QCOMPARE(selectedIn(last), QStringLiteral("words"));
        QCOMPARE(copied(), QStringLiteral("words"));
    }

    void shrinksBackIntoItsFirstParagraph()
    {
        QQuickItem* first = textWith("First");
        const QPoint from = placeOf(first, 6);
        QTest::mousePress(window(), Qt::LeftButton, Qt::NoModifier, from);
        QTest::mouseMove(window(), placeOf(textWith("two"), 2));
        QVERIFY(!selectedIn(textWith("one")).isEmpty());
        QTest::mouseMove(window(), placeOf(first, 10));
        QTest::mouseRelease(window(), Qt::LeftButton, Qt::NoModifier, placeOf(first, 10));
        QCOMPARE(selectedIn(textWith("one")), QString());
        QCOMPARE(copied(), QStringLiteral("bold"));
    }

    void staysWithItsWordsWhileAnAnswerGrows()
    {
        state().messages().append(
            {3, Role::User, State::Complete, QStringLiteral("More?"), {}, {}});
        state().messages().append({4, Role::Assistant, State::Waiting, {}, {}, {}});
        state().messages().appendText(4, QStringLiteral("It goes"));
        QTRY_VERIFY(textWith("It goes") != nullptr);
        QTest::qWait(100);
        drag(placeOf(textWith("two"), 1), placeOf(textWith("It goes"), 2));
        const QString before = copied();
        QVERIFY(before.startsWith(QStringLiteral("wo\n\nint code;")));
        QVERIFY(before.endsWith(QStringLiteral("More?\n\nIt")));
        QVERIFY(!list()->property("following").toBool()); // nothing scrolls from under the mouse
        state().messages().appendText(4, QStringLiteral(" on.\n\nAnd on."));
        QCOMPARE(copied(), before);
        QCOMPARE(selectedIn(textWith("It goes")), QStringLiteral("It"));
        state().messages().removeFrom(3);
        QCOMPARE(copied(), QString()); // what was selected is gone
    }
};

QTEST_MAIN(TextSelectionTest)
#include "text_selection_test.moc"
