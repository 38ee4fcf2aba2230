// SPDX-License-Identifier: Apache-2.0
// Office, OpenDocument and EPUB files made by LibreOffice and pandoc (tests/data/documents), and
// packages made to hurt. Expected texts are written by hand from the sources beside the files.
#include "media/number_format.h"
#include "media_test.h"
#include "zip_writer.h"

#include <QBuffer>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

QString document(const QString& name)
{
    return testRoot() + "/data/documents/" + name;
}

const TextPart& text(const Reading& reading, std::size_t index)
{
    return std::get<TextPart>(reading.parts.at(index));
}

QByteArray word(const QByteArray& body)
{
    return "<w:document xmlns:w='w' xmlns:r='r' xmlns:a='a'><w:body>" + body
        + "</w:body></w:document>";
}

} // namespace

class OfficeTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

    QString zip(const std::map<std::string, QByteArray>& entries)
    {
        const QString path = m_dir.filePath("package.zip");
        return writeZip(path, entries) ? path : QString();
    }

private slots:
    void readsTextDocuments_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("format");
        QTest::newRow("docx") << "report.docx"
                              << "Word document";
        QTest::newRow("odt") << "report.odt"
                             << "OpenDocument text";
    }

    void readsTextDocuments()
    {
        QFETCH(QString, name);
        const auto reading = readPath(document(name));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QTEST(QString::fromStdString(reading->format), "format");
        QCOMPARE(QString::fromStdString(allText(*reading)).trimmed(),
            "# Harbour\n\n"
            "The harbour has three basins [note: Counted in 2025.] and one lock. See the map "
            "(https://example.org/map).\n\n"
            "## Ships\n\n"
            "- Anna, a cutter\n- Bo\n  - built in Kiel\n\nThen:\n\n1. Moor\n2. Unload\n\n"
            "| Ship | Tons | Port |\n| --- | --- | --- |\n| Anna | not known |\n"
            "| Bo | 85 | Kiel |\n\n"
            "The end [comment by Eva: Really?].");
        QCOMPARE(text(*reading, 1).where.section, "Ships");
        QCOMPARE(fact(*reading, "title"), "Harbour report");
        QCOMPARE(warnings(*reading),
            "Hidden text was left out: 12 characters that a reader of the document would not see "
            "(\"SECRET ORDER\").\n");
    }

    void readsWorkbooks_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("xlsx") << "book.xlsx";
        QTest::newRow("ods") << "book.ods";
    }

    void readsWorkbooks()
    {
        QFETCH(QString, name);
        const auto reading = readPath(document(name));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(QString::fromStdString(allText(*reading)).trimmed(),
            "# Costs 2026\n\n"
            "| Item | Cost |  | Share | Day |\n| --- | --- | --- | --- | --- |\n"
            "| Rope | 1,234.50 |  | 25.0% | 2026-02-28 |\n\n"
            "|  | 2,469.00 |  |  |  |\n| --- | --- | --- | --- | --- |\n\n"
            "[comment at A2 by Eva: Check]\n\n"
            "# Ports\n\n| Kiel | 1\\|2 |\n| --- | --- |");
        const auto& first = text(*reading, 0);
        QCOMPARE(first.where.sheet, "Costs 2026");
        QCOMPARE(first.where.cells, "A1:E5");
        QCOMPARE(placeName(first.where), "sheet Costs 2026, A1:E5");
        QVERIFY(warnings(*reading).contains("Hidden sheets were left out: \"Secret\"."));
        QVERIFY(warnings(*reading).contains("(\"HIDDEN\")"));
    }

    void readsPresentations_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("pptx") << "slides.pptx";
        QTest::newRow("odp") << "slides.odp";
    }

    void readsPresentations()
    {
        QFETCH(QString, name);
        const auto reading = readPath(document(name));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->parts.size(), 3U);
        QVERIFY(text(*reading, 0).text.starts_with("# A harbour talk\n\nEva"));
        const QString second = QString::fromStdString(text(*reading, 1).text);
        QCOMPARE(*text(*reading, 1).where.slide, 2);
        QCOMPARE(text(*reading, 1).where.section, "Ships");
        QVERIFY2(second.startsWith("# Ships\n\n- Anna, a cutter\n- Bo\n  - built in Kiel\n"),
            qPrintable(second));
        QVERIFY2(second.contains("Notes:\n\nSay hello first."), qPrintable(second));
        QCOMPARE(QString::fromStdString(text(*reading, 2).text).trimmed(),
            "# Numbers\n\n| Ship | Tons |\n| --- | --- |\n| Anna | 1,200 |\n| Bo | 85 |");
        QCOMPARE(fact(*reading, "slides"), "3");
    }

    void readsBooksByChapters()
    {
        const auto reading = readPath(document("chapters.epub"));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(reading->format, "EPUB book");
        QCOMPARE(fact(*reading, "title"), "The two seas");
        QCOMPARE(fact(*reading, "author"), "Ann Author");
        const QString all = QString::fromStdString(allText(*reading));
        QVERIFY(all.contains("# North\n\nThe North Sea is rough.\n"));
        QVERIFY(all.contains("# Baltic\n\nThe Baltic is calm.\n\n- Kiel\n- Riga\n"));
        QCOMPARE(text(*reading, reading->parts.size() - 1).where.section, "Baltic");
    }

    void readsWhatWordDoes()
    {
        QByteArray png;
        QBuffer buffer(&png);
        QImage picture(80, 60, QImage::Format_RGB32);
        picture.fill(qRgb(200, 10, 10));
        QVERIFY(buffer.open(QIODevice::WriteOnly) && picture.save(&buffer, "PNG"));
        const auto reading =
            readPath(zip({{"word/document.xml",
                              word("<w:p><w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>old"
                                   "</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t>"
                                   "</w:r></w:ins></w:p>"
                                   "<w:p><w:r><w:rPr><w:color w:val='FFFFFF'/></w:rPr>"
                                   "<w:t>WHITE</w:t></w:r><w:r><w:rPr><w:sz w:val='2'/>"
                                   "</w:rPr><w:t>TINY</w:t></w:r><w:r><w:rPr><w:color "
                                   "w:val='FFFFFF'/><w:shd w:fill='000000'/></w:rPr><w:t>"
                                   "seen</w:t></w:r></w:p>"
                                   "<w:p><w:r><w:drawing><a:blip r:embed='rId1'/>"
                                   "</w:drawing></w:r></w:p>")},
                {"word/_rels/document.xml.rels",
                    "<Relationships><Relationship Id='rId1' Type='x/image' Target='media/a.png'/>"
                    "</Relationships>"},
                {"word/media/a.png", png}}));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(allText(*reading), "anew\n\nseen\n");
        QVERIFY(warnings(*reading).contains("changes tracked was left out (1 place)"));
        QVERIFY(warnings(*reading).contains("(\"WHITE TINY\")"));
        QCOMPARE(reading->parts.size(), 2U);
        QCOMPARE(pixel(imageOf(*reading, 1), 40, 30), (Pixel{200, 10, 10}));
    }

    void showsNumbersAsPeopleSeeThem_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("format");
        QTest::addColumn<QString>("shown");
        const auto row = [](double value, const char* format, const QString& shown) {
            QTest::addRow("%g %s", value, format) << value << format << shown;
        };
        row(1234.5, "General", "1234.5");
        row(0.1 + 0.2, "General", "0.3");
        row(1e20, "General", "1E+20");
        row(1234.5, "0", "1235");
        row(1234.567, "#,##0.00", "1,234.57");
        row(-1234.567, "#,##0.00;[Red](#,##0.00)", "(1,234.57)");
        row(-5, "0.0", "-5.0");
        row(-0.01, "0.0", "0.0");
        row(0.256, "0.0%", "25.6%");
        row(0, "0;-0;\"none\"", "none");
        row(1234567, "0.0,,\" M\"", "1.2 M");
        row(3.5, "[$\u20AC-407] 0.00", u"\u20AC 3.50"_qs);
        row(5, "00000", "00005");
        row(2.5, "0.###", "2.5");
        row(12345, "0.00E+00", "1.23E+04");
        row(3.25, "# ?/?", "3 1/4");
        row(46081, "yyyy-mm-dd", "2026-02-28");
        row(46081.75, "m/d/yyyy h:mm", "2/28/2026 18:00");
        row(46081.5, "dddd, d mmmm yyyy", "Saturday, 28 February 2026");
        row(59, "yyyy-mm-dd", "1900-02-28");
        row(61, "d-mmm-yy", "1-Mar-00");
        row(0.75, "h:mm AM/PM", "6:00 PM");
        row(1.5, "[h]:mm:ss", "36:00:00");
        row(0.000011574, "mm:ss.000", "00:01.000");
        row(150, "[>=100]\"many\";0", "many");
        row(50, "[>=100]\"many\";0", "50");
        row(5, ";;;", "");
    }

    void showsNumbersAsPeopleSeeThem()
    {
        QFETCH(double, value);
        QFETCH(QString, format);
        QFETCH(QString, shown);
        QCOMPARE(QString::fromStdString(displayNumber(value, format.toStdString(), false)), shown);
    }

    void countsDaysFrom1904WhereTheFileSaysSo()
    {
        QCOMPARE(displayNumber(0, "yyyy-mm-dd", true), "1904-01-01");
    }

    void survivesPackagesMadeToHurt()
    {
        // One entry that unpacks to 200 MB.
        QVERIFY(refusal(zip({{"word/document.xml", QByteArray(200 << 20, ' ')}}))
                    .contains("unpacks to more than"));
        // "Billion laughs": entities are not expanded.
        QByteArray laughs = "<!DOCTYPE x [<!ENTITY a 'ha'>";
        for (char c = 'b'; c <= 'z'; ++c)
            laughs += QByteArray("<!ENTITY ") + c + " '"
                + (QByteArray("&") + char(c - 1) + ";").repeated(10) + "'>";
        const auto reading = readPath(zip({{"word/document.xml",
            laughs + "]>" + word("<w:p><w:r><w:t>x&z;y</w:t></w:r></w:p>")}}));
        QVERIFY(!reading || allText(*reading).size() < 100);
        // Deeper than any stack.
        const auto deep = readPath(zip({{"word/document.xml",
            word("<w:p><w:r><w:t>top</w:t></w:r></w:p>" + QByteArray("<w:sdt>").repeated(300'000)
                + QByteArray("</w:sdt>").repeated(300'000))}}));
        QVERIFY(deep);
        QCOMPARE(allText(*deep), "top\n");
        QVERIFY(warnings(*deep).contains("nested too deeply"));
        QCOMPARE(refusal(zip({{"a.txt", "text"}})),
            "This is a ZIP archive; unpack it and add the files that matter.");
        QVERIFY(refusal(zip({{"word/document.xml", "<w:document"}})).contains("damaged"));
    }

    void survivesBrokenPackages_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"report.docx", "book.xlsx", "slides.odp", "chapters.epub"})
            QTest::newRow(name) << name;
    }

    void survivesBrokenPackages()
    {
        QFETCH(QString, name);
        const QByteArray whole = bytesOf(document(name));
        QVERIFY(whole.size() > 1000);
        for (int size = 4; size < whole.size(); size += 1 + static_cast<int>(whole.size()) / 40) {
            const auto cut = readPath(write(m_dir, "cut", whole.left(size)));
            QVERIFY(!cut);
            QVERIFY(!cut.error().message.empty());
        }
        for (int at = 0; at < whole.size(); at += 1 + static_cast<int>(whole.size()) / 100) {
            QByteArray changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ 0x11);
            const auto reading = readPath(write(m_dir, "changed", changed));
            QVERIFY(reading || !reading.error().message.empty());
        }
    }

    void survivesTheFuzzCorpus() { QVERIFY(replayCorpus("office", LLVMFuzzerTestOneInput) > 10); }
};

QTEST_APPLESS_MAIN(OfficeTest)
#include "office_test.moc"
