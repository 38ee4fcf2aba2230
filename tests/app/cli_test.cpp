// SPDX-License-Identifier: Apache-2.0
// lectern-cli as scripts use it: the real program, its output and its exit codes.
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

struct Outcome {
    int code = -1;
    QByteArray out, err;
};

QString testFile(const QString& path)
{
    return QDir(qEnvironmentVariable("LECTERN_TEST_ROOT")).filePath(path);
}

QJsonObject goldenObject(const QString& name)
{
    QFile file(testFile(QStringLiteral("golden/nano/") + name));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object()
                                          : QJsonObject();
}

// The golden dialogues in which no two tokens are nearly as likely.
QList<QJsonObject> robustCases()
{
    const auto cases =
        goldenObject(QStringLiteral("golden.json"))[QStringLiteral("cases")].toArray();
    QList<QJsonObject> found;
    for (const auto& id :
        goldenObject(QStringLiteral("robust-tiles.json"))[QStringLiteral("cases")].toArray())
        found << cases.at(id.toInt()).toObject();
    return found;
}

} // namespace

class CliTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home; // so that no settings of a user count

    Outcome run(const QStringList& arguments, const QByteArray& input = {})
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("XDG_DATA_HOME"), m_home.path());
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(LECTERN_CLI), arguments);
        process.write(input);
        process.closeWriteChannel();
        if (!process.waitForFinished(120'000) || process.exitStatus() != QProcess::NormalExit)
            return {};
        return {
            process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
    }

private slots:
    void answersAsTheReference_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("expected");
        for (const QJsonObject& one : robustCases()) {
            // Clips are their own test; a question on the command line is a first one.
            const auto messages = one[QStringLiteral("messages")].toArray();
            const bool first = std::none_of(messages.begin(), messages.end(), [](const auto& m) {
                return m.toObject()[QStringLiteral("role")] == QStringLiteral("assistant");
            });
            if (!first
                || one[QStringLiteral("task")].toString().startsWith(QStringLiteral("video")))
                continue;
            const int id = one[QStringLiteral("id")].toInt();
            QStringList arguments{QStringLiteral("ask")};
            QString question;
            for (const auto& m : messages) {
                const QJsonObject message = m.toObject();
                for (const auto& part : message[QStringLiteral("parts")].toArray()) {
                    if (part.isObject())
                        arguments << QStringLiteral("-a")
                                  << testFile(QStringLiteral("golden/nano/")
                                         + part.toObject()[QStringLiteral("image")].toString());
                    else if (message[QStringLiteral("role")] == QStringLiteral("system"))
                        arguments << QStringLiteral("--system") << part.toString();
                    else
                        question += part.toString();
                }
            }
            arguments << QStringLiteral("--") << question;
            QTest::addRow("case-%d", id) << arguments << one[QStringLiteral("output")].toString();
        }
    }
    void answersAsTheReference()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, expected);
        const Outcome outcome = run(arguments);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QCOMPARE(QString::fromUtf8(outcome.out), expected + QLatin1Char('\n'));
    }

    // The frames of the reference as a clip without loss, one every so many seconds.
    void answersAboutAClipAsTheReference_data()
    {
        QTest::addColumn<QString>("frames");
        QTest::addColumn<int>("seconds");
        QTest::addColumn<QString>("system");
        QTest::addColumn<QString>("question");
        QTest::addColumn<QString>("expected");
        for (const QJsonObject& one : robustCases()) {
            QString frames = one[QStringLiteral("images")]
                                 .toArray()
                                 .at(0)
                                 .toObject()[QStringLiteral("tile")]
                                 .toString();
            if (!frames.contains(QStringLiteral("_video_")))
                continue;
            frames.replace(QStringLiteral("_0.png"), QStringLiteral("_%d.png"));
            const auto messages = one[QStringLiteral("messages")].toArray();
            const auto textsOf = [](const QJsonValue& message) {
                QStringList texts;
                for (const auto& part : message.toObject()[QStringLiteral("parts")].toArray())
                    if (part.isString())
                        texts << part.toString();
                return texts;
            };
            const QStringList texts = textsOf(messages.last()); // [00:00], \n, [00:02], ...
            QTest::addRow("case-%d", one[QStringLiteral("id")].toInt())
                << frames << texts.at(2).mid(4, 2).toInt()
                << (messages.size() > 1 ? textsOf(messages.first()).join(QString()) : QString())
                << texts.last() << one[QStringLiteral("output")].toString();
        }
    }
    void answersAboutAClipAsTheReference()
    {
        QFETCH(QString, frames);
        QFETCH(int, seconds);
        QFETCH(QString, system);
        QFETCH(QString, question);
        QFETCH(QString, expected);
        const QString clip = QDir(m_home.path()).filePath(QStringLiteral("clip.mkv"));
        QProcess ffmpeg;
        ffmpeg.start(QStringLiteral("ffmpeg"),
            {QStringLiteral("-v"), QStringLiteral("error"), QStringLiteral("-y"),
                QStringLiteral("-framerate"), QStringLiteral("1/%1").arg(seconds),
                QStringLiteral("-i"), testFile(QStringLiteral("golden/nano/") + frames),
                QStringLiteral("-c:v"), QStringLiteral("ffv1"), QStringLiteral("-pix_fmt"),
                QStringLiteral("bgr0"), clip});
        QVERIFY(ffmpeg.waitForFinished(120'000));
        QCOMPARE(ffmpeg.exitCode(), 0);
        QStringList arguments{QStringLiteral("ask"), QStringLiteral("-a"), clip};
        if (!system.isEmpty())
            arguments << QStringLiteral("--system") << system;
        const Outcome outcome = run(arguments << question);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QCOMPARE(QString::fromUtf8(outcome.out), expected + QLatin1Char('\n'));
    }

    void describesTheSampleClip()
    {
        const Outcome outcome = run({QStringLiteral("ask"), QStringLiteral("--json"),
            QStringLiteral("-a"), testFile(QStringLiteral("../resources/samples/clip.mp4")),
            QStringLiteral("What happens in the clip?")});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
        QVERIFY(!value[QStringLiteral("text")].toString().isEmpty());
        QVERIFY(value[QStringLiteral("tokens")].toObject()[QStringLiteral("image")].toInt() > 0);
        QCOMPARE(value[QStringLiteral("attachments")]
                     .toArray()
                     .at(0)
                     .toObject()[QStringLiteral("kind")]
                     .toString(),
            QStringLiteral("video"));
    }

    void takesSamplingOptions()
    {
        const auto ask = [this](const QStringList& options) {
            const Outcome outcome = run(QStringList{QStringLiteral("ask")} + options
                + QStringList{QStringLiteral("Tell me about the sea.")});
            return outcome.code == 0 ? outcome.out : "failed: " + outcome.err;
        };
        const QByteArray greedy = ask({});
        QVERIFY2(!greedy.startsWith("failed"), greedy.constData());
        const QStringList hot{QStringLiteral("--temp"), QStringLiteral("5"),
            QStringLiteral("--seed"), QStringLiteral("7"), QStringLiteral("-n"),
            QStringLiteral("24")};
        const QStringList wide{QStringLiteral("--top-k"), QStringLiteral("0"),
            QStringLiteral("--top-p"), QStringLiteral("1")};
        const QByteArray drawn = ask(hot + wide);
        QCOMPARE(ask(hot + wide), drawn); // by its seed
        QVERIFY(drawn != greedy);
        // Each of them alone leaves the likeliest token only.
        for (const QStringList& only : {QStringList{QStringLiteral("--top-k"), QStringLiteral("1")},
                 QStringList{QStringLiteral("--top-p"), QStringLiteral("0.0001"),
                     QStringLiteral("--top-k"), QStringLiteral("0")},
                 QStringList{QStringLiteral("--min-p"), QStringLiteral("1"),
                     QStringLiteral("--top-p"), QStringLiteral("1")}}) {
            QCOMPARE(ask(hot + only), ask({QStringLiteral("-n"), QStringLiteral("24")}));
        }
    }

    void stopsAtATextAndTellsLogProbabilities()
    {
        const QString question = QStringLiteral("How do you do?");
        const QString whole = QString::fromUtf8(run({QStringLiteral("ask"), question}).out);
        const QStringList words = whole.trimmed().split(QLatin1Char(' '));
        QVERIFY(words.size() > 2);
        const QString stop = QLatin1Char(' ') + words.at(1);
        const Outcome outcome = run({QStringLiteral("ask"), QStringLiteral("--json"),
            QStringLiteral("--stop"), QStringLiteral("not in it"), QStringLiteral("--stop"), stop,
            QStringLiteral("--logprobs"), QStringLiteral("2"), question});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
        QCOMPARE(value[QStringLiteral("text")].toString(), words.at(0));
        QCOMPARE(value[QStringLiteral("finish")].toString(), QStringLiteral("stop_string"));
        QCOMPARE(value[QStringLiteral("stop_string")].toString(), stop);
        const QJsonArray tokens = value[QStringLiteral("logprobs")].toArray();
        QCOMPARE(static_cast<int>(tokens.size()),
            value[QStringLiteral("tokens")].toObject()[QStringLiteral("generated")].toInt());
        const QJsonObject first = tokens.at(0).toObject();
        QVERIFY(first[QStringLiteral("logprob")].toDouble() <= 0);
        const QJsonArray top = first[QStringLiteral("top")].toArray();
        QCOMPARE(top.size(), 2);
        QCOMPARE(top.at(0).toObject()[QStringLiteral("text")], first[QStringLiteral("text")]);
    }

    void runsWithEveryKvTypeAndAContext()
    {
        for (const char* type : {"f32", "q8_0", "q4_0"}) {
            const QString weights = QLatin1String(qstrcmp(type, "f32") == 0 ? "mapped" : "packed");
            const Outcome outcome = run({QStringLiteral("ask"), QStringLiteral("--json"),
                QStringLiteral("--weights"), weights, QStringLiteral("--kv"), QLatin1String(type),
                QStringLiteral("--context"), QStringLiteral("2048"),
                QStringLiteral("How do you do?")});
            QVERIFY2(outcome.code == 0, outcome.err.constData());
            const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
            QCOMPARE(value[QStringLiteral("kv")].toString(), QLatin1String(type));
            QCOMPARE(value[QStringLiteral("weights")].toString(), weights);
            QCOMPARE(value[QStringLiteral("context_length")].toInt(), 2048);
            QVERIFY(!value[QStringLiteral("text")].toString().isEmpty());
        }
    }

    void answersInJsonThatFitsASchema()
    {
        const QString path = QDir(m_home.path()).filePath(QStringLiteral("schema.json"));
        const auto write = [&](const char* schema) {
            QFile file(path);
            return file.open(QIODevice::WriteOnly) && file.write(schema) > 0;
        };
        QVERIFY(write(R"({"type":"object","additionalProperties":false,)"
                      R"("properties":{"colour":{"enum":["red","green","blue"]},)"
                      R"("many":{"type":"boolean"}},"required":["colour","many"]})"));
        const QStringList ask{QStringLiteral("ask"), QStringLiteral("--json-schema"), path,
            QStringLiteral("What colour is the sea?")};
        const Outcome outcome = run(ask);
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
        QCOMPARE(value.size(), 2);
        QVERIFY((QStringList{QStringLiteral("red"), QStringLiteral("green"), QStringLiteral("blue")}
                     .contains(value[QStringLiteral("colour")].toString())));
        QVERIFY(value[QStringLiteral("many")].isBool());

        QVERIFY(write(R"({"type":"nonsense"})"));
        const Outcome refused = run(ask);
        QCOMPARE(refused.code, 1);
        QVERIFY(refused.out.isEmpty());
        QVERIFY(!refused.err.trimmed().isEmpty());
    }

    void printsOneJsonObject()
    {
        const Outcome outcome = run({QStringLiteral("ask"), QStringLiteral("--json"),
            QStringLiteral("-a"), testFile(QStringLiteral("../resources/samples/minutes.txt")),
            QStringLiteral("What is it?")});
        QCOMPARE(outcome.code, 0);
        const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
        QVERIFY(!value[QStringLiteral("text")].toString().isEmpty());
        const QJsonObject file = value[QStringLiteral("attachments")].toArray().at(0).toObject();
        QCOMPARE(file[QStringLiteral("included")].toString(), QStringLiteral("whole"));
        QVERIFY(file[QStringLiteral("tokens")].toInt() > 0);
    }

    void saysHowMuchOfALongFileWasRead()
    {
        const QString path = QDir(m_home.path()).filePath(QStringLiteral("long.txt"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 600; ++i)
            file.write("The school board met in March.\n\n");
        file.close();
        const Outcome outcome = run({QStringLiteral("ask"), QStringLiteral("--json"),
            QStringLiteral("--context"), QStringLiteral("1024"), QStringLiteral("-n"),
            QStringLiteral("4"), QStringLiteral("-a"), path, QStringLiteral("Who?")});
        QVERIFY2(outcome.code == 0, outcome.err.constData());
        QVERIFY(outcome.err.contains("Only the first"));
        const QJsonObject value = QJsonDocument::fromJson(outcome.out).object();
        QCOMPARE(value[QStringLiteral("attachments")]
                     .toArray()
                     .at(0)
                     .toObject()[QStringLiteral("included")]
                     .toString(),
            QStringLiteral("cut"));
    }

    void tokenizes()
    {
        QCOMPARE(run({QStringLiteral("tokenize")}, "<|eot|>").out.trimmed(),
            run({QStringLiteral("tokenize"), QStringLiteral("<|eot|>")}).out.trimmed());
        const auto special = QJsonDocument::fromJson(
            run({QStringLiteral("tokenize"), QStringLiteral("--special"), QStringLiteral("-")},
                "<|eot|>")
                .out);
        QCOMPARE(special.array().size(), 1);
    }

    void writesLogitsAndEmbeddings()
    {
        const QString out = QDir(m_home.path()).filePath(QStringLiteral("out.f32"));
        QCOMPARE(run({QStringLiteral("logits"), QStringLiteral("--tokens"), QStringLiteral("1,2,3"),
                         QStringLiteral("--all"), QStringLiteral("--out"), out})
                     .code,
            0);
        QCOMPARE(QFile(out).size(), qint64{3} * 2048 * 4);
        QCOMPARE(run({QStringLiteral("embed-image"), QStringLiteral("--image"),
                         testFile(QStringLiteral("../resources/samples/shapes.png")),
                         QStringLiteral("--out"), out})
                     .code,
            0);
        QCOMPARE(QFile(out).size(), qint64{16} * 192 * 4);
    }

    void reportsModelsAndSpeedAndFiles()
    {
        const Outcome info =
            run({QStringLiteral("model"), QStringLiteral("info"), QStringLiteral("--json"),
                testFile(QStringLiteral("../resources/models/nano/nano-text-f16.gguf"))});
        const QJsonObject told = QJsonDocument::fromJson(info.out).object();
        QCOMPARE(told[QStringLiteral("architecture")], QJsonValue(QStringLiteral("llama4")));
        // The GPU, or a sentence why there is none; which is also why the CPU computes.
        const QString whyNoGpu = told[QStringLiteral("why_no_gpu")].toString();
        QCOMPARE(told.contains(QStringLiteral("gpu")), whyNoGpu.isEmpty());
        const Outcome automatic = run({QStringLiteral("ask"), QStringLiteral("-n"),
            QStringLiteral("1"), QStringLiteral("--device"), QStringLiteral("auto"),
            QStringLiteral("How do you do?")});
        QVERIFY2(automatic.code == 0, automatic.err.constData());
        QCOMPARE(
            automatic.err.contains("The CPU computes. " + whyNoGpu.toUtf8()), !whyNoGpu.isEmpty());
        const Outcome bench = run({QStringLiteral("bench"), QStringLiteral("--json"),
            QStringLiteral("-p"), QStringLiteral("16"), QStringLiteral("-r"), QStringLiteral("1")});
        QCOMPARE(QJsonDocument::fromJson(bench.out).object()[QStringLiteral("test")],
            QJsonValue(QStringLiteral("pp16")));
        // Packed weights compute nearly what mapped ones do.
        double perplexities[2] = {};
        for (const bool packed : {false, true}) {
            const Outcome outcome = run({QStringLiteral("perplexity"), QStringLiteral("--json"),
                QStringLiteral("--weights"),
                packed ? QStringLiteral("packed") : QStringLiteral("mapped"),
                testFile(QStringLiteral("../resources/samples/minutes.txt"))});
            perplexities[packed] = QJsonDocument::fromJson(outcome.out)
                                       .object()[QStringLiteral("perplexity")]
                                       .toDouble();
        }
        QVERIFY(perplexities[0] > 1);
        QVERIFY(std::abs(perplexities[1] / perplexities[0] - 1) < 0.005);
        const Outcome ingest = run({QStringLiteral("ingest"), QStringLiteral("--json"),
            testFile(QStringLiteral("../resources/samples/minutes.txt"))});
        const auto files =
            QJsonDocument::fromJson(ingest.out).object()[QStringLiteral("files")].toArray();
        QCOMPARE(
            files.at(0).toObject()[QStringLiteral("kind")], QJsonValue(QStringLiteral("text")));
    }

    void runsModelsOfEveryFamily_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<int>("keyBytes"); // per token, in f16
        QTest::newRow("llama3") << QStringLiteral("llama") << 3 * 2 * 2 * 8 * 2;
        QTest::newRow("qwen3") << QStringLiteral("qwen3") << 3 * 2 * 2 * 16 * 2;
        QTest::newRow("qwen3moe") << QStringLiteral("qwen3moe") << 2 * 2 * 1 * 16 * 2;
        QTest::newRow("guard") << QStringLiteral("llama4") << 1 * 2 * 1 * 8 * 2;
    }
    void runsModelsOfEveryFamily()
    {
        QFETCH(QString, architecture);
        QFETCH(int, keyBytes);
        const QString folder =
            testFile(QStringLiteral("golden/architectures/%1/").arg(QTest::currentDataTag()));
        const QString model = folder + QStringLiteral("model.gguf");

        const auto info = QJsonDocument::fromJson(
            run({QStringLiteral("model"), QStringLiteral("info"), QStringLiteral("--json"), model})
                .out)
                              .object();
        QCOMPARE(info[QStringLiteral("architecture")].toString(), architecture);
        QCOMPARE(info[QStringLiteral("kv_bytes_per_token")].toInt(), keyBytes);
        QVERIFY(info[QStringLiteral("runnable")].toBool());
        QVERIFY(info[QStringLiteral("fits")].toBool());

        // The first reference prompt is one token; its logits begin the file.
        QFile reference(folder + QStringLiteral("ref.json"));
        QVERIFY(reference.open(QIODevice::ReadOnly));
        const auto prompt = QJsonDocument::fromJson(reference.readAll())
                                .object()[QStringLiteral("prompts")]
                                .toArray()
                                .at(0)
                                .toObject();
        const QString out = QDir(m_home.path()).filePath(QStringLiteral("family.f32"));
        const int first = prompt[QStringLiteral("ids")].toArray().at(0).toInt();
        QCOMPARE(
            run({QStringLiteral("logits"), QStringLiteral("-m"), model, QStringLiteral("--tokens"),
                    QString::number(first), QStringLiteral("--out"), out})
                .code,
            0);
        QFile got(out);
        QFile expected(folder + QStringLiteral("logits.f32"));
        QVERIFY(got.open(QIODevice::ReadOnly) && expected.open(QIODevice::ReadOnly));
        const QByteArray gotBytes = got.readAll();
        const QByteArray expectedBytes = expected.read(gotBytes.size());
        QVERIFY(!gotBytes.isEmpty() && gotBytes.size() == expectedBytes.size());
        for (qsizetype at = 0; at < gotBytes.size(); at += qsizetype{sizeof(float)}) {
            float left = 0;
            float right = 0;
            std::memcpy(&left, gotBytes.constData() + at, sizeof left);
            std::memcpy(&right, expectedBytes.constData() + at, sizeof right);
            QVERIFY(std::abs(left - right) <= 2e-3F); // tests/golden/README.md, section 2
        }

        const QStringList question{QStringLiteral("ask"), QStringLiteral("--json"),
            QStringLiteral("-n"), QStringLiteral("8"), QStringLiteral("-m"), model,
            QStringLiteral("Hello!")};
        const Outcome answer = run(question);
        QVERIFY2(answer.code == 0, answer.err.constData());
        const auto said = QJsonDocument::fromJson(answer.out).object();
        QVERIFY(said[QStringLiteral("tokens")].toObject()[QStringLiteral("prompt")].toInt() > 10);
        QVERIFY(
            said[QStringLiteral("tokens")].toObject()[QStringLiteral("generated")].toInt() <= 8);
        const auto again = QJsonDocument::fromJson(run(question).out).object();
        QCOMPARE(again[QStringLiteral("text")], said[QStringLiteral("text")]);
    }

    void failsWithASentence_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        const QString text = testFile(QStringLiteral("../resources/samples/minutes.txt"));
        QTest::newRow("no-command") << QStringList() << 2;
        QTest::newRow("no-question") << QStringList{QStringLiteral("ask")} << 2;
        QTest::newRow("unknown-option")
            << QStringList{QStringLiteral("ask"), QStringLiteral("--nonsense"), QStringLiteral("?")}
            << 2;
        QTest::newRow("unknown-kv") << QStringList{QStringLiteral("ask"), QStringLiteral("--kv"),
            QStringLiteral("q3"), QStringLiteral("?")}
                                    << 2;
        QTest::newRow("schema-missing") << QStringList{QStringLiteral("ask"),
            QStringLiteral("--json-schema"), QStringLiteral("/nonexistent"), QStringLiteral("?")}
                                        << 1;
        QTest::newRow("bad-model") << QStringList{QStringLiteral("ask"), QStringLiteral("-m"), text,
            QStringLiteral("?")} << 1;
        QTest::newRow("bad-model-info")
            << QStringList{QStringLiteral("model"), QStringLiteral("info"), text} << 1;
        QTest::newRow("missing-file") << QStringList{QStringLiteral("ask"), QStringLiteral("-a"),
            QStringLiteral("/nonexistent"), QStringLiteral("?")}
                                      << 1;
        QTest::newRow("unknown-token")
            << QStringList{QStringLiteral("logits"), QStringLiteral("--tokens"),
                   QStringLiteral("99999999"), QStringLiteral("--out"), QStringLiteral("/dev/null")}
            << 1;
    }
    void failsWithASentence()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.code, code);
        QVERIFY(outcome.out.isEmpty());
        QVERIFY(!outcome.err.trimmed().isEmpty());
    }
};

QTEST_GUILESS_MAIN(CliTest)
#include "cli_test.moc"
