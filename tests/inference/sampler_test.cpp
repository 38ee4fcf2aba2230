// SPDX-License-Identifier: Apache-2.0
// The sampler against a slow reference that sorts everything and keeps explicit probabilities.
#include "inference/sampler.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

using namespace lectern::inference;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

SamplingParams plain()
{
    SamplingParams params;
    params.temperature = 1.0F;
    params.topK = 0;
    params.topP = 1.0F;
    return params;
}

std::vector<float> randomLogits(Prng& prng, std::size_t count)
{
    std::vector<float> logits(count);
    for (float& logit : logits) // a step of 1/4 makes ties
        logit = static_cast<float>(static_cast<int>(prng.next() % 40)) / 4.0F - 5.0F;
    return logits;
}

// What may be drawn, with which probability, by the definition of the steps.
std::map<TokenId, double> reference(
    const SamplingParams& params, std::vector<float> logits, const std::vector<TokenId>& history)
{
    std::map<TokenId, int> counts;
    const std::size_t first = history.size() > static_cast<std::size_t>(params.penaltyLastN)
        ? history.size() - static_cast<std::size_t>(params.penaltyLastN)
        : 0;
    for (std::size_t i = first; i < history.size(); ++i)
        ++counts[history[i]];
    for (const auto& [id, count] : counts) {
        float& logit = logits[static_cast<std::size_t>(id)];
        logit = logit > 0 ? logit / params.repetitionPenalty : logit * params.repetitionPenalty;
        logit -= params.presencePenalty + params.frequencyPenalty * static_cast<float>(count);
    }
    std::vector<TokenId> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) {
        return logits[static_cast<std::size_t>(a)] > logits[static_cast<std::size_t>(b)];
    });
    if (params.topK > 0 && static_cast<std::size_t>(params.topK) < order.size())
        order.resize(static_cast<std::size_t>(params.topK));
    const auto probabilities = [&](double temperature) {
        std::vector<double> result;
        result.reserve(order.size());
        for (const TokenId id : order)
            result.push_back(
                std::exp((static_cast<double>(logits[static_cast<std::size_t>(id)])
                             - static_cast<double>(logits[static_cast<std::size_t>(order[0])]))
                    / temperature));
        const double sum = std::accumulate(result.begin(), result.end(), 0.0);
        for (double& p : result)
            p /= sum;
        return result;
    };
    if (params.topP < 1.0F) {
        const auto p = probabilities(1.0);
        double sum = 0;
        std::size_t kept = 0;
        while (kept < p.size() && sum < static_cast<double>(params.topP))
            sum += p[kept++];
        order.resize(std::max<std::size_t>(kept, 1));
    }
    if (params.minP > 0.0F) {
        const auto p = probabilities(1.0);
        std::size_t kept = 1;
        while (kept < p.size() && p[kept] >= static_cast<double>(params.minP) * p[0])
            ++kept;
        order.resize(kept);
    }
    const auto p = probabilities(params.temperature);
    std::map<TokenId, double> result;
    for (std::size_t i = 0; i < order.size(); ++i)
        result[order[i]] = p[i];
    return result;
}

// Draws many times; every draw must be allowed, and the counts must pass a chi-square test
// (z below 5; the seeds are fixed, so a pass stays a pass).
void checkDistribution(const SamplingParams& params, const std::vector<float>& logits,
    const std::vector<TokenId>& history, const char* row)
{
    constexpr int kDraws = 4000;
    const auto expected = reference(params, logits, history);
    Sampler sampler(params);
    for (const TokenId id : history)
        sampler.accept(id);
    std::map<TokenId, int> counts;
    for (int i = 0; i < kDraws; ++i)
        ++counts[sampler.sample(logits)];
    for (const auto& [id, count] : counts)
        CHECK_ROW(expected.contains(id), row);
    double chiSquare = 0;
    int cells = 0;
    double restExpected = 0; // rare tokens share a cell
    double restSeen = 0;
    for (const auto& [id, p] : expected) {
        if (p * kDraws < 8) {
            restExpected += p * kDraws;
            restSeen += counts[id];
            continue;
        }
        chiSquare += std::pow(counts[id] - p * kDraws, 2) / (p * kDraws);
        ++cells;
    }
    if (restExpected > 8) {
        chiSquare += std::pow(restSeen - restExpected, 2) / restExpected;
        ++cells;
    }
    if (cells > 1)
        CHECK_ROW((chiSquare - (cells - 1)) / std::sqrt(2.0 * (cells - 1)) < 5.0, row);
}

} // namespace

TEST(SamplerTest, prngGivesThePublishedSequence)
{
    // splitmix64(0) begins with 0xE220A8397B1DCDAF, so the state and the first outputs are known.
    Prng prng(0);
    CHECK(prng.next() == 0x99EC5F36CB75F2B4ULL);
    CHECK(prng.next() == 0xBF6E1F784956452AULL);
    double least = 1;
    double most = 0;
    for (int i = 0; i < 10000; ++i) {
        const double u = prng.uniform();
        least = std::min(least, u);
        most = std::max(most, u);
    }
    CHECK(least >= 0 && least < 0.001);
    CHECK(most < 1 && most > 0.999);
}

