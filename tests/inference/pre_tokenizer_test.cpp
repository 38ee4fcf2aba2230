// SPDX-License-Identifier: Apache-2.0
// Where text is cut: the expression's corners, Unicode's own white space, megabyte pieces.
#include "inference/pre_tokenizer.h"
#include "tests/inference/test.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

using namespace lectern::inference;

namespace {

std::unique_ptr<PreTokenizer> create(std::string_view name, Jit jit = Jit::whereAvailable)
{
    const auto rules = findTextRules(name);
    auto made = rules ? PreTokenizer::create(**rules, jit) : tl::unexpected(rules.error());
    if (!made) {
        std::printf("%s\n", made.error().message.c_str());
        std::abort();
    }
    return std::move(*made);
}

std::vector<std::string> piecesBy(const PreTokenizer& splitter, std::string_view text)
{
    std::vector<std::string> result;
    splitter.split(text, [&](std::string_view piece) { result.emplace_back(piece); });
    return result;
}

std::vector<std::string> pieces(std::string_view text)
{
    static const auto llama4 = create("llama4");
    return piecesBy(*llama4, text);
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
    for (const TextRules& rules : textRules()) {
        const auto splitter = create(rules.name);
        for (const std::string_view unit : {"a", "A", " ", "\xE4\xB8\xAD", "!"}) {
            std::string text;
            while (text.size() < 3'000'000)
                text += unit;
            std::size_t count = 0;
            std::size_t size = 0;
            splitter->split(text, [&](std::string_view piece) {
                ++count;
                size += piece.size();
            });
            CHECK_ROW(count == 1, fmt::format("{} {}", rules.name, unit));
            CHECK_ROW(size == text.size(), fmt::format("{} {}", rules.name, unit));
        }
    }
}

TEST(PreTokenizerTest, aPieceTakesWorkInProportionToItsLength)
{
    // The library counts its steps and gives up beyond a limit; the splitter then cuts single
    // characters, which differ from the right pieces. 20 steps a byte are enough for any text.
    constexpr std::size_t kBytes = 100'000;
    for (const TextRules& rules : textRules()) {
        const std::string limited =
            fmt::format("(*LIMIT_MATCH={}){}", 20 * kBytes, rules.expression);
        TextRules withLimit = rules;
        withLimit.expression = limited;
        const auto counting = PreTokenizer::create(withLimit, Jit::off);
        const auto plain = PreTokenizer::create(rules);
        REQUIRE(counting && plain);
        for (const std::string unit :
            {"a", "A", " ", "\n", " \n", "1", "12x", "!", "'", "a'b", "A'LL", "\xF0\x9F\x98\x80",
                "\xE2\x9D\xA4\xEF\xB8\x8F", "\xCC\x81", "\xE4\xB8\xAD", "\t ", "/", "\xC7\x85"}) {
            std::string text;
            while (text.size() < kBytes)
                text += unit;
            CHECK_ROW(piecesBy(**counting, text) == piecesBy(**plain, text),
                fmt::format("{} of {}", rules.name, unit));
        }
    }
}

TEST(PreTokenizerTest, splitsAlikeWithoutMachineCode)
{
    // What runs where generated code is forbidden, and when it runs out of stack.
    for (const TextRules& rules : textRules()) {
        const auto fast = create(rules.name);
        const auto slow = create(rules.name, Jit::off);
        for (const std::string_view unit : {"a", "A", "AbC'll ", " ", "\n ", "\xCC\x81",
                 "\xE4\xB8\xAD", "!/", "12345 ", "\xF0\x9F\x98\x80 "}) {
            std::string text;
            while (text.size() < 300'000)
                text += unit;
            CHECK_ROW(piecesBy(*slow, text) == piecesBy(*fast, text),
                fmt::format("{} {}", rules.name, unit));
        }
    }
}

TEST(PreTokenizerTest, familiesDifferWhereTheirExpressionsDo)
{
    const auto check = [](std::string_view name, std::string_view text,
                           const std::vector<std::string>& expected) {
        const auto got = piecesBy(*create(name), text);
        CHECK_ROW(got == expected, fmt::format("{}: {}", name, got));
    };
    for (const std::string_view llama3 : {"llama-bpe", "llama3", "llama-v3"}) {
        check(llama3, "1234567 a", {"123", "456", "7", " a"});
        check(llama3, "helloWorld it's", {"helloWorld", " it", "'s"});
        check(llama3, "x //\n\nz", {"x", " //\n\n", "z"});
        check(llama3, "e\xCC\x81z", {"e", "\xCC\x81z"}); // a mark is no letter
    }
    check("qwen2", "1234 a", {"1", "2", "3", "4", " a"});
    check("qwen2", "helloWorld it'S", {"helloWorld", " it", "'S"});
    check("qwen2", "a \n\n  b", {"a", " \n\n", " ", " b"});
    check("llama4", "x ///\n\nz", {"x", " ///\n\n", "z"});
    check("llama-bpe", "x /\n/\nz", {"x", " /\n", "/\n", "z"});
}

TEST(PreTokenizerTest, unknownRulesAreToldWithThoseThereAre)
{
    const auto rules = findTextRules("tekken");
    REQUIRE(!rules);
    CHECK(rules.error().code == ErrorCode::unsupportedArchitecture);
    for (const std::string_view name : {"\"tekken\"", "\"llama4\"", "\"llama-bpe\"", "\"qwen2\""})
        CHECK_ROW(rules.error().message.find(name) != std::string::npos, rules.error().message);
}
