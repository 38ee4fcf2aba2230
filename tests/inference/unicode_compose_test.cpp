// SPDX-License-Identifier: Apache-2.0
// Form C: the standard's examples, every row of the tables, Hangul, hostile runs of marks.
#include "inference/unicode_compose.h"
#include "inference/unicode_tables.h"
#include "tests/inference/test.h"

#include <fmt/format.h>

using namespace lectern::inference;

namespace {

std::string utf8(std::initializer_list<std::uint32_t> codes)
{
    std::string text;
    for (const std::uint32_t c : codes) {
        const auto tail = [&](unsigned shift) {
            text += static_cast<char>(0x80U | (c >> shift & 0x3FU));
        };
        if (c < 0x80)
            text += static_cast<char>(c);
        else if (c < 0x800)
            text += static_cast<char>(0xC0U | c >> 6U), tail(0);
        else if (c < 0x10000)
            text += static_cast<char>(0xE0U | c >> 12U), tail(6), tail(0);
        else
            text += static_cast<char>(0xF0U | c >> 18U), tail(12), tail(6), tail(0);
    }
    return text;
}

void check(std::initializer_list<std::uint32_t> from, std::initializer_list<std::uint32_t> to)
{
    const std::string got = composed(utf8(from));
    CHECK_ROW(got == utf8(to), fmt::format("{} became {}", utf8(from), got));
    CHECK_ROW(composed(got) == got, got);
}

} // namespace

TEST(UnicodeComposeTest, composesAsTheStandardsExamples)
{
    check({}, {});
    check({'a', 'b'}, {'a', 'b'});
    check({'e', 0x301}, {0xE9});
    check({0x212B}, {0xC5});                         // the Angstrom sign is the letter
    check({0x1E9B, 0x323}, {0x1E9B, 0x323});         // UAX 15, figure 6
    check({'q', 0x307, 0x323}, {'q', 0x323, 0x307}); // marks in the order of their classes
    check({0x1E0B, 0x323}, {0x1E0D, 0x307});         // taken apart, ordered, composed
    check({'e', 0x301, 0x323}, {0x1EB9, 0x301});
    check({'a', 0x315, 0x300, 0x5AE, 0x62}, {0xE0, 0x5AE, 0x315, 'b'});
    check({0x958}, {0x915, 0x93C}); // excluded from composition
    check({0xFB1D}, {0x5D9, 0x5B4});
    check({0x344}, {0x308, 0x301});
    check({0x301, 'e'}, {0x301, 'e'}); // a mark without a base stays
    check({'x', 0x338, '>', 0x338}, {'x', 0x338, 0x226F});
    check({0x1D15E}, {0x1D157, 0x1D165});
    check({0x11099, 0x110BA}, {0x1109A});
}

TEST(UnicodeComposeTest, composesHangulByArithmetic)
{
    check({0x1100, 0x1161}, {0xAC00});
    check({0x1100, 0x1161, 0x11A8}, {0xAC01});
    check({0xAC00, 0x11A8}, {0xAC01});
    check({0x1112, 0x1175, 0x11C2}, {0xD7A3});
    check({0xAC01, 0x11A8}, {0xAC01, 0x11A8}); // it has a trailing consonant already
    check({0x1100, 0x11A8}, {0x1100, 0x11A8});
    for (std::uint32_t syllable = 0xAC00; syllable <= 0xD7A3; ++syllable)
        check({syllable}, {syllable});
}

TEST(UnicodeComposeTest, everyRowOfTheTablesHolds)
{
    CHECK(decompositions().size() > 2000);
    std::uint32_t last = 0;
    for (const Decomposition& row : decompositions()) {
        CHECK_ROW(row.character > last, fmt::format("U+{:04X}", row.character));
        last = row.character;
        if (row.composes != 0)
            check({row.character}, {row.character});
        else
            CHECK_ROW(composed(utf8({row.character})) != utf8({row.character}),
                fmt::format("U+{:04X}", row.character));
        CHECK_ROW(row.character >= 0x300 || row.composes != 0,
            fmt::format("U+{:04X}", row.character)); // what isPlainlyComposed() relies on
    }
    last = 0;
    for (const CombiningClass& row : combiningClasses()) {
        CHECK_ROW(row.first > last && row.first >= 0x300, fmt::format("U+{:04X}", row.first));
        CHECK_ROW(row.last >= row.first && row.kind > 0 && row.kind < 256,
            fmt::format("U+{:04X}", row.first));
        last = row.last;
    }
}

TEST(UnicodeComposeTest, tellsPlainTextFromItsBytes)
{
    CHECK(isPlainlyComposed(""));
    CHECK(isPlainlyComposed("caf\xC3\xA9 \xC9\x90"));
    CHECK(!isPlainlyComposed("e\xCC\x81"));
    CHECK(!isPlainlyComposed("\xE4\xB8\xAD"));
}

TEST(UnicodeComposeTest, megabytesOfMarksTakeNoLongerThanText)
{
    // Quadratic code would need hours; the test's time limit is minutes.
    for (const std::string_view unit :
        {"\xCC\x81", "\xCC\xA3\xCC\x81", "e\xCC\x81", "\xE1\x84\x80\xE1\x85\xA1", "\xE4\xB8\xAD"}) {
        std::string text;
        while (text.size() < 4'000'000)
            text += unit;
        const std::string once = composed(text);
        CHECK_ROW(!once.empty() && once.size() <= text.size(), unit);
        CHECK_ROW(composed(once) == once, unit);
    }
}