TEST(SamplerTest, greedyTakesTheLargestAndTheLowerIdOfEquals)
{
    SamplingParams params;
    params.temperature = 0;
    Sampler sampler(params);
    CHECK(sampler.sample(std::vector<float>{1, 3, 2, 3}) == 1);
    CHECK(sampler.sample(std::vector<float>{-kInf, -5, -5}) == 1);
    CHECK(sampler.sample(std::vector<float>{0, kInf, kInf}) == 1);
    params.temperature = kNan;
    CHECK(Sampler(params).sample(std::vector<float>{1, 3, 2, 3}) == 1);
}

TEST(SamplerTest, nanAndInfinityNeverBreakTheDraw)
{
    for (const float temperature : {0.0F, 0.7F, 1e-30F, 1e30F}) {
        for (const float topP : {1.0F, 0.5F, 0.0F, -1.0F, kNan}) {
            SamplingParams params = plain();
            params.temperature = temperature;
            params.topP = topP;
            params.minP = 0.1F;
            params.repetitionPenalty = kNan;
            params.presencePenalty = kNan;
            Sampler sampler(params);
            sampler.accept(1);
            for (int i = 0; i < 20; ++i) {
                CHECK(sampler.sample(std::vector<float>{kNan, 1, kNan}) == 1);
                CHECK(sampler.sample(std::vector<float>{kNan, kNan, kNan}) == 0);
                CHECK(sampler.sample(std::vector<float>{-kInf, -kInf, 2}) == 2);
                CHECK(sampler.sample(std::vector<float>{5, kInf, 5}) == 1);
                CHECK(sampler.sample(std::vector<float>{-7}) == 0);
            }
        }
    }
    SamplingParams params = plain();
    params.presencePenalty = kInf;
    Sampler sampler(params);
    sampler.accept(0);
    sampler.accept(99); // not in these logits
    sampler.accept(-1);
    CHECK(sampler.sample(std::vector<float>{5, 1}) == 1);
}

TEST(SamplerTest, equalSeedsGiveEqualAnswersAndOthersDiffer)
{
    const auto answer = [](std::uint64_t seed) {
        SamplingParams params = plain();
        params.seed = seed;
        Sampler sampler(params);
        Prng source(7);
        std::vector<TokenId> ids;
        ids.reserve(24);
        for (int i = 0; i < 24; ++i)
            ids.push_back(sampler.sample(randomLogits(source, 50)));
        return ids;
    };
    CHECK(answer(42) == answer(42));
    CHECK(answer(42) != answer(43));
    CHECK(answer(0) != answer(1));
}

TEST(SamplerTest, drawsFollowTheDefinitionOfTheSteps)
{
    Prng prng(2024);
    const auto logits = randomLogits(prng, 60);
    std::vector<TokenId> history;
    history.reserve(30);
    for (int i = 0; i < 30; ++i)
        history.push_back(static_cast<TokenId>(prng.next() % 60));
    struct Row {
        const char* name;
        std::function<void(SamplingParams&)> set;
    };
    const std::vector<Row> rows{
        {"plain", [](SamplingParams&) {}},
        {"cold", [](SamplingParams& p) { p.temperature = 0.5F; }},
        {"hot", [](SamplingParams& p) { p.temperature = 3.0F; }},
        {"top-k", [](SamplingParams& p) { p.topK = 5; }},
        {"top-k-one", [](SamplingParams& p) { p.topK = 1; }},
        {"top-k-beyond", [](SamplingParams& p) { p.topK = 1000; }},
        {"top-p", [](SamplingParams& p) { p.topP = 0.6F; }},
        {"top-p-zero", [](SamplingParams& p) { p.topP = 0.0F; }},
        {"min-p", [](SamplingParams& p) { p.minP = 0.2F; }},
        {"min-p-one", [](SamplingParams& p) { p.minP = 1.0F; }},
        {"all-filters",
            [](SamplingParams& p) {
                p.topK = 20;
                p.topP = 0.9F;
                p.minP = 0.05F;
                p.temperature = 1.5F;
            }},
        {"repetition", [](SamplingParams& p) { p.repetitionPenalty = 1.5F; }},
        {"presence", [](SamplingParams& p) { p.presencePenalty = 1.0F; }},
        {"frequency", [](SamplingParams& p) { p.frequencyPenalty = 0.7F; }},
        {"negative-presence", [](SamplingParams& p) { p.presencePenalty = -1.0F; }},
        {"last-five",
            [](SamplingParams& p) {
                p.penaltyLastN = 5;
                p.repetitionPenalty = 2.0F;
                p.frequencyPenalty = 0.5F;
            }},
        {"last-zero",
            [](SamplingParams& p) {
                p.penaltyLastN = 0;
                p.repetitionPenalty = 2.0F;
            }},
    };
    for (const Row& row : rows) {
        SamplingParams params = plain();
        params.seed = 11;
        row.set(params);
        checkDistribution(params, logits, history, row.name);
    }
}

