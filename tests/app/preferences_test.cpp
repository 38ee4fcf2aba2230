// SPDX-License-Identifier: Apache-2.0
// What was chosen survives being stored; what is not sensible in the store has its default.
#include "app/preferences.h"

#include <QTest>

using namespace lectern::app;

class PreferencesTest : public QObject {
    Q_OBJECT

private slots:
    void comesBackAsItWas()
    {
        AnswerPreferences answering;
        answering.temperature = 1.25F;
        answering.topK = 0;
        answering.topP = 0.35F;
        answering.minP = 0.05F;
        answering.repetitionPenalty = 1.1F;
        answering.maxTokens = 77;
        QCOMPARE(answerPreferencesFrom(toSetting(answering)), answering);
        QVERIFY(!(answering == AnswerPreferences{}));
        const auto sampling = answering.sampling();
        QCOMPARE(sampling.temperature, 1.25F);
        QCOMPARE(sampling.topK, 0);
        QCOMPARE(sampling.topP, 0.35F);
        QCOMPARE(sampling.minP, 0.05F);
        QCOMPARE(sampling.repetitionPenalty, 1.1F);
        for (const auto& type : lectern::inference::kKvTypes) {
            for (const auto mode :
                {lectern::inference::WeightMode::automatic, lectern::inference::WeightMode::mapped,
                    lectern::inference::WeightMode::packed}) {
                const RunPreferences running{type.type, 8192, mode};
                QCOMPARE(runPreferencesFrom(toSetting(running)), running);
            }
        }
    }

    void takesAnything_data()
    {
        QTest::addColumn<QByteArray>("setting");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("no-json") << QByteArray("{");
        QTest::newRow("array") << QByteArray("[1,2]");
        QTest::newRow("types") << QByteArray(
            R"({"temperature":"hot","topK":[],"topP":null,"kv":7,"context":"x","weights":"q","maxTokens":{}})");
        QTest::newRow("ranges") << QByteArray(
            R"({"temperature":-1,"topK":1e99,"topP":0,"minP":2,"repetitionPenalty":0,)"
            R"("maxTokens":0,"kv":"q9","context":5})");
        QTest::newRow("huge") << QByteArray(R"({"topK":1e400,"context":-1e400,"maxTokens":1e30})");
    }
    void takesAnything()
    {
        QFETCH(QByteArray, setting);
        QCOMPARE(answerPreferencesFrom(setting.toStdString()), AnswerPreferences{});
        QCOMPARE(runPreferencesFrom(setting.toStdString()), RunPreferences{});
    }
};

QTEST_GUILESS_MAIN(PreferencesTest)
#include "preferences_test.moc"
