// SPDX-License-Identifier: Apache-2.0
// Speculation: guesses are found, given up when they do not hold, and never change an answer.
#include "inference/prompt_lookup.h"
#include "tests/inference/engine_fixture.h"
#include "tests/inference/slow_model.h"

#include <algorithm>
#include <cmath>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

PromptLookup lookupOf(const std::vector<TokenId>& ids)
{
    PromptLookup lookup;
    for (const TokenId id : ids)
        lookup.append(id);
    return lookup;
}

std::vector<TokenId> guessed(const std::vector<TokenId>& ids)
{
    const auto guess = lookupOf(ids).guess();
    return {guess.tokens.begin(), guess.tokens.begin() + guess.count};
}

using Ids = std::vector<TokenId>;

} // namespace

TEST(PromptLookupTest, findsWhatFollowedTheLastTokensBefore)
{
    CHECK(guessed({}).empty());
    CHECK(guessed({1, 2}).empty());
    CHECK(guessed({1, 2, 3, 4, 1, 2}).empty()); // two tokens are not enough
    CHECK(guessed({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2, 3}) == (Ids{4, 5, 6, 7, 8, 9, 10}));
    // The longer agreement wins over the later one; of equal ones the later.
    CHECK(guessed({9, 1, 2, 3, 50, 8, 1, 2, 3, 60, 9, 1, 2, 3}).front() == 50);
    CHECK(guessed({7, 1, 2, 3, 50, 8, 1, 2, 3, 60, 9, 1, 2, 3}).front() == 60);
    CHECK(lookupOf({5, 1, 2, 3, 4, 5, 1, 2, 3}).guess().match == 4);
}

TEST(PromptLookupTest, goesOnBeyondTheEndOfARepetition)
{
    CHECK(guessed({1, 2, 1, 2, 1, 2}) == (Ids{1, 2, 1, 2, 1, 2, 1}));
    CHECK(guessed({5, 5, 5, 5}) == Ids(kMostDraft, 5));
}

TEST(PromptLookupTest, neverGuessesPictures)
{
    constexpr TokenId kPatch = PromptLookup::kNotText;
    CHECK(guessed({1, 2, 3, 4, kPatch, kPatch, 9, 1, 2, 3}) == Ids{4});
    CHECK(guessed({kPatch, kPatch, kPatch, kPatch, kPatch, kPatch}).empty());
    CHECK(guessed({1, 2, kPatch, 4, 1, 2, kPatch}).empty());
}

TEST(DraftPolicyTest, givesUpWhatDoesNotHold)
{
    DraftPolicy policy;
    policy.took(1, 1.0);
    int drafted = 0;
    for (int step = 0; step < 3000; ++step) {
        const int length = policy.length(kMostDraft, 5);
        CHECK(length >= 0 && length <= kMostDraft);
        if (length > 0) {
            policy.took(length + 1, 1.0 + 0.3 * length);
            policy.checked(5, length, 0);
        }
        drafted += length;
    }
    CHECK(drafted > 0 && drafted < 3000 * 4 / 100); // each cost 0.3 of a call: under 2 %
}

TEST(DraftPolicyTest, growsWithWhatHolds)
{
    DraftPolicy policy;
    policy.took(1, 1.0);
    int last = 0;
    for (int step = 0; step < 60; ++step) {
        last = policy.length(kMostDraft, 9);
        if (last > 0) {
            policy.took(last + 1, 1.0 + 0.1 * last);
            policy.checked(9, last, last);
        }
    }
    CHECK(last == kMostDraft);
    // A call of many that costs as much as many calls is not worth it, however right.
    for (int step = 0; step < 200; ++step) {
        last = policy.length(kMostDraft, 9);
        if (last > 0) {
            policy.took(last + 1, 1.2 * (1 + last));
            policy.checked(9, last, last);
        }
    }
    int spent = 0;
    for (int step = 0; step < 320; ++step) {
        const int length = policy.length(kMostDraft, 9);
        if (length > 0)
            policy.took(length + 1, 1.2 * (1 + length));
        spent += length;
    }
    CHECK(spent <= 320 * 4 / 64);
    CHECK(policy.length(0, 9) == 0);
}

TEST(DraftPolicyTest, oneInterruptedCallDoesNotEndGuessing)
{
    for (const int interrupted : {1, 2, 3, 5, kMostDraft + 1}) {
        DraftPolicy policy;
        bool over = false;
        int last = 0;
        for (int step = 0; step < 100; ++step) {
            last = step == 0 ? 0 : policy.length(kMostDraft, 9);
            const bool now = !over && last + 1 == interrupted;
            over = over || now;
            policy.took(last + 1, now ? 60.0 : 1.0 + 0.1 * last);
            policy.checked(9, last, last);
        }
        CHECK_ROW(last == kMostDraft, std::to_string(interrupted) + ": " + std::to_string(last));
    }
}

