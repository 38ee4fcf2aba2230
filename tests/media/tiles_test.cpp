// SPDX-License-Identifier: Apache-2.0
// media/tiles.cpp against the golden layouts and tiles of the model's own processors.
#include "media/tiles.h"

#include "media_test.h"

#include <QImage>
#include <QTest>

using namespace lectern::media;

namespace {

Image load(const QString& path)
{
    const QImage picture = QImage(path).convertToFormat(QImage::Format_RGB888);
    Image image{picture.width(), picture.height(), {}};
    for (int y = 0; y < image.height; ++y)
        image.rgb.insert(
            image.rgb.end(), picture.constScanLine(y), picture.constScanLine(y) + 3 * image.width);
    return image;
}

struct Difference {
    int largest = 0;
    double fraction = 0; // of values that differ at all
};

Difference compare(const std::vector<std::uint8_t>& got, const QByteArray& wanted)
{
    Difference difference;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const int d =
            std::abs(got[i] - static_cast<std::uint8_t>(wanted[static_cast<qsizetype>(i)]));
        difference.largest = std::max(difference.largest, d);
        difference.fraction += d != 0;
    }
    difference.fraction /= static_cast<double>(got.size());
    return difference;
}

} // namespace

class TilesTest : public QObject {
    Q_OBJECT

private slots:
    void choosesTheCanvas_data()
    {
        QTest::addColumn<QJsonObject>("wanted");
        const auto cases = objects(json("preprocess/layout.json")["cases"]);
        QCOMPARE(cases.size(), 32U);
        for (const QJsonObject& wanted : cases) {
            QTest::addRow("%dx%d", wanted["width"].toInt(), wanted["height"].toInt()) << wanted;
        }
    }

    void choosesTheCanvas()
    {
        QFETCH(QJsonObject, wanted);
        const TileLayout layout =
            tileLayout(wanted["width"].toInt(), wanted["height"].toInt(), 336, 16);
        QCOMPARE(layout.columns, wanted["tile_cols"].toInt());
        QCOMPARE(layout.rows, wanted["tile_rows"].toInt());
        QCOMPARE(layout.columns * 336, wanted["canvas_w_h"][0].toInt());
        QCOMPARE(layout.rows * 336, wanted["canvas_w_h"][1].toInt());
        QCOMPARE(layout.resizedWidth, wanted["resized_w_h"][0].toInt());
        QCOMPARE(layout.resizedHeight, wanted["resized_w_h"][1].toInt());
        QCOMPARE(layout.tileCount(), wanted["tensor_tiles"].toInt());
        QCOMPARE(tileTokenCount(layout, 144), wanted["tokens"].toInt());
    }

    void cutsTheGoldenPictures_data()
    {
        QTest::addColumn<QString>("png");
        QTest::addColumn<QString>("tiles");
        QTest::addColumn<int>("tileSize");
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("columns");
        const auto cases = objects(json("preprocess/tiles.json")["cases"]);
        QCOMPARE(cases.size(), 5U);
        for (const QJsonObject& value : cases) {
            const QString name = "preprocess/" + value["name"].toString();
            for (const char* reference : {"tiles", "meta"})
                QTest::addRow("%s-%s", qPrintable(value["name"].toString()), reference)
                    << name + ".png" << name + '.' + reference + ".u8" << value["tile"].toInt()
                    << value["rows"].toInt() << value["cols"].toInt();
        }
        for (const int size : {56, 112}) {
            const QString folder = QString("vision/v%1/").arg(size);
            for (const QJsonObject& run : objects(json(folder + "joint.json")["runs"])) {
                const auto grid = run["tiles_high_wide"].toArray();
                QTest::addRow("v%d-%s", size, qPrintable(run["name"].toString()))
                    << folder + run["image"].toString() << folder + run["tiles"]["file"].toString()
                    << size << grid[0].toInt() << grid[1].toInt();
            }
        }
    }

    void cutsTheGoldenPictures()
    {
        QFETCH(QString, png);
        QFETCH(QString, tiles);
        QFETCH(int, tileSize);
        QFETCH(int, rows);
        QFETCH(int, columns);
        const Image image = load(golden(png));
        const TileLayout layout = tileLayout(image.width, image.height, tileSize, 16);
        QCOMPARE(layout.rows, rows);
        QCOMPARE(layout.columns, columns);
        const std::vector<std::uint8_t> got = cutTiles(image, layout, tileSize);
        const QByteArray wanted = bytesOf(golden(tiles));
        QCOMPARE(static_cast<qsizetype>(got.size()), wanted.size());
        const Difference difference = compare(got, wanted);
        QVERIFY2(difference.largest <= 1, qPrintable(QString::number(difference.largest)));
        QVERIFY2(difference.fraction < 0.03, qPrintable(QString::number(difference.fraction)));
    }

    void keepsOneTileWhenAskedTo()
    {
        for (const auto& [width, height] :
            {std::pair{1920, 1080}, {10, 4000}, {112, 112}, {3, 2}}) {
            const TileLayout layout = tileLayout(width, height, 112, 1);
            QCOMPARE(layout.tileCount(), 1);
            QVERIFY(layout.resizedWidth >= 1 && layout.resizedWidth <= 112);
            QVERIFY(layout.resizedHeight >= 1 && layout.resizedHeight <= 112);
            QCOMPARE(tileTokenCount(layout, 16), 19);
        }
    }

    void resizesFlatColourWithoutDrift()
    {
        Image image{997, 613, {}};
        image.rgb.assign(static_cast<std::size_t>(997) * 613 * 3, 201);
        for (const auto& [width, height] : {std::pair{336, 336}, {1, 1}, {997, 100}, {1500, 613}}) {
            const Image resized = resize(image, width, height);
            QCOMPARE(resized.width, width);
            QCOMPARE(resized.height, height);
            QCOMPARE(resized.rgb.size(), static_cast<std::size_t>(width) * height * 3);
            QVERIFY(std::ranges::all_of(resized.rgb, [](std::uint8_t v) { return v == 201; }));
        }
    }

    void padsWithBlack()
    {
        Image image{200, 50, {}};
        image.rgb.assign(static_cast<std::size_t>(200) * 50 * 3, 255);
        const TileLayout layout = tileLayout(image.width, image.height, 56, 16);
        const auto tiles = cutTiles(image, layout, 56);
        QCOMPARE(layout.rows, 1);
        QCOMPARE(tiles[0], 255);
        QCOMPARE(tiles[55 * 56], layout.resizedHeight < 56 ? 0 : 255);
    }

    void benchmarkTwelveMegapixels()
    {
        Image image{4000, 3000, std::vector<std::uint8_t>(36'000'000, 128)};
        QBENCHMARK_ONCE
        {
            const TileLayout layout = tileLayout(image.width, image.height, 336, 16);
            QVERIFY(!cutTiles(image, layout, 336).empty());
        }
    }
};

QTEST_APPLESS_MAIN(TilesTest)
#include "tiles_test.moc"
