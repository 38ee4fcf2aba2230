// SPDX-License-Identifier: Apache-2.0
// Markdown to display blocks: structure, neutralised markup, and streaming equal to parsing at
// once.
#include "preview_data.h"
#include "ui/markdown_blocks.h"

#include <QRandomGenerator>
#include <QtTest/QTest>

using namespace lectern::ui;
using Kind = Block::Kind;

class MarkdownBlocksTest : public QObject {
    Q_OBJECT

    static QList<QString> describe(const std::vector<Block>& blocks)
    {
        static const char* const kNames[] = {"p", "h", "code", "row", "rule"};
        QList<QString> rows;
        for (const Block& block : blocks)
            rows << QStringLiteral("%1%2 i%3 q%4 %5|%6")
                        .arg(QLatin1String(kNames[static_cast<int>(block.kind)]))
                        .arg(block.level)
                        .arg(block.indent)
                        .arg(block.quoteDepth)
                        .arg(block.marker, block.plain);
        return rows;
    }

    // Random Markdown made of pieces that interact: fences, lists, blank lines, tables, quotes.
    static QString randomMarkdown(QRandomGenerator& random)
    {
        static const char* const kPieces[] = {"\n", "\n\n", "\r\n", "\r", "word ", "**bold** ",
            "`code`", "- item\n", "  continued\n", "1. one\n", "2) two\n", "    indented\n",
            "```\n", "```py\n", "~~~\n", "# Title\n", "> quote\n", ">", "| a | b |\n|---|--:|\n",
            "| 1 | 2 |\n", "---\n", "===\n", "<b>raw</b>", "![x](file:///y)", "[l](https://a.b)",
            "  ```\n", "\t", "   ", "- ", "- [x] done\n", "\u4f1a\u8b70",
            "\u0645\u0644\u062e\u0635", "\U0001F642", "*", "_", "`", "&amp;", "\\"};
        QString text;
        const int pieces = random.bounded(1, 40);
        for (int i = 0; i < pieces; ++i)
            text +=
                QString::fromUtf8(kPieces[random.bounded(static_cast<int>(std::size(kPieces)))]);
        return text;
    }

private slots:
    void splitsAnAnswerIntoBlocks()
    {
        const auto blocks =
            parseMarkdown(QStringLiteral("Intro\n\n# Title\n\n- a\n- b\n  - c\n\n> "
                                         "said\n\n```py\nx = 1\n\ny\n```\nend\n\n---\n"));
        QCOMPARE(describe(blocks),
            QList<QString>({QStringLiteral("p0 i0 q0 |Intro"), QStringLiteral("h1 i0 q0 |Title"),
                QStringLiteral("p0 i1 q0 •|a"), QStringLiteral("p0 i1 q0 •|b"),
                QStringLiteral("p0 i2 q0 ◦|c"), QStringLiteral("p0 i0 q1 |said"),
                QStringLiteral("code0 i0 q0 |x = 1\n\ny"), QStringLiteral("p0 i0 q0 |end"),
                QStringLiteral("rule0 i0 q0 |")}));
        QCOMPARE(blocks[6].language, QStringLiteral("py"));
        QVERIFY(!blocks[2].tight);
        QVERIFY(blocks[3].tight);
        QVERIFY(blocks[4].tight);
    }

    void numbersOrderedListsAcrossBlankLines()
    {
        const auto blocks =
            parseMarkdown(QStringLiteral("3. c\n\n4. d\n\n   more\n\n5) e\n- [ ] f\n- [x] g"));
        QStringList markers;
        for (const Block& block : blocks)
            markers << block.marker;
        QCOMPARE(markers,
            QStringList({QStringLiteral("3."), QStringLiteral("4."), QString(),
                QStringLiteral("5)"), QStringLiteral("☐"), QStringLiteral("☑")}));
    }

    void keepsTableColumnsTogether()
    {
        const auto blocks = parseMarkdown(
            QStringLiteral("| Name | Sum |\n|:--|--:|\n| **apples** | 3 |\n| 梨 | 1,204 |"));
        QCOMPARE(blocks.size(), std::size_t(3));
        QVERIFY(blocks[0].tableHeader && !blocks[1].tableHeader);
        QVERIFY(!blocks[1].lastTableRow && blocks[2].lastTableRow);
        QCOMPARE(
            blocks[1].cells, QStringList({QStringLiteral("<b>apples</b>"), QStringLiteral("3")}));
        QCOMPARE(blocks[0].columnChars, QList<int>({6, 5}));
        QCOMPARE(blocks[2].alignments, QList<int>({Qt::AlignLeft, Qt::AlignRight}));
    }

