// SPDX-License-Identifier: Apache-2.0
// Files made to break whoever reads them, through the real worker: each ends in a sentence or a
// reading, never in a crash of the worker, and the next file is read as if nothing had been.
#include "media_test.h"

#include <fcntl.h>
#include <QBuffer>
#include <QImage>
#include <QImageWriter>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtEndian>
#include <QTest>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace lectern::media;

namespace {

// What a reader says when it was not the reader that said it.
bool isFailureOfTheWorker(const Error& error)
{
    const std::string_view message = error.message;
    return message.find("its reader") != std::string_view::npos
        || message.find("The program that reads files") != std::string_view::npos
        || message.find("standstill") != std::string_view::npos;
}

QByteArray be32(quint32 value)
{
    QByteArray bytes(4, '\0');
    qToBigEndian(value, bytes.data());
    return bytes;
}

QByteArray gif(int pictures)
{
    // 1 x 1, two colours; a picture: its delay, its place, one code, the end.
    const QByteArray header = QByteArray::fromHex("474946383961010001008000000000 00ffffff");
    const QByteArray one = QByteArray::fromHex("21f904000a000000 2c00000000010001000002024401 00");
    return header + one.repeated(pictures) + ';';
}

QByteArray deepPicture(const char* format)
{
    QImage image(40, 30, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            image.setPixel(x, y, qRgb(x * 6, y * 8, x * y));
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QImageWriter(&buffer, format).write(image);
    return bytes;
}

} // namespace

class BadFilesTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

