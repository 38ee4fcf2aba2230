// SPDX-License-Identifier: Apache-2.0
// The settings dialog with everything behind it: what is chosen counts, is kept, and is taken back
// when it does not work.
#include "inference/device_facts.h"
#include "real_window.h"

#include <QGuiApplication>
#include <QTemporaryDir>

using namespace lectern;
using namespace lectern::app;

namespace {

// Opens as it is asked to, but not with 4-bit memory.
OpenEngine refusingQ4()
{
    return [open = openLocalModels()](const OpenRequest& request,
               std::stop_token stop) -> inference::Result<std::unique_ptr<inference::Engine>> {
        if (request.preferences.kvType == inference::KvType::q4_0)
            return inference::fail(inference::ErrorCode::outOfMemory, "There is no room for it.");
        if (request.onProgress)
            request.onProgress(0.5);
        return open(request, std::move(stop));
    };
}

} // namespace

class WindowSettingsTest : public QObject {
    Q_OBJECT

    static constexpr int kPatience = RealWindow::kPatience;

    static void choose(RealWindow& program, const char* field, const char* text)
    {
        QQuickItem* input = program.item(field);
        QVERIFY(input);
        input->forceActiveFocus();
        program.press(Qt::Key_A, Qt::ControlModifier);
        program.press(Qt::Key_Backspace);
        for (const char* c = text; *c != '\0'; ++c)
            QTest::keyClick(program.window, *c);
        program.press(Qt::Key_Return);
    }

private slots:
    void tellsAboutItself()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.refusedProtections(), kPatience);
        program.press(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(program.item("aboutLectern") != nullptr);
        program.item("aboutLectern")->forceActiveFocus();
        program.press(Qt::Key_Return);
        const auto facts = [&] {
            QStringList texts;
            for (const QQuickItem* item : program.items("aboutFact"))
                texts << item->property("text").toString();
            return texts;
        };
        QTRY_COMPARE(facts().size(), 6);
        QCOMPARE(facts()[0], program.state.modelName());
        QCOMPARE(facts()[1], QString::fromStdString(program.assistant.engine()->info().device));
        QVERIFY2(facts()[1].startsWith(QStringLiteral("CPU")), qPrintable(facts()[1]));
        QCOMPARE(facts()[3], directory.path());
        QVERIFY(facts()[4].contains(QStringLiteral("Nothing you write or add leaves")));
        const bool all = program.assistant.refusedProtections()->empty();
        QCOMPARE(facts()[5].contains(QStringLiteral("neither other files nor the network")), all);

        // The GPU is looked for when the dialog opens; what is found is a sentence or a name.
        QTRY_VERIFY_WITH_TIMEOUT(program.assistant.gpu(), kPatience);
        const auto& gpu = *program.assistant.gpu();
        QTRY_COMPARE(facts()[2],
            QString::fromStdString(gpu ? inference::deviceName(*gpu) : gpu.error().message));

        // As on a system without seccomp.
        QVariantMap about = program.state.about();
        about[QStringLiteral("refused")] = QStringList{QStringLiteral("No filter of calls.")};
        program.state.setAbout(about);
        QTRY_COMPARE(facts()[5], QStringLiteral("No filter of calls."));
    }

    void keepsWhatWasChosen()
    {
        QTemporaryDir directory;
        {
            RealWindow program(directory.path());
            QVERIFY(program.show());
            QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
            const int trained = program.state.contextSize();
            program.press(Qt::Key_Comma, Qt::ControlModifier);
            QTRY_VERIFY(program.item("topK") != nullptr);
            QVERIFY(!program.item("resetAnswering")->isEnabled());
            choose(program, "topK", "7");
            choose(program, "topP", "0.5");
            choose(program, "maxTokens", "9999999"); // too much: the most there is
            QCOMPARE(program.assistant.answerPreferences().topK, 7);
            QCOMPARE(program.assistant.answerPreferences().topP, 0.5F);
            QCOMPARE(program.assistant.answerPreferences().maxTokens, kMostAnswer);
            QVERIFY(program.item("resetAnswering")->isEnabled());
            QQuickItem* slider = program.item("slider");
            slider->forceActiveFocus();
            program.press(Qt::Key_Right);
            QVERIFY(qAbs(program.assistant.answerPreferences().temperature - 0.65F) < 1e-3F);
            choose(program, "context", "2048");
            QTRY_VERIFY_WITH_TIMEOUT(program.state.contextSize() == 2048, kPatience);
            QVERIFY(trained != 2048);
            program.click(program.item("choice-q8_0"));
            QTRY_VERIFY_WITH_TIMEOUT(!program.state.modelLoading(), kPatience);
            QCOMPARE(program.assistant.runPreferences(),
                (RunPreferences{inference::KvType::q8_0, 2048, inference::WeightMode::automatic}));
            program.click(program.item("choice-mapped"));
            QTRY_VERIFY_WITH_TIMEOUT(!program.state.modelLoading(), kPatience);
            QCOMPARE(program.assistant.runPreferences().weights, inference::WeightMode::mapped);
            program.press(Qt::Key_Escape);
            program.ask("How do you do?");
            QTRY_VERIFY_WITH_TIMEOUT(program.lastAnswer() && !program.state.answering(), kPatience);
            QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
        }
        RealWindow again(directory.path());
        QTRY_VERIFY_WITH_TIMEOUT(again.assistant.model().ready, kPatience);
        QCOMPARE(again.state.contextSize(), 2048);
        QCOMPARE(again.state.settings()[QStringLiteral("kv")].toString(), QStringLiteral("q8_0"));
        QCOMPARE(again.assistant.answerPreferences().topK, 7);
        QVERIFY(again.show());
        again.press(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(again.item("resetAnswering") != nullptr);
        QCOMPARE(again.item("topK")->property("text").toString(), QStringLiteral("7"));
        emit again.state.answeringResetRequested();
        QCOMPARE(again.assistant.answerPreferences(), AnswerPreferences{});
        QCOMPARE(again.item("topK")->property("text").toString(), QStringLiteral("40"));
        choose(again, "context", "");
        QTRY_VERIFY_WITH_TIMEOUT(again.state.contextSize() > 2048, kPatience);
    }

    void takesBackWhatDoesNotLoad()
    {
        QTemporaryDir directory;
        RealWindow program(directory.path(), refusingQ4());
        QVERIFY(program.show());
        QTRY_VERIFY_WITH_TIMEOUT(program.state.canSend(), kPatience);
        bool progress = false;
        connect(&program.state, &ui::WindowState::modelChanged, this,
            [&] { progress = progress || program.state.modelProgress() == 0.5; });
        program.press(Qt::Key_Comma, Qt::ControlModifier);
        QTRY_VERIFY(program.item("choice-q4_0") != nullptr);
        emit program.state.settingChosen(QStringLiteral("kv"), QStringLiteral("q4_0"));
        QTRY_VERIFY_WITH_TIMEOUT(
            !program.state.modelLoading() && program.assistant.model().ready, kPatience);
        QVERIFY(progress);
        QCOMPARE(program.state.settings()[QStringLiteral("kv")].toString(), QStringLiteral("f16"));
        QTRY_VERIFY(program.item("runningProblem") != nullptr);
        QCOMPARE(program.state.modelError(), QStringLiteral("There is no room for it."));
        program.press(Qt::Key_Escape);
        program.ask("How do you do?"); // it still answers
        QTRY_VERIFY_WITH_TIMEOUT(program.lastAnswer() && !program.state.answering(), kPatience);
        QCOMPARE(program.lastAnswer()->state, ui::MessageData::State::Complete);
    }
};

int main(int argc, char** argv)
{
    QGuiApplication application(argc, argv);
    ui::prepareApplication();
    WindowSettingsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "window_settings_test.moc"
