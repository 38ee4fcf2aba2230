// SPDX-License-Identifier: Apache-2.0
// Still pictures: colour modes, orientation, transparency, and files that are not whole.
#include "media_test.h"

#include <array>
#include <QBuffer>
#include <QColorSpace>
#include <QImage>
#include <QImageWriter>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

QByteArray encode(const QImage& image, const char* format, int quality = 95)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, format, quality))
        qFatal("cannot write %s", format);
    return bytes;
}

// Four colours, one per quarter: red green / blue white.
QImage quarters(int width = 64, int height = 48)
{
    QImage image(width, height, QImage::Format_RGB32);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const bool right = x >= width / 2, low = y >= height / 2;
            image.setPixel(x, y,
                low ? (right ? qRgb(255, 255, 255) : qRgb(0, 0, 255))
                    : (right ? qRgb(0, 255, 0) : qRgb(255, 0, 0)));
        }
    return image;
}

// `jpeg` with an EXIF segment that holds nothing but the orientation.
QByteArray withOrientation(QByteArray jpeg, int orientation)
{
    QByteArray exif("Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1", 24);
    exif += QByteArray(1, '\0') + static_cast<char>(orientation) + QByteArray(6, '\0');
    const auto length = static_cast<int>(exif.size()) + 2;
    QByteArray segment("\xFF\xE1", 2);
    segment += static_cast<char>(length >> 8);
    segment += static_cast<char>(length & 0xFF);
    return jpeg.insert(2, segment + exif);
}

