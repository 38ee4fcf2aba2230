// SPDX-License-Identifier: Apache-2.0
// Two real programs on one data directory.
#include "app/single_instance.h"

#include <csignal>
#include <QDir>
#include <QLocalSocket>
#include <QObject>
#include <QProcess>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using lectern::app::SingleInstance;

namespace {

// Until the program has said a line, or ended.
QByteArray line(QProcess& program)
{
    while (!program.canReadLine() && program.waitForReadyRead(60'000)) { }
    return program.readLine().trimmed();
}

void start(QProcess& program, const QString& directory, const QStringList& files = {},
    int answerMs = 30'000)
{
    program.start(APP_INSTANCE_HELPER, QStringList{directory, QString::number(answerMs)} + files);
}

} // namespace

class SingleInstanceTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_dir;

private slots:
    void init() { m_dir = std::make_unique<QTemporaryDir>(); }

    void theSecondHandsItsFilesToTheFirst()
    {
        QProcess first;
        start(first, m_dir->path());
        QCOMPARE(line(first), QByteArray("first"));
        QProcess second;
        second.setWorkingDirectory(QDir::tempPath());
        start(second, m_dir->path(), {"/a/b.pdf", "relative.txt"});
        QCOMPARE(line(second), QByteArray("handed over"));
        QVERIFY(second.waitForFinished(60'000));
        QCOMPARE(second.exitCode(), 0);
        QCOMPARE(line(first),
            QByteArray("raised /a/b.pdf ")
                + QDir(QDir::tempPath()).filePath("relative.txt").toLocal8Bit());
        QProcess third; // and without files: the window is raised
        start(third, m_dir->path());
        QCOMPARE(line(third), QByteArray("handed over"));
        QCOMPARE(line(first), QByteArray("raised"));
        first.kill();
        QVERIFY(first.waitForFinished(60'000));
        third.waitForFinished(60'000);
    }

    void anotherDirectoryIsAnotherInstance()
    {
        SingleInstance one(m_dir->filePath("one"));
        SingleInstance two(m_dir->filePath("two"));
        QCOMPARE(one.start({}), SingleInstance::Outcome::first);
        QCOMPARE(two.start({}), SingleInstance::Outcome::first);
    }

    void aKilledFirstDoesNotStandInTheWay()
    {
        QProcess first;
        start(first, m_dir->path());
        QCOMPARE(line(first), QByteArray("first"));
        first.kill(); // SIGKILL: it cleans nothing up
        QVERIFY(first.waitForFinished(60'000));
        SingleInstance next(m_dir->path());
        QCOMPARE(next.start({}), SingleInstance::Outcome::first);
        QSignalSpy raised(&next, &SingleInstance::raised);
        QProcess second;
        start(second, m_dir->path(), {"/x"});
        QTRY_COMPARE_WITH_TIMEOUT(raised.count(), 1, 60'000);
        QCOMPARE(raised[0][0].toStringList(), QStringList{"/x"});
        QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 60'000);
        QCOMPARE(line(second), QByteArray("handed over"));
    }

    void aFrozenFirstIsAReasonNotToStart()
    {
        QProcess first;
        start(first, m_dir->path());
        QCOMPARE(line(first), QByteArray("first"));
        QCOMPARE(::kill(static_cast<pid_t>(first.processId()), SIGSTOP), 0);
        QProcess second;
        start(second, m_dir->path(), {}, 300);
        const QByteArray said = line(second);
        QVERIFY2(said.startsWith("refused: ") && said.contains("does not answer"), said);
        QVERIFY(second.waitForFinished(60'000));
        QCOMPARE(second.exitCode(), 1);
        first.kill();
        QVERIFY(first.waitForFinished(60'000));
    }

    void aDirectoryThatCannotBeMadeIsASentence()
    {
        QFile file(m_dir->filePath("taken"));
        QVERIFY(file.open(QFile::WriteOnly));
        SingleInstance instance(m_dir->filePath("taken/data"));
        QCOMPARE(instance.start({}), SingleInstance::Outcome::refused);
        QVERIFY(instance.reason().contains("taken/data"));
    }

    void aVeryLongDirectoryWorksToo()
    {
        const QString directory = m_dir->filePath(QString(150, 'd'));
        QProcess first;
        start(first, directory);
        QCOMPARE(line(first), QByteArray("first"));
        QProcess second;
        start(second, directory, {"/long"});
        QCOMPARE(line(second), QByteArray("handed over"));
        QCOMPARE(line(first), QByteArray("raised /long"));
        first.kill();
        QVERIFY(first.waitForFinished(60'000));
        second.waitForFinished(60'000);
    }

    void nonsenseOnTheSocketIsIgnored()
    {
        SingleInstance instance(m_dir->path());
        QCOMPARE(instance.start({}), SingleInstance::Outcome::first);
        QSignalSpy raised(&instance, &SingleInstance::raised);
        for (const QByteArray& request : {QByteArray("\n"), QByteArray("[1,2]\n"),
                 QByteArray("{\"files\": 7\n"), QByteArray(100'000, '{') + '\n'}) {
            QLocalSocket socket;
            socket.connectToServer(m_dir->filePath("lectern.sock"));
            QVERIFY(socket.waitForConnected(60'000));
            socket.write(request);
            QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QLocalSocket::UnconnectedState, 60'000);
        }
        QCOMPARE(raised.count(), 0);
        QLocalSocket socket; // what is not an absolute path is left out
        socket.connectToServer(m_dir->filePath("lectern.sock"));
        socket.write("{\"files\": [7, \"relative\", \"/absolute\"]}\n");
        QTRY_COMPARE_WITH_TIMEOUT(raised.count(), 1, 60'000);
        QCOMPARE(raised[0][0].toStringList(), QStringList{"/absolute"});
    }
};

QTEST_GUILESS_MAIN(SingleInstanceTest)
#include "single_instance_test.moc"
