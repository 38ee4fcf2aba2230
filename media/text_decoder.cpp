// SPDX-License-Identifier: Apache-2.0
// Finding a text's encoding and decoding it: byte order marks, UTF-8, UTF-16 and UTF-32 by their
// patterns, everything else by uchardet's guess through Qt's converters.
#include "media/text_decoder.h"

#include "media/file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <QList>
#include <QString>
#include <QStringDecoder>
#include <string_view>
#include <uchardet/uchardet.h>

namespace lectern::media {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kBlockBytes = 1 << 20; // between two looks at the stop token
constexpr std::size_t kGuessBytes = 1 << 18; // enough for uchardet, which is slow
constexpr std::size_t kUnsureBelow = 6;      // with fewer non-ASCII bytes uchardet is no help

enum class Unicode { utf8, utf16Le, utf16Be, utf32Le, utf32Be };

struct Mark {
    Unicode encoding;
    std::size_t bytes;
};

Bytes asBytes(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

bool startsWith(Bytes bytes, std::initializer_list<std::uint8_t> prefix)
{
    return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::optional<Mark> byteOrderMark(Bytes bytes)
{
    if (startsWith(bytes, {0xEF, 0xBB, 0xBF}))
        return Mark{Unicode::utf8, 3};
    if (startsWith(bytes, {0xFF, 0xFE, 0, 0})) // before UTF-16: NUL is no text's first character
        return Mark{Unicode::utf32Le, 4};
    if (startsWith(bytes, {0, 0, 0xFE, 0xFF}))
        return Mark{Unicode::utf32Be, 4};
    if (startsWith(bytes, {0xFF, 0xFE}))
        return Mark{Unicode::utf16Le, 2};
    if (startsWith(bytes, {0xFE, 0xFF}))
        return Mark{Unicode::utf16Be, 2};
    return std::nullopt;
}

// UTF-16 without a mark shows by its spaces, line ends and Latin letters: one byte of such a unit
// is 0, always the same one.
std::optional<Unicode> unmarkedUtf16(Bytes bytes)
{
    const Bytes sample = bytes.first(std::min<std::size_t>(bytes.size(), 8192) & ~std::size_t{1});
    std::size_t le = 0, be = 0, nulUnits = 0;
    for (std::size_t i = 0; i < sample.size(); i += 2) {
        const std::uint8_t first = sample[i], second = sample[i + 1];
        nulUnits += first == 0 && second == 0;
        le += first != 0 && second == 0 && (first >= 0x20 || (first >= 9 && first <= 13));
        be += first == 0 && second != 0 && (second >= 0x20 || (second >= 9 && second <= 13));
    }
    if (nulUnits > 0 || le + be < 2)
        return std::nullopt;
    // Half of a Latin text's units are such, a twentieth (spaces, line ends) of any other; the
    // other byte order is all but absent.
    const std::size_t units = sample.size() / 2;
    const std::size_t most = std::max(le, be), least = std::min(le, be);
    const bool enough = most * 2 >= units || (units >= 16 && most >= 3 && most * 20 >= units);
    if (!enough || least * 20 > most)
        return std::nullopt;
    return le > be ? Unicode::utf16Le : Unicode::utf16Be;
}

// One UTF-8 sequence. `length` 0: nothing left; `valid` false: `length` bytes form one error
// (the longest prefix of a sequence that could have been valid, as the Unicode Standard advises).
struct Utf8Step {
    char32_t c = 0;
    std::size_t length = 0;
    bool valid = false;
    bool cutOff = false; // the input ended inside a sequence that was valid so far
};

Utf8Step utf8Step(Bytes bytes)
{
    if (bytes.empty())
        return {};
    const std::uint8_t lead = bytes[0];
    if (lead < 0x80)
        return {lead, 1, true, false};
    std::size_t length = 0;
    std::uint8_t low = 0x80, high = 0xBF; // of the second byte
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : low;
        high = lead == 0xED ? 0x9F : high;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high;
    } else {
        return {0, 1, false, false};
    }
    char32_t c = lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
        if (i == bytes.size())
            return {0, i, false, true};
        if (bytes[i] < low || bytes[i] > high)
            return {0, i, false, false};
        c = c << 6 | (bytes[i] & 0x3FU);
    }
    return {c, length, true, false};
}

struct Utf8Survey {
    std::size_t multibyte = 0; // valid sequences beyond ASCII
    std::size_t invalid = 0;   // a sequence cut at the end not counted
};

Utf8Survey surveyUtf8(Bytes bytes)
{
    Utf8Survey survey;
    while (!bytes.empty()) {
        const Utf8Step step = utf8Step(bytes);
        survey.multibyte += step.valid && step.length > 1;
        survey.invalid += !step.valid && !step.cutOff;
        bytes = bytes.subspan(step.length);
    }
    return survey;
}

class Decoder {
public:
    Decoder(DecodedText& result, std::stop_token stop) : m_result(result), m_stop(std::move(stop))
    {
    }