namespace {

struct Answer {
    std::string text;
    Completion completion;
};

Answer ask(LocalEngine& engine, const Request& request)
{
    Caller caller(engine, request);
    const auto& result = caller.wait();
    if (!result) {
        lectern::test::fail(__FILE__, __LINE__, result.error().message);
        return {};
    }
    return {caller.text(), *result};
}

bool sameLogProbs(const Completion& a, const Completion& b)
{
    return std::equal(a.logProbs.begin(), a.logProbs.end(), b.logProbs.begin(), b.logProbs.end(),
        [](const ChosenLogProb& left, const ChosenLogProb& right) {
            return left.text == right.text && left.logProb == right.logProb
                && left.alternatives.size() == right.alternatives.size();
        });
}

// The same requests with and without; returns how many guessed tokens were right.
int compare(
    LocalEngineOptions options, const std::vector<Request>& requests, const std::string& row)
{
    options.speculate = false;
    const auto plain = openEngine(options);
    options.speculate = true;
    const auto quick = openEngine(options);
    if (!plain || !quick)
        return 0;
    int accepted = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::string which = row + " " + std::to_string(i);
        const Answer expected = ask(*plain, requests[i]);
        const Answer got = ask(*quick, requests[i]);
        CHECK_ROW(got.text == expected.text, which + ": " + got.text + " | " + expected.text);
        CHECK_ROW(got.completion.reason == expected.completion.reason, which);
        CHECK_ROW(got.completion.stopString == expected.completion.stopString, which);
        CHECK_ROW(got.completion.contextUsed == expected.completion.contextUsed, which);
        CHECK_ROW(sameLogProbs(got.completion, expected.completion), which);
        const Timings& t = got.completion.timings;
        CHECK_ROW(t.generatedTokens == expected.completion.timings.generatedTokens, which);
        CHECK_ROW(t.cachedTokens == expected.completion.timings.cachedTokens, which);
        CHECK_ROW(
            t.acceptedTokens <= t.draftedTokens && t.acceptedTokens <= t.generatedTokens, which);
        CHECK_ROW(expected.completion.timings.draftedTokens == 0, which);
        accepted += t.acceptedTokens;
    }
    return accepted;
}

const char* const kText =
    "The red circle is left of the blue square. The blue square is above the green triangle. "
    "The red circle is left of the blue square. What is left of the blue square? ";

// Greedy and drawn, with everything that looks at the tokens chosen so far.
std::vector<Request> variedRequests(int maxTokens)
{
    std::vector<Request> requests;
    requests.push_back(greedy({says(Role::user, kText)}, maxTokens));
    requests.push_back(greedy({says(Role::user, std::string(kText) + kText)}, 1));
    requests.push_back(greedy({says(Role::user, std::string(kText) + kText)}, 2));
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        Request drawn = greedy({says(Role::user, kText)}, maxTokens);
        drawn.sampling.temperature = seed % 2 == 0 ? 0.7F : 1.3F;
        drawn.sampling.seed = seed;
        drawn.sampling.repetitionPenalty = seed > 1 ? 1.1F : 1.0F;
        drawn.logProbs = 2;
        requests.push_back(drawn);
    }
    Request stopped = greedy({says(Role::user, kText)}, maxTokens);
    stopped.stops = {"e", "blue sq"};
    requests.push_back(stopped);
    Request json = greedy({says(Role::user, kText)}, maxTokens);
    json.json = JsonAnswer{};
    requests.push_back(json);
    requests.push_back(greedy({says(Role::user, kText), says(Role::assistant, "The blue square."),
                                  says(Role::user, "The red circle is left of the blue square.")},
        maxTokens));
    return requests;
}

} // namespace

TEST(SpeculationTest, chunksOfSixteenAnswerTheSame)
{
    LocalEngineOptions options;
    options.model = root() / "golden/text/chunk16/model.gguf";
    int accepted = 0;
    for (const KvType type : {KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0}) {
        options.kvType = type;
        accepted += compare(options, variedRequests(70), std::string(kvTypeName(type)));
    }
    std::printf("  %d guessed tokens were right\n", accepted);
    CHECK(accepted > 0);
}

TEST(SpeculationTest, theBuiltInModelAnswersTheSame)
{
    std::vector<Request> requests = variedRequests(60);
    for (const GoldenCase& golden : goldenCases())
        requests.push_back(greedy(golden.messages));
    compare(nanoOptions(), requests, "nano");
}

TEST(SpeculationTest, aFullContextEndsTheSame)
{
    LocalEngineOptions options;
    options.model = root() / "golden/text/chunk16/model.gguf";
    for (const int context : {150, 155, 160, 161}) {
        options.contextLength = context;
        compare(options, {greedy({says(Role::user, kText)}, 500)}, std::to_string(context));
    }
}

// Greedy text of random weights runs in circles, which guesses catch.
TEST(SpeculationTest, aLargerModelAnswersTheSameAndItsCirclesAreGuessed)
{
    const TemporaryFolder folder;
    LocalEngineOptions options = slowModel(folder);
    options.mmproj.clear();
    std::vector<Request> requests = variedRequests(160); // the circles are long
    requests.resize(4);
    const int accepted = compare(options, requests, "slow");
    std::printf("  %d guessed tokens were right\n", accepted);
    CHECK(accepted > 0 || kSanitized); // whether guessing pays is measured
}