TEST(SamplerTest, randomParametersNeverDrawWhatIsFilteredOut)
{
    Prng prng(99);
    for (int round = 0; round < 200; ++round) {
        SamplingParams params = plain();
        params.seed = prng.next();
        params.temperature = static_cast<float>(0.1 + 2 * prng.uniform());
        params.topK = static_cast<int>(prng.next() % 30);
        params.topP = static_cast<float>(prng.uniform());
        params.minP = static_cast<float>(0.5 * prng.uniform());
        params.repetitionPenalty = static_cast<float>(0.5 + prng.uniform());
        params.presencePenalty = static_cast<float>(prng.uniform() - 0.5);
        params.frequencyPenalty = static_cast<float>(prng.uniform() - 0.5);
        params.penaltyLastN = static_cast<int>(prng.next() % 12);
        const auto logits = randomLogits(prng, 1 + prng.next() % 300);
        Sampler sampler(params);
        std::vector<TokenId> history;
        for (int i = 0; i < 20; ++i) {
            const auto allowed = reference(params, logits, history);
            const TokenId id = sampler.sample(logits);
            CHECK_ROW(allowed.contains(id), std::to_string(round));
            history.push_back(id);
            sampler.accept(id);
        }
    }
}

TEST(SamplerTest, biasComesBeforeEverythingElse)
{
    Prng prng(12);
    const auto logits = randomLogits(prng, 200);
    const std::vector<TokenBias> bias{
        {3, 4.5F}, {9, -kInf}, {10, kNan}, {11, kInf}, {3, 0.5F}, {-1, 1.0F}, {200, 1.0F}};
    for (int round = 0; round < 60; ++round) {
        SamplingParams params = plain();
        params.seed = prng.next();
        params.temperature = round % 3 == 0 ? 0.0F : 1.0F;
        params.topK = round % 2 == 0 ? 5 : 0;
        params.repetitionPenalty = 1.3F;
        auto changed = logits;
        changed[3] += 5.0F;
        changed[9] = -kInf;
        changed[11] = std::numeric_limits<float>::max();
        Sampler biased(params, bias);
        Sampler same(params);
        for (const TokenId id : {3, 9, 11}) {
            biased.accept(id);
            same.accept(id);
        }
        CHECK(biased.sample(logits) == same.sample(changed));
    }
}

TEST(SamplerTest, whatIsNotAllowedIsNeverDrawn)
{
    Prng prng(13);
    for (int round = 0; round < 300; ++round) {
        const auto logits = randomLogits(prng, 1 + prng.next() % 500);
        TokenMask allowed(logits.size() + prng.next() % 100);
        auto changed = logits;
        const std::uint64_t share = 1 + prng.next() % 40;
        std::size_t some = prng.next() % logits.size();
        for (std::size_t i = 0; i < logits.size(); ++i) {
            if (i == some || prng.next() % share == 0)
                allowed.insert(i);
            else
                changed[i] = -kInf;
        }
        SamplingParams params = plain();
        params.seed = prng.next();
        params.temperature = static_cast<float>(round % 3);
        params.topK = static_cast<int>(prng.next() % 20);
        params.topP = round % 2 == 0 ? 1.0F : 0.8F;
        params.minP = round % 5 == 0 ? 0.1F : 0.0F;
        Sampler masked(params);
        Sampler same(params);
        for (int i = 0; i < 3; ++i) {
            const TokenId id = masked.sample(logits, &allowed);
            CHECK(allowed.contains(static_cast<std::size_t>(id)));
            CHECK(id == same.sample(changed));
        }
    }
    // Nothing to choose by, and still allowed.
    TokenMask last(70);
    last.insert(69);
    CHECK(Sampler(plain()).sample(std::vector<float>(70, kNan), &last) == 69);
    std::vector<float> impossible(70, 1.0F);
    impossible[69] = -kInf;
    CHECK(Sampler(plain()).sample(impossible, &last) == 69);
}

TEST(SamplerTest, minusOneLooksBackAtEverything)
{
    SamplingParams params = plain();
    params.temperature = 0;
    params.presencePenalty = 5;
    params.penaltyLastN = -1;
    Sampler all(params);
    params.penaltyLastN = 3;
    Sampler three(params);
    for (Sampler* sampler : {&all, &three})
        for (const TokenId id : {1, 0, 0, 0})
            sampler->accept(id);
    CHECK(all.sample(std::vector<float>{0, 4, 1}) == 2);
    CHECK(three.sample(std::vector<float>{0, 4, 1}) == 1);
}

TEST(SamplerTest, largeVocabulariesKeepTheSameSet)
{
    Prng prng(5);
    std::vector<float> logits(20000);
    for (float& logit : logits)
        logit = static_cast<float>(8 * prng.uniform());
    SamplingParams params = plain();
    params.topP = 0.5F; // some thousand tokens: several rounds of partial sorting
    params.seed = 3;
    const auto allowed = reference(params, logits, {});
    CHECK(allowed.size() > 500);
    Sampler sampler(params);
    std::set<TokenId> seen;
    for (int i = 0; i < 300; ++i)
        seen.insert(sampler.sample(logits));
    for (const TokenId id : seen)
        CHECK(allowed.contains(id));
    CHECK(seen.size() > 200);
}
