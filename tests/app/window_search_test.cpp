// SPDX-License-Identifier: Apache-2.0
// Searching at the real window, with the store behind it: typing, results, the way to a message.
#include "endless_engine.h"
#include "real_window.h"

#include <QSignalSpy>
#include <QTemporaryDir>

using namespace lectern;
using namespace lectern::app;

class WindowSearchTest : public QObject {
    Q_OBJECT

    static constexpr int kPatience = RealWindow::kPatience;

    std::unique_ptr<QTemporaryDir> m_directory;

    // A conversation of an earlier time: questions and answers in turn.
    void store(const char* title, const std::vector<std::string>& texts)
    {
        const auto opened = storage::Store::open(m_directory->path().toStdString());
        QVERIFY(opened);
        const auto conversation = (*opened)->createConversation(title);
        QVERIFY(conversation);
        bool question = true;
        for (const std::string& text : texts) {
            storage::Message message;
            message.conversation = conversation->id;
            message.role = question ? storage::Role::user : storage::Role::assistant;
            message.parts = {{text, std::nullopt}};
            QVERIFY((*opened)->addMessage(message));
            question = !question;
        }
    }

    static void type(const RealWindow& program, const char* text)
    {
        program.press(Qt::Key_K, Qt::ControlModifier);
        for (; *text != '\0'; ++text)
            QTest::keyClick(program.window, *text);
    }
    // Titles and passages as listed.
    static QStringList listed(RealWindow& program)
    {
        QStringList rows;
        const ui::SearchResultsModel& model = program.state.searchResults();
        for (int row = 0; row < model.count(); ++row)
            rows << model.index(row, 0).data(ui::SearchResultsModel::Title).toString() + u'|'
                    + model.index(row, 0).data(ui::SearchResultsModel::Passage).toString();
        return rows;
    }

private slots:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }

    void findsAndOpensAMessageOfAnEarlierConversation()
    {
        std::vector<std::string> texts;
        for (int i = 0; i < 120; ++i) {
            texts.push_back("Question number " + std::to_string(i) + "?");
            texts.push_back("Answer " + std::to_string(i) + ".\n\nAnd more words.\n\n"
                + (i == 5 ? "The **xylophone** is here." : "Nothing here."));
        }
        store("Instruments", texts);
        store("Newest", {"Something else?", "Yes."});
        RealWindow program(m_directory->path());
        QVERIFY(program.show());
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 2, kPatience);
        type(program, "xylo");
        QTRY_COMPARE_WITH_TIMEOUT(listed(program),
            QStringList{QStringLiteral(
                "Instruments|Answer 5. And more words. The <b>xylophone</b> is here.")},
            kPatience);
        QTRY_COMPARE(program.items("searchResult").size(), 1);
        program.press(Qt::Key_Down);
        program.press(Qt::Key_Return);
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 240, kPatience);
        QCOMPARE(program.state.currentTitle(), QStringLiteral("Instruments"));
        const QQuickItem* list = program.item("messageList");
        const auto inSight = [&] {
            for (const QQuickItem* row :
                list->property("contentItem").value<QQuickItem*>()->childItems())
                if (row->isVisible()
                    && row->property("plain").toString() == u"The xylophone is here.") {
                    const qreal y = list->mapFromItem(row, QPointF()).y();
                    return y >= 0 && y < list->height();
                }
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(inSight(), kPatience);
        QVERIFY(program.item("composerInput")->hasActiveFocus());

        // Again from the list, when its conversation is shown already.
        QTest::keyClick(program.window, Qt::Key_End, Qt::ControlModifier);
        QMetaObject::invokeMethod(program.item("messageList"), "positionViewAtEnd");
        QTRY_VERIFY(!inSight());
        program.click(program.item("searchResult"));
        QTRY_VERIFY_WITH_TIMEOUT(inSight(), kPatience);
        QCOMPARE(program.state.messages().messageCount(), 240);
    }

    void theNewestWordsAreAnswered()
    {
        store("Talk", {"alpha", "beta"});
        RealWindow program(m_directory->path());
        QVERIFY(program.show());
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 2, kPatience);
        QSignalSpy found(&program.assistant, &Assistant::found);
        for (const char* words : {"a", "al", "alp", "b", "be"})
            program.assistant.search(words);
        QTRY_COMPARE_WITH_TIMEOUT(found.count(), 1, kPatience);
        QTest::qWait(50);
        QCOMPARE(found.count(), 1);
        QCOMPARE(found[0].at(0).value<std::string>(), std::string("be"));
        QCOMPARE(program.state.searchResults().words(), QStringLiteral("be"));
        QCOMPARE(listed(program), QStringList{QStringLiteral("Talk|<b>beta</b>")});
    }

    void whatIsListedStaysTrue()
    {
        store("Talk about whales", {"Which?", "None."});
        store("Other", {"A whale?", "Whales are large."});
        RealWindow program(m_directory->path());
        QVERIFY(program.show());
        QTRY_COMPARE_WITH_TIMEOUT(program.state.messages().messageCount(), 2, kPatience);
        type(program, "whale");
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().count(), 3, kPatience);
        const qint64 titled = program.state.searchResults()
                                  .index(0, 0)
                                  .data(ui::SearchResultsModel::ConversationId)
                                  .toLongLong();
        emit program.state.conversationRenamed(titled, QStringLiteral("Talk about fish"));
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().count(), 2, kPatience);
        const qint64 other = program.state.currentConversation();
        emit program.state.conversationDeleted(other);
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().count(), 0, kPatience);
        QTRY_COMPARE(program.items("nothingFound").size(), 1);
        emit program.state.undoRequested();
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().count(), 2, kPatience);
    }

    void anAnswerIsFoundWhenItIsOver()
    {
        RealWindow program(m_directory->path(), openEndless());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        program.ask("Tell me of narwhals");
        QTRY_VERIFY_WITH_TIMEOUT(
            program.lastAnswer() && program.lastAnswer()->markdown.size() > 20, kPatience);
        const QString word = program.lastAnswer()->markdown.simplified().section(u' ', 0, 0);
        type(program, qPrintable(word));
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().words(), word, kPatience);
        QCOMPARE(program.state.searchResults().count(), 0);
        emit program.state.stopRequested();
        QTRY_COMPARE_WITH_TIMEOUT(program.state.searchResults().count(), 1, kPatience);
    }
};

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    ui::prepareApplication();
    WindowSearchTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_search_test.moc"
