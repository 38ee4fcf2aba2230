// SPDX-License-Identifier: Apache-2.0
// RFC 2047. Words in one encoding that stand side by side are joined before they are decoded:
// senders split them in the middle of a character.
#include "media/mail_words.h"

#include "media/text_decoder.h"

#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

namespace lectern::media {

namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string fromBase64(std::string_view text)
{
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = kBase64.find(c);
        if (value == std::string_view::npos)
            continue;
        bits = (bits << 6 | static_cast<unsigned>(value)) & 0xFFFFFFU;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU));
        }
    }
    return bytes;
}

std::string fromQuoted(std::string_view text)
{
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        int value = 0;
        if (text[at] == '_') {
            bytes.push_back(' ');
        } else if (text[at] == '=' && at + 2 < text.size()
            && std::from_chars(text.data() + at + 1, text.data() + at + 3, value, 16).ptr
                == text.data() + at + 3) {
            bytes.push_back(static_cast<char>(value));
            at += 2;
        } else {
            bytes.push_back(text[at]);
        }
    }
    return bytes;
}

struct Word {
    std::string encoding;
    std::string bytes;
    std::size_t length = 0; // in the header
};

// "=?encoding?B or Q?text?=" at the start of `text`.
std::optional<Word> encodedWord(std::string_view text)
{
    if (!text.starts_with("=?"))
        return std::nullopt;
    const std::size_t first = text.find('?', 2);
    if (first == std::string_view::npos || first + 2 >= text.size() || text[first + 2] != '?')
        return std::nullopt;
    const std::size_t end = text.find("?=", first + 3);
    if (end == std::string_view::npos)
        return std::nullopt;
    Word word;
    word.encoding = text.substr(2, first - 2);
    word.encoding.resize(std::min(word.encoding.find('*'), word.encoding.size())); // "*en"
    const std::string_view content = text.substr(first + 3, end - first - 3);
    const int kind = std::toupper(static_cast<unsigned char>(text[first + 1]));
    if (word.encoding.empty() || (kind != 'B' && kind != 'Q')
        || content.find_first_of(" \n") != std::string_view::npos)
        return std::nullopt;
    word.bytes = kind == 'B' ? fromBase64(content) : fromQuoted(content);
    word.length = end + 2;
    return word;
}

bool isSpace(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

std::string decodeHeader(std::string_view raw)
{
    std::string text, plain, spaces, bytes, encoding;
    const auto endPlain = [&] { // servers pass on bytes of UTF-8 as they are; some send others
        if (plain.empty())
            return;
        const auto decoded = decodeText(std::as_bytes(std::span(plain)), {});
        text += decoded ? decoded->text : plain;
        plain.clear();
    };
    const auto endWords = [&] {
        if (!bytes.empty())
            text += decodeAs(bytes, encoding);
        bytes.clear();
    };
    for (std::size_t at = 0; at < raw.size();) {
        if (isSpace(raw[at])) {
            if (raw[at] != '\n' && raw[at] != '\r')
                spaces = " ";
            ++at;
            continue;
        }
        if (auto word = encodedWord(raw.substr(at))) {
            const bool joins = !bytes.empty() && plain.empty() && word->encoding == encoding;
            if (!joins) {
                endWords();
                if (!plain.empty())
                    plain += spaces;
                endPlain();
                encoding = std::move(word->encoding);
            }
            spaces.clear(); // between words it is no part of the text
            bytes += word->bytes;
            at += word->length;
            continue;
        }
        endWords();
        if (!text.empty() || !plain.empty())
            plain += spaces;
        spaces.clear();
        plain.push_back(raw[at++]);
    }
    endWords();
    endPlain();
    for (char& c : text)
        if (c == '\n')
            c = ' ';
    return text;
}

} // namespace lectern::media
