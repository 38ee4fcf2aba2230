// SPDX-License-Identifier: Apache-2.0
// Choosing files in the window's own picker, by mouse and by keyboard.
#include "window_fixture.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace lectern::ui;

class FilePickerTest : public QObject {
    Q_OBJECT

    std::unique_ptr<WindowFixture> m_fixture;
    std::unique_ptr<QTemporaryDir> m_folder;

    WindowState& state() { return m_fixture->state; }
    QQuickWindow* window() { return m_fixture->window; }
    QQuickItem* visible(const char* name) { return m_fixture->visibleItems(name).value(0); }
    QUrl file(const char* name)
    {
        return QUrl::fromLocalFile(m_folder->filePath(QLatin1String(name)));
    }
    void key(Qt::Key which, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(window(), which, modifiers);
    }

    QQuickItem* row(const char* name)
    {
        for (QQuickItem* item : m_fixture->visibleItems("fileRow"))
            if (item->property("fileName").toString() == QLatin1String(name))
                return item;
        return nullptr;
    }
    void clickRow(const char* name, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QQuickItem* item = row(name);
        QVERIFY2(item != nullptr, name);
        QTest::mouseClick(window(), Qt::LeftButton, modifiers,
            item->mapToScene(QPointF(item->width() / 2, item->height() / 2)).toPoint());
    }
    // Writes the test's folder into the path line.
    void goToFolder()
    {
        QTRY_VERIFY(visible("folderField") != nullptr);
        QQuickItem* field = visible("folderField");
        field->forceActiveFocus();
        field->setProperty("text", m_folder->path());
        key(Qt::Key_Return);
        QTRY_VERIFY(row("notes one.txt") != nullptr);
        QTest::qWait(50); // rows take their places at the next polish
    }

private slots:
    void initTestCase() { prepareApplication(); }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(QDir(m_folder->path()).mkdir(QStringLiteral("deeper")));
        for (const char* name :
            {"notes one.txt", "photo.png", "model.gguf", "deeper/inside.md", "deeper/eyes.gguf"}) {
            QFile made(m_folder->filePath(QLatin1String(name)));
            QVERIFY(made.open(QIODevice::WriteOnly) && made.write("x") == 1);
        }
        m_fixture = std::make_unique<WindowFixture>();
        QVERIFY(m_fixture->show());
    }
    void cleanup()
    {
        VERIFY_NO_WARNINGS();
        m_fixture.reset();
    }

    void addsSeveralFilesByMouse()
    {
        QSignalSpy added(&state(), &WindowState::filesDropped);
        m_fixture->click(m_fixture->item("attach"));
        goToFolder();
        QVERIFY(!visible("acceptFiles")->isEnabled());
        clickRow("photo.png");
        clickRow("notes one.txt", Qt::ControlModifier);
        clickRow("model.gguf", Qt::ControlModifier);
        clickRow("model.gguf", Qt::ControlModifier); // not this one after all
        m_fixture->click(visible("acceptFiles"));
        QCOMPARE(added.count(), 1);
        const auto files = added.at(0).at(0).value<QList<QUrl>>();
        QCOMPARE(files, (QList<QUrl>{file("photo.png"), file("notes one.txt")}));
        QTRY_VERIFY(visible("acceptFiles") == nullptr); // closed
        QTRY_VERIFY(m_fixture->item("composerInput")->hasActiveFocus());
    }

    void goesThroughFoldersByKeyboard()
    {
        QSignalSpy added(&state(), &WindowState::filesDropped);
        key(Qt::Key_O, Qt::ControlModifier);
        goToFolder();
        key(Qt::Key_Down); // the folder comes first
        key(Qt::Key_Return);
        QTRY_VERIFY(row("inside.md") != nullptr);
        key(Qt::Key_Backspace);
        QTRY_VERIFY(row("photo.png") != nullptr);
        QTest::qWait(50);
        for (int i = 0; i < 4; ++i) // folder, model, notes, photo
            key(Qt::Key_Down);
        key(Qt::Key_Space);
        key(Qt::Key_Up);
        key(Qt::Key_Space);
        QVERIFY(visible("acceptFiles")->isEnabled());
        key(Qt::Key_Return);
        QCOMPARE(added.count(), 1);
        QCOMPARE(added.at(0).at(0).value<QList<QUrl>>(),
            (QList<QUrl>{file("photo.png"), file("notes one.txt")}));
    }

    void takesAFileWithADoubleClick()
    {
        QSignalSpy added(&state(), &WindowState::filesDropped);
        key(Qt::Key_O, Qt::ControlModifier);
        goToFolder();
        QTest::mouseDClick(window(), Qt::LeftButton, Qt::NoModifier,
            row("photo.png")->mapToScene(QPointF(60, 12)).toPoint());
        QCOMPARE(added.count(), 1);
        QCOMPARE(added.at(0).at(0).value<QList<QUrl>>(), QList<QUrl>{file("photo.png")});
    }

    void addsNothingWhenItIsLeft()
    {
        QSignalSpy added(&state(), &WindowState::filesDropped);
        key(Qt::Key_O, Qt::ControlModifier);
        goToFolder();
        clickRow("photo.png");
        key(Qt::Key_Escape);
        QTRY_VERIFY(visible("acceptFiles") == nullptr);
        QCOMPARE(added.count(), 0);
    }

    void choosesAModelAndItsVisionFile()
    {
        QSignalSpy chosen(&state(), &WindowState::modelChosen);
        m_fixture->click(m_fixture->item("modelButton"));
        QTRY_VERIFY(visible("useChosen") != nullptr);
        QTest::qWait(50);
        QVERIFY(!visible("useChosen")->isEnabled());
        m_fixture->click(visible("chooseModel"));
        QTRY_VERIFY(visible("folderField") != nullptr);
        visible("folderField")->setProperty("text", m_folder->path());
        visible("folderField")->forceActiveFocus();
        key(Qt::Key_Return);
        QTRY_VERIFY(row("model.gguf") != nullptr);
        QVERIFY(row("photo.png") == nullptr); // only what can be a model
        QTest::qWait(50);
        clickRow("model.gguf");
        m_fixture->click(visible("acceptFiles"));
        QTRY_VERIFY(visible("acceptFiles") == nullptr);
        m_fixture->click(visible("chooseVision"));
        QTRY_VERIFY(visible("folderField") != nullptr);
        visible("folderField")->setProperty("text", m_folder->filePath(QStringLiteral("deeper")));
        visible("folderField")->forceActiveFocus();
        key(Qt::Key_Return);
        QTRY_VERIFY(row("eyes.gguf") != nullptr);
        QTest::qWait(50);
        clickRow("eyes.gguf");
        m_fixture->click(visible("acceptFiles"));
        QTRY_VERIFY(visible("acceptFiles") == nullptr);
        QVERIFY(visible("useChosen")->isEnabled());
        m_fixture->click(visible("useChosen"));
        QCOMPARE(chosen.count(), 1);
        QCOMPARE(chosen.at(0).at(0).toUrl(), file("model.gguf"));
        QCOMPARE(chosen.at(0).at(1).toUrl(), file("deeper/eyes.gguf"));
    }
};

QTEST_MAIN(FilePickerTest)
#include "file_picker_test.moc"
