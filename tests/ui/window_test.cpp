// SPDX-License-Identifier: Apache-2.0
// The window as a person uses it: composer, sidebar, files, dialogs, schemes.
#include "window_fixture.h"

#include <QClipboard>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QPalette>
#include <QSignalSpy>

using namespace lectern::ui;

class WindowTest : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_fixture;

    WindowFixture& fixture() { return *m_fixture; }
    WindowState& state() { return m_fixture->state; }
    QQuickWindow* window() { return m_fixture->window; }
    QQuickItem* input() { return m_fixture->item("composerInput"); }
    void type(const QString& text)
    {
        for (const QChar c : text)
            QTest::keyClick(window(), c.toLatin1());
    }

private slots:
    void initTestCase()
    {
        prepareApplication();
        QAccessible::setActive(true);
    }
    void init() { m_fixture = std::make_unique<WindowFixture>(); }
    void cleanup()
    {
        VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void showsEverythingWithoutWarnings_data()
    {
        QTest::addColumn<QString>("scheme");
        QTest::addColumn<QSize>("size");
        QTest::newRow("light") << QStringLiteral("light") << QSize(1280, 800);
        QTest::newRow("dark-small") << QStringLiteral("dark") << QSize(720, 480);
    }

    void showsEverythingWithoutWarnings()
    {
        QFETCH(QString, scheme);
        QFETCH(QSize, size);
        state().setColorScheme(scheme);
        fillConversation(state());
        fillDraft(state());
        QVERIFY(fixture().show(size));
        state().setActivity(QStringLiteral("Prefill 512 of 2048 tokens"), 0.25);
        state().showNotice(QStringLiteral("A sentence."));
        state().setUndo(QStringLiteral("Deleted."));
        QTRY_VERIFY(!fixture().visibleItems("copyAnswer").isEmpty());
        QTest::keyClick(window(), Qt::Key_Slash, Qt::ControlModifier);
        QTest::keyClick(window(), Qt::Key_Escape);
        QTest::keyClick(window(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(!fixture().visibleItems("scheme-dark").isEmpty());
        const QImage picture = window()->grabWindow();
        QCOMPARE(picture.size(), size);
    }

    void enterSendsAndShiftEnterBreaks()
    {
        QVERIFY(fixture().show());
        QSignalSpy sent(&state(), &WindowState::sendRequested);
        type(QStringLiteral("one"));
        QTest::keyClick(window(), Qt::Key_Return, Qt::ShiftModifier);
        type(QStringLiteral("two"));
        QCOMPARE(sent.count(), 0);
        QTest::keyClick(window(), Qt::Key_Return);
        QCOMPARE(sent.count(), 1);
        QCOMPARE(sent.at(0).at(0).toString(), QStringLiteral("one\ntwo"));
        QCOMPARE(input()->property("text").toString(), QString());
        QTest::keyClick(window(), Qt::Key_Return); // nothing written
        QCOMPARE(sent.count(), 1);
    }

    void keepsTheTextAndSaysWhyItCannotBeSent()
    {
        state().setCanSend(false);
        state().setModel({.name = {},
            .detail = {},
            .error = {},
            .demonstration = false,
            .loading = true,
            .seesImages = false});
        QVERIFY(fixture().show());
        QSignalSpy sent(&state(), &WindowState::sendRequested);
        type(QStringLiteral("early"));
        QTest::keyClick(window(), Qt::Key_Return);
        QCOMPARE(sent.count(), 0);
        QCOMPARE(input()->property("text").toString(), QStringLiteral("early"));
        QVERIFY(fixture().item("composerHint")->isVisible());
        QVERIFY(fixture()
                    .item("composerHint")
                    ->property("text")
                    .toString()
                    .contains(QStringLiteral("model")));
        state().setCanSend(true);
        QVERIFY(!fixture().item("composerHint")->isVisible());
        fixture().click(fixture().item("sendButton"));
        QCOMPARE(sent.count(), 1);
    }

    void escapeAndTheButtonStop()
    {
        QVERIFY(fixture().show());
        QSignalSpy stopped(&state(), &WindowState::stopRequested);
        QTest::keyClick(window(), Qt::Key_Escape);
        QCOMPARE(stopped.count(), 0);
        state().setAnswering(true);
        QTest::keyClick(window(), Qt::Key_Escape);
        QCOMPARE(stopped.count(), 1);
        fixture().click(fixture().item("sendButton"));
        QCOMPARE(stopped.count(), 2);
    }

    void escapeInADialogClosesItFirst()
    {
        QVERIFY(fixture().show());
        state().setAnswering(true);
        QSignalSpy stopped(&state(), &WindowState::stopRequested);
        QTest::keyClick(window(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(!fixture().visibleItems("scheme-dark").isEmpty());
        QTest::keyClick(window(), Qt::Key_Escape);
        QTRY_VERIFY(fixture().visibleItems("scheme-dark").isEmpty());
        QCOMPARE(stopped.count(), 0);
    }

    void growsWithTheTextUpToALimit()
    {
        QVERIFY(fixture().show());
        const qreal oneLine = fixture().item("attach")->parentItem()->height();
        for (int i = 0; i < 30; ++i)
            QTest::keyClick(window(), Qt::Key_Return, Qt::ShiftModifier);
        const qreal many = fixture().item("attach")->parentItem()->height();
        QVERIFY(many > oneLine + 100);
        QVERIFY(many < 260);
    }

    void restoresADraft()
    {
        QVERIFY(fixture().show());
        state().restoreDraft(QStringLiteral("not lost"));
        QCOMPARE(input()->property("text").toString(), QStringLiteral("not lost"));
        QVERIFY(input()->hasActiveFocus());
    }

    void pastesPicturesFilesAndLongTextsAsAttachmentsAndWordsAsText()
    {
        QVERIFY(fixture().show());
        QSignalSpy pictures(&state(), &WindowState::imagePasteRequested);
        QSignalSpy files(&state(), &WindowState::filesDropped);
        QImage image(8, 8, QImage::Format_RGB32);
        image.fill(Qt::blue);
        QGuiApplication::clipboard()->setImage(image);
        QTest::keyClick(window(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(pictures.count(), 1);
        auto* data = new QMimeData;
        data->setUrls(
            {QUrl(QStringLiteral("file:///tmp/a.txt")), QUrl(QStringLiteral("file:///tmp/b.png"))});
        QGuiApplication::clipboard()->setMimeData(data);
        QTest::keyClick(window(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(files.count(), 1);
        QCOMPARE(files.at(0).at(0).value<QList<QUrl>>().size(), 2);
        QCOMPARE(input()->property("text").toString(), QString());
        QGuiApplication::clipboard()->setText(QStringLiteral("words"));
        QTest::keyClick(window(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(input()->property("text").toString(), QStringLiteral("words"));
        QSignalSpy texts(&state(), &WindowState::textPasteRequested);
        const QString pages(50'000, QLatin1Char('p'));
        QGuiApplication::clipboard()->setText(pages);
        QTest::keyClick(window(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(texts.count(), 1);
        QCOMPARE(texts.at(0).at(0).toString(), pages);
        QCOMPARE(input()->property("text").toString(), QStringLiteral("words"));
    }

    void dropsFilesAnywhere()
    {
        QVERIFY(fixture().show());
        QSignalSpy files(&state(), &WindowState::filesDropped);
        QMimeData data;
        const QList<QUrl> urls{QUrl(QStringLiteral("file:///tmp/a%20b.txt")),
            QUrl(QStringLiteral("file:///tmp/c.png"))};
        data.setUrls(urls);
        QDragEnterEvent enter(
            QPoint(40, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window(), &enter);
        QVERIFY(enter.isAccepted());
        QVERIFY(fixture().item("dropOverlay")->isVisible());
        QDragMoveEvent move(
            QPoint(600, 400), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window(), &move);
        QVERIFY(move.isAccepted());
        QDropEvent drop(QPointF(600, 400), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window(), &drop);
        QVERIFY(drop.isAccepted());
        QCOMPARE(files.count(), 1);
        QCOMPARE(files.at(0).at(0).value<QList<QUrl>>(), urls);
        QVERIFY(!fixture().item("dropOverlay")->isVisible());
    }

    void ignoresDragsWithoutFiles()
    {
        QVERIFY(fixture().show());
        QMimeData data;
        data.setText(QStringLiteral("words"));
        QDragEnterEvent enter(
            QPoint(40, 300), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(window(), &enter);
        QVERIFY(!fixture().item("dropOverlay")->isVisible());
    }

    void removesAttachmentsByMouseAndKeyboard()
    {
        fillDraft(state());
        QVERIFY(fixture().show());
        QSignalSpy removed(&state(), &WindowState::attachmentRemoved);
        QTRY_COMPARE(fixture().visibleItems("removeAttachment").size(), 3);
        fixture().click(fixture().visibleItems("removeAttachment").at(0));
        QCOMPARE(removed.count(), 1);
        QCOMPARE(removed.at(0).at(0).toLongLong(), 11);
        input()->forceActiveFocus();
        QTest::keyClick(window(), Qt::Key_Up);
        QVERIFY(!input()->hasActiveFocus());
        QTest::keyClick(window(), Qt::Key_Delete);
        QCOMPARE(removed.count(), 2);
        QCOMPARE(removed.at(1).at(0).toLongLong(), 13);
        QTRY_VERIFY(input()->hasActiveFocus());
    }

    void sumsUpManyFilesOfTheDraft()
    {
        state().setUsage(0, 0, 8192);
        std::vector<AttachmentData> files;
        for (qint64 id = 1; id <= 200; ++id)
            files.push_back({id, QStringLiteral("note %1.txt").arg(id), QStringLiteral("text"),
                QStringLiteral("Plain text"), {}, AttachmentData::State::Ready, 1, {}, 30});
        state().draftAttachments().reset(files);
        QVERIFY(fixture().show());
        const QQuickItem* summary = fixture().item("draftSummary");
        QTRY_COMPARE(
            summary->property("text").toString(), QStringLiteral("200 files, 6,000 tokens"));
        // The cards in view exist, not one for every file.
        QVERIFY(fixture().visibleItems("attachmentCard").size() < 20);
        files[7].tokens = 3000;
        files[8].state = AttachmentData::State::Rejected;
        state().draftAttachments().upsert(files[7]);
        state().draftAttachments().upsert(files[8]);
        QTRY_COMPARE(summary->property("text").toString(),
            QStringLiteral("200 files, 8,940 tokens, 1 of them cannot be read. More than the model "
                           "holds: it will read only parts."));
        QSignalSpy cleared(&state(), &WindowState::attachmentsCleared);
        fixture().click(fixture().item("clearDraft"));
        QCOMPARE(cleared.count(), 1);
        QTRY_VERIFY(input()->hasActiveFocus());
    }

    void foldsManyFilesOfAMessage()
    {
        std::vector<AttachmentData> files;
        for (qint64 id = 1; id <= 20; ++id)
            files.push_back({id, QStringLiteral("note %1.txt").arg(id), QStringLiteral("text"),
                QStringLiteral("Plain text"), {QStringLiteral("A page was left out.")},
                AttachmentData::State::Ready, 1, {}});
        state().messages().reset({{1, MessageData::Role::User, MessageData::State::Complete,
            QStringLiteral("What do they say?"), files, {}}});
        QVERIFY(fixture().show());
        const auto shown = [this](const char* what) { return fixture().visibleItems(what).size(); };
        QTRY_COMPARE(shown("attachmentCard"), 6);
        QTRY_COMPARE(shown("attachmentRemark"), 4);
        QCOMPARE(fixture().visibleItems("attachmentRemark")[1]->property("modelData").toString(),
            QStringLiteral("note 2.txt: A page was left out."));
        fixture().click(fixture().visibleItems("showAllFiles").at(0));
        QTRY_COMPARE(shown("attachmentCard"), 20);
        QTRY_COMPARE(shown("attachmentRemark"), 20);
        fixture().click(fixture().visibleItems("showAllFiles").at(0));
        QTRY_COMPARE(shown("attachmentCard"), 6);
    }

    void standsOneFileFlushWithItsQuestion()
    {
        const AttachmentData file{1, QStringLiteral("note.txt"), QStringLiteral("text"),
            QStringLiteral("Plain text"), {}, AttachmentData::State::Ready, 1, {}};
        state().messages().reset({{1, MessageData::Role::User, MessageData::State::Complete,
            QStringLiteral("What does it say?"), {file}, {}}});
        QVERIFY(fixture().show());
        QTRY_COMPARE(fixture().visibleItems("attachmentCard").size(), 1);
        const auto right = [this](const char* name) {
            const QQuickItem* item = fixture().visibleItems(name).at(0);
            return item->mapRectToScene(item->boundingRect()).right();
        };
        QTRY_COMPARE(right("attachmentCard"), right("questionBubble"));
    }

    void selectsRenamesAndDeletesConversations()
    {
        fillConversation(state());
        QVERIFY(fixture().show());
        QSignalSpy selected(&state(), &WindowState::conversationSelected);
        QSignalSpy renamed(&state(), &WindowState::conversationRenamed);
        QSignalSpy deleted(&state(), &WindowState::conversationDeleted);
        QSignalSpy created(&state(), &WindowState::newConversationRequested);

        QQuickItem* list = fixture().item("conversationList");
        list->forceActiveFocus();
        QTest::keyClick(window(), Qt::Key_Down);
        QTest::keyClick(window(), Qt::Key_Return);
        QCOMPARE(selected.count(), 1);
        QCOMPARE(selected.at(0).at(0).toLongLong(), 2);
        QVERIFY(input()->hasActiveFocus());

        list->forceActiveFocus();
        QTest::keyClick(window(), Qt::Key_F2);
        type(QStringLiteral("Harbour"));
        QTest::keyClick(window(), Qt::Key_Return);
        QCOMPARE(renamed.count(), 1);
        QCOMPARE(renamed.at(0).at(1).toString(), QStringLiteral("Harbour"));
        QVERIFY(list->hasActiveFocus());

        QTest::keyClick(window(), Qt::Key_F2);
        type(QStringLiteral("not this"));
        QTest::keyClick(window(), Qt::Key_Escape);
        QCOMPARE(renamed.count(), 1);

        QTest::keyClick(window(), Qt::Key_Delete);
        QCOMPARE(deleted.count(), 1);
        QTest::keyClick(window(), Qt::Key_N, Qt::ControlModifier);
        QCOMPARE(created.count(), 1);
    }

    void opensMenusAndTips()
    {
        fillConversation(state());
        QVERIFY(fixture().show());
        QSignalSpy deleted(&state(), &WindowState::conversationDeleted);
        QSignalSpy renamed(&state(), &WindowState::conversationRenamed);
        QTRY_COMPARE(fixture().visibleItems("conversationRow").size(), 9);
        QQuickItem* row = fixture().visibleItems("conversationRow").at(2);
        fixture().click(row, Qt::RightButton);
        QTRY_COMPARE(fixture().visibleItems("deleteEntry").size(), 1);
        QTest::qWait(50);
        fixture().click(fixture().visibleItems("deleteEntry").constFirst());
        QCOMPARE(deleted.count(), 1);
        QTest::mouseDClick(
            window(), Qt::LeftButton, Qt::NoModifier, row->mapToScene(QPointF(40, 18)).toPoint());
        type(QStringLiteral("New"));
        QTest::keyClick(window(), Qt::Key_Return);
        QCOMPARE(renamed.count(), 1);

        fixture().click(input(), Qt::RightButton);
        QTRY_COMPARE(fixture().visibleItems("pasteEntry").size(), 1);
        QTest::keyClick(window(), Qt::Key_Escape);
    }

    void showsTips()
    {
        QVERIFY(fixture().show());
        QTest::mouseMove(window(), QPoint(600, 300));
        QTest::mouseMove(
            window(), fixture().item("settings")->mapToScene(QPointF(10, 10)).toPoint());
        QTRY_VERIFY(fixture().item("settings")->property("hovered").toBool());
        QTRY_COMPARE(fixture().visibleItems("tip").size(), 1);
    }

    void undoesADeletion()
    {
        QVERIFY(fixture().show());
        QSignalSpy undone(&state(), &WindowState::undoRequested);
        QVERIFY(!fixture().item("undoBar")->isVisible());
        state().setUndo(QStringLiteral("Deleted “Travel notes”"));
        QVERIFY(fixture().item("undoBar")->isVisible());
        QTest::qWait(50); // the bar takes its place at the next polish
        fixture().click(fixture().item("undoButton"));
        QCOMPARE(undone.count(), 1);
        state().setUndo({});
        QVERIFY(!fixture().item("undoBar")->isVisible());
    }

    void hidesTheSidebarByKeyAndWhenNarrow()
    {
        QVERIFY(fixture().show());
        QQuickItem* list = fixture().item("newConversation");
        QVERIFY(list->isVisible());
        QTest::keyClick(window(), Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!list->isVisible());
        QTest::keyClick(window(), Qt::Key_B, Qt::ControlModifier);
        QVERIFY(list->isVisible());
        window()->resize(720, 480);
        QTRY_VERIFY(!list->isVisible());
        fixture().click(fixture().item("showSidebar"));
        QVERIFY(list->isVisible());
        QVERIFY(!input()->hasActiveFocus()); // what is covered gets no keys
        QTest::keyClick(window(), Qt::Key_Escape);
        QVERIFY(!list->isVisible());
        QVERIFY(input()->hasActiveFocus());
    }

    void copiesAndAsksAgain()
    {
        fillConversation(state());
        QVERIFY(fixture().show());
        QSignalSpy copied(&state(), &WindowState::copyRequested);
        QSignalSpy again(&state(), &WindowState::regenerateRequested);
        QTRY_COMPARE(fixture().visibleItems("regenerate").size(), 1);
        QTest::qWait(50);
        fixture().click(fixture().visibleItems("regenerate").constFirst());
        QCOMPARE(again.count(), 1);
        QCOMPARE(again.at(0).at(0).toLongLong(), 4);
        QTest::keyClick(window(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(copied.count(), 1);
        QCOMPARE(QGuiApplication::clipboard()->text(), state().messageText(4));
    }

    void changesTheLastQuestion()
    {
        fillConversation(state());
        QVERIFY(fixture().show());
        QTRY_COMPARE(fixture().visibleItems("editQuestion").size(), 1); // of the last question only
        QSignalSpy edited(&state(), &WindowState::editRequested);
        QSignalSpy cancelled(&state(), &WindowState::editCancelled);
        QTest::qWait(50);
        fixture().click(fixture().visibleItems("editQuestion").constFirst());
        QCOMPARE(edited.count(), 1);
        QCOMPARE(edited.at(0).at(0).toLongLong(), 3);

        input()->forceActiveFocus();
        type(QStringLiteral("half written"));
        state().setEditedMessage(3); // what the application does then
        state().restoreDraft(QStringLiteral("And the merger?"));
        QCOMPARE(input()->property("text").toString(), QStringLiteral("And the merger?"));
        QCOMPARE(fixture().visibleItems("cancelEdit").size(), 1);
        QTest::keyClick(window(), Qt::Key_Escape);
        QCOMPARE(cancelled.count(), 1);
        state().setEditedMessage(0);
        QCOMPARE(input()->property("text").toString(), QStringLiteral("half written"));
        QVERIFY(fixture().visibleItems("cancelEdit").isEmpty());

        input()->setProperty("text", QString());
        QTest::keyClick(window(), Qt::Key_Up);
        QTest::keyClick(window(), Qt::Key_E, Qt::ControlModifier);
        QCOMPARE(edited.count(), 3);
        state().setAnswering(true);
        QTest::keyClick(window(), Qt::Key_E, Qt::ControlModifier);
        QCOMPARE(edited.count(), 3);
        QVERIFY(fixture().visibleItems("editQuestion").isEmpty());
    }

    void choosesTheBuiltInModelAndAScheme()
    {
        state().setModel({.name = QStringLiteral("Scout"),
            .detail = {},
            .error = QStringLiteral("Broken."),
            .demonstration = false,
            .loading = false,
            .seesImages = false});
        QVERIFY(fixture().show());
        QSignalSpy chosen(&state(), &WindowState::modelChosen);
        fixture().click(fixture().item("modelButton"));
        QTRY_VERIFY(!fixture().visibleItems("useBuiltIn").isEmpty());
        QVERIFY(fixture().visibleItems("modelError").size() == 1);
        QTest::qWait(50);
        fixture().click(fixture().visibleItems("useBuiltIn").constFirst());
        QCOMPARE(chosen.count(), 1);
        QVERIFY(chosen.at(0).at(0).toUrl().isEmpty());
        QTest::keyClick(window(), Qt::Key_Escape);
        QTest::keyClick(window(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(!fixture().visibleItems("scheme-dark").isEmpty());
        QTest::qWait(50);
        fixture().click(fixture().visibleItems("scheme-dark").constFirst());
        QCOMPARE(state().colorScheme(), QStringLiteral("dark"));
        QVERIFY(window()->color().lightnessF() < 0.3);
        state().setColorScheme(QStringLiteral("light"));
        QVERIFY(window()->color().lightnessF() > 0.9);
    }

    void followsTheSystemPalette()
    {
        const QPalette before = QGuiApplication::palette();
        QVERIFY(fixture().show());
        state().setColorScheme(QStringLiteral("system"));
        QGuiApplication::setPalette(QPalette(QColor(40, 40, 40)));
        QTRY_VERIFY(window()->color().lightnessF() < 0.3);
        QGuiApplication::setPalette(QPalette(QColor(240, 240, 240)));
        QTRY_VERIFY(window()->color().lightnessF() > 0.9);
        QGuiApplication::setPalette(before);
    }

    void showsNoticesAndRaises()
    {
        QVERIFY(fixture().show());
        QVERIFY(!fixture().item("notice")->isVisible());
        state().showNotice(QStringLiteral("Something <b>happened</b>."));
        QVERIFY(fixture().item("notice")->isVisible());
        window()->showMinimized();
        emit state().raiseRequested();
        QVERIFY(window()->visibility() != QWindow::Minimized);
    }

    void everyControlHasAnAccessibleName()
    {
        fillConversation(state());
        fillDraft(state());
        QVERIFY(fixture().show());
        QTRY_VERIFY(!fixture().visibleItems("copyAnswer").isEmpty());
        QTest::keyClick(window(), Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(!fixture().visibleItems("scheme-dark").isEmpty());
        int controls = 0;
        const QList<QQuickItem*> items = WindowFixture::itemsBelow(window()->contentItem());
        for (QQuickItem* item : items) {
            if (!item->inherits("QQuickAbstractButton") && !item->inherits("QQuickTextArea")
                && !item->inherits("QQuickTextField"))
                continue;
            ++controls;
            QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(item);
            QVERIFY(accessible != nullptr);
            QVERIFY2(
                !accessible->text(QAccessible::Name).isEmpty(), item->metaObject()->className());
        }
        QVERIFY(controls > 15);
    }

    void reachesTheMainControlsWithTab()
    {
        QVERIFY(fixture().show());
        QSet<QString> reached;
        for (int i = 0; i < 20; ++i) {
            QTest::keyClick(window(), Qt::Key_Tab);
            if (window()->activeFocusItem() != nullptr)
                reached << window()->activeFocusItem()->objectName();
        }
        for (const char* name : {"composerInput", "attach", "modelButton", "settings",
                 "newConversation", "welcomeAttach", "welcomeModels"})
            QVERIFY2(reached.contains(QLatin1String(name)), name);
    }
};

QTEST_MAIN(WindowTest)
#include "window_test.moc"