quint32 crc32(const QByteArray& bytes)
{
    quint32 crc = 0xFFFFFFFFU;
    for (const char b : bytes) {
        crc ^= static_cast<quint8>(b);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

QByteArray be32(quint32 value)
{
    QByteArray bytes;
    for (const int shift : {24, 16, 8, 0})
        bytes += static_cast<char>(value >> shift);
    return bytes;
}

QByteArray chunk(const QByteArray& type, const QByteArray& data)
{
    return be32(static_cast<quint32>(data.size())) + type + data + be32(crc32(type + data));
}

} // namespace

class ImageTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

private slots:
    void readsEveryFormat_data()
    {
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("name");
        QTest::newRow("png") << "png"
                             << "PNG image";
        QTest::newRow("jpeg") << "jpeg"
                              << "JPEG image";
        QTest::newRow("bmp") << "bmp"
                             << "BMP image";
        QTest::newRow("webp") << "webp"
                              << "WebP image";
        QTest::newRow("tiff") << "tiff"
                              << "TIFF image";
    }

    void readsEveryFormat()
    {
        QFETCH(QString, format);
        QFETCH(QString, name);
        if (!QImageWriter::supportedImageFormats().contains(format.toUtf8()))
            QSKIP("This format's plug-in is not installed.");
        // The name lies: content decides.
        const auto reading =
            readPath(write(m_dir, "picture.txt", encode(quarters(), qPrintable(format))));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->kind, Kind::image);
        QCOMPARE(QString::fromStdString(reading->format), name);
        QCOMPARE(fact(*reading, "size"), "64 x 48");
        const Image& image = imageOf(*reading);
        QVERIFY(pixel(image, 5, 5).isNear({255, 0, 0}, 6));
        QVERIFY(pixel(image, 58, 5).isNear({0, 255, 0}, 6));
        QVERIFY(pixel(image, 5, 42).isNear({0, 0, 255}, 6));
        QVERIFY(pixel(image, 58, 42).isNear({255, 255, 255}, 6));
    }

    void readsPicturesOfPhones_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("quarters.heic") << "HEIC image";
        QTest::newRow("quarters.avif") << "AVIF image";
    }

    void readsPicturesOfPhones()
    {
        QFETCH(QString, name);
        const QByteArray whole = bytesOf(testRoot() + "/data/" + QTest::currentDataTag());
        const auto reading = readPath(write(m_dir, "picture.mp4", whole)); // content decides
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(QString::fromStdString(reading->format), name);
        QCOMPARE(fact(*reading, "size"), "64 x 48");
        QVERIFY(pixel(imageOf(*reading), 5, 5).isNear({255, 0, 0}, 12));
        QVERIFY(pixel(imageOf(*reading), 58, 5).isNear({0, 255, 0}, 12));
        QVERIFY(pixel(imageOf(*reading), 5, 42).isNear({0, 0, 255}, 12));
        QVERIFY(pixel(imageOf(*reading), 58, 42).isNear({255, 255, 255}, 12));
        for (qsizetype length = 20; length < whole.size(); length += 13) {
            const auto cut = readPath(write(m_dir, "cut", whole.left(length)));
            QVERIFY(!cut && !cut.error().message.empty());
        }
    }

    void readsThePagesOfATiff()
    {
        if (QStandardPaths::findExecutable("convert").isEmpty())
            QSKIP("ImageMagick, which makes the file, is not installed.");
        const QString path = m_dir.filePath("pages.tiff");
        QCOMPARE(QProcess::execute("convert",
                     {"-size", "40x30", "xc:red", "-size", "20x60", "xc:lime", "-size", "40x30",
                         "xc:blue", "-compress", "lzw", path}),
            0);
        const auto reading = readPath(path);
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->parts.size(), 3U);
        QCOMPARE(fact(*reading, "pages"), "3 of 3");
        QCOMPARE(warnings(*reading), "");
        const std::array colours{Pixel{255, 0, 0}, Pixel{0, 255, 0}, Pixel{0, 0, 255}};
        for (std::size_t i = 0; i < 3; ++i) {
            QCOMPARE(pixel(imageOf(*reading, i), 10, 10), colours.at(i));
            QCOMPARE(
                std::get<ImagePart>(reading->parts[i]).where.page.value(), static_cast<int>(i) + 1);
        }
        QCOMPARE(imageOf(*reading, 1).height, 60);
    }

    void saysHowMuchMemoryAPictureNeeds()
    {
        // 16 bits a channel: twice the memory of an ordinary picture of the size.
        const QByteArray header = be32(10'000) + be32(10'000) + QByteArray("\x10\6\0\0\0", 5);
        const QByteArray deep = QByteArray("\x89PNG\r\n\x1A\n", 8) + chunk("IHDR", header)
            + chunk("IDAT", QByteArray(64, 'x')) + chunk("IEND", {});
        const auto reading = readPath(write(m_dir, "deep.png", deep));
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::tooLarge);
        QCOMPARE(QString::fromStdString(reading.error().message),
            "The picture is too large: 10,000 x 10,000 pixels need 1.1 GB of memory to decode, and "
            "Lectern allows 1.0 GB. Make it smaller or split it.");
    }

    void convertsModesAsTheReferenceDoes()
    {
        const auto modes = objects(json("preprocess/tiles.json")["modes_8x8_to_rgb"]);
        QCOMPARE(modes.size(), 4U);
        for (const QJsonObject& mode : modes) {
            const auto reading = readPath(golden("preprocess/" + mode["file"].toString()));
            QVERIFY(reading);
            const Image& image = imageOf(*reading);
            const QJsonArray wanted = mode["meta_rgb"].toArray();
            QCOMPARE(wanted.size(), image.width * image.height);
            for (int i = 0; i < wanted.size(); ++i) {
                const Pixel got = pixel(image, i % image.width, i / image.width);
                const Pixel reference{
                    wanted[i][0].toInt(), wanted[i][1].toInt(), wanted[i][2].toInt()};
                QVERIFY2(got == reference, qPrintable(mode["file"].toString()));
            }
        }
    }

    void readsDeepAndGreyPictures()
    {
        QImage deep(20, 10, QImage::Format_RGBA64);
        deep.fill(QColor::fromRgba64(0xFFFF, 0x8080, 0x0000, 0xFFFF));
        const auto sixteen = readPath(write(m_dir, "deep.png", encode(deep, "png")));
        QVERIFY(sixteen);
        QVERIFY(pixel(imageOf(*sixteen), 3, 3).isNear({255, 128, 0}, 1));
        QImage grey(20, 10, QImage::Format_Grayscale16);
        grey.fill(QColor::fromRgba64(0x4040, 0x4040, 0x4040));
        const auto greyReading = readPath(write(m_dir, "grey.png", encode(grey, "png")));
        QVERIFY(greyReading);
        QVERIFY(pixel(imageOf(*greyReading), 3, 3).isNear({64, 64, 64}, 2));
        const QImage grey8 = quarters().convertToFormat(QImage::Format_Grayscale8);
        QVERIFY(readPath(write(m_dir, "grey.jpg", encode(grey8, "jpeg"))));
    }

    void blendsPaletteTransparencyOverWhite()
    {
        QImage palette(4, 4, QImage::Format_Indexed8);
        palette.setColorTable({qRgba(10, 20, 30, 255), qRgba(0, 0, 0, 0)});
        palette.fill(0);
        palette.setPixel(1, 1, 1);
        const auto reading = readPath(write(m_dir, "palette.png", encode(palette, "png")));
        QVERIFY(reading);
        QCOMPARE(pixel(imageOf(*reading), 0, 0), (Pixel{10, 20, 30}));
        QCOMPARE(pixel(imageOf(*reading), 1, 1), (Pixel{255, 255, 255}));
    }

    void readsCmykJpeg()
    {
        const auto reading = readPath(testRoot() + "/data/cmyk.jpg");
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QVERIFY(pixel(imageOf(*reading), 8, 8).isNear({255, 0, 0}, 40));
        QVERIFY(pixel(imageOf(*reading), 56, 40).isNear({255, 255, 255}, 10));
    }

    void bringsOtherColourSpacesToSrgb()
    {
        QImage image(8, 8, QImage::Format_RGB32);
        image.fill(qRgb(200, 100, 50));
        const QByteArray plain = encode(image, "png");
        image.convertToColorSpace(QColorSpace(QColorSpace::SRgb)); // no-op without a space
        image.setColorSpace(QColorSpace::SRgb);
        image.convertToColorSpace(QColorSpace::DisplayP3);
        QVERIFY(qRed(image.pixel(0, 0)) < 195); // the same colour has other numbers in that space
        const auto reading = readPath(write(m_dir, "p3.jpg", encode(image, "jpeg", 100)));
        QVERIFY(reading);
        QVERIFY(pixel(imageOf(*reading), 4, 4).isNear({200, 100, 50}, 4));
        const auto untouched = readPath(write(m_dir, "plain.png", plain));
        QVERIFY(untouched);
        QCOMPARE(pixel(imageOf(*untouched), 4, 4), (Pixel{200, 100, 50}));
    }

    void turnsPicturesUpright_data()
    {
        QTest::addColumn<int>("orientation");
        QTest::addColumn<int>("width");
        QTest::addColumn<Pixel>("topLeft"); // of the upright picture
        QTest::addColumn<Pixel>("topRight");
        const Pixel red{255, 0, 0}, green{0, 255, 0}, blue{0, 0, 255}, white{255, 255, 255};
        QTest::newRow("1-upright") << 1 << 64 << red << green;
        QTest::newRow("2-mirrored") << 2 << 64 << green << red;
        QTest::newRow("3-upside-down") << 3 << 64 << white << blue;
        QTest::newRow("4-flipped") << 4 << 64 << blue << white;
        QTest::newRow("5-transposed") << 5 << 48 << red << blue;
        QTest::newRow("6-quarter-left") << 6 << 48 << blue << red;
        QTest::newRow("7-transversed") << 7 << 48 << white << green;
        QTest::newRow("8-quarter-right") << 8 << 48 << green << white;
    }

    void turnsPicturesUpright()
    {
        QFETCH(int, orientation);
        QFETCH(int, width);
        QFETCH(Pixel, topLeft);
        QFETCH(Pixel, topRight);
        const auto reading = readPath(
            write(m_dir, "turned.jpg", withOrientation(encode(quarters(), "jpeg"), orientation)));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        const Image& image = imageOf(*reading);
        QCOMPARE(image.width, width);
        QCOMPARE(image.height, 64 + 48 - width);
        QVERIFY(pixel(image, 4, 4).isNear(topLeft, 8));
        QVERIFY(pixel(image, image.width - 5, 4).isNear(topRight, 8));
        QCOMPARE(fact(*reading, "orientation").isEmpty(), orientation == 1);
    }

    void refusesPicturesThatAreCutOff_data()
    {
        QTest::addColumn<QByteArray>("whole");
        for (const char* format : {"png", "jpeg", "bmp", "webp", "tiff"})
            if (QImageWriter::supportedImageFormats().contains(format))
                QTest::newRow(format) << encode(quarters(), format);
        QTest::newRow("gif") << bytesOf(testRoot() + "/data/still.gif");
    }

    void refusesPicturesThatAreCutOff()
    {
        QFETCH(QByteArray, whole);
        QVERIFY(readPath(write(m_dir, "whole", whole)));
        const bool gif = whole.startsWith("GIF");
        for (qsizetype length = 30; length < whole.size() - (gif ? 2 : 1);
             length += 1 + whole.size() / 60) {
            const auto reading = readPath(write(m_dir, "cut", whole.left(length)));
            QVERIFY2(!reading, qPrintable(QString::number(length)));
            QVERIFY(!reading.error().message.empty());
            QVERIFY(reading.error().code == ErrorCode::truncated
                || reading.error().code == ErrorCode::damaged);
        }
        if (!gif)
            QVERIFY(!readPath(write(m_dir, "cut", whole.chopped(2))));
    }

    void saysThatAPictureIsCutOff()
    {
        const QByteArray whole = encode(quarters(), "jpeg");
        QCOMPARE(refusal(write(m_dir, "half.jpg", whole.left(whole.size() / 2))),
            "The picture is cut off: the end of the file is missing.");
        const QByteArray png = encode(quarters(), "png");
        QCOMPARE(refusal(write(m_dir, "half.png", png.left(png.size() / 2))),
            "The picture is cut off: the end of the file is missing.");
    }

    void refusesWrongChecksums()
    {
        QByteArray png = encode(quarters(), "png");
        const auto at = png.indexOf("IDAT") + 10;
        png[at] = static_cast<char>(png[at] ^ 1);
        QCOMPARE(refusal(write(m_dir, "flip.png", png)),
            "The picture is damaged and cannot be decoded.");
    }

    void refusesBombsBeforeDecoding()
    {
        const QByteArray header = be32(60'000) + be32(60'000) + QByteArray("\x08\2\0\0\0", 5);
        const QByteArray bomb = QByteArray("\x89PNG\r\n\x1A\n", 8) + chunk("IHDR", header)
            + chunk("IDAT", QByteArray(64, 'x')) + chunk("IEND", {});
        const auto reading = readPath(write(m_dir, "bomb.png", bomb));
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::tooLarge);
        QCOMPARE(QString::fromStdString(reading.error().message),
            "The picture is too large: 60,000 x 60,000 pixels, and Lectern reads up to 100 million "
            "pixels.");
    }

    void survivesBitFlips_data()
    {
        QTest::addColumn<QByteArray>("whole");
        for (const char* format : {"png", "jpeg", "bmp", "webp", "tiff"})
            if (QImageWriter::supportedImageFormats().contains(format))
                QTest::newRow(format) << encode(quarters(24, 16), format);
        QTest::newRow("gif") << bytesOf(testRoot() + "/data/still.gif");
    }

    void survivesBitFlips()
    {
        QFETCH(QByteArray, whole);
        std::mt19937 random(11); // NOLINT: the same flips in every run
        ReadOptions options;
        options.maxPixels = 1'000'000; // a flipped size must not cost the test gigabytes
        for (int round = 0; round < 150; ++round) {
            QByteArray flipped = whole;
            for (int flips = 1 + round % 4; flips > 0; --flips) {
                const auto bit = random() % static_cast<unsigned>(whole.size() * 8);
                flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            }
            const auto reading = readPath(write(m_dir, "flipped", flipped), options);
            if (!reading) {
                QVERIFY(!reading.error().message.empty());
            } else if (reading->kind == Kind::image) {
                const Image& image = imageOf(*reading);
                QCOMPARE(
                    image.rgb.size(), static_cast<std::size_t>(image.width) * image.height * 3);
            }
        }
    }

    void survivesTheFuzzCorpus()
    {
        QVERIFY(replayCorpus("picture_check", LLVMFuzzerTestOneInput) > 10);
    }

    void stopsWhileDecoding()
    {
        QImage large(3000, 3000, QImage::Format_RGB32);
        for (int y = 0; y < large.height(); ++y)
            for (int x = 0; x < large.width(); ++x)
                large.setPixel(x, y, static_cast<uint>(x * y * 2654435761U));
        const QString path = write(m_dir, "large.jpg", encode(large, "jpeg", 100));
        std::stop_source stop;
        const auto reading = readFile(path.toStdString(), {}, {}, stop.get_token(),
            [&](std::uint64_t done, std::uint64_t total) {
                if (done == total)
                    stop.request_stop(); // hashing is done: decoding begins
            });
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }
};

QTEST_APPLESS_MAIN(ImageTest)
#include "image_test.moc"
