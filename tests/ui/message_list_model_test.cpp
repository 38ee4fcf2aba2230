// SPDX-License-Identifier: Apache-2.0
// Rows of a conversation, how they change while an answer streams, and long conversations.
#include "preview_data.h"
#include "ui/attachment_list_model.h"
#include "ui/message_list_model.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QtTest/QTest>

using namespace lectern::ui;
using Role = MessageData::Role;
using State = MessageData::State;

class MessageListModelTest : public QObject {
    Q_OBJECT

    static QVariant at(const MessageListModel& model, int row, int role)
    {
        return model.data(model.index(row), role);
    }

    static QStringList rows(const MessageListModel& model)
    {
        QStringList list;
        for (int row = 0; row < model.count(); ++row)
            list << at(model, row, MessageListModel::RowKind).toString() + QLatin1Char('|')
                    + at(model, row, MessageListModel::Plain).toString();
        return list;
    }

    static MessageData user(qint64 id, const QString& text)
    {
        return {id, Role::User, State::Complete, text, {}, {}};
    }
    static MessageData answer(qint64 id, const QString& text, State state = State::Complete)
    {
        return {id, Role::Assistant, state, text, {}, {}};
    }

private slots:
    void makesOneRowABlock()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset(
            {user(1, QStringLiteral("*q*")), answer(2, QStringLiteral("a\n\n# b\n\n```\nc\n```"))});
        QCOMPARE(rows(model),
            QStringList({QStringLiteral("user|*q*"), QStringLiteral("paragraph|a"),
                QStringLiteral("heading|b"), QStringLiteral("code|c"), QStringLiteral("footer|")}));
        QVERIFY(at(model, 1, MessageListModel::FirstRow).toBool());
        QVERIFY(!at(model, 2, MessageListModel::FirstRow).toBool());
        QVERIFY(at(model, 4, MessageListModel::LastAnswer).toBool());
    }

    void streamingShowsWhatParsingAtOnceShows()
    {
        MessageListModel once;
        once.reset({user(1, QStringLiteral("q")), answer(2, longAnswer(), State::Streaming)});
        QTRY_VERIFY(once.complete());
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset({user(1, QStringLiteral("q")), answer(2, {}, State::Waiting)});
        QCOMPARE(rows(model), QStringList({QStringLiteral("user|q"), QStringLiteral("footer|")}));
        QCOMPARE(
            at(model, 1, MessageListModel::MessageState).toString(), QStringLiteral("waiting"));
        QRandomGenerator random(5);
        const QString text = longAnswer();
        for (qsizetype from = 0; from < text.size();) {
            const qsizetype size = 1 + random.bounded(20);
            model.appendText(2, text.mid(from, size));
            from += size;
        }
        QCOMPARE(rows(model), rows(once));
        for (int row = 0; row < model.count(); ++row)
            for (int role = MessageListModel::RowKind; role <= MessageListModel::LastTableRow;
                 ++role)
                if (role != MessageListModel::Attachments)
                    QCOMPARE(at(model, row, role), at(once, row, role));
        QCOMPARE(model.find(2)->markdown, text);
        QCOMPARE(at(model, model.count() - 1, MessageListModel::MessageState).toString(),
            QStringLiteral("streaming"));
    }

    void touchesOnlyTheLastBlockWhileStreaming()
    {
        MessageListModel model;
        model.reset({answer(1, QStringLiteral("one\n\ntwo\n\nthree"), State::Streaming)});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        model.appendText(1, QStringLiteral(" more"));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(changed.at(0).at(0).toModelIndex().row(), 2);
        QCOMPARE(removed.count(), 0);
    }

    void replacesARowWhoseKindChanges()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset({answer(1, QStringLiteral("a | b"), State::Streaming)});
        QCOMPARE(rows(model).first(), QStringLiteral("paragraph|a | b"));
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        model.appendText(1, QStringLiteral("\n---|---\n"));
        QCOMPARE(rows(model).first(), QStringLiteral("tableRow|a\tb"));
        QCOMPARE(inserted.count(), 1);
    }

    void tellsTheStateAndNoteInTheFooter()
    {
        MessageListModel model;
        model.reset({answer(1, QStringLiteral("x"), State::Streaming)});
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.setState(1, State::Failed, QStringLiteral("No memory."));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(at(model, 1, MessageListModel::MessageState).toString(), QStringLiteral("failed"));
        QCOMPARE(at(model, 1, MessageListModel::Note).toString(), QStringLiteral("No memory."));
        model.setState(99, State::Failed, {}); // not there: nothing happens
        model.appendText(99, QStringLiteral("x"));
        model.removeFrom(99);
        QCOMPARE(model.count(), 2);
    }

    void movesAnswerAgainToTheLastAnswer()
    {
        MessageListModel model;
        model.reset({user(1, QStringLiteral("q")), answer(2, QStringLiteral("a"))});
        QVERIFY(at(model, 2, MessageListModel::LastAnswer).toBool());
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.append(user(3, QStringLiteral("q2")));
        QVERIFY(!at(model, 2, MessageListModel::LastAnswer).toBool());
        QCOMPARE(changed.at(0).at(0).toModelIndex().row(), 2);
        model.removeFrom(3);
        QVERIFY(at(model, 2, MessageListModel::LastAnswer).toBool());
    }

    void tellsTheFooterThatAnAnswerBegan()
    {
        MessageListModel model;
        model.append(answer(1, {}, State::Waiting));
        QVERIFY(at(model, 0, MessageListModel::FirstRow).toBool());
        bool told = false;
        connect(&model, &QAbstractItemModel::dataChanged, &model,
            [&](const QModelIndex& from, const QModelIndex&, const QList<int>& roles) {
                if (at(model, from.row(), MessageListModel::RowKind) == QStringLiteral("footer")
                    && !at(model, from.row(), MessageListModel::FirstRow).toBool()
                    && roles.contains(MessageListModel::FirstRow))
                    told = true;
            });
        model.appendText(1, QStringLiteral("A word"));
        QVERIFY(told); // it shows the buttons for an answer then
    }

    void givesTheLastQuestionToChange()
    {
        MessageListModel model;
        QCOMPARE(model.lastQuestion(), nullptr);
        model.reset({user(1, QStringLiteral("one")), answer(2, QStringLiteral("a")),
            user(3, QStringLiteral("two"))});
        QCOMPARE(model.lastQuestion()->id, qint64{3});
        QVERIFY(!at(model, 0, MessageListModel::LastQuestion).toBool());
        QVERIFY(at(model, 3, MessageListModel::LastQuestion).toBool());
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.append(answer(4, QStringLiteral("b")));
        model.append(user(5, QStringLiteral("three")));
        QVERIFY(!at(model, 3, MessageListModel::LastQuestion).toBool());
        QSet<int> told;
        for (const QList<QVariant>& change : changed)
            told << change.at(0).toModelIndex().row();
        QVERIFY(told.contains(3));
        changed.clear();
        model.removeFrom(5);
        QVERIFY(at(model, 3, MessageListModel::LastQuestion).toBool());
        QVERIFY(!changed.isEmpty());
    }

    void removesAMessageAndAllAfterIt()
    {
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset({user(1, QStringLiteral("q")), answer(2, QStringLiteral("a\n\nb")),
            user(3, QStringLiteral("r")), answer(4, QStringLiteral("c"))});
        model.removeFrom(2);
        QCOMPARE(rows(model), QStringList({QStringLiteral("user|q")}));
        model.append(answer(5, {}, State::Waiting));
        model.appendText(5, QStringLiteral("new"));
        QCOMPARE(rows(model).at(1), QStringLiteral("paragraph|new"));
        model.removeFrom(1);
        QCOMPARE(model.count(), 0);
    }

    void givesFilesOfAMessageAsAModel()
    {
        MessageListModel model;
        MessageData message = user(1, QStringLiteral("q"));
        QImage image(4, 4, QImage::Format_RGB32);
        image.fill(Qt::red);
        message.attachments.push_back({1, QStringLiteral("a.png"), QStringLiteral("image"), {}, {},
            AttachmentData::State::Ready, 1, image});
        model.reset({message});
        auto* files = qobject_cast<AttachmentListModel*>(
            at(model, 0, MessageListModel::Attachments).value<QObject*>());
        QVERIFY(files != nullptr);
        QCOMPARE(
            files->data(files->index(0), AttachmentListModel::Thumbnail).value<QImage>(), image);

        // What was read of it is known later.
        message.attachments[0].warnings = QStringList{QStringLiteral("Half of it was read.")};
        model.setAttachments(1, message.attachments);
        model.setAttachments(99, message.attachments); // nobody
        QCOMPARE(files->count(), 1);
        QCOMPARE(files->data(files->index(0), AttachmentListModel::Warnings).toStringList(),
            message.attachments[0].warnings);
        QCOMPARE(model.find(1)->attachments[0].warnings, message.attachments[0].warnings);
    }

    void hidesMostOfAVeryLongQuestion()
    {
        MessageListModel model;
        const QString text = QStringLiteral("line <b>\n").repeated(400);
        model.reset({user(1, text), user(2, QStringLiteral("short"))});
        const QString preview = at(model, 0, MessageListModel::Preview).toString();
        QVERIFY(!preview.isEmpty() && preview.size() < 1000);
        QCOMPARE(at(model, 0, MessageListModel::Plain).toString(), text);
        QVERIFY(at(model, 1, MessageListModel::Preview).toString().isEmpty());
    }

    void buildsALongConversationFromItsEnd()
    {
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 2000; ++id)
            messages.push_back(id % 2 != 0
                    ? user(id, QStringLiteral("question %1").arg(id))
                    : answer(id, QStringLiteral("answer %1\n\nsecond").arg(id)));
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset(messages);
        QVERIFY(!model.complete());
        QVERIFY(model.count() >= 5 && model.count() < 20);
        QCOMPARE(rows(model).at(model.count() - 2), QStringLiteral("paragraph|second"));
        model.append(answer(3000, {}, State::Waiting));
        model.appendText(3000, QStringLiteral("streams while older ones are built"));
        model.setState(2, State::Failed, QStringLiteral("not built yet"));
        QTRY_VERIFY_WITH_TIMEOUT(model.complete(), 60000);
        QCOMPARE(model.count(), 1000 + 1000 * 3 + 2);
        QCOMPARE(rows(model).first(), QStringLiteral("user|question 1"));
        QCOMPARE(at(model, 3, MessageListModel::Note).toString(), QStringLiteral("not built yet"));
    }

    void staysWholeWhenCutInsideWhatIsNotBuilt()
    {
        std::vector<MessageData> messages;
        for (qint64 id = 1; id <= 1000; ++id)
            messages.push_back(user(id, QString::number(id)));
        MessageListModel model;
        QAbstractItemModelTester tester(
            &model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset(messages);
        model.removeFrom(500);
        QTRY_VERIFY_WITH_TIMEOUT(model.complete(), 60000);
        QCOMPARE(model.count(), 499);
        QCOMPARE(rows(model).last(), QStringLiteral("user|499"));
    }
};

QTEST_MAIN(MessageListModelTest)
#include "message_list_model_test.moc"
