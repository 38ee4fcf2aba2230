// SPDX-License-Identifier: Apache-2.0
// The sampler: from a row of logits to the next token.
#pragma once

#include "inference/engine.h"
#include "inference/tokenizer.h"

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

namespace lectern::inference {

// xoshiro256** seeded through splitmix64 (Blackman and Vigna, prng.di.unimi.it): the same numbers
// from the same seed on every platform, which std::*_distribution does not promise.
class Prng {
public:
    explicit Prng(std::uint64_t seed);
    std::uint64_t next();
    double uniform(); // [0, 1), 53 bits

private:
    std::array<std::uint64_t, 4> m_state;
};

// Order of the steps: repetition, presence and frequency penalties; top-k; top-p; min-p;
// temperature; draw. Top-p and min-p look at the probabilities before the temperature.
//   repetition r: a token seen among the last N has its logit divided by r when positive,
//                 multiplied by r when not
//   presence, frequency: logit -= presence + frequency * (times seen among the last N)
// Equal logits are ordered by the lower id. NaN counts as impossible, +inf as the largest float.
// Values without meaning (NaN, a negative penalty factor) turn their step off.
// Thread: one at a time. Deterministic: equal parameters, history and logits give equal tokens.
class Sampler {
public:
    explicit Sampler(const SamplingParams& params);

    // Tells the penalties which token stands next in the context (prompt and answer).
    void accept(TokenId id);
    // The next token; does not accept() it. Requires: logits not empty.
    [[nodiscard]] TokenId sample(std::span<const float> logits);

private:
    struct Candidate {
        TokenId id;
        float logit;
    };
    // Better first.
    static bool before(const Candidate& a, const Candidate& b)
    {
        return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
    }
    void collect(std::span<const float> logits);
    void penalize();
    void keepTopK();
    void keepTopP(float best);
    void keepMinP(float best);
    TokenId draw(float best);

    SamplingParams m_params;
    Prng m_prng;
    std::deque<TokenId> m_history; // at most penaltyLastN, oldest first
    std::unordered_map<TokenId, int> m_counts;
    std::vector<Candidate> m_candidates;
    std::vector<double> m_weights;
};

} // namespace lectern::inference
