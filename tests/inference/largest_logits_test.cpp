// SPDX-License-Identifier: Apache-2.0
// Choosing tokens by a row's largest logits alone, as a device hands them over: the same tokens as
// by the whole row.
#include "inference/cpu/reference_backend.h"
#include "inference/sampler.h"
#include "tests/inference/test.h"

#include <algorithm>
#include <cmath>

using namespace lectern::inference;

namespace {

constexpr std::size_t kVocabulary = 200;

std::vector<float> randomLogits(Prng& prng)
{
    std::vector<float> logits(kVocabulary);
    for (float& logit : logits) // a step of 1/4 makes ties
        logit = static_cast<float>(static_cast<int>(prng.next() % 40)) / 4.0F - 5.0F;
    return logits;
}

} // namespace

// A device hands over the largest logits of a row only.
TEST(LargestLogitsTest, theLargestLogitsGiveTheTokenOfTheWholeRow)
{
    ReferenceBackend backend;
    Prng prng(11);
    for (int round = 0; round < 300; ++round) {
        SamplingParams params;
        params.temperature = round % 4 == 0 ? 0.0F : static_cast<float>(0.2 + 2 * prng.uniform());
        params.topK = 1 + round % 64;
        params.topP = round % 3 == 0 ? 1.0F : static_cast<float>(prng.uniform());
        params.minP = round % 5 == 0 ? static_cast<float>(prng.uniform()) : 0.0F;
        params.seed = static_cast<std::uint64_t>(round);
        std::vector<float> logits = randomLogits(prng);
        for (std::size_t i = 0; round % 7 == 0 && i < logits.size(); i += 3)
            logits[i] = i % 2 == 0 ? NAN : round % 2 == 0 ? INFINITY : -INFINITY;
        if (round == 70)
            std::fill(logits.begin(), logits.end(), NAN);
        Sampler whole(params);
        Sampler largest(params);
        const std::int64_t ranks = largest.ranks(200);
        CHECK(ranks == (params.temperature > 0 ? params.topK : 1));
        std::vector<TokenLogit> best(static_cast<std::size_t>(ranks));
        backend.largest(best, {logits.data(), 1, 200}, ranks);
        for (int draw = 0; draw < 5; ++draw)
            CHECK_ROW(whole.sample(logits) == largest.sample(best), std::to_string(round));
    }
}

TEST(LargestLogitsTest, knowsWhenTheLargestLogitsDoNotDecide)
{
    SamplingParams params;
    CHECK(Sampler(params).ranks(1000) == params.topK);
    CHECK(Sampler(params).ranks(params.topK) == 0); // top-k is off
    CHECK(Sampler(params, {{3, 1.0F}}).ranks(1000) == 0);
    params.topK = static_cast<int>(kMostLargest) + 1;
    CHECK(Sampler(params).ranks(1000) == 0);
    params.topK = 0;
    CHECK(Sampler(params).ranks(1000) == 0);
    params.temperature = 0;
    CHECK(Sampler(params).ranks(1000) == 1);
    params.presencePenalty = 1;
    CHECK(Sampler(params).ranks(1000) == 0);
}
