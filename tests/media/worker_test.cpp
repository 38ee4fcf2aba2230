// SPDX-License-Identifier: Apache-2.0
// The worker process: what its sandbox keeps from it, and what the application makes of a worker
// that fails, hangs, lies or is killed. hostile_worker.cpp plays the one that its file took over.
#include "media/worker/process.h"
#include "media_test.h"

#include <csignal>
#include <fcntl.h>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <sys/resource.h>
#include <thread>

using namespace lectern::media;
using lectern::media::worker::Limits;
using lectern::media::worker::Process;

namespace {

std::filesystem::path program(const char* name)
{
    return (QCoreApplication::applicationDirPath() + "/" + name).toStdString();
}

Process started(const char* name, const Limits& limits = {})
{
    auto process = Process::start(program(name), limits, {});
    if (!process)
        qFatal("%s", process.error().message.c_str());
    return std::move(*process);
}

const QString kDieWithAWorker = "--die-with-a-worker"; // this program as the application
constexpr auto kMadeItFail =
    "The file made its reader fail, so nothing of it was read; it is damaged, or made to do harm.";
constexpr auto kForbidden =
    "The file made its reader try something that is forbidden to it, so reading was stopped; be "
    "careful with this file.";
constexpr auto kNonsense = "The file made its reader answer nonsense, so nothing of it was read.";

} // namespace

class WorkerTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};
    QString m_text;

    Result<Reading> read(Process& process, const std::string& fileName,
        const std::stop_token& stop = {}, const ProgressFn& progress = {})
    {
        const auto file = RegularFile::open(m_text.toStdString());
        if (!file)
            return tl::unexpected(file.error());
        return process.read(*file, fileName, {}, stop, progress, [] { return false; });
    }
    // What became of a hostile worker's deed.
    QString deed(const char* name, const Limits& limits = {})
    {
        Process hostile = started("media_hostile_worker", limits);
        const auto reading = read(hostile, name);
        return reading ? "a reading" : QString::fromStdString(reading.error().message);
    }

