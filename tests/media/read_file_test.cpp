// SPDX-License-Identifier: Apache-2.0
// readFile() on what is no readable file, and what every reading carries.
#include "media_test.h"

#include <chrono>
#include <fcntl.h>
#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QTest>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace lectern::media;

class ReadFileTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

private slots:
    void refusesWhatIsNoFile()
    {
        QCOMPARE(refusal(m_dir.filePath("missing")), "The file does not exist.");
        QCOMPARE(refusal(m_dir.path()), "This is a folder, not a file.");
        QCOMPARE(refusal("/dev/null"), "This is a device, not a file.");
        QCOMPARE(refusal(write(m_dir, "empty.txt", {})), "The file is empty.");
        QCOMPARE(readPath(write(m_dir, "empty.png", {})).error().code, ErrorCode::empty);
    }

    void doesNotWaitForAPipe()
    {
        const QString pipe = m_dir.filePath("pipe");
        QCOMPARE(::mkfifo(qPrintable(pipe), 0600), 0);
        QCOMPARE(refusal(pipe), "This is a pipe, not a file.");
    }

    void refusesSockets()
    {
        const QString path = m_dir.filePath("socket");
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        QVERIFY(static_cast<std::size_t>(path.size()) < sizeof(address.sun_path));
        qstrcpy(address.sun_path, qPrintable(path));
        QCOMPARE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
        QCOMPARE(refusal(path), "This is a socket or a device, not a file.");
        ::close(socket);
    }

    void refusesUnreadableFiles()
    {
        const QString path = write(m_dir, "secret.txt", "text");
        QCOMPARE(::chmod(qPrintable(path), 0), 0);
        constexpr uid_t kNobody = 65534;
        const uid_t self = ::geteuid();
        if (self == 0) // who may read everything
            QCOMPARE(::seteuid(kNobody), 0);
        const QString sentence = refusal(path);
        if (self == 0)
            QCOMPARE(::seteuid(self), 0);
        QCOMPARE(sentence, "You do not have permission to read this file.");
    }

    void refusesALinkToItself()
    {
        const QString path = m_dir.filePath("loop");
        QCOMPARE(::symlink("loop", qPrintable(path)), 0);
        QCOMPARE(refusal(path), "This link leads back to itself.");
    }

    void namesWhatItCannotRead_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("name");
        const auto row = [](const char* tag, const QByteArray& bytes, const char* name) {
            QTest::newRow(tag) << bytes << QString(name);
        };
        row("elf",
            QByteArray("\x7F"
                       "ELF\2\1\1\0",
                8),
            "a Linux program");
        row("exe", QByteArray("MZ\x90\0\3\0\0\0", 8), "a Windows program");
        row("mp3", QByteArray("ID3\3\0\0\0\0", 8), "an MP3 audio file");
        row("wav", QByteArray("RIFF\x10\0\0\0WAVEfmt ", 16), "a WAV audio file");
    }

    void namesWhatItCannotRead()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, name);
        const auto reading = readPath(write(m_dir, "file.txt", bytes));
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::unsupported);
        QCOMPARE(QString::fromStdString(reading.error().message),
            "This is " + name + "; Lectern cannot read such files yet.");
    }

    void saysWhatToDoWithArchivesAndOldDocuments()
    {
        QCOMPARE(refusal(write(m_dir, "a.gz", QByteArray("\x1F\x8B\x08\0\0", 5))),
            "This is a gzip archive; unpack it and add the files that matter.");
        QCOMPARE(refusal(write(m_dir, "a.zip", QByteArray("PK\5\6", 4) + QByteArray(18, '\0'))),
            "This is an empty ZIP archive; unpack it and add the files that matter.");
        QVERIFY(refusal(write(m_dir, "a.doc", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
                    .startsWith("This is an old Office document, or one protected"));
        QCOMPARE(refusal(write(
                     m_dir, "b.docx", QByteArray("PK\3\4\x14\0\0\0", 8) + QByteArray(50, '\1'))),
            "The document is damaged or incomplete and cannot be opened. Download or save it "
            "again.");
    }

    void refusesUnknownBytes()
    {
        QByteArray noise;
        for (int i = 0; i < 5000; ++i)
            noise += static_cast<char>(i * i * 31 + i / 7);
        const auto reading = readPath(write(m_dir, "noise.bin", noise));
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::unknownFormat);
    }

    void readingNamesTheBytes()
    {
        const QByteArray bytes = "Some text.\n";
        const auto reading = readPath(write(m_dir, "a.txt", bytes));
        QVERIFY(reading);
        QCOMPARE(QByteArray::fromStdString(reading->sha256),
            QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
        QCOMPARE(reading->fileBytes, static_cast<std::uint64_t>(bytes.size()));
        const auto& part = std::get<TextPart>(reading->parts.at(0));
        QCOMPARE(part.where.begin, 0U);
        QCOMPARE(part.where.end, part.text.size());
    }

    void takesTheNameTheUserKnows()
    {
        const QString path = write(m_dir, "0a1b2c", "int main() {}\n");
        const auto reading = readFile(path.toStdString(), "main.cpp", {}, {}, {});
        QVERIFY(reading);
        QCOMPARE(reading->format, "C++ source");
    }

    void stopsBeforeItBegins()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto reading = readPath(write(m_dir, "b.txt", "text"), {}, stop.get_token());
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }

    void stopsInTheMiddle()
    {
        const QString path =
            write(m_dir, "long.txt", QByteArray("line of text\n").repeated(400'000));
        std::stop_source stop;
        int calls = 0;
        const auto reading = readFile(path.toStdString(), {}, {}, stop.get_token(),
            [&](std::uint64_t done, std::uint64_t total) {
                QVERIFY(done <= total);
                ++calls;
                stop.request_stop();
            });
        QCOMPARE(calls, 1);
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }

    void noticesAChangeWhileReading_data()
    {
        QTest::addColumn<QString>("change");
        QTest::newRow("grows") << "grows";
        QTest::newRow("shrinks") << "shrinks";
        QTest::newRow("replaced") << "replaced";
        QTest::newRow("removed") << "removed";
    }

    void noticesAChangeWhileReading()
    {
        QFETCH(QString, change);
        const QString path =
            write(m_dir, change + ".txt", QByteArray("line of text\n").repeated(200'000));
        bool done = false;
        const auto reading =
            readFile(path.toStdString(), {}, {}, {}, [&](std::uint64_t, std::uint64_t) {
                if (std::exchange(done, true))
                    return;
                if (change == "removed") {
                    QFile::remove(path);
                } else if (change == "replaced") {
                    QFile::remove(path);
                    write(m_dir, change + ".txt", QByteArray("LINE OF TEXT\n").repeated(200'000));
                } else {
                    QFile file(path);
                    QVERIFY(file.open(QIODevice::ReadWrite));
                    QVERIFY(file.resize(change == "grows" ? 4'000'000 : 1000));
                }
            });
        QVERIFY(!reading);
        QVERIFY(!QString::fromStdString(reading.error().message).isEmpty());
    }

    void writesTimestamps()
    {
        QCOMPARE(formatTimestamp(0), "00:00");
        QCOMPARE(formatTimestamp(61.999), "01:01");
        QCOMPARE(formatTimestamp(2.99999999), "00:03");
        QCOMPARE(formatTimestamp(3599), "59:59");
        QCOMPARE(formatTimestamp(3600), "1:00:00");
        QCOMPARE(formatTimestamp(36000 + 62), "10:01:02");
        QCOMPARE(formatTimestamp(-1), "00:00");
    }
};

QTEST_APPLESS_MAIN(ReadFileTest)
#include "read_file_test.moc"
