// SPDX-License-Identifier: Apache-2.0
// Speculation without a second model: an answer about a document quotes it, so what followed the
// last few tokens earlier in the context is a guess at what follows now. Checking a guess costs
// one pass over the weights for several tokens. Source: "prompt lookup decoding", the n-gram form
// of speculative decoding (arXiv 2211.17192).
#pragma once

#include "inference/backend.h"
#include "inference/tokenizer.h"

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lectern::inference {

inline constexpr int kMostDraft = static_cast<int>(kDecodeRows) - 1;

// The tokens so far, with an index of all runs of kGram. Thread: one at a time. append() is
// constant time, guess() too.
class PromptLookup {
public:
    static constexpr int kGram = 3;         // tokens; of two, most matches are chance
    static constexpr TokenId kNotText = -1; // a picture's patch: never a part of a guess

    void append(TokenId id);

    struct Guess {
        std::array<TokenId, kMostDraft> tokens{};
        int count = 0; // 0: nothing was found
        int match = 0; // tokens before it that agree, at most kLongestMatch
    };
    static constexpr int kLongestMatch = 16;
    [[nodiscard]] Guess guess() const;

private:
    [[nodiscard]] std::uint64_t gramEndingAt(std::size_t end) const; // exclusive

    std::vector<TokenId> m_tokens;
    std::vector<std::int32_t> m_previous; // by end of a run: the end of the equal run before, or 0
    std::unordered_map<std::uint64_t, std::int32_t> m_last; // by run: its last end
};

// How much of a guess to check: what promises the most tokens a second, judged by how often such
// guesses held in this answer, and by what calls of several tokens have cost. Guesses that do not
// pay are given up but for one in a while. Thread: one at a time.
class DraftPolicy {
public:
    DraftPolicy();
    // Tokens to check of a guess of `count` with so many tokens of agreement; 0: none.
    [[nodiscard]] int length(int count, int match);
    // Of `checked` tokens the first `accepted` were right.
    void checked(int match, int checkedTokens, int accepted);
    // A call of `rows` tokens took so long.
    void took(int rows, double seconds);
    // A new answer: other guesses hold.
    void newAnswer();

private:
    struct Record { // decaying counts, beginning with a cautious opinion
        double right = 2;
        double tried = 3;
    };
    [[nodiscard]] static std::size_t recordOf(int match);
    [[nodiscard]] double cost(int rows) const; // relative to a call of one

    std::array<Record, 4> m_records{};
    std::array<double, static_cast<std::size_t>(kDecodeRows) + 1>
        m_seconds{};    // by rows; 0: unknown
    int m_declined = 0; // guesses in a row that did not promise to pay
    int m_patience;     // so many are declined before one is tried nevertheless
};

} // namespace lectern::inference
