// SPDX-License-Identifier: Apache-2.0
// Text in every encoding: what is decoded, what is removed, what is said about it.
#include "media/source_language.h"
#include "media/text_decoder.h"
#include "media_test.h"

#include <QStringEncoder>
#include <QTemporaryDir>
#include <QTest>
#include <random>

using namespace lectern::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

Result<DecodedText> decode(const QByteArray& bytes)
{
    return decodeText(
        std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))), {});
}

QByteArray encode(const char* name, const QString& text)
{
    QStringEncoder encoder(name);
    return encoder.encode(text);
}

QString decoded(const QByteArray& bytes)
{
    const auto result = decode(bytes);
    return result ? QString::fromStdString(result->text)
                  : QString("error: ") + result.error().message.c_str();
}

} // namespace

class TextTest : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_temporary;
    QDir m_dir{m_temporary.path()};

private slots:
    void decodesUnicode_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("encoding");
        const QString text =
            u"Zeile eins: Größe 5 µm\nдва слова 🙂 漢字 and the rest.\n"_qs;
        QTest::newRow("utf8") << text.toUtf8() << "UTF-8";
        QTest::newRow("utf8-bom") << "\xEF\xBB\xBF" + text.toUtf8() << "UTF-8";
        QTest::newRow("utf16le-bom")
            << QByteArray("\xFF\xFE", 2) + encode("UTF-16LE", text) << "UTF-16LE";
        QTest::newRow("utf16be-bom")
            << QByteArray("\xFE\xFF", 2) + encode("UTF-16BE", text) << "UTF-16BE";
        QTest::newRow("utf16le") << encode("UTF-16LE", text) << "UTF-16LE";
        QTest::newRow("utf16be") << encode("UTF-16BE", text) << "UTF-16BE";
        QTest::newRow("utf32le-bom")
            << QByteArray("\xFF\xFE\0\0", 4) + encode("UTF-32LE", text) << "UTF-32LE";
        QTest::newRow("utf32be-bom")
            << QByteArray("\0\0\xFE\xFF", 4) + encode("UTF-32BE", text) << "UTF-32BE";
    }

    void decodesUnicode()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, encoding);
        const auto reading = readPath(write(m_dir, "unicode.txt", bytes));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(QString::fromStdString(textOf(*reading)),
            u"Zeile eins: Größe 5 µm\nдва слова 🙂 漢字 and the rest.\n"_qs);
        QVERIFY(fact(*reading, "encoding").startsWith(encoding));
        QCOMPARE(fact(*reading, "lines"), "2");
        QCOMPARE(warnings(*reading), "");
    }

    void decodesLegacyEncodings_data()
    {
        QTest::addColumn<QString>("encoding");
        QTest::addColumn<QString>("text");
        const QString russian = u"Съешь же ещё этих мягких французских булок, да выпей чаю. "
                                "Программа читает старые файлы без потерь и ошибок."_qs;
        QTest::newRow("windows-1252")
            << "windows-1252"
            << u"Das Café “Zur Brücke” öffnet früh – für 3 €, täglich außer Montag."_qs;
        QTest::newRow("latin-1-short") << "ISO-8859-1" << u"Größe: 5"_qs;
        QTest::newRow("windows-1251") << "windows-1251" << russian;
        QTest::newRow("koi8-r") << "KOI8-R" << russian;
        QTest::newRow("shift-jis")
            << "Shift_JIS" << u"これは日本語のテキストです。古い文字コードで保存されています。"_qs;
        QTest::newRow("gb18030") << "GB18030"
                                 << u"这是一个中文文本文件，用旧的编码保存。请正确读取它。"_qs;
    }

    void decodesLegacyEncodings()
    {
        QFETCH(QString, encoding);
        QFETCH(QString, text);
        const auto reading =
            readPath(write(m_dir, "legacy.txt", encode(qPrintable(encoding), text)));
        QVERIFY2(reading, reading ? "" : reading.error().message.c_str());
        QCOMPARE(QString::fromStdString(textOf(*reading)), text);
        QVERIFY(fact(*reading, "encoding").endsWith("(detected)"));
    }

    void makesAllLineEndsOne()
    {
        QCOMPARE(decoded("a\r\nb\rc\nd\r\r\ne\fe"), "a\nb\nc\nd\n\ne\ne");
        QCOMPARE(decoded("x\xC2\x85y\xE2\x80\xA8z"), u"x\ny\u2028z"_qs);
    }

    void replacesInvalidSequences()
    {
        const auto result = decode("good ✓ ✓ ✓ ✓ bad \xFF text ✓ \xE2\x82 more ✓ ✓ ✓");
        QVERIFY(result);
        QCOMPARE(result->encoding, "UTF-8");
        QCOMPARE(result->replaced, 2U);
        QCOMPARE(QString::fromStdString(result->text),
            "good ✓ ✓ ✓ ✓ bad \uFFFD text ✓ \uFFFD more ✓ ✓ ✓");
        const auto reading = readPath(write(m_dir, "bad.txt", "ööööööööö \xFF"));
        QVERIFY(reading);
        QVERIFY2(warnings(*reading).contains("1 byte sequence is not valid UTF-8"),
            qPrintable(warnings(*reading)));
    }

    void rejectsOverlongAndSurrogateUtf8()
    {
        // Each byte that cannot begin or continue a sequence is one error.
        const QByteArray good = QString(40, u'é').toUtf8();
        QCOMPARE(decode(good + "\xC0\x80")->replaced, 2U);
        QCOMPARE(decode(good + "\xED\xA0\x80")->replaced, 3U);
        QCOMPARE(decode(good + "\xF4\x90\x80\x80")->replaced, 4U);
        QCOMPARE(decode(good + "\xF0\x9F\x99 ")->replaced, 1U);
    }

    void saysWhenTheEndIsMissing()
    {
        QVERIFY(decode("caf\xC3")->cutOff);
        const QByteArray utf16 = QByteArray("\xFF\xFE", 2) + encode("UTF-16LE", u"abc🙂"_qs);
        QCOMPARE(decode(utf16.chopped(1))->text, "abc");
        QVERIFY(decode(utf16.chopped(1))->cutOff);
        QVERIFY(decode(utf16.chopped(2))->cutOff);
        QVERIFY(!decode(utf16)->cutOff);
        const auto reading = readPath(write(m_dir, "cut.txt", "some words caf\xC3"));
        QVERIFY(reading);
        QVERIFY(warnings(*reading).contains("middle of a character"));
        QCOMPARE(textOf(*reading), "some words caf");
    }

    void replacesLoneSurrogates()
    {
        const auto result = decode(QByteArray("\xFF\xFE"
                                              "a\0\x00\xDC"
                                              "b\0\x3D\xD8"
                                              "c\0",
            12));
        QVERIFY(result);
        QCOMPARE(QString::fromStdString(result->text), u"a\uFFFDb\uFFFDc"_qs);
        QCOMPARE(result->replaced, 2U);
    }

    void removesWhatNobodySees()
    {
        const QString hidden = u"pay\u200B 10\u00AD0 \u202Eeuros\u202C\u2066!\u2069"_qs
            + QString::fromUcs4(U"\U000E0049\U000E0067\U000E006E") + u"\u0007 done\uFEFF"_qs;
        const auto reading = readPath(write(m_dir, "hidden.txt", hidden.toUtf8()));
        QVERIFY(reading);
        QCOMPARE(textOf(*reading), "pay 100 euros! done");
        QCOMPARE(warnings(*reading),
            "11 invisible characters were removed (3 zero-width, 4 text-direction, 3 tag, 1 "
            "control).\n");
    }

    void keepsJoinersThatScriptsNeed()
    {
        for (const QString& text : {u"می\u200Cخواهم"_qs, u"क्\u200Dष"_qs,
                 QString::fromUcs4(
                     U"\U0001F468\u200D\U0001F469\u200D\U0001F467 ❤\uFE0F 1\uFE0F\u20E3"),
                 QString::fromUcs4(U"\U0001F3F3\uFE0F\u200D\U0001F308")})
            QCOMPARE(decoded(text.toUtf8()), text);
        QCOMPARE(decoded(u"pass\u200Dword\u200C x"_qs.toUtf8()), "password x");
        // Variation selectors may carry a hidden message behind one visible character.
        QCOMPARE(decoded(QString::fromUcs4(U"a\U000E0110\U000E0121\uFE01b").toUtf8()), "ab");
        QCOMPARE(decoded(QString::fromUcs4(U"葛\U000E0100\U000E0121").toUtf8()),
            QString::fromUcs4(U"葛\U000E0100"));
    }

    void refusesBinaryData()
    {
        QCOMPARE(readPath(write(m_dir, "nul.txt", QByteArray("abc\0def ghi", 11))).error().code,
            ErrorCode::unknownFormat);
        // Binary only behind the head that is sniffed.
        const QByteArray late = QByteArray("text ").repeated(2000) + QByteArray("\0\0\1", 3);
        QVERIFY(refusal(write(m_dir, "late.txt", late)).contains("binary"));
    }

    void refusesWhatHoldsNoText()
    {
        QCOMPARE(refusal(write(m_dir, "blank.txt", " \n\t\r\n")), "The file contains no text.");
        QCOMPARE(refusal(write(m_dir, "bom.txt", "\xEF\xBB\xBF")), "The file contains no text.");
    }

    void refusesTextThatIsTooLarge()
    {
        ReadOptions options;
        options.maxTextBytes = 1000;
        const QString path = write(m_dir, "large.txt", QByteArray(2500, 'x'));
        QCOMPARE(readPath(path, options).error().code, ErrorCode::tooLarge);
        QVERIFY(refusal(path, options).contains("2.5 kB"));
        QVERIFY(refusal(path, options).contains("1.0 kB"));
    }

    void namesTheLanguage_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("format");
        QTest::newRow("cpp") << "a/b/Main.CPP"
                             << ""
                             << "C++ source";
        QTest::newRow("python") << "x.py"
                                << ""
                                << "Python source";
        QTest::newRow("markdown") << "README.md"
                                  << ""
                                  << "Markdown";
        QTest::newRow("c-header") << "x.h"
                                  << "int f(void);"
                                  << "C header";
        QTest::newRow("cpp-header") << "x.h"
                                    << "namespace a {}"
                                    << "C++ header";
        QTest::newRow("cmake") << "CMakeLists.txt"
                               << ""
                               << "CMake script";
        QTest::newRow("makefile") << "Makefile"
                                  << ""
                                  << "Makefile";
        QTest::newRow("shebang") << "tool"
                                 << "#!/usr/bin/env python3\n"
                                 << "Python source";
        QTest::newRow("shell") << "tool"
                               << "#!/bin/bash\n"
                               << "Shell script";
        QTest::newRow("html") << "page"
                              << "\n<!DOCTYPE html><p>"
                              << "HTML source";
        QTest::newRow("plain") << "notes"
                               << "hello"
                               << "Plain text";
        QTest::newRow("dot") << "."
                             << "hello"
                             << "Plain text";
        QTest::newRow("empty-name") << ""
                                    << ""
                                    << "Plain text";
    }

    void namesTheLanguage()
    {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(QString, format);
        const TextFormat found = textFormat(name.toStdString(), text.toStdString());
        QCOMPARE(
            QString::fromUtf8(found.format.data(), static_cast<qsizetype>(found.format.size())),
            format);
    }

    void survivesTheFuzzCorpus()
    {
        QVERIFY(replayCorpus("text_decoder", LLVMFuzzerTestOneInput) > 10);
    }

    void survivesNoise()
    {
        std::mt19937 random(7); // NOLINT: the same bytes in every run
        for (int round = 0; round < 300; ++round) {
            QByteArray bytes = u"Größe 漢字 🙂\r\n"_qs.toUtf8().repeated(round % 5);
            const int extra = static_cast<int>(random() % 200);
            for (int i = 0; i < extra; ++i)
                bytes += static_cast<char>(random());
            const auto result = decode(bytes);
            if (result)
                QVERIFY(
                    QString::fromStdString(result->text).toUtf8().toStdString() == result->text);
        }
    }
};

QTEST_APPLESS_MAIN(TextTest)
#include "text_test.moc"
