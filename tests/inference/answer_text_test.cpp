// SPDX-License-Identifier: Apache-2.0
// Stop strings and whole characters, against a definition that looks at the whole text at once.
#include "inference/answer_text.h"
#include "inference/sampler.h"
#include "inference/utf8.h"
#include "tests/inference/test.h"

#include <optional>

using namespace lectern::inference;

namespace {

struct Told {
    std::string text;
    std::optional<std::string> stop;
    bool operator==(const Told&) const = default;
};

// The definition: the stop whose end comes first, the longest of those that end there.
Told expected(const std::string& whole, const std::vector<std::string>& stops)
{
    for (std::size_t end = 1; end <= whole.size(); ++end) {
        const std::string* longest = nullptr;
        for (const std::string& stop : stops)
            if (!stop.empty() && std::string_view(whole).substr(0, end).ends_with(stop)
                && (longest == nullptr || stop.size() > longest->size()))
                longest = &stop;
        if (longest != nullptr)
            return {toValidUtf8(whole.substr(0, end - longest->size())), *longest};
    }
    return {toValidUtf8(whole), std::nullopt};
}

Told told(const std::vector<std::string>& pieces, const std::vector<std::string>& stops)
{
    AnswerText answer(stops);
    Told result;
    for (const std::string& piece : pieces) {
        const std::string delta = answer.push(piece);
        CHECK(isValidUtf8(delta));
        result.text += delta;
    }
    result.text += answer.finish();
    result.stop = answer.stopString();
    return result;
}

} // namespace

TEST(AnswerTextTest, withoutStopsEveryWholeCharacterIsToldAtOnce)
{
    AnswerText answer({});
    CHECK(answer.push("Wa") == "Wa");
    CHECK(answer.push("rum\xC3") == "rum");
    CHECK(answer.push("\xA4!") == "\xC3\xA4!");
    CHECK(answer.push("\xF0\x9F") == "");
    CHECK(answer.finish() == "\xEF\xBF\xBD");
}

TEST(AnswerTextTest, holdsBackOnlyWhatAStopMayBeginIn)
{
    AnswerText answer({"\n\nEND", "STOP"});
    CHECK(answer.push("line\n") == "line");
    CHECK(answer.push("next") == "\nnext");
    CHECK(answer.push("\n") == "");
    CHECK(answer.push("\n") == "");
    CHECK(answer.push("\nE") == "\n");
    CHECK(answer.push("N") == "");
    CHECK(!answer.stopString());
    CHECK(answer.push("D of it") == "");
    CHECK(answer.stopString() == "\n\nEND");
    CHECK(answer.push("more") == "");
    CHECK(answer.finish() == "");
}

TEST(AnswerTextTest, anEndWithoutAStopTellsWhatWasHeldBack)
{
    CHECK((told({"a ST", "O"}, {"STOP"}) == Told{"a STO", std::nullopt}));
    CHECK((told({"ST", "OP"}, {"STOP"}) == Told{"", "STOP"}));
    CHECK((told({"S"}, {"", "S"}) == Told{"", "S"}));
    CHECK((told({"text"}, {""}) == Told{"text", std::nullopt}));
}

TEST(AnswerTextTest, stopsOverCharactersOfSeveralBytes)
{
    // The stop's first bytes are those of another character.
    CHECK((told({"a\xE2\x80", "\x93 b"}, {"\xE2\x80\xA6"}) == Told{"a\xE2\x80\x93 b", {}}));
    CHECK((told({"a\xE2", "\x80\xA6", " b"}, {"\xE2\x80\xA6"}) == Told{"a", "\xE2\x80\xA6"}));
    CHECK((told({"a\xE2\x80", "STOP"}, {"STOP"}) == Told{"a\xEF\xBF\xBD", "STOP"}));
}

TEST(AnswerTextTest, overlappingStopsDoNotDependOnTheTokens)
{
    const std::vector<std::string> stops{"abcd", "bc", "aab", "cabca"};
    const std::string whole = "xaaabcdaab";
    for (std::size_t i = 0; i <= whole.size(); ++i)
        for (std::size_t j = i; j <= whole.size(); ++j)
            CHECK((told({whole.substr(0, i), whole.substr(i, j - i), whole.substr(j)}, stops)
                == expected(whole, stops)));
}

TEST(AnswerTextTest, randomTextsAndBordersAgreeWithTheDefinition)
{
    Prng prng(31);
    const std::vector<std::string> letters{
        "a", "b", "ab", "\xC3\xA4", "\xC3", "\xA4", "\xF0\x9F\x98\x80", "\xF0\x9F", "\x98", "\n"};
    const auto text = [&](std::size_t most) {
        std::string made;
        for (std::size_t i = prng.next() % (most + 1); i > 0; --i)
            made += letters[prng.next() % letters.size()];
        return made;
    };
    int stopped = 0;
    for (int round = 0; round < 4000; ++round) {
        std::vector<std::string> stops;
        for (std::size_t i = prng.next() % 4; i > 0; --i)
            stops.push_back(toValidUtf8(text(3)));
        const std::string whole = text(30);
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < whole.size();) {
            const std::size_t size = 1 + prng.next() % 5;
            pieces.push_back(whole.substr(at, size));
            at += size;
        }
        const Told result = told(pieces, stops);
        CHECK_ROW(result == expected(whole, stops), std::to_string(round));
        stopped += result.stop ? 1 : 0;
    }
    CHECK(stopped > 500 && stopped < 3500);
}