    // False when stopped or when the data proved to be binary.
    bool utf8(Bytes bytes);
    bool utf16(Bytes bytes, bool bigEndian);
    bool utf32(Bytes bytes, bool bigEndian);
    bool converted(Bytes bytes, QStringDecoder& decoder);

    Result<DecodedText> finish();

private:
    void replace()
    {
        ++m_result.replaced;
        m_cleaner.push(0xFFFD);
    }
    void push(char32_t c)
    {
        m_binary = m_binary || c == 0;
        m_cleaner.push(c);
    }
    [[nodiscard]] bool goOn(std::size_t at)
    {
        if (at < m_nextLook)
            return true;
        m_nextLook = at + kBlockBytes;
        return !m_binary && !m_stop.stop_requested();
    }

    DecodedText& m_result;
    std::stop_token m_stop;
    TextCleaner m_cleaner;
    std::size_t m_nextLook = 0;
    bool m_binary = false;
};

bool Decoder::utf8(Bytes bytes)
{
    m_cleaner.text().reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        if (!goOn(at))
            return false;
        const Utf8Step step = utf8Step(bytes.subspan(at));
        if (step.valid)
            push(step.c);
        else if (step.cutOff)
            m_result.cutOff = true;
        else
            replace();
        at += step.length;
    }
    return true;
}

bool Decoder::utf16(Bytes bytes, bool bigEndian)
{
    const auto unit = [&](std::size_t at) -> char32_t {
        return bigEndian ? bytes[at] << 8 | bytes[at + 1] : bytes[at] | bytes[at + 1] << 8;
    };
    m_result.cutOff = bytes.size() % 2 != 0;
    const std::size_t end = bytes.size() & ~std::size_t{1};
    for (std::size_t at = 0; at < end;) {
        if (!goOn(at))
            return false;
        const char32_t first = unit(at);
        at += 2;
        if (first < 0xD800 || first > 0xDFFF) {
            push(first);
        } else if (first < 0xDC00 && at == end) {
            m_result.cutOff = true;
        } else if (first < 0xDC00 && unit(at) >= 0xDC00 && unit(at) <= 0xDFFF) {
            push(0x10000 + ((first - 0xD800) << 10) + (unit(at) - 0xDC00));
            at += 2;
        } else {
            replace();
        }
    }
    return true;
}

bool Decoder::utf32(Bytes bytes, bool bigEndian)
{
    const std::size_t end = bytes.size() & ~std::size_t{3};
    m_result.cutOff = bytes.size() != end;
    for (std::size_t at = 0; at < end; at += 4) {
        if (!goOn(at))
            return false;
        char32_t c = 0;
        for (std::size_t i = 0; i < 4; ++i)
            c |= static_cast<char32_t>(bytes[at + i]) << 8 * (bigEndian ? 3 - i : i);
        if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
            replace();
        else
            push(c);
    }
    return true;
}

bool Decoder::converted(Bytes bytes, QStringDecoder& decoder)
{
    constexpr char16_t kReplaced = 0xFFFD;
    for (std::size_t at = 0; at < bytes.size(); at += kBlockBytes) {
        if (!goOn(at))
            return false;
        const Bytes block = bytes.subspan(at, std::min(kBlockBytes, bytes.size() - at));
        const QString text = decoder.decode(QByteArrayView(
            reinterpret_cast<const char*>(block.data()), static_cast<qsizetype>(block.size())));
        const auto codePoints = text.toUcs4();
        for (const uint c : codePoints) {
            if (c == kReplaced)
                replace();
            else
                push(c);
        }
    }
    return true;
}

Result<DecodedText> Decoder::finish()
{
    if (m_stop.stop_requested())
        return cancelled();
    m_cleaner.finish();
    m_result.text = std::move(m_cleaner.text());
    m_result.removed = m_cleaner.removed();
    const std::size_t noise = m_result.removed.control + m_result.replaced;
    if (m_binary || (noise > 8 && noise * 8 > m_result.text.size()))
        return fail(ErrorCode::unsupported,
            "This file holds binary data, not text; Lectern does not know its format.");
    return std::move(m_result);
}

