// SPDX-License-Identifier: Apache-2.0
// Reading order from places: columns, bands, tables, lists, broken words. Pages are drawn here by
// hand; a character is 5 points wide, a line 9 high.
#include "media/page_layout.h"
#include "media_test.h"

#include <QTest>
#include <random>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

PlacedLine line(double left, double top, const std::string& text, double width = 0)
{
    const double right = left + (width > 0 ? width : 5.0 * static_cast<double>(text.size()));
    return {text, {{left, top, right, top + 9}}, false, 0};
}

QString arranged(const std::vector<PlacedLine>& lines)
{
    return QString::fromStdString(arrangePage(lines));
}

} // namespace

class PageLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void joinsTheLinesOfAParagraph()
    {
        QCOMPARE(arranged({line(50, 10, "The first line of this text"),
                     line(50, 22, "goes on here and then ends."), line(50, 34, "Short."),
                     line(50, 46, "Another begins after an end")}),
            "The first line of this text goes on here and then ends. Short.\nAnother begins after "
            "an "
            "end\n");
        QCOMPARE(arranged({line(50, 10, "One paragraph."), line(50, 40, "Another one.")}),
            "One paragraph.\n\nAnother one.\n");
    }

    void joinsWordsBrokenAtALinesEnd()
    {
        auto broken = line(50, 10, "About the classi");
        broken.breaksWord = true;
        QCOMPARE(arranged({broken, line(50, 22, "fication of ships")}),
            "About the classification of ships\n");
        auto compound = line(50, 10, "a state-of-the");
        compound.breaksWord = true;
        QCOMPARE(arranged({compound, line(50, 22, "art engine")}), "a state-of-the-art engine\n");
        auto name = line(50, 10, "in Baden");
        name.breaksWord = true;
        QCOMPARE(arranged({name, line(50, 22, "Baden")}), "in Baden-Baden\n");
    }

    void readsColumnsOneAfterTheOther()
    {
        std::vector<PlacedLine> lines{
            line(50, 10, "A heading that spans both of the two columns of it")};
        for (int i = 0; i < 6; ++i) // drawn line by line across the page, as some programs do
            for (int column = 0; column < 2; ++column)
                lines.push_back(line(50 + 160 * column, 40 + 12 * i,
                    (column == 0 ? "left" : "right") + std::string(" column, its line ")
                        + static_cast<char>('0' + i) + " end"));
        lines.push_back(line(50, 140, "A foot that spans both of the two columns of the page"));
        const QString text = arranged(lines).replace('\n', ' ');
        QVERIFY(text.startsWith("A heading that spans"));
        QVERIFY(text.indexOf("left column, its line 5") < text.indexOf("right column, its line 0"));
        QVERIFY(text.indexOf("left column, its line 0") > 0);
        QVERIFY(text.trimmed().endsWith("columns of the page"));
    }

    void readsOneLineOverTwoColumnsAsTwo()
    {
        std::vector<PlacedLine> lines; // one text over both columns, two pieces
        for (int i = 0; i < 6; ++i) {
            const std::string left = "words of the left side", right = "words of another side";
            lines.push_back({left + " " + right,
                {{50, 10 + 12.0 * i, 160, 19 + 12.0 * i}, {200, 10 + 12.0 * i, 305, 19 + 12.0 * i}},
                false, 0});
        }
        const QString text = arranged(lines);
        QVERIFY(text.lastIndexOf("left side") < text.indexOf("another side"));
        QCOMPARE(text.count("words of the left side"), 6);
    }

    void keepsTablesAsRows()
    {
        QCOMPARE(arranged({line(50, 10, "Ship"), line(150, 10, "Tons"), line(250, 10, "Port"),
                     line(50, 24, "Anna"), line(150, 24, "1,200"), line(250, 24, "Bremen"),
                     line(50, 38, "Bo"), line(250, 38, "Kiel | Ems"), line(250, 50, "(new)"),
                     line(50, 64, "Cy"), line(150, 64, "85")}),
            "| Ship | Tons | Port |\n| --- | --- | --- |\n| Anna | 1,200 | Bremen |\n"
            "| Bo |  | Kiel \\| Ems (new) |\n| Cy | 85 |  |\n");
        QCOMPARE(arranged({line(50, 10, "Invoice"), line(250, 10, "Page 1"),
                     line(50, 60, "Dear Anna, here is what you asked for.")}),
            "Invoice\tPage 1\n\nDear Anna, here is what you asked for.\n");
    }

    void keepsListsAndHeadings()
    {
        auto heading = line(50, 10, "Contents");
        heading.heading = 2;
        QCOMPARE(arranged({heading, line(50, 24, "\xE2\x80\xA2", 3), line(70, 24, "first"),
                     line(50, 36, "\xE2\x80\xA2", 3), line(70, 36, "second"), line(50, 48, "3."),
                     line(75, 48, "third")}),
            u"## Contents\n\n• first\n• second\n3. third\n"_qs);
    }

    void joinsPiecesOfOneLine()
    {
        QCOMPARE(arranged({line(50, 10, "Water is H"), line(100, 13, "2", 4), line(104, 10, "O.")}),
            "Water is H2O.\n");
        QCOMPARE(arranged({line(50, 10, "One"), line(70, 10, "two")}), "One two\n");
    }

    void survivesTheFuzzCorpus()
    {
        QVERIFY(replayCorpus("page_layout", LLVMFuzzerTestOneInput) >= 5);
        std::mt19937 random(5); // NOLINT: the same bytes in every run
        std::vector<std::uint8_t> bytes(1400);
        for (int round = 0; round < 100; ++round) {
            for (auto& byte : bytes)
                byte = static_cast<std::uint8_t>(random());
            LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        }
    }
};

QTEST_APPLESS_MAIN(PageLayoutTest)
#include "page_layout_test.moc"
