// SPDX-License-Identifier: Apache-2.0
// Where text is cut: the expression's corners, Unicode's own white space, megabyte pieces.
#include "inference/pre_tokenizer.h"
#include "tests/inference/test.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

using namespace lectern::inference;

namespace {

const PreTokenizer& splitter()
{
    static const auto made = PreTokenizer::llama4();
    if (!made) {
        std::printf("%s\n", made.error().message.c_str());
        std::abort();
    }
    return **made;
}

std::vector<std::string> pieces(std::string_view text)
{
    std::vector<std::string> result;
    splitter().split(text, [&](std::string_view piece) { result.emplace_back(piece); });
    return result;
}

std::string utf8(char32_t c)
{
    std::string text;
    if (c < 0x80) {
        text += static_cast<char>(c);
    } else if (c < 0x800) {
        text += static_cast<char>(0xC0U | c >> 6U);
        text += static_cast<char>(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        text += static_cast<char>(0xE0U | c >> 12U);
        text += static_cast<char>(0x80U | (c >> 6U & 0x3FU));
        text += static_cast<char>(0x80U | (c & 0x3FU));
    } else {
        text += static_cast<char>(0xF0U | c >> 18U);
        text += static_cast<char>(0x80U | (c >> 12U & 0x3FU));
        text += static_cast<char>(0x80U | (c >> 6U & 0x3FU));
        text += static_cast<char>(0x80U | (c & 0x3FU));
    }
    return text;
}

void checkPieces(std::string_view text, const std::vector<std::string>& expected)
{
    const auto got = pieces(text);
    CHECK_ROW(got == expected, fmt::format("{}", got));
}

} // namespace

TEST(PreTokenizerTest, cutsAsTheExpressionSays)
{
    checkPieces("", {});
    checkPieces("Hello, world!", {"Hello", ",", " world", "!"});
    checkPieces("HELLOworld", {"HELLOworld"});
    checkPieces("helloWorld", {"hello", "World"});
    checkPieces("ABCdEF", {"ABCd", "EF"});
    checkPieces("it's WE'LL I'd", {"it's", " WE'LL", " I'd"});
    checkPieces("12345678", {"123", "456", "78"});
    checkPieces("a  b", {"a", " ", " b"});
    checkPieces("a \n\n  b", {"a", " \n\n", " ", " b"});
    checkPieces("x ///\n\nz", {"x", " ///\n\n", "z"});
    checkPieces("a   ", {"a", "   "});
    checkPieces("\tx", {"\tx"});
}

TEST(PreTokenizerTest, apostropheEndingsFoldUnicodeCase)
{
    checkPieces("it'\xC5\xBF x", {"it'\xC5\xBF", " x"}); // U+017F is an s
    checkPieces("it'S x", {"it'S", " x"});
    checkPieces("it'z x", {"it", "'z", " x"});
}

TEST(PreTokenizerTest, whiteSpaceIsTheUnicodePropertyAndNothingElse)
{
    std::set<char32_t> spaces{' ', 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    for (char32_t c = '\t'; c <= '\r'; ++c)
        spaces.insert(c);
    for (char32_t c = 0x2000; c <= 0x200A; ++c)
        spaces.insert(c);
    for (char32_t c = 0; c < 0x110000; ++c) {
        const bool isLineEnd = c == '\r' || c == '\n'; // these have an alternative of their own
        if (isLineEnd || (c >= 0xD800 && c < 0xE000))
            continue;
        // Only of white space are two and a blank behind a word one piece of their own.
        const std::string run = fmt::format("{0}{0} ", utf8(c));
        const auto cut = pieces(fmt::format("a{}", run));
        const bool spaceRun = cut.size() == 2 && cut[0] == "a" && cut[1] == run;
        CHECK_ROW(spaceRun == spaces.contains(c), fmt::format("U+{:04X}", +c));
    }
}

TEST(PreTokenizerTest, megabytePiecesStayWhole)
{
    for (const std::string_view unit : {"a", "A", " ", "\xCC\x81", "\xE4\xB8\xAD", "!"}) {
        std::string text;
        while (text.size() < 3'000'000)
            text += unit;
        std::size_t count = 0;
        std::size_t size = 0;
        splitter().split(text, [&](std::string_view piece) {
            ++count;
            size += piece.size();
        });
        CHECK_ROW(count == 1, unit);
        CHECK_ROW(size == text.size(), unit);
    }
}

TEST(PreTokenizerTest, splitsAlikeWithoutMachineCode)
{
    // What runs where generated code is forbidden, and when it runs out of stack.
    const auto slow = PreTokenizer::llama4(Jit::off);
    REQUIRE(slow);
    for (const std::string_view unit : {"a", "A", "AbC'll ", " ", "\n ", "\xCC\x81", "\xE4\xB8\xAD",
             "!/", "12345 ", "\xF0\x9F\x98\x80 "}) {
        std::string text;
        while (text.size() < 300'000)
            text += unit;
        std::vector<std::string> result;
        (*slow)->split(text, [&](std::string_view piece) { result.emplace_back(piece); });
        CHECK_ROW(result == pieces(text), unit);
    }
}

int main(int argc, char** argv)
{
    return lectern::test::run(argc, argv);
}