std::string uchardetGuess(Bytes bytes)
{
    const std::unique_ptr<uchardet, decltype(&uchardet_delete)> detector(
        uchardet_new(), &uchardet_delete);
    // Start near the first byte that tells something.
    const auto telling = std::ranges::find_if(bytes, [](std::uint8_t b) { return b >= 0x80; });
    auto begin = static_cast<std::size_t>(telling - bytes.begin());
    begin -= std::min<std::size_t>(begin, 256);
    const Bytes sample = bytes.subspan(begin, std::min(kGuessBytes, bytes.size() - begin));
    if (uchardet_handle_data(
            detector.get(), reinterpret_cast<const char*>(sample.data()), sample.size())
        != 0)
        return {};
    uchardet_data_end(detector.get());
    return uchardet_get_charset(detector.get());
}

bool fitsWindows1252(Bytes bytes)
{
    constexpr std::array<std::uint8_t, 5> kUnassigned{0x81, 0x8D, 0x8F, 0x90, 0x9D};
    return std::ranges::none_of(bytes,
        [&](std::uint8_t b) { return std::ranges::find(kUnassigned, b) != kUnassigned.end(); });
}

// The name of an encoding that Qt can decode, for bytes that are neither ASCII nor Unicode.
std::string legacyEncoding(Bytes bytes)
{
    constexpr auto kFallback = "windows-1252";
    const auto highBytes = static_cast<std::size_t>(
        std::ranges::count_if(bytes, [](std::uint8_t b) { return b >= 0x80; }));
    const bool mostlyAscii = highBytes * 4 < bytes.size();
    if (highBytes < kUnsureBelow && mostlyAscii && fitsWindows1252(bytes))
        return kFallback;
    std::string guess = uchardetGuess(bytes);
    // Where both fit, windows-1252 decodes the same letters and quotation marks besides.
    if (guess == "ISO-8859-1" || guess == "ASCII" || guess.starts_with("UTF"))
        guess.clear();
    if (!guess.empty() && QStringDecoder(guess.c_str()).isValid())
        return guess;
    return kFallback;
}

} // namespace

bool looksLikeText(std::span<const std::byte> head)
{
    const Bytes bytes = asBytes(head);
    if (byteOrderMark(bytes) || unmarkedUtf16(bytes))
        return true;
    std::size_t control = 0;
    for (const std::uint8_t b : bytes) {
        if (b == 0)
            return false;
        control += b < 0x20 && b != 0x1B && (b < 8 || b > 13);
    }
    return !bytes.empty() && control * 50 <= bytes.size();
}

std::string decodeAs(std::string_view bytes, const std::string& encoding)
{
    QStringDecoder decoder(encoding.c_str());
    if (!decoder.isValid())
        decoder = QStringDecoder("windows-1252");
    const QString text =
        decoder.decode(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
    return text.toStdString();
}

Result<DecodedText> decodeText(
    std::span<const std::byte> input, std::stop_token stop, const std::string& declared)
{
    Bytes bytes = asBytes(input);
    DecodedText result;
    const auto mark = byteOrderMark(bytes);
    auto unicode = mark ? std::optional(mark->encoding) : unmarkedUtf16(bytes);
    if (mark)
        bytes = bytes.subspan(mark->bytes);
    result.guessed = unicode && !mark;
    if (!unicode) {
        // A damaged UTF-8 file is still one: what is right must outweigh what is wrong.
        const Utf8Survey survey = surveyUtf8(bytes);
        if (survey.invalid == 0 || survey.multibyte >= 4 * survey.invalid)
            unicode = Unicode::utf8;
    }
    Decoder decoder(result, stop);
    if (!unicode) {
        const bool known = !declared.empty() && QStringDecoder(declared.c_str()).isValid();
        result.encoding = known ? declared : legacyEncoding(bytes);
        result.guessed = !known;
        QStringDecoder converter(result.encoding.c_str());
        (void)decoder.converted(bytes, converter);
        return decoder.finish();
    }
    switch (*unicode) {
    case Unicode::utf8:
        result.encoding = "UTF-8";
        (void)decoder.utf8(bytes);
        break;
    case Unicode::utf16Le:
    case Unicode::utf16Be:
        result.encoding = *unicode == Unicode::utf16Be ? "UTF-16BE" : "UTF-16LE";
        (void)decoder.utf16(bytes, *unicode == Unicode::utf16Be);
        break;
    case Unicode::utf32Le:
    case Unicode::utf32Be:
        result.encoding = *unicode == Unicode::utf32Be ? "UTF-32BE" : "UTF-32LE";
        (void)decoder.utf32(bytes, *unicode == Unicode::utf32Be);
        break;
    }
    return decoder.finish();
}

} // namespace lectern::media
