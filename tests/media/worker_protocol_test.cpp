// SPDX-License-Identifier: Apache-2.0
// The messages between the application and its worker: what goes in comes out, and nothing else
// passes for a message.
#include "media/worker/channel.h"
#include "media_test.h"

#include <array>
#include <QTest>
#include <random>
#include <sys/socket.h>

using namespace lectern::media;
using namespace lectern::media::worker;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

SharedImage picture(int width, int height, std::uint8_t first)
{
    Image image{width, height, {}};
    for (int i = 0; i < width * height * 3; ++i)
        image.rgb.push_back(static_cast<std::uint8_t>(first + i));
    return std::make_shared<const Image>(std::move(image));
}

Reading sampleReading()
{
    Reading reading;
    reading.kind = Kind::video;
    reading.format = "MP4 video (H.264)";
    Provenance where{7, 12.5, 100, 104};
    reading.parts.emplace_back(TextPart{"Größe", where});
    reading.parts.emplace_back(ImagePart{picture(3, 2, 10), {}});
    reading.parts.emplace_back(FramePart{picture(1, 4, 200), 1.25, {{}, 1.25, 0, 0}});
    reading.facts = {{"size", "3 x 2"}, {"duration", "00:13"}};
    reading.warnings = {"The sound was not read.", "\xF0\x9F\x8E\xAC"};
    return reading;
}

std::vector<std::byte> wholeOf(const EncodedReading& encoded)
{
    std::vector<std::byte> all = encoded.fields;
    for (const SharedImage& image : encoded.pictures) {
        const auto pixels = std::as_bytes(std::span(image->rgb));
        all.insert(all.end(), pixels.begin(), pixels.end());
    }
    return all;
}

void compare(const Provenance& got, const Provenance& wanted)
{
    QCOMPARE(got.page, wanted.page);
    QCOMPARE(got.seconds, wanted.seconds);
    QCOMPARE(got.begin, wanted.begin);
    QCOMPARE(got.end, wanted.end);
}

} // namespace

class WorkerProtocolTest : public QObject {
    Q_OBJECT

private slots:
    void carriesReadings()
    {
        const Reading wanted = sampleReading();
        const EncodedReading encoded = encode(wanted);
        const auto got = decodeReading(wholeOf(encoded), encoded.fields.size());
        QVERIFY(got);
        QCOMPARE(got->kind, wanted.kind);
        QCOMPARE(got->format, wanted.format);
        QVERIFY(got->facts == wanted.facts);
        QVERIFY(got->warnings == wanted.warnings);
        QCOMPARE(got->parts.size(), 3U);
        const auto& text = std::get<TextPart>(got->parts[0]);
        QCOMPARE(text.text, "Größe");
        compare(text.where, std::get<TextPart>(wanted.parts[0]).where);
        QCOMPARE(std::get<ImagePart>(got->parts[1]).image->rgb, picture(3, 2, 10)->rgb);
        const auto& frame = std::get<FramePart>(got->parts[2]);
        QCOMPARE(frame.image->width, 1);
        QCOMPARE(frame.image->height, 4);
        QCOMPARE(frame.image->rgb, picture(1, 4, 200)->rgb);
        QCOMPARE(frame.seconds, 1.25);
        compare(frame.where, std::get<FramePart>(wanted.parts[2]).where);
    }

    void takesNoPartForTheWhole()
    {
        const EncodedReading encoded = encode(sampleReading());
        const auto whole = wholeOf(encoded);
        const std::span all(whole);
        for (std::size_t length = 0; length < whole.size(); ++length)
            QVERIFY(!decodeReading(all.first(length), encoded.fields.size()));
        for (std::size_t fields = 0; fields <= whole.size(); ++fields)
            QCOMPARE(decodeReading(all, fields).has_value(), fields == encoded.fields.size());
        QVERIFY(!decodeReading(all, UINT64_MAX));
        const auto message = encode(Failure{{ErrorCode::truncated, "Cut off."}});
        QVERIFY(decode(message));
        for (std::size_t length = 0; length < message.size(); ++length)
            QVERIFY(!decode(std::span(message).first(length)));
    }

