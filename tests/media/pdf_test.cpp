// SPDX-License-Identifier: Apache-2.0
// PDF files made by another program (tests/data/documents/make_pdf.py): text in reading order with
// pages and labels, pages as pictures, what is hidden, what is locked, what is broken.
#include "media_test.h"

#include <QTemporaryDir>
#include <QTest>

using namespace lectern::media;

namespace {

QString document(const QString& name)
{
    return testRoot() + "/data/documents/" + name;
}

} // namespace

class PdfTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

private slots:
    void readsColumnsTablesAndBrokenWords()
    {
        const auto reading = readPath(document("columns.pdf"));
        QVERIFY(reading);
        QCOMPARE(reading->parts.size(), 2U);
        const auto& first = std::get<TextPart>(reading->parts[0]);
        QCOMPARE(QString::fromStdString(first.text).trimmed(),
            "# Preface\n\nThis preface stands on a page of its own, before the report itself "
            "begins. "
            "It is short.");
        QCOMPARE(*first.where.page, 1);
        QCOMPARE(first.where.pageLabel, "i");
        QCOMPARE(placeName(first.where), "page 1 (i)");
        const auto& second = std::get<TextPart>(reading->parts[1]);
        QCOMPARE(QString::fromStdString(second.text).trimmed(),
            "# Report\n\n"
            "The left column comes first. It speaks of efficient offices and of something like the "
            "classification "
            "of ships and of boats, of ropes and of all the anchors, and of all that is at sea.\n\n"
            "The right column goes on here and must come after the left one, whatever order the "
            "file "
            "draws them in. It ends with the word harbour, which is the last word of both "
            "columns.\n\n"
            "| Ship | Tons | Home port |\n| --- | --- | --- |\n| Anna | 1,200 | Bremen |\n"
            "| Bo | 85 | Kiel (since 2019) |\n\n"
            "After the table a last paragraph closes the page. It has two lines.");
        QCOMPARE(*second.where.page, 2);
        QCOMPARE(second.where.pageLabel, "1");
        QCOMPARE(second.where.section, "Report");
        QCOMPARE(second.where.begin, first.where.end);
        QCOMPARE(fact(*reading, "pages"), "2");
        QCOMPARE(fact(*reading, "title"), "Columns");
        QCOMPARE(warnings(*reading), "");
    }

    void leavesOutWhatThePageDoesNotShow()
    {
        const auto reading = readPath(document("hidden.pdf"));
        QVERIFY(reading);
        QCOMPARE(QString::fromStdString(allText(*reading)).simplified(),
            "What everybody sees on this page is one sentence, and this is it. "
            "White on blue is seen.");
        QCOMPARE(warnings(*reading),
            "Hidden text was left out: 53 characters that a reader of the document would not see "
            "(\"WHITE SECRET TINY SECRET OUTSIDE SECRET INVISIBLE SECRET\").\n");
    }

    void readsFormsAndLinks()
    {
        const auto reading = readPath(document("form.pdf"));
        QVERIFY(reading);
        QCOMPARE(QString::fromStdString(allText(*reading)).trimmed(),
            "Application for a berth in the harbour of the town, 2026\n\nSee the rules.\n\n"
            "Form fields:\n- Name: Anna Meier\n- I agree: checked\n- Size: large\n\n"
            "Links:\n- https://example.org/rules");
    }

    void givesScansAsPicturesAndSkipsEmptyPages()
    {
        const auto reading = readPath(document("scan.pdf"));
        QVERIFY(reading);
        QCOMPARE(reading->parts.size(), 1U);
        const auto& part = std::get<ImagePart>(reading->parts[0]);
        QCOMPARE(*part.where.page, 1);
        QVERIFY(std::max(part.image->width, part.image->height) > 1200);
        QVERIFY(pixel(*part.image, 5, 5).isNear({255, 255, 255}, 2));
        QVERIFY(pixel(*part.image, part.image->width / 2, part.image->height * 93 / 595)
                    .isNear({51, 51, 51}, 3));
        QCOMPARE(fact(*reading, "pages given as pictures"), "1");

        ReadOptions none;
        none.documentPictures = 0;
        QCOMPARE(refusal(document("scan.pdf"), none), "The document contains no text.");
    }

    void saysThatAPasswordIsNeeded()
    {
        QVERIFY(refusal(document("locked.pdf")).startsWith("This PDF is protected by a password."));
    }

    void refusesBrokenFiles()
    {
        const QByteArray whole = bytesOf(document("columns.pdf"));
        QVERIFY(refusal(write(m_dir, "head.pdf", "%PDF-1.7\n1 0 obj")).contains("damaged"));
        for (int size = 20; size < whole.size(); size += whole.size() / 23) {
            const auto cut = readPath(write(m_dir, "cut.pdf", whole.left(size)));
            QVERIFY(cut || !cut.error().message.empty());
        }
        for (int at = 0; at < whole.size(); at += 37) { // one byte changed
            QByteArray changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ 0x55);
            const auto reading = readPath(write(m_dir, "changed.pdf", changed));
            QVERIFY(reading || !reading.error().message.empty());
        }
        QByteArray nested = "%PDF-1.7\n1 0 obj\n" + QByteArray("[").repeated(200'000)
            + "\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF";
        QVERIFY(!readPath(write(m_dir, "nested.pdf", nested)));
    }

    void stopsBetweenPages()
    {
        std::stop_source stop;
        const auto reading = readFile(document("columns.pdf").toStdString(), {}, {},
            stop.get_token(), [&](std::uint64_t done, std::uint64_t total) {
                if (total == 2 && done == 1) // pages, not bytes
                    stop.request_stop();
            });
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }
};

QTEST_APPLESS_MAIN(PdfTest)
#include "pdf_test.moc"