    void showsRawHtmlAsText()
    {
        const auto blocks = parseMarkdown(QStringLiteral(
            "<img src=\"file:///etc/passwd\"> <b>x</b>\n\n<script>\nalert(1)\n</script>"));
        for (const Block& block : blocks) {
            QVERIFY2(!block.html.contains(QStringLiteral("<img")), qPrintable(block.html));
            QVERIFY2(!block.html.contains(QStringLiteral("<script")), qPrintable(block.html));
            QVERIFY2(!block.html.contains(QStringLiteral("<b>")), qPrintable(block.html));
        }
        QVERIFY(blocks[0].html.contains(QStringLiteral("&lt;b&gt;x&lt;/b&gt;")));
    }

    void neverLoadsPicturesAndLinksOnlyToTheWeb()
    {
        const auto blocks = parseMarkdown(
            QStringLiteral("![photo](file:///home/a.png) [ok](https://example.org/?a=1&b=\"2\") "
                           "[bad](javascript:alert(1)) [f](file:///etc/passwd)"));
        const QString html = blocks.at(0).html;
        QVERIFY(!html.contains(QStringLiteral("<img")));
        QCOMPARE(html.count(QStringLiteral("href=")), 1);
        QVERIFY2(
            html.contains(QStringLiteral("href=\"https://example.org/?a=1&amp;b=&quot;2&quot;\"")),
            qPrintable(html));
        QVERIFY(html.contains(QStringLiteral("bad (javascript:alert(1))")));
        QVERIFY(html.contains(QStringLiteral("[photo]")));
    }

    void dropsPlaceholderCharactersFromInput()
    {
        const auto blocks = parseMarkdown(QStringLiteral("a\u0001Lb `\u0001B`"));
        QCOMPARE(blocks.at(0).plain, QStringLiteral("aLb B"));
        QVERIFY(!plainTextToHtml(QStringLiteral("\u0001L")).contains(kPlaceholder));
    }

    void knowsRightToLeftParagraphs()
    {
        const auto blocks = parseMarkdown(QStringLiteral("left\n\nملخص التقرير"));
        QVERIFY(!blocks.at(0).rightToLeft);
        QVERIFY(blocks.at(1).rightToLeft);
    }

    void showsPlainTextExactly()
    {
        QCOMPARE(plainTextToHtml(QStringLiteral("<b> & \"x\"\r\n  two")),
            QStringLiteral("&lt;b&gt; &amp; &quot;x&quot;<br>&nbsp; two"));
    }

    void streamingEqualsParsingAtOnce_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("long-answer") << longAnswer();
        QTest::newRow("crlf") << QStringLiteral("a\r\n\r\n```\r\nb\r\n\r\nc\r\n```\r\nd");
        QTest::newRow("fence-in-list")
            << QStringLiteral("- a\n  ```\n  code\n\n  more\n  ```\n- b\n\nc");
        QTest::newRow("open-fence") << QStringLiteral("```\na\n\nb\n\n- c");
        QTest::newRow("fence-like") << QStringLiteral("```a`b\n\ntext");
        QRandomGenerator random(20260101);
        for (int i = 0; i < 400; ++i)
            QTest::addRow("random-%d", i) << randomMarkdown(random);
    }

    void streamingEqualsParsingAtOnce()
    {
        QFETCH(QString, text);
        const std::vector<Block> whole = parseMarkdown(text);
        QRandomGenerator random(static_cast<quint32>(text.size()) + 7);
        for (int round = 0; round < 4; ++round) {
            MarkdownStream stream;
            for (qsizetype at = 0; at < text.size();) {
                const qsizetype size = round == 0 ? 1 : 1 + random.bounded(12);
                const std::size_t settled = stream.settledBlocks();
                const std::vector<Block> before(stream.blocks().begin(),
                    stream.blocks().begin() + static_cast<qsizetype>(settled));
                stream.append(text.mid(at, size));
                at += size;
                // Settled blocks stay as they are.
                QVERIFY(stream.blocks().size() >= settled);
                QVERIFY(std::equal(before.begin(), before.end(), stream.blocks().begin()));
            }
            if (stream.blocks() != whole)
                QCOMPARE(describe(stream.blocks()), describe(whole));
            QVERIFY(stream.blocks() == whole);
        }
    }

    void settlesFinishedBlocksOfALongAnswer()
    {
        MarkdownStream stream;
        stream.append(longAnswer());
        QVERIFY(stream.settledBlocks() + 2 >= stream.blocks().size());
    }

    void survivesDeepNesting()
    {
        const auto quotes = parseMarkdown(QString(5000, u'>') + QStringLiteral(" deep"));
        QCOMPARE(quotes.back().quoteDepth, 4);
        QString list;
        for (int depth = 0; depth < 60; ++depth)
            list += QString(2 * depth, u' ') + QStringLiteral("- x\n");
        QCOMPARE(parseMarkdown(list).back().indent, 8);
    }
};

QTEST_GUILESS_MAIN(MarkdownBlocksTest)
#include "markdown_blocks_test.moc"
