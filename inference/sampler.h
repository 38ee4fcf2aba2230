// SPDX-License-Identifier: Apache-2.0
// The sampler: from a row of logits to the next token.
#pragma once

#include "inference/engine.h"
#include "inference/op_types.h"
#include "inference/token_mask.h"
#include "inference/tokenizer.h"

#include <array>
#include <cstdint>
#include <span>
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

// Added to the logit of one token before everything else.
struct TokenBias {
    TokenId token = 0;
    float bias = 0;
};

// The steps, in llama.cpp's usual order and meaning (its DRY, XTC, top-n-sigma and typical-p are
// left out, which is what its defaults do with them):
//   1. logit bias, then what `allowed` leaves
//   2. penalties over the last penaltyLastN tokens of prompt and answer
//      repetition r: a logit is divided by r when positive, multiplied by r when not
//      presence, frequency: logit -= presence + frequency * (times seen)
//   3. top-k   the k largest
//   4. top-p   of those, the fewest best whose probabilities reach p; at least one
//   5. min-p   of those, whatever has at least p times the probability of the best
//   6. temperature, then a draw; temperature <= 0 takes the best after step 2
// Top-p and min-p look at the probabilities before the temperature.
// Equal logits are ordered by the lower id. NaN counts as impossible, +inf as the largest float.
// Values without meaning (NaN, a negative penalty factor) turn their step off.
// Thread: one at a time. Deterministic: equal parameters, history and logits give equal tokens.
// Time: linear passes over the row and sorting of no more than what may be kept; no memory is
// allocated once the buffers have grown.
class Sampler {
public:
    explicit Sampler(const SamplingParams& params, std::vector<TokenBias> bias = {});

    // Tells the penalties which token stands next in the context (prompt and answer).
    void accept(TokenId id);
    // How many of a row's largest logits decide the next token: kMostLargest at most; 0: more, or
    // tokens that are not among the largest, so that the whole row is needed.
    //   vocabulary  logits in a row
    [[nodiscard]] std::int64_t ranks(std::int64_t vocabulary) const;
    // The same token as from the whole row. Requires: ranks() > 0, and as many, best first.
    [[nodiscard]] TokenId sample(std::span<const TokenLogit> largest);

    // The next token; does not accept() it.
    //   allowed  what may be drawn; null: everything. Tokens behind its end may not.
    // Requires: logits not empty, and with `allowed` at least one token in both.
    [[nodiscard]] TokenId sample(std::span<const float> logits, const TokenMask* allowed = nullptr);

private:
    struct Candidate {
        TokenId id;
        float logit; // clean
    };
    // Better first.
    static bool before(const Candidate& a, const Candidate& b)
    {
        return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
    }
    [[nodiscard]] bool penalizes() const;
    [[nodiscard]] bool isGreedy() const;
    std::span<const float> adjusted(std::span<const float> logits, const TokenMask* allowed);
    void penalize();
    [[nodiscard]] TokenId best(std::span<const float> row, float logit) const;
    void collect(std::span<const float> row, float atLeast);
    // The steps behind top-k, and the draw, of m_candidates.
    [[nodiscard]] double totalOfKept(float best) const;
    [[nodiscard]] TokenId drawKept(double total, float best);
    void keepTopK(std::span<const float> row, std::size_t k);
    void keepTopP(double total, float best);
    [[nodiscard]] TokenId drawCandidate(float best);
    [[nodiscard]] TokenId drawFromRow(std::span<const float> row, float best);

    SamplingParams m_params;
    std::vector<TokenBias> m_bias;
    float m_sharpness = 0; // 1 / temperature; 0: greedy
    Prng m_prng;
    std::vector<TokenId> m_history;      // a ring of penaltyLastN once that many have come
    std::size_t m_oldest = 0;            // of the ring
    std::vector<int> m_counts;           // by token: times in m_history
    std::vector<bool> m_penalized;       // by token; false outside penalize()
    std::vector<float> m_row;            // the logits as bias, mask and penalties leave them
    std::vector<float> m_maxima;         // by block of the row
    std::vector<float> m_order;          // scratch
    std::vector<Candidate> m_candidates; // by id
    std::vector<Candidate> m_ranked;     // scratch
    std::vector<double> m_sums;          // by block of the row
};

} // namespace lectern::inference