    QByteArray clip(const QString& name, const QStringList& encoding)
    {
        QProcess ffmpeg;
        const QString path = m_dir.filePath(name);
        ffmpeg.start("ffmpeg",
            QStringList{"-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=2"}
                + encoding + QStringList{path});
        if (!ffmpeg.waitForFinished(120'000) || ffmpeg.exitCode() != 0)
            qFatal("ffmpeg: %s", ffmpeg.readAllStandardError().constData());
        return bytesOf(path);
    }
    // Reads it, and then something harmless.
    Result<Reading> readAndGoOn(const QString& path)
    {
        auto reading = readPath(path);
        const auto next = readPath(write(m_dir, "next.txt", "The next file.\n"));
        if (!next || textOf(*next) != "The next file.\n")
            qFatal("The next file was not read.");
        return reading;
    }

private slots:
    void refusesAGigabyteOfNothing()
    {
        const QString path = write(m_dir, "zeros.bin", {});
        QCOMPARE(::truncate(qPrintable(path), 1'000'000'000), 0);
        const auto reading = readAndGoOn(path);
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::unknownFormat);
        QCOMPARE(::truncate(
                     qPrintable(write(m_dir, "zeros.txt", "Text, then nothing.\n")), 1'000'000'000),
            0);
        const auto text = readAndGoOn(m_dir.filePath("zeros.txt"));
        QVERIFY(!text);
        QVERIFY2(!isFailureOfTheWorker(text.error()), text.error().message.c_str());
    }

    void readsAGifOfAMillionPictures()
    {
        const auto reading = readAndGoOn(write(m_dir, "many.gif", gif(1'000'000)));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(fact(*reading, "frames").section(' ', -1), "1,000,000");
        QVERIFY(reading->parts.size() <= 8);
    }

    void doesNotBelieveAnMp4Index_data()
    {
        QTest::addColumn<QByteArray>("box");
        QTest::addColumn<int>("offset"); // of the four bytes, after the box's name
        QTest::addColumn<quint32>("value");
        const auto row = [](const char* tag, const char* box, int offset, quint32 value) {
            QTest::newRow(tag) << QByteArray(box) << offset << value;
        };
        row("huge-sample", "stsz", 12, 0x7FFFFFFF);
        row("samples-of-one-size", "stsz", 4, 0x7FFFFFFF);
        row("endless-samples", "stsz", 8, 0xFFFFFFFF);
        row("many-samples", "stsz", 8, 0x0FFFFFFF);
        row("no-samples", "stsz", 8, 0);
        row("chunk-outside", "stco", 8, 0xFFFFFFF0);
        row("chunk-in-the-header", "stco", 8, 0);
        row("endless-chunks", "stco", 4, 0xFFFFFFFF);
        row("endless-times", "stts", 4, 0xFFFFFFFF);
        row("one-time-for-all", "stts", 8, 0xFFFFFFFF);
        row("backwards", "stts", 12, 0x80000000);
        row("times-standing-still", "stts", 12, 0);
        row("endless-keys", "stss", 4, 0xFFFFFFFF);
        row("keys-nowhere", "stss", 8, 0xFFFFFFFF);
        row("endless-chunk-runs", "stsc", 4, 0xFFFFFFFF);
        row("chunk-of-everything", "stsc", 12, 0xFFFFFFFF);
        row("no-description", "stsc", 16, 0xFFFF);
        row("no-time-scale", "mdhd", 12, 0);
        row("negative-duration", "mdhd", 16, 0xFFFFFFFF);
        row("no-movie-time-scale", "mvhd", 12, 0);
        row("huge-picture", "avc1", 24, 0xFFFFFFFF);
        row("long-box", "stbl", -8, 0xFFFFFFFF);
        row("box-of-nothing", "stsd", -8, 0);
        row("tiny-box", "trak", -8, 7);
        row("endless-edits", "elst", 4, 0xFFFFFFFF);
    }

    void doesNotBelieveAnMp4Index()
    {
        if (QStandardPaths::findExecutable("ffmpeg").isEmpty())
            QSKIP("The ffmpeg program, which makes the clip, is not installed.");
        QFETCH(QByteArray, box);
        QFETCH(int, offset);
        QFETCH(quint32, value);
        static const QByteArray whole = clip("whole.mp4",
            {"-c:v", "libx264", "-g", "5", "-bf", "2", "-pix_fmt", "yuv420p", "-movflags",
                "+faststart"});
        const auto at = whole.indexOf(box);
        QVERIFY(at > 0);
        QByteArray lying = whole;
        lying.replace(at + 4 + offset, 4, be32(value));
        const auto reading = readAndGoOn(write(m_dir, "lying.mp4", lying));
        if (!reading)
            QVERIFY2(!isFailureOfTheWorker(reading.error()), reading.error().message.c_str());
        else
            QVERIFY(!reading->parts.empty());
    }

    void readsListsAsTheTextTheyAre_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("hls") << "live.m3u8"
                             << "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
                + QByteArray("#EXTINF:4,\nlive.m3u8\n").repeated(20'000);
        QTest::newRow("concat") << "all.ffconcat"
                                << QByteArray("ffconcat version 1.0\nfile all.ffconcat\n");
        QTest::newRow("dash") << "live.mpd"
                              << QByteArray(
                                     "<?xml version=\"1.0\"?>\n<MPD><BaseURL>http://127.0.0.1/"
                                     "</BaseURL></MPD>\n");
        QTest::newRow("sdp") << "call.sdp"
                             << QByteArray(
                                    "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n");
        QTest::newRow("svg") << "spy.svg"
                             << QByteArray("<svg xmlns='http://www.w3.org/2000/svg'><image "
                                           "href='file:///etc/passwd'/></svg>\n");
    }

    void readsListsAsTheTextTheyAre()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        const auto reading = readAndGoOn(write(m_dir, name, bytes));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->kind, Kind::text);
        QVERIFY(textOf(*reading).find("root:") == std::string::npos);
    }

    // Damage at many places of every kind of picture and clip: a sentence or a reading each time.
    void survivesDamage_data()
    {
        QTest::addColumn<QByteArray>("whole");
        for (const char* format : {"png", "jpeg", "bmp", "webp", "tiff"})
            QTest::newRow(format) << deepPicture(format);
        QTest::newRow("gif") << gif(30);
        if (QStandardPaths::findExecutable("ffmpeg").isEmpty())
            return;
        QTest::newRow("mp4") << clip(
            "d.mp4", {"-c:v", "libx264", "-g", "5", "-pix_fmt", "yuv420p"});
        QTest::newRow("webm") << clip("d.webm", {"-c:v", "libvpx-vp9", "-g", "5", "-b:v", "100k"});
        QTest::newRow("ts") << clip("d.ts", {"-c:v", "mpeg2video"});
        QTest::newRow("hevc") << clip(
            "d.mkv", {"-c:v", "libx265", "-x265-params", "log-level=none"});
    }

    void survivesDamage()
    {
        QFETCH(QByteArray, whole);
        std::mt19937 random(17); // NOLINT: the same damage in every run
        const auto place = [&](qsizetype size) {
            return static_cast<qsizetype>(random() % static_cast<unsigned>(size));
        };
        for (int round = 0; round < 60; ++round) {
            QByteArray bad = whole;
            switch (round % 4) {
            case 0: // the end is missing
                bad.truncate(1 + place(bad.size()));
                break;
            case 1: // a piece is missing
                bad.remove(place(bad.size()), 1 + place(200));
                break;
            case 2: // a piece is twice there
                bad.insert(place(bad.size()), bad.mid(place(bad.size()), 300));
                break;
            case 3: // a piece is noise
                for (qsizetype at = place(bad.size()), end = at + 40; at < end && at < bad.size();
                     ++at)
                    bad[at] = static_cast<char>(random());
                break;
            default:
                break;
            }
            const auto reading = readPath(write(m_dir, "bad", bad));
            if (!reading)
                QVERIFY2(!isFailureOfTheWorker(reading.error()),
                    qPrintable(QString("round %1: %2")
                                   .arg(round)
                                   .arg(QString::fromStdString(reading.error().message))));
        }
    }

    void needsNoDisk()
    {
        const QByteArray before = qgetenv("TMPDIR");
        qputenv("TMPDIR", "/nonexistent");
        const auto reading = readPath(write(m_dir, "a.png", deepPicture("png")));
        if (before.isNull())
            qunsetenv("TMPDIR");
        else
            qputenv("TMPDIR", before);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
    }

    void followsLinksOnlyToFiles()
    {
        QVERIFY(m_dir.mkpath("loop"));
        QCOMPARE(::symlink("..", qPrintable(m_dir.filePath("loop/up"))), 0);
        QCOMPARE(refusal(m_dir.filePath("loop/up")), "This is a folder, not a file.");
        write(m_dir, "real.txt", "Found.\n");
        QString path = m_dir.path();
        for (int i = 0; i < 20; ++i)
            path += "/loop/up";
        QCOMPARE(QString::fromStdString(textOf(readPath(path + "/real.txt").value())), "Found.\n");
        for (int i = 0; i < 50; ++i)
            path += "/loop/up";
        QCOMPARE(refusal(path + "/real.txt"), "This link leads back to itself.");
    }

    void readsNamesThatAreNoText()
    {
        const std::string name = m_dir.path().toStdString() + "/\xFF\xFE name\n.txt";
        const int file = ::open(name.c_str(), O_WRONLY | O_CREAT, 0600);
        QVERIFY(file >= 0);
        QCOMPARE(::write(file, "text\n", 5), 5);
        ::close(file);
        const auto reading = readFile(name, {}, {}, {}, {});
        ::unlink(name.c_str()); // which Qt cannot name
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
    }

    // Cut off and written to while the worker reads: the picture of before is never given for the
    // file of after.
    void noticesAChangeOfAClip()
    {
        if (QStandardPaths::findExecutable("ffmpeg").isEmpty())
            QSKIP("The ffmpeg program, which makes the clip, is not installed.");
        const QString path = m_dir.filePath("growing.mp4");
        clip("growing.mp4", {"-c:v", "libx264", "-pix_fmt", "yuv420p"});
        int calls = 0;
        const auto reading =
            readFile(path.toStdString(), {}, {}, {}, [&](std::uint64_t, std::uint64_t) {
                if (calls++ == 1)
                    QVERIFY(QFile::resize(path, 100));
            });
        QVERIFY(calls > 1);
        QVERIFY(!reading);
        QVERIFY2(QString::fromStdString(reading.error().message).contains("changed"),
            reading.error().message.c_str());
    }
};

QTEST_APPLESS_MAIN(BadFilesTest)
#include "bad_files_test.moc"
