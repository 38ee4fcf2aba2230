// SPDX-License-Identifier: Apache-2.0
// Web pages, tables in text files, subtitles, RTF and mails: the text a person would read, where it
// stands, and what was left out. Expected texts are written by hand.
#include "media_test.h"

#include <QTemporaryDir>
#include <QTest>
#include <thread>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

class TextFormatsTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

    QString read(const QString& name, const QByteArray& bytes)
    {
        const auto reading = readPath(write(m_dir, name, bytes));
        return reading ? QString::fromStdString(allText(*reading)).trimmed()
                       : "error: " + QString::fromStdString(reading.error().message);
    }

    QString html(const QByteArray& body) { return read("page.html", "<!DOCTYPE html>" + body); }
    QString rtf(const QByteArray& body) { return read("a.rtf", "{\\rtf1\\ansi " + body + "}"); }

private slots:
    void readsWebPages_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* tag, const char* body, const QString& text) {
            QTest::newRow(tag) << QByteArray(body) << text;
        };
        row("inline", "<p>Hello&nbsp;world, <b>bold</b>text.<br>new\n  line</p>",
            u"Hello\u00A0world, boldtext.\nnew line"_qs);
        row("headings", "<h1>One <i>x</i></h1><p>a<h3>Two</h3>b", "# One x\n\na\n\n### Two\n\nb");
        row("list", "<ul><li>One<li><p>Two</p><p>more</p><ol start=3><li>three<li>four</ol></ul>",
            "- One\n- Two\n\n  more\n\n  3. three\n  4. four");
        row("table", "<table><tr><th>A<th>B<tr><td>1<td>2|3<br>x</table>",
            "| A | B |\n| --- | --- |\n| 1 | 2\\|3 x |");
        row("spans",
            "<table><tr><td colspan=2>A<td>B<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5</table>",
            "| A |  | B |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n|  | 4 | 5 |");
        row("layout-table", "<table><tr><td><h2>A</h2>b<td><p>c</table>", "## A\n\nb\n\nc");
        row("code", "<pre>\n  a\n    b &lt;c&gt;\n</pre>", "```\n  a\n    b <c>\n```");
        row("link",
            "<a href='https://x.org/b'>Docs</a> <a href='/c'>here</a> "
            "<a href='https://y.org'>https://y.org</a>",
            "Docs (https://x.org/b) here https://y.org");
        row("machinery",
            "<script>x=1</script><style>p{}</style><template>t</template><p>seen"
            "<noscript>n</noscript>",
            "seen");
        row("form",
            "<input value=Anna><input type=hidden value=no><input type=checkbox checked>yes",
            "Anna[x] yes");
        row("unclosed", "<p>one<p>two<ul><li>three", "one\n\ntwo\n\n- three");
        row("chat-tokens", "<p>&lt;|eot|&gt;&lt;|header_start|&gt;system",
            "<|eot|><|header_start|>system");
    }

    void readsWebPages()
    {
        QFETCH(QByteArray, body);
        QFETCH(QString, text);
        QCOMPARE(html(body), text);
    }

    void leavesOutWhatAPageHides_data()
    {
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char* tag, const char* body) {
            QTest::newRow(tag) << QByteArray(body);
        };
        row("attribute", "<p hidden>SECRET</p>");
        row("display", "<p style='display: none'>SECRET</p>");
        row("visibility", "<div style='visibility:hidden'><p>SECRET</p></div>");
        row("size", "<span style='font-size:0px'>SECRET</span>");
        row("opacity", "<span style='opacity:0'>SECRET</span>");
        row("off-page", "<span style='position:absolute; left:-9999px'>SECRET</span>");
        row("indent", "<p style='text-indent:-9999px'>SECRET</p>");
        row("clipped", "<p style='position:absolute;clip:rect(0 0 0 0)'>SECRET</p>");
        row("one-pixel", "<p style='width:1px;height:1px;overflow:hidden'>SECRET</p>");
        row("white", "<p style='color:#fff'>SECRET</p>");
        row("nearly-white", "<p style='color: rgb(250, 250, 250)'>SECRET</p>");
        row("on-background",
            "<div style='background:#123456'><b style='color:#123457'>SECRET</b></div>");
        row("transparent", "<p style='color:transparent'>SECRET</p>");
        row("font", "<font color=white>SECRET</font>");
        row("class", "<style>.a{display:none}</style><p class='b a'>SECRET</p>");
        row("descendant",
            "<style>#top .x > em {display:none!important}</style>"
            "<div id=top><p class=x><em>SECRET</em></p></div>");
        row("dialog", "<dialog>SECRET</dialog>");
    }

    void leavesOutWhatAPageHides()
    {
        QFETCH(QByteArray, body);
        const auto reading = readPath(write(m_dir, "h.html", "<html>before " + body + " after"));
        QVERIFY(reading);
        QCOMPARE(QString::fromStdString(allText(*reading)).simplified(), "before after");
        QCOMPARE(warnings(*reading),
            "Hidden text was left out: 6 characters that a reader of the document would not see "
            "(\"SECRET\").\n");
    }

    void keepsWhatAPageShows_data()
    {
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char* tag, const char* body) {
            QTest::newRow(tag) << QByteArray(body);
        };
        row("white-on-black",
            "<div style='background:black'><p style='color:white'>SEEN</p></div>");
        row("white-on-picture",
            "<div style='background:url(a.png)'><p style='color:white'>SEEN</div>");
        row("own-style-wins",
            "<style>.a{display:none}</style><p class=a style='display:block'>SEEN");
        row("visible-again",
            "<div style='visibility:hidden'><p style='visibility:visible'>SEEN</div>");
        row("outside-styles", "<link rel=stylesheet href=a.css><p style='color:white'>SEEN");
        row("print-only", "<style>@media print{.a{display:none}}</style><p class=a>SEEN");
        row("other-class", "<style>.a.b{display:none}</style><p class=a>SEEN");
    }

    void keepsWhatAPageShows()
    {
        QFETCH(QByteArray, body);
        QCOMPARE(html(body), "SEEN");
    }

    void findsAPagesEncodingAndTitle()
    {
        const auto reading = readPath(write(m_dir, "k.htm",
            "<html><meta charset='koi8-r'><title>\xF0\xD2\xC9</title><p>\xF0\xD2\xC9\xD7\xC5\xD4"));
        QVERIFY(reading);
        QCOMPARE(QString::fromStdString(allText(*reading)).trimmed(), u"Привет"_qs);
        QCOMPARE(fact(*reading, "title"), u"При"_qs);
        QCOMPARE(fact(*reading, "encoding"), "koi8-r");
        QCOMPARE(reading->format, "Web page");
    }

    void headingsAreSections()
    {
        const auto reading = readPath(write(m_dir, "s.html", "<p>a<h1>One</h1>b<h2>Two</h2>c"));
        QVERIFY(reading);
        QCOMPARE(reading->parts.size(), 3U);
        QCOMPARE(std::get<TextPart>(reading->parts[0]).where.section, "");
        QCOMPARE(std::get<TextPart>(reading->parts[1]).where.section, "One");
        const auto& last = std::get<TextPart>(reading->parts[2]);
        QCOMPARE(last.where.section, "Two");
        QCOMPARE(allText(*reading).substr(last.where.begin, last.where.end - last.where.begin),
            last.text);
    }

    void survivesPagesMadeToHurt()
    {
        QCOMPARE(html(QByteArray("<div>").repeated(900) + "deep"), "deep");
        QCOMPARE(html(QByteArray("<p><li><td>a<br>").repeated(5000)).count('a'), 5000);
        // The parser's time grows with the square of the depth, formatting elements also its
        // memory.
        const QString refused = "error: The page is built so that reading it would take too long. "
                                "Print it to a PDF and add that.";
        QCOMPARE(html(QByteArray("<div>").repeated(300'000) + "deep"), refused);
        QByteArray formatting;
        for (int i = 0; i < 8000; ++i)
            formatting += "<b id=" + QByteArray::number(i) + ">";
        QCOMPARE(html(formatting + QByteArray("<p>x").repeated(8000)), refused);
        QByteArray wide = QByteArray("<!-- <div> -->").repeated(3000) + "<script>"
            + QByteArray("'<div>'").repeated(3000) + "</script>fine";
        QCOMPARE(html("<p>" + wide), "fine");
    }

    void stopsInTheMiddleOfAPage()
    {
        const QString path =
            write(m_dir, "long.html", QByteArray("<p>x<i>y</i>").repeated(1'500'000));
        std::stop_source stop;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            stop.request_stop();
        });
        const auto reading = readPath(path, {}, stop.get_token());
        QVERIFY(!reading);
        QCOMPARE(reading.error().code, ErrorCode::cancelled);
    }

    void findsDelimiterAndHeader_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("delimiter");
        QTest::addColumn<QString>("header");
        QTest::addColumn<QString>("rows");
        const auto row = [](const char* tag, const char* bytes, const char* delimiter,
                             const char* header, const char* rows) {
            QTest::newRow(tag) << QByteArray(bytes) << delimiter << header << rows;
        };
        row("comma", "name,age\nAnna,34\nBo,7\n", "comma", "name, age", "2");
        row("semicolon", "Name;Preis\nBrot;3,50\nMilch;1,20\n", "semicolon", "Name, Preis", "2");
        row("tab", "a\tb\n1\t2\n", "tab", "a, b", "1");
        row("bar", "x|y\n1|2\n", "vertical bar", "x, y", "1");
        row("no-header", "1;2,5\n3;4,5\n", "semicolon", "none found", "2");
        row("quoted", "name,text\nA,\"one, two\nthree \"\"x\"\"\"\nB,c\n", "comma", "name, text",
            "2");
        row("excel", "sep=;\nu;v\n1;2\n", "semicolon", "u, v", "1");
        row("years", "2020,2021\n3,4\n", "comma", "none found", "2");
        row("sentences", "id;note\n1;a, b, c\n2;d\n3;e, f\n", "semicolon", "id, note", "3");
    }

    void findsDelimiterAndHeader()
    {
        QFETCH(QByteArray, bytes);
        const auto reading = readPath(write(m_dir, "t.csv", bytes));
        QVERIFY(reading);
        QTEST(fact(*reading, "delimiter"), "delimiter");
        QTEST(fact(*reading, "header"), "header");
        QTEST(fact(*reading, "rows"), "rows");
        if (!bytes.startsWith("sep="))
            QCOMPARE(allText(*reading), bytes.toStdString());
        QCOMPARE(warnings(*reading), "");
    }

    void namesTheCellsOfLongTables()
    {
        QByteArray bytes = "n,square\n";
        for (int i = 1; i < 450; ++i)
            bytes += QByteArray::number(i) + "," + QByteArray::number(i * i) + "\n";
        bytes += "450\n";
        const auto reading = readPath(write(m_dir, "long.csv", bytes));
        QVERIFY(reading);
        QCOMPARE(reading->parts.size(), 3U);
        const auto& second = std::get<TextPart>(reading->parts[1]);
        QCOMPARE(second.where.cells, "A201:B400");
        QVERIFY(second.text.starts_with("200,40000\n"));
        QCOMPARE(allText(*reading), bytes.toStdString());
        QCOMPARE(warnings(*reading),
            "1 row has another number of fields than the others, 2 (row 451).\n");
    }

    void readsSubtitlesWithTheirTimes()
    {
        const auto srt = readPath(write(m_dir, "a.srt",
            "\xEF\xBB\xBF"
            "1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>Hello</i> {\\an8}there\r\nfriend\r\n\r\n"
            "2\r\n01:01:05,040 --> 01:01:06,000\r\nWhat a <3 day\r\n\r\n3\r\nx --> y\r\nlost\r\n"));
        QVERIFY(srt);
        QCOMPARE(srt->format, "SubRip subtitles");
        QCOMPARE(srt->parts.size(), 2U);
        const auto& first = std::get<TextPart>(srt->parts[0]);
        QCOMPARE(first.text, "Hello there\nfriend\n");
        QCOMPARE(*first.where.seconds, 1.5);
        const auto& second = std::get<TextPart>(srt->parts[1]);
        QCOMPARE(second.text, "What a <3 day\n");
        QCOMPARE(*second.where.seconds, 3665.04);
        QCOMPARE(fact(*srt, "last"), "1:01:06");
        QCOMPARE(warnings(*srt), "1 subtitle has no readable time and is left out.\n");

        const auto vtt = readPath(write(m_dir, "b.vtt",
            "WEBVTT - title\n\nNOTE a\nremark\n\nSTYLE\n::cue{}\n\nname\n00:01.500 --> 00:03.000 "
            "align:start\n<v Anna>Tom &amp; <c.loud>Jerry</c></v>\n"));
        QVERIFY(vtt);
        QCOMPARE(allText(*vtt), "Anna: Tom & Jerry\n");
        QCOMPARE(vtt->format, "WebVTT subtitles");
    }

    void readsRtf_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* tag, const char* body, const QString& text) {
            QTest::newRow(tag) << QByteArray(body) << text;
        };
        row("paragraphs", "One {\\b two}.\\par Three\\line four\\par", "One two.\n\nThree\nfour");
        row("escapes", "\\{a\\} b\\\\c\\~d\\_e\\-f \\'e4\\emdash \\ldblquote x\\rdblquote",
            u"{a} b\\c\u00A0d-ef ä—“x”"_qs);
        row("unicode", "\\u8364? \\uc0\\u252 {\\uc2\\u223 ssx}\\u-10179 \\u-8704  ok",
            QString::fromUcs4(U"\u20AC \u00FC\u00DFx\U0001F600 ok"));
        row("cyrillic",
            "{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}\\f1 \\'cf\\'f0\\f0 \\'e4",
            u"Прä"_qs);
        row("japanese", "{\\fonttbl{\\f0\\fcharset128 M;}}\\f0 \\'93\\'fa\\'96\\'7b", u"日本"_qs);
        row("styles",
            "{\\stylesheet{\\s1 heading 1;}{\\s2\\outlinelevel1 My;}}\\pard\\s1 A\\par"
            "\\pard\\s2 B\\par\\pard c\\par",
            "# A\n\n## B\n\nc");
        row("table",
            "\\trowd\\cellx1\\cellx2 A\\cell B\\cell\\row\\trowd\\intbl 1\\par x\\cell "
            "\\cell\\row\\pard after",
            "| A | B |\n| --- | --- |\n| 1 x |  |\n\nafter");
        row("list",
            "{\\pard{\\listtext\\'b7\\tab}one\\par{\\listtext\\'b7\\tab}two\\par}"
            "{\\pntext 3.\\tab}three\\par",
            "- one\n- two\n3. three");
        row("link",
            "{\\field{\\*\\fldinst HYPERLINK \"https://x.org\"}{\\fldrslt {\\ul site}}} end",
            "site (https://x.org) end");
        row("note", "Claim{\\super\\chftn{\\footnote\\pard\\plain A source.}} goes on.",
            "Claim [note: A source.] goes on.");
        row("skips",
            "{\\info{\\title T}}{\\*\\generator x;}{\\pict\\pngblip 8950}{\\*\\unknown no}"
            "{\\nonshppict{\\pict 00}}text",
            "text");
        row("twins", "{\\upr{ansi?}{\\*\\ud{\\u26085 ?}}}x", u"日x"_qs);
        row("binary", "a{\\pict\\bin4 }}}}}b", "ab");
    }

    void readsRtf()
    {
        QFETCH(QByteArray, body);
        QFETCH(QString, text);
        QCOMPARE(rtf(body), text);
    }

    void leavesOutWhatRtfHides()
    {
        const QByteArray colours =
            "{\\colortbl;\\red255\\green255\\blue255;\\red0\\green0\\blue0;}";
        for (const QByteArray& hidden : {QByteArray("{\\v SECRET}"), QByteArray("{\\fs1 SECRET}"),
                 QByteArray("{\\cf1 SECRET}"), QByteArray("{\\cf2\\highlight2 SECRET}")}) {
            const auto reading =
                readPath(write(m_dir, "h.rtf", "{\\rtf1 " + colours + "a" + hidden + "b}"));
            QVERIFY(reading);
            QCOMPARE(allText(*reading), "ab\n");
            QVERIFY(warnings(*reading).contains("6 characters that a reader"));
        }
        QCOMPARE(rtf(colours + "{\\cf1\\chcbpat2 seen}"), "seen");
        const auto deleted = readPath(write(m_dir, "d.rtf", "{\\rtf1 a{\\deleted old}b}"));
        QVERIFY(deleted);
        QCOMPARE(allText(*deleted), "ab\n");
        QVERIFY(warnings(*deleted).contains("changes tracked was left out (1 place)"));
    }

    void saysWhatElseIsInRtf()
    {
        const auto reading = readPath(write(m_dir, "p.rtf",
            "{\\rtf1{\\info{\\title My text}{\\author Ann}}x{\\*\\shppict{\\pict 00}}"));
        QVERIFY(reading);
        QCOMPARE(fact(*reading, "title"), "My text");
        QCOMPARE(fact(*reading, "author"), "Ann");
        QCOMPARE(warnings(*reading),
            "The document ends in the middle; it may be cut off.\n"
            "1 picture in the document was not looked at.\n");
        QCOMPARE(rtf(QByteArray("{").repeated(2'000'000) + "deep"), "deep");
    }

    void readsMails()
    {
        const auto reading = readPath(write(m_dir, "a.eml",
            "From: =?iso-8859-1?Q?J=F6rg?= <joerg@example.org>\r\n"
            "To: Ann <ann@example.org>,\r\n Bo <bo@example.org>\r\n"
            "Subject: =?utf-8?B?R3LDvMOf?= =?utf-8?Q?e_an?= alle\r\n"
            "Date: Mon, 2 Feb 2026 10:00:00 +0100\r\nX-Mailer: none\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=XX\r\n\r\n--XX\r\n"
            "Content-Type: multipart/alternative; boundary=YY\r\n\r\n--YY\r\n"
            "Content-Type: text/plain; charset=windows-1252\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\nPrice: 5 =80=\r\n!\r\n\r\n--YY\r\n"
            "Content-Type: text/html\r\n\r\n<p>Other form</p>\r\n--YY--\r\n--XX\r\n"
            "Content-Type: text/csv; name=list.csv\r\n"
            "Content-Disposition: attachment; filename=list.csv\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n--XX\r\n"
            "Content-Type: application/pdf\r\n"
            "Content-Disposition: attachment; "
            "filename=\"plan.pdf\"\r\n\r\n%PDF-1.4\r\n--XX--\r\n"));
        QVERIFY(reading);
        QCOMPARE(QString::fromStdString(allText(*reading)).trimmed(),
            u"From: Jörg <joerg@example.org>\nTo: Ann <ann@example.org>, Bo <bo@example.org>\n"
            u"Date: Mon, 2 Feb 2026 10:00:00 +0100\nSubject: Grüße an alle\n\nPrice: 5 €!\n\n"
            u"## Attachment: list.csv\n\na,b\n1,2\n\n## Attachments\n\n- list.csv, 8 bytes (read)\n"
            u"- plan.pdf (application/pdf), 8 bytes (not read)"_qs);
        QCOMPARE(reading->format, "Mail");
        QCOMPARE(warnings(*reading), "1 attachment was not read; add it as a file.\n");
        QCOMPARE(fact(*reading, "subject"), u"Grüße an alle"_qs);
    }

    void readsMailsThatAreOnlyHtmlOrNested()
    {
        QCOMPARE(read("b",
                     "Received: x\r\nFrom: a@b\r\nSubject: Hi\r\nContent-Type: text/html; "
                     "charset=utf-8\r\n\r\n<b>Bold</b><p style='display:none'>no</p>"),
            "From: a@b\nSubject: Hi\n\nBold");
        QCOMPARE(read("c.eml",
                     "From: a@b\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@d\r\nSubject: "
                     "Inner\r\n\r\nwords"),
            "From: a@b\n\n## Attached mail: Inner\n\nFrom: c@d\nSubject: Inner\n\nwords\n\n"
            "## Attachments\n\n- mail \"Inner\" (read)");
        QByteArray deep = "From: a@b\r\n";
        for (int i = 0; i < 20'000; ++i)
            deep += "Content-Type: multipart/mixed; boundary=b" + QByteArray::number(i)
                + "\r\n\r\n--b" + QByteArray::number(i) + "\r\n";
        const auto reading = readPath(write(m_dir, "deep.eml", deep));
        QVERIFY(reading);
        QVERIFY(warnings(*reading).contains("nested too deeply"));
    }

    void survivesTheFuzzCorpus()
    {
        QVERIFY(replayCorpus("text_formats", LLVMFuzzerTestOneInput) > 10);
    }
};

QTEST_APPLESS_MAIN(TextFormatsTest)
#include "text_formats_test.moc"
