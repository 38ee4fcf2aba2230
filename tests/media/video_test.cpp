// SPDX-License-Identifier: Apache-2.0
// Video: exact times, rotation, proportions, containers, and files that are not whole. The clips
// are made by the ffmpeg program; the brightness of each picture is its number.
#include "media/video_container.h"
#include "media_test.h"

#include <cmath>
#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace lectern::media;

namespace {

constexpr int kStep = 5; // luma levels from one picture to the next
const QString kCounter = "nullsrc=s=64x48:r=10:d=4,geq=lum='16+N*5':cb=128:cr=128";

// The number that the picture shows.
int numberIn(const Image& image)
{
    const Pixel middle = pixel(image, image.width / 2, image.height / 2);
    return static_cast<int>(std::lround(middle.green * 219.0 / 255.0 / kStep));
}

QString numbersAndTimes(const Reading& reading)
{
    QStringList all;
    for (std::size_t i = 0; i < reading.parts.size(); ++i)
        all << QString("%1@%2")
                   .arg(numberIn(imageOf(reading, i)))
                   .arg(std::get<FramePart>(reading.parts[i]).seconds, 0, 'f', 2);
    return all.join(' ');
}

QString seconds(const Reading& reading)
{
    QStringList all;
    for (const Part& part : reading.parts)
        all << QString::number(std::get<FramePart>(part).seconds, 'f', 2);
    return all.join(' ');
}

} // namespace

class VideoTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

    // Makes m_dir/name with ffmpeg and returns its path.
    QString make(const QString& name, const QStringList& arguments)
    {
        const QString path = m_dir.filePath(name);
        QProcess ffmpeg;
        ffmpeg.setProcessChannelMode(QProcess::MergedChannels);
        ffmpeg.start("ffmpeg", QStringList{"-v", "error", "-y"} + arguments + QStringList{path});
        if (!ffmpeg.waitForFinished(120'000) || ffmpeg.exitCode() != 0)
            qFatal("ffmpeg: %s", ffmpeg.readAll().constData());
        return path;
    }
    QString counter(const QString& name, const QStringList& encoding)
    {
        return make(name, QStringList{"-f", "lavfi", "-i", kCounter} + encoding);
    }
    QString smallMp4()
    {
        const QString path = m_dir.filePath("small.mp4");
        if (!QFile::exists(path))
            counter("small.mp4",
                {"-c:v", "libx264", "-g", "10", "-bf", "2", "-pix_fmt", "yuv420p", "-movflags",
                    "+faststart"});
        return path;
    }

private slots:
    void initTestCase()
    {
        if (QStandardPaths::findExecutable("ffmpeg").isEmpty())
            QSKIP("The ffmpeg program, which makes the clips, is not installed.");
    }

    void readsFramesAtExactTimes_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QStringList>("encoding");
        QTest::addColumn<QString>("format");
        const QStringList x264{"-c:v", "libx264", "-g", "10", "-bf", "3", "-pix_fmt", "yuv420p"};
        QTest::newRow("mp4") << "a.mp4" << x264 << "MP4 video (H.264)";
        QTest::newRow("mp4-fragmented")
            << "f.mp4" << x264 + QStringList{"-movflags", "frag_keyframe+empty_moov"}
            << "MP4 video (H.264)";
        QTest::newRow("mov") << "a.mov" << x264 << "QuickTime video (H.264)";
        QTest::newRow("mkv") << "a.mkv" << x264 << "Matroska video (H.264)";
        QTest::newRow("mkv-without-index")
            << "n.mkv" << x264 + QStringList{"-live", "1"} << "Matroska video (H.264)";
        QTest::newRow("ts") << "a.ts" << x264 << "MPEG transport stream (H.264)";
        QTest::newRow("flv") << "a.flv" << x264 << "Flash video (H.264)";
        QTest::newRow("webm") << "a.webm"
                              << QStringList{"-c:v", "libvpx", "-g", "10", "-deadline", "realtime",
                                     "-b:v", "2M"}
                              << "WebM video (VP8)";
        QTest::newRow("avi") << "a.avi"
                             << QStringList{"-c:v", "mpeg4", "-g", "10", "-qscale:v", "2"}
                             << "AVI video (MPEG-4)";
        QTest::newRow("one-key-frame")
            << "k.mp4" << QStringList{"-c:v", "libx264", "-g", "1000", "-pix_fmt", "yuv420p"}
            << "MP4 video (H.264)";
    }

    void readsFramesAtExactTimes()
    {
        QFETCH(QString, file);
        QFETCH(QStringList, encoding);
        QFETCH(QString, format);
        const auto reading = readPath(counter(file, encoding));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->kind, Kind::video);
        QCOMPARE(QString::fromStdString(reading->format), format);
        QCOMPARE(numbersAndTimes(*reading),
            "0@0.00 5@0.50 10@1.00 15@1.50 20@2.00 25@2.50 30@3.00 35@3.50");
        QCOMPARE(fact(*reading, "duration"), "00:04");
        QCOMPARE(fact(*reading, "size"), "64 x 48");
        QCOMPARE(fact(*reading, "frames"), "8 of 40");
        QCOMPARE(warnings(*reading), "");
    }

    void takesAllFramesOfAShortClip()
    {
        ReadOptions options;
        options.videoFrames = 64;
        const auto reading = readPath(smallMp4(), options);
        QVERIFY(reading);
        QCOMPARE(reading->parts.size(), 40U);
        for (std::size_t i = 0; i < 40; ++i) {
            QCOMPARE(numberIn(imageOf(*reading, i)), static_cast<int>(i));
            const auto& frame = std::get<FramePart>(reading->parts[i]);
            QVERIFY(std::abs(frame.seconds - 0.1 * static_cast<double>(i)) < 1e-6);
            QCOMPARE(frame.where.seconds.value(), frame.seconds);
        }
    }

    void respectsVariableFrameRates()
    {
        // Every tenth picture only, but all of the second second.
        const QString path = make("vfr.mp4",
            {"-f", "lavfi", "-i", kCounter + ",select='not(mod(n,10))+between(n,10,19)'",
                "-fps_mode", "vfr", "-c:v", "libx264", "-pix_fmt", "yuv420p"});
        ReadOptions options;
        options.videoFrames = 4;
        const auto reading = readPath(path, options);
        QVERIFY(reading);
        // The last picture's length is the container's guess, so only the first times are certain.
        QVERIFY2(
            numbersAndTimes(*reading).startsWith("0@0.00 "), qPrintable(numbersAndTimes(*reading)));
        for (std::size_t i = 0; i < reading->parts.size(); ++i)
            QCOMPARE(
                static_cast<int>(std::lround(std::get<FramePart>(reading->parts[i]).seconds * 10)),
                numberIn(imageOf(*reading, i)));
    }

    void countsFromTheBeginningOfTheFile()
    {
        const QString path = counter("offset.ts",
            {"-c:v", "libx264", "-pix_fmt", "yuv420p", "-output_ts_offset", "1000", "-muxdelay",
                "3"});
        const auto reading = readPath(path);
        QVERIFY(reading);
        QVERIFY2(numbersAndTimes(*reading).startsWith("0@0.00 5@0.50"),
            qPrintable(numbersAndTimes(*reading)));
    }

    void turnsClipsUpright_data()
    {
        QTest::addColumn<QString>("rotation");
        for (const char* rotation : {"90", "180", "270"})
            QTest::newRow(rotation) << QString(rotation);
    }

    void turnsClipsUpright()
    {
        QFETCH(QString, rotation);
        const QString flat = make("flat.mp4",
            {"-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d=1", "-c:v", "libx264", "-crf", "10",
                "-pix_fmt", "yuv420p"});
        const QString turned = make("turned" + rotation + ".mp4",
            {"-i", flat, "-c", "copy", "-metadata:s:v", "rotate=" + rotation});
        const QImage reference(make("reference.png", {"-i", turned, "-frames:v", "1"}));
        const auto reading = readPath(turned);
        QVERIFY(reading);
        const Image& image = imageOf(*reading);
        QCOMPARE(QSize(image.width, image.height), reference.size());
        QCOMPARE(fact(*reading, "size"), QString("%1 x %2").arg(image.width).arg(image.height));
        QCOMPARE(fact(*reading, "orientation"), "turned upright");
        double difference = 0;
        for (int y = 0; y < image.height; ++y)
            for (int x = 0; x < image.width; ++x)
                difference += std::abs(pixel(image, x, y).green - qGreen(reference.pixel(x, y)));
        QVERIFY2(difference / (64 * 48) < 6, qPrintable(QString::number(difference / (64 * 48))));
    }

    void respectsThePixelAspectRatio()
    {
        const QString path =
            counter("wide.mp4", {"-vf", "setsar=2/1", "-c:v", "libx264", "-pix_fmt", "yuv420p"});
        const auto reading = readPath(path);
        QVERIFY(reading);
        QCOMPARE(imageOf(*reading).width, 128);
        QCOMPARE(imageOf(*reading).height, 48);
        QCOMPARE(fact(*reading, "size"), "128 x 48");
    }

    void scalesLargeFramesDownAndSaysSo()
    {
        const QString path = make("large.mp4",
            {"-f", "lavfi", "-i", "color=red:s=2688x1000:r=2:d=1,scale=out_color_matrix=bt709",
                "-colorspace", "bt709", "-c:v", "mpeg4"});
        const auto reading = readPath(path);
        QVERIFY(reading);
        QCOMPARE(imageOf(*reading).width, 1344);
        QCOMPARE(imageOf(*reading).height, 500);
        QCOMPARE(fact(*reading, "size"), "2688 x 1000");
        QCOMPARE(fact(*reading, "frame size"), "scaled to 1344 x 500");
        QVERIFY(pixel(imageOf(*reading), 600, 200).isNear({254, 0, 0}, 4));
    }

    void refusesPicturesBeyondTheLimit()
    {
        ReadOptions options;
        options.maxPixels = 1000;
        const auto reading = readPath(smallMp4(), options);
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::tooLarge);
    }

    void readsAnimatedGifsAsVideo()
    {
        const QString path = counter("moving.gif",
            {"-vf", "format=gray,split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none"});
        const auto reading = readPath(path);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->kind, Kind::video);
        QCOMPARE(reading->format, "Animated GIF");
        QCOMPARE(reading->parts.size(), 8U);
        QCOMPARE(numbersAndTimes(*reading).section(' ', 0, 1), "0@0.00 5@0.50");
        const auto still = readPath(testRoot() + "/data/still.gif");
        QVERIFY(still);
        QCOMPARE(still->kind, Kind::image);
    }

    void saysThatSoundIsNotRead()
    {
        const QString both = make("both.mkv",
            {"-f", "lavfi", "-i", kCounter, "-f", "lavfi", "-i", "sine=d=4", "-c:v", "libx264",
                "-pix_fmt", "yuv420p", "-c:a", "aac"});
        const auto reading = readPath(both);
        QVERIFY(reading);
        QCOMPARE(warnings(*reading), "The sound was not read.\n");
        QCOMPARE(numbersAndTimes(*reading).section(' ', 0, 2), "0@0.00 5@0.50 10@1.00");
        for (const char* name : {"sound.mp4", "sound.ogg", "sound.mkv"})
            QVERIFY(refusal(make(name, {"-f", "lavfi", "-i", "sine=d=1"}))
                        .contains("sound but no moving picture"));
    }

    void contentDecidesNotTheName()
    {
        QFile::copy(smallMp4(), m_dir.filePath("notes.txt"));
        const auto reading = readPath(m_dir.filePath("notes.txt"));
        QVERIFY(reading);
        QCOMPARE(reading->kind, Kind::video);
    }

    void opensNoOtherFiles()
    {
        const QString inner = smallMp4();
        const auto list = readPath(write(m_dir, "list.mp4",
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://" + inner.toUtf8() + "\n"));
        QVERIFY(list); // it is text, and is read as such
        QCOMPARE(list->kind, Kind::text);
        const auto concat = readPath(
            write(m_dir, "concat.mkv", "ffconcat version 1.0\nfile " + inner.toUtf8() + "\n"));
        QVERIFY(concat);
        QCOMPARE(concat->kind, Kind::text);
    }

    void readsWhatIsLeftOfACutVideo_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QStringList>("encoding");
        const QStringList x264{"-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"};
        QTest::newRow("mp4") << "t.mp4" << x264 + QStringList{"-movflags", "+faststart"};
        QTest::newRow("mkv") << "t.mkv" << x264;
        QTest::newRow("ts") << "t.ts" << x264;
        QTest::newRow("webm") << "t.webm"
                              << QStringList{"-c:v", "libvpx", "-g", "10", "-deadline", "realtime"};
        QTest::newRow("avi") << "t.avi" << QStringList{"-c:v", "mpeg4", "-g", "10"};
        QTest::newRow("mp4-index-last") << "l.mp4" << x264;
    }

    void readsWhatIsLeftOfACutVideo()
    {
        QFETCH(QString, file);
        QFETCH(QStringList, encoding);
        const QByteArray whole = bytesOf(counter(file, encoding));
        // An MP4's index and first key frame are most of so small a file.
        const auto readable = whole.size() * 8 / 10;
        for (int percent = 1; percent < 100; percent += 7) {
            const auto length = whole.size() * percent / 100;
            const auto reading = readPath(write(m_dir, "cut-" + file, whole.left(length)));
            if (!reading) {
                QVERIFY(!reading.error().message.empty());
                QVERIFY2(length < readable || file == "l.mp4", reading.error().message.c_str());
                continue;
            }
            QVERIFY(!reading->parts.empty());
            for (std::size_t i = 0; i < reading->parts.size(); ++i)
                QVERIFY(std::get<FramePart>(reading->parts[i]).seconds < 4.0);
        }
        if (file == "t.mp4" || file == "t.mkv") {
            const auto half = readPath(write(m_dir, "half-" + file, whole.left(readable)));
            QVERIFY(half);
            QVERIFY2(warnings(*half).contains("it promises 00:04"), qPrintable(warnings(*half)));
        }
        if (file == "l.mp4")
            QVERIFY(refusal(write(m_dir, "half-" + file, whole.left(whole.size() / 2)))
                        .contains("cut off"));
    }

    void believesPicturesNotTheHeader()
    {
        // The Matroska header's duration, a float, is made ten times too long.
        QByteArray bytes =
            bytesOf(counter("lie.mkv", {"-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"}));
        const auto at = bytes.indexOf(QByteArray("\x44\x89\x88", 3));
        QVERIFY(at > 0);
        bytes.replace(at + 3, 8, QByteArray::fromHex("40e3880000000000")); // 40,000 ms
        const auto reading = readPath(write(m_dir, "lie.mkv", bytes));
        QVERIFY(reading);
        QCOMPARE(numbersAndTimes(*reading),
            "0@0.00 5@0.50 10@1.00 15@1.50 20@2.00 25@2.50 30@3.00 35@3.50");
        QCOMPARE(fact(*reading, "duration"), "00:04");
        QVERIFY2(warnings(*reading).contains("it promises 00:40"), qPrintable(warnings(*reading)));
    }

    void survivesBitFlips_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QStringList>("encoding");
        QTest::newRow("mp4") << "b.mp4" << QStringList{"-c:v", "libx264", "-pix_fmt", "yuv420p"};
        QTest::newRow("mkv") << "b.mkv" << QStringList{"-c:v", "libx264", "-pix_fmt", "yuv420p"};
        QTest::newRow("avi") << "b.avi" << QStringList{"-c:v", "mpeg4"};
        QTest::newRow("gif") << "b.gif" << QStringList{};
    }

    void survivesBitFlips()
    {
        QFETCH(QString, file);
        QFETCH(QStringList, encoding);
        const QByteArray whole = bytesOf(counter(file, encoding));
        std::mt19937 random(3); // NOLINT: the same flips in every run
        ReadOptions options;
        options.maxPixels = 1'000'000;
        for (int round = 0; round < 40; ++round) {
            QByteArray flipped = whole;
            for (int flips = 1 + round % 8; flips > 0; --flips) {
                const auto bit = random() % static_cast<unsigned>(whole.size() * 8);
                flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            }
            const auto reading = readPath(write(m_dir, "flipped-" + file, flipped), options);
            if (!reading)
                QVERIFY(!reading.error().message.empty());
        }
    }

    void stopsBetweenFrames()
    {
        std::stop_source stop;
        std::uint64_t last = 0;
        const auto reading = readFile(smallMp4().toStdString(), {}, {}, stop.get_token(),
            [&](std::uint64_t done, std::uint64_t total) {
                if (total != 1000) // of the hash
                    return;
                last = done;
                if (done > 700)
                    stop.request_stop();
            });
        QVERIFY(last > 700 && last < 1000);
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }

    void takesAFrameOfEachSceneFirst()
    {
        // Scenes of 1, 0.5, 3 and 0.5 seconds, moving all the time.
        const QString path = make("scenes.mp4",
            {"-f", "lavfi", "-i",
                "testsrc2=s=160x120:r=10:d=5,hue=h='if(lt(n,10),0,if(lt(n,15),120,if(lt(n,45),"
                "240,60)))':s=3:b='if(lt(n,10),0,if(lt(n,15),3,if(lt(n,45),-3,1)))'",
                "-c:v", "libx264", "-g", "250", "-pix_fmt", "yuv420p"});
        ReadOptions options;
        options.videoFrames = 4;
        const auto scenes = readPath(path, options);
        QVERIFY2(scenes, scenes ? "" : scenes.error().message.c_str());
        QCOMPARE(seconds(*scenes), "0.00 1.00 1.50 4.50");
        QCOMPARE(fact(*scenes, "chosen by"), "scene changes among all frames, then even steps");
        options.videoFrames = 6; // the longest scene is shown more often
        QCOMPARE(seconds(readPath(path, options).value()), "0.00 1.00 1.50 2.50 3.50 4.50");
        options.videoFrames = 2;
        const auto few = readPath(path, options);
        QCOMPARE(seconds(*few), "0.00 1.50");
        QCOMPARE(warnings(*few),
            "2 short scenes have no frame of their own; ask for more frames to see them.\n");
    }

    void leavesOutWhatLooksTheSame()
    {
        // A slide for six seconds, coded with noise, then another.
        const QString path = make("slides.mp4",
            {"-f", "lavfi", "-i",
                "color=white:s=320x240:r=5:d=8,drawbox=x=40:y=40:w=200:h=20:color=black:t=fill,"
                "drawbox=x=40:y=90:w=120:h=20:color=red:t=fill:enable='gte(t,6)',noise=alls=2:allf="
                "t",
                "-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv420p"});
        const auto reading = readPath(path);
        QVERIFY(reading);
        QCOMPARE(seconds(*reading), "0.00 6.00");
        QCOMPARE(fact(*reading, "frames"), "2 of 40");
        QCOMPARE(fact(*reading, "left out"), "6 frames that look like the one before");
    }

    void readsSubtitlesWithTheirTimes_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("codec");
        QTest::newRow("subrip") << "s.mkv"
                                << "srt";
        QTest::newRow("ass") << "a.mkv"
                             << "ass";
        QTest::newRow("mp4") << "s.mp4"
                             << "mov_text";
        QTest::newRow("webvtt") << "w.mkv"
                                << "webvtt";
    }

    void readsSubtitlesWithTheirTimes()
    {
        QFETCH(QString, file);
        QFETCH(QString, codec);
        const QString lines = write(m_dir, "lines.srt",
            "1\n00:00:00,700 --> 00:00:01,500\n<i>Hello</i> {there}\nSecond line, with comma\n\n"
            "2\n00:00:02,250 --> 00:00:03,000\nSee\xE2\x80\x8B you\n");
        const QString path = make(file,
            {"-f", "lavfi", "-i", kCounter, "-i", lines, "-i", lines, "-map", "0", "-map", "1",
                "-map", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:s", codec,
                "-metadata:s:s:0", "language=eng", "-metadata:s:s:1", "language=ger"});
        const auto reading = readPath(path);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(fact(*reading, "subtitles"), "2 lines, English");
        QStringList order; // frames and texts by their times
        for (const Part& part : reading->parts) {
            const auto* text = std::get_if<TextPart>(&part);
            order << (text ? QString("%1=%2")
                                 .arg(text->where.seconds.value(), 0, 'f', 2)
                                 .arg(QString::fromStdString(text->text))
                           : QString::number(std::get<FramePart>(part).seconds, 'f', 1));
        }
        QCOMPARE(order.join(' '),
            "0.0 0.5 0.70=Hello {there}\nSecond line, with comma\n 1.0 1.5 2.0 2.25=See you\n 2.5 "
            "3.0 3.5");
        const auto& second = std::get<TextPart>(reading->parts.at(6));
        QCOMPARE(second.where.end - second.where.begin, second.text.size());
        QVERIFY2(warnings(*reading).contains("1 subtitle track was not read (German)."),
            qPrintable(warnings(*reading)));
        QVERIFY(
            warnings(*reading).contains("1 invisible character was removed from the subtitles."));
    }

    void listsChapters()
    {
        const QString chapters = write(m_dir, "chapters.txt",
            ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=Intro\n"
            "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1500\nEND=4000\ntitle=The rest\n");
        for (const char* name : {"chapters.mkv", "chapters.mp4"}) {
            const auto reading = readPath(
                make(name, {"-i", smallMp4(), "-i", chapters, "-map_metadata", "1", "-c", "copy"}));
            QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
            QCOMPARE(fact(*reading, "chapters"), "00:00 Intro; 00:01 The rest");
            QCOMPARE(warnings(*reading), "");
        }
    }

    void showsOneFieldOfInterlacedFrames()
    {
        // Two fields of different moments: a frame shows them as stripes.
        const QString path = make("interlaced.mpg",
            {"-f", "lavfi", "-i",
                "nullsrc=s=64x48:r=20:d=2,geq=lum='if(mod(N,2),200,40)':cb=128:cr=128,"
                "tinterlace=interleave_top,fieldorder=tff",
                "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1", "-qscale:v", "2"});
        const auto reading = readPath(path);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QVERIFY(!fact(*reading, "interlaced").isEmpty());
        const Image& image = imageOf(*reading);
        QCOMPARE(QSize(image.width, image.height), QSize(64, 48));
        for (int y = 2; y < 46; ++y) {
            const int grey = pixel(image, 30, y).green;
            QVERIFY2(std::abs(grey - 28) < 14, qPrintable(QString("line %1: %2").arg(y).arg(grey)));
        }
    }

    void readsTenBits_data()
    {
        QTest::addColumn<QStringList>("encoding");
        QTest::newRow("h264") << QStringList{"-c:v", "libx264", "-pix_fmt", "yuv420p10le"};
        QTest::newRow("hevc") << QStringList{
            "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none"};
        QTest::newRow("vp9") << QStringList{
            "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p10le", "-deadline", "realtime"};
        QTest::newRow("prores") << QStringList{"-c:v", "prores_ks", "-pix_fmt", "yuv422p10le"};
        QTest::newRow("av1") << QStringList{"-c:v", "libaom-av1", "-cpu-used", "8"};
    }

    void readsTenBits()
    {
        QFETCH(QStringList, encoding);
        const auto reading = readPath(counter("ten.mkv", encoding));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(numbersAndTimes(*reading),
            "0@0.00 5@0.50 10@1.00 15@1.50 20@2.00 25@2.50 30@3.00 35@3.50");
    }

    void bringsHighDynamicRangeDown_data()
    {
        QTest::addColumn<QString>("transfer");
        QTest::addColumn<int>("white"); // 10-bit code of white paper, 203 nits (BT.2408)
        QTest::addColumn<QString>("name");
        QTest::newRow("pq") << "smpte2084" << 64 + static_cast<int>(0.58 * 876) << "HDR (PQ)";
        QTest::newRow("hlg") << "arib-std-b67" << 64 + static_cast<int>(0.75 * 876) << "HDR (HLG)";
    }

    void bringsHighDynamicRangeDown()
    {
        QFETCH(QString, transfer);
        QFETCH(int, white);
        QFETCH(QString, name);
        // Left white paper, right the brightest code: bright, and brighter, neither dull nor burnt.
        const QString path = make("hdr.mkv",
            {"-f", "lavfi", "-i",
                QString("nullsrc=s=64x48:r=5:d=1,format=yuv420p10le,geq=lum='if(lt(X,32),%1,940)':"
                        "cb=512:cr=512")
                    .arg(white),
                "-c:v", "libx265", "-x265-params",
                "log-level=none:colorprim=bt2020:colormatrix=bt2020nc:transfer=" + transfer,
                "-color_trc", transfer, "-color_primaries", "bt2020", "-colorspace", "bt2020nc"});
        const auto reading = readPath(path);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(fact(*reading, "brightness"), name + ", brought to the ordinary range");
        const Pixel paper = pixel(imageOf(*reading), 12, 20);
        const Pixel light = pixel(imageOf(*reading), 52, 20);
        QVERIFY2(paper.green > 225 && paper.green < 250, qPrintable(QString::number(paper.green)));
        QVERIFY(paper.isNear({paper.green, paper.green, paper.green}, 3));
        QVERIFY2(light.green > paper.green, qPrintable(QString::number(light.green)));
    }

    void knowsContainersByTheirFirstBytes()
    {
        const auto demuxer = [](const QByteArray& head) {
            const auto found = videoContainer(
                std::as_bytes(std::span(head.constData(), static_cast<std::size_t>(head.size()))));
            return found ? QString(found->demuxer) : QString();
        };
        QCOMPARE(demuxer("the free lunch was fine"), QString());
        QCOMPARE(demuxer("Good text"), QString());
        QCOMPARE(demuxer(QByteArray("\0\0\0\x08"
                                    "free\0\0\0\0mdat",
                     16)),
            "mov");
        QCOMPARE(demuxer(QByteArray("RIFF\0\0\0\0AVI LIST", 16)), "avi");
        QCOMPARE(demuxer((QByteArray("G") + QByteArray(187, '\1')).repeated(4)), "mpegts");
    }
};

QTEST_GUILESS_MAIN(VideoTest)
#include "video_test.moc"
