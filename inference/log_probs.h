// SPDX-License-Identifier: Apache-2.0
// Log-probabilities of a row of logits: of the token that was chosen and of the best ones.
#pragma once

#include "inference/engine.h"
#include "inference/tokenizer.h"

#include <span>
#include <vector>

namespace lectern::inference {

// log softmax(logits), natural logarithm, over the whole row; what is impossible has -infinity.
// Alternatives come best first, equal ones by id. Thread: one at a time.
class LogProbs {
public:
    // alternatives: how many of the best to report besides the chosen one, >= 0.
    LogProbs(const Tokenizer& tokenizer, int alternatives)
        : m_tokenizer(&tokenizer), m_alternatives(static_cast<std::size_t>(alternatives))
    {
    }
    // Requires: chosen is in the row.
    [[nodiscard]] ChosenLogProb of(std::span<const float> logits, TokenId chosen);

private:
    const Tokenizer* m_tokenizer;
    std::size_t m_alternatives;
    std::vector<float> m_maxima; // by block
};

} // namespace lectern::inference