private slots:
    void initTestCase() { m_text = write(m_dir, "a.txt", "Some text.\n"); }

    void allProtectionsStand()
    {
        const Process process = started("lectern-media-worker");
        QCOMPARE(process.refusedProtections(), std::vector<std::string>());
        const auto refused = refusedProtections({});
        QVERIFY(refused && refused->empty());
    }

    void keepsTheWorkerAwayFrom_data()
    {
        QTest::addColumn<QString>("outcome");
        const QString denied = "Operation not permitted";
        QTest::newRow("open") << denied;
        QTest::newRow("create") << denied;
        QTest::newRow("open-own-memory") << denied;
        QTest::newRow("stat") << denied;
        QTest::newRow("list") << denied;
        QTest::newRow("write-to-the-file") << "Bad file descriptor";
        QTest::newRow("reopen-the-file") << denied;
        QTest::newRow("change-mode") << denied;
        QTest::newRow("code") << denied;
        QTest::newRow("raise-limits") << denied;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        QTest::newRow("memory") << "Cannot allocate memory";
#endif
        QTest::newRow("many-files") << "Too many open files";
        QTest::newRow("much-output") << "File too large";
        QTest::newRow("thread") << "did it"; // decoders need them
        for (const char* name :
            {"socket", "unix-socket", "exec", "fork", "clone", "kill", "ptrace", "spy", "rename"})
            QTest::newRow(name) << kForbidden;
    }

    void keepsTheWorkerAwayFrom()
    {
        QFETCH(QString, outcome);
        QCOMPARE(deed(QTest::currentDataTag()), outcome);
    }

    void survivesAWorkerThat_data()
    {
        QTest::addColumn<QString>("outcome");
        for (const char* name : {"crash", "abort", "leave", "close-the-socket"})
            QTest::newRow(name) << kMadeItFail;
        for (const char* name : {"garbage", "too-long", "a-request", "no-descriptor",
                 "the-file-itself", "unsealed", "no-reading", "lying-length", "pixels-missing"})
            QTest::newRow(name) << kNonsense;
    }

    void survivesAWorkerThat()
    {
        QFETCH(QString, outcome);
        QCOMPARE(deed(QTest::currentDataTag()), outcome);
    }

    void endsAWorkerThatHangs()
    {
        const Limits limits{.patience = std::chrono::seconds(1)};
        QCOMPARE(deed("hang", limits),
            "Reading this file came to a standstill, so it was stopped; the file may be damaged.");
    }

    void endsAWorkerThatTakesTooLong_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("silent") << "spin";
        QTest::newRow("talking") << "spin-and-talk";
    }

    void endsAWorkerThatTakesTooLong()
    {
        QFETCH(QString, name);
        const Limits limits{.processorTime = std::chrono::seconds(1)};
        QCOMPARE(deed(qPrintable(name), limits),
            "Reading this file takes too much time, so it was stopped. Split the file or convert "
            "it.");
    }

    void killsAWorkerWhenStopped()
    {
        Process hostile = started("media_hostile_worker");
        const pid_t id = hostile.id();
        std::stop_source stop;
        QElapsedTimer sinceStop;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            sinceStop.start();
            stop.request_stop();
        });
        const auto reading = read(hostile, "hang", stop.get_token());
        {
            const Process ended = std::move(hostile);
        }
        const qint64 elapsed = sinceStop.elapsed();
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
        QCOMPARE(::kill(id, 0), -1);
        qInfo("stopped and gone after %lld ms", elapsed);
        QVERIFY(elapsed < 30'000); // machines freeze; the figure above is the one to look at
    }

    void isNotMistakenAboutAWorkerKilledFromOutside()
    {
        Process hostile = started("media_hostile_worker");
        const pid_t id = hostile.id();
        std::jthread killer([id] {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            ::kill(id, SIGKILL);
        });
        const auto reading = read(hostile, "hang");
        QVERIFY(!reading);
        QCOMPARE(QString::fromStdString(reading.error().message),
            "The program that reads files was ended from outside, perhaps because memory ran out. "
            "Try again.");
        QVERIFY(!hostile.isReusable());
    }

    void readsTheNextFileAfterAFailure()
    {
        Process worker = started("lectern-media-worker");
        QVERIFY(read(worker, "a.txt"));
        QVERIFY(worker.isReusable() && worker.isWaiting());
        QVERIFY(read(worker, "b.txt"));
        ::kill(worker.id(), SIGKILL);
        QTRY_VERIFY(!worker.isWaiting());
        QVERIFY(!read(worker, "c.txt"));
        QVERIFY(!worker.isReusable());
        QVERIFY(readPath(m_text)); // by another
    }

    // Two answers to one question: the second must not pass for the answer to the next.
    void isNotReusedWhenItSaysMoreThanItShould()
    {
        Process hostile = started("media_hostile_worker");
        QVERIFY(!read(hostile, "twice"));
        QTRY_VERIFY(!hostile.isWaiting());
    }

    void endsWhenTheApplicationIsKilled()
    {
        QProcess application;
        application.start(QCoreApplication::applicationFilePath(), {kDieWithAWorker});
        QVERIFY(application.waitForFinished(60'000));
        QCOMPARE(application.exitStatus(), QProcess::CrashExit);
        const pid_t worker = application.readAllStandardOutput().trimmed().toInt();
        QVERIFY(worker > 0);
        QTRY_VERIFY_WITH_TIMEOUT(hasEnded(worker), 60'000);
    }

    void saysThatTheWorkerIsMissing()
    {
        const auto process = Process::start(program("no-such-worker"), {}, {});
        QVERIFY(!process);
        QCOMPARE(QString::fromStdString(process.error().message),
            "The program that reads files (no-such-worker) does not start: No such file or "
            "directory. Install Lectern again.");
    }

    void saysThatTheWorkerIsNoWorker()
    {
        const auto process = Process::start("/bin/true", {}, {});
        QVERIFY(!process);
        QVERIFY2(process.error().message.ends_with("Install Lectern again."),
            process.error().message.c_str());
    }

    void passesNoSecretsAndNoFilesOn()
    {
        qputenv("SECRET_OF_THE_USER", "x");
        const int inherited = ::open(qPrintable(m_text), O_RDONLY); // not close-on-exec
        const Process worker = started("lectern-media-worker");
        const QString process = QString("/proc/%1").arg(worker.id());
        const QByteArray environment = bytesOf(process + "/environ");
        QVERIFY(!environment.contains("SECRET_OF_THE_USER"));
        const QStringList open = QDir(process + "/fd").entryList(QDir::Files | QDir::System);
        for (const QString& number : open)
            QVERIFY2(!QFile::symLinkTarget(process + "/fd/" + number).contains("a.txt"),
                qPrintable(number));
        ::close(inherited);
    }

    // Descriptors that were sent are closed, however the reading ended.
    void leaksNoDescriptors()
    {
        const auto count = [] { return QDir("/proc/self/fd").entryList(QDir::System).size(); };
        deed("the-file-itself");
        const auto before = count();
        for (int i = 0; i < 5; ++i) {
            deed("the-file-itself");
            deed("unsealed");
            deed("crash");
            readPath(m_text);
        }
        QCOMPARE(count(), before);
    }

private:
    static bool hasEnded(pid_t id) // gone, or not yet waited for by whoever inherited it
    {
        const QByteArray stat = bytesOf(QString("/proc/%1/stat").arg(id));
        return stat.isEmpty() || stat[stat.lastIndexOf(')') + 2] == 'Z';
    }
};

int main(int argc, char** argv)
{
    QCoreApplication application(argc, argv);
    if (QCoreApplication::arguments().value(1) == kDieWithAWorker) {
        const Process worker = started("lectern-media-worker");
        std::printf("%d\n", worker.id());
        std::fflush(stdout);
        ::raise(SIGKILL);
    }
    WorkerTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "worker_test.moc"