    void survivesBitFlips()
    {
        const EncodedReading encoded = encode(sampleReading());
        const auto whole = wholeOf(encoded);
        std::mt19937 random(5); // NOLINT: the same flips in every run
        for (int round = 0; round < 20'000; ++round) {
            auto flipped = whole;
            for (int flips = 1 + round % 5; flips > 0; --flips) {
                const auto bit = random() % (flipped.size() * 8);
                flipped[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            }
            if (const auto reading = decodeReading(flipped, encoded.fields.size()))
                for (std::size_t i = 0; i < reading->parts.size(); ++i)
                    if (!std::holds_alternative<TextPart>(reading->parts[i])) {
                        const Image& image = imageOf(*reading, i);
                        QCOMPARE(image.rgb.size(),
                            static_cast<std::size_t>(image.width) * image.height * 3);
                    }
        }
    }

    void keepsMessagesShort()
    {
        QString longSentence;
        while (longSentence.size() < 100'000)
            longSentence += QStringLiteral("größer ");
        const auto bytes = encode(Failure{{ErrorCode::damaged, longSentence.toStdString()}});
        QVERIFY(bytes.size() < kMaxMessageBytes);
        const auto message = decode(bytes);
        QVERIFY(message);
        const QString cut = QString::fromStdString(std::get<Failure>(*message).error.message);
        QVERIFY(cut.size() > 1000 && longSentence.startsWith(cut)); // no half character at the end
    }

    void repairsWhatIsNoUtf8_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("text");
        QTest::newRow("latin-1") << QByteArray("gr\xFC\xDF.txt") << "gr\uFFFD\uFFFD.txt";
        QTest::newRow("cut") << QByteArray("a\xE2\x82") << "a\uFFFD\uFFFD";
        QTest::newRow("long-form") << QByteArray("\xC0\xAF") << "\uFFFD\uFFFD";
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << "\uFFFD\uFFFD\uFFFD";
        QTest::newRow("too-high") << QByteArray("\xF4\x90\x80\x80") << "\uFFFD\uFFFD\uFFFD\uFFFD";
        QTest::newRow("right") << QByteArray("\xF0\x9F\x8E\xAC\x7F") << "\U0001F3AC\x7F";
    }

    void repairsWhatIsNoUtf8()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, text);
        const auto message = decode(encode(Request{bytes.toStdString(), {}}));
        QVERIFY(message);
        QCOMPARE(QString::fromStdString(std::get<Request>(*message).fileName), text);
    }

    void sealsWhatItHandsOver()
    {
        const auto sealed = seal(sampleReading());
        QVERIFY(sealed);
        QVERIFY(unseal(sealed->memory, sealed->fieldBytes, 1'000'000));
        QVERIFY(!unseal(sealed->memory, sealed->fieldBytes, 100)); // more than is allowed
        QVERIFY(!unseal(Descriptor(), sealed->fieldBytes, 1'000'000));
        QCOMPARE(::write(sealed->memory.number(), "x", 1), -1);
    }

    void saysWhenTheOtherSideIsGone()
    {
        std::array<int, 2> ends{};
        QCOMPARE(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()), 0);
        const Descriptor one(ends[0]);
        {
            const Descriptor other(ends[1]);
            QVERIFY(send(other.number(), Progress{3, 4}));
        }
        const auto message = receive(one.number());
        QVERIFY(message && std::get<Progress>(message->message).done == 3);
        QVERIFY(receive(one.number()).error() == Silence::closed);
        QVERIFY(!send(one.number(), Progress{}));
    }

    void survivesTheFuzzCorpus()
    {
        QVERIFY(replayCorpus("worker_protocol", LLVMFuzzerTestOneInput) > 20);
    }

    // The corpus is written from the documented layout, not by our encoder.
    void speaksAsDocumented_data()
    {
        QTest::addColumn<QString>("file");
        for (const char* name : {"message-ready", "message-ready-refused", "message-request",
                 "message-progress", "message-failure", "message-success"})
            QTest::newRow(name) << QString(name);
    }

    void speaksAsDocumented()
    {
        QFETCH(QString, file);
        const QByteArray bytes =
            bytesOf(testRoot() + "/fuzz/corpus/worker_protocol/" + file).mid(1);
        const auto message = decode(
            std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size()))));
        QVERIFY(message);
        const auto again = encode(*message);
        QCOMPARE(QByteArray(reinterpret_cast<const char*>(again.data()),
                     static_cast<qsizetype>(again.size())),
            bytes);
    }
};

QTEST_APPLESS_MAIN(WorkerProtocolTest)
#include "worker_protocol_test.moc"
