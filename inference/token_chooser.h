// SPDX-License-Identifier: Apache-2.0
// What a request asks of the choice of its tokens: sampling, logit bias, the form of the answer,
// log-probabilities.
#pragma once

#include "inference/engine.h"
#include "inference/log_probs.h"
#include "inference/sampler.h"
#include "inference/token_constraint.h"
#include "inference/tokenizer.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace lectern::inference {

// The tokens of one answer, chosen one after the other:
//
//     accept(each token of the prompt that penalties look back at)
//     do { id = choose(logits of the last position) } while (not an end token and accept(id))
//
// A guessed continuation is checked in the same way, position by position, as long as choose()
// agrees with the guess: nothing here looks ahead, and nothing has to be taken back.
// Borrows the tokenizer, which must outlive it. Thread: one at a time.
class TokenChooser {
public:
    //   endTokens   what ends an answer
    //   vocabulary  made here when the first request needs it; kept by the caller for the next
    //               ones; must outlive this
    // Errors: invalidRequest (a limit of Request passed, a bias on an unknown token, a JSON schema
    // that cannot be followed).
    [[nodiscard]] static Result<TokenChooser> create(const Request& request,
        const Tokenizer& tokenizer, std::span<const TokenId> endTokens,
        std::unique_ptr<JsonVocabulary>& vocabulary);

    // No more than this many tokens will be accepted; an answer of a given form is led to its end
    // within them where they suffice. Without a call: Request::maxTokens.
    void limitTokens(std::int64_t most) { m_left = std::min(m_left, most); }
    void acceptPrompt(TokenId id) { m_sampler.accept(id); }

    // The next token after those accepted. Requires: logits not empty.
    [[nodiscard]] TokenId choose(std::span<const float> logits);
    // Sampler::ranks(), where nothing else looks at the logits; else 0.
    [[nodiscard]] std::int64_t ranks(std::int64_t vocabulary) const
    {
        return m_constraint || m_logProbs ? 0 : m_sampler.ranks(vocabulary);
    }
    // The same token from ranks() largest logits.
    [[nodiscard]] TokenId choose(std::span<const TokenLogit> largest)
    {
        return m_sampler.sample(largest);
    }
    // The chosen token becomes a part of the answer. Not for end tokens.
    void accept(TokenId id);
    // Of an answer of a given form: it is complete / and nothing can follow. Else false.
    [[nodiscard]] bool mayEnd() const { return m_constraint && m_constraint->mayEnd(); }
    [[nodiscard]] bool mustEnd() const { return m_constraint && m_constraint->mustEnd(); }
    // Of every accepted token, when asked for.
    [[nodiscard]] std::vector<ChosenLogProb> takeLogProbs() { return std::move(m_reported); }

private:
    TokenChooser(const SamplingParams& params, std::vector<TokenBias> bias)
        : m_sampler(params, std::move(bias))
    {
    }

    [[nodiscard]] TokenId chooseConstrained(std::span<const float> logits);

    Sampler m_sampler;
    std::optional<TokenConstraint> m_constraint;
    std::vector<TokenId> m_endTokens;
    std::int64_t m_left = 0; // tokens that may still be accepted
    std::optional<LogProbs> m_logProbs;
    std::optional<ChosenLogProb> m_pending; // of the token that choose() gave last
    std::vector<ChosenLogProb> m_reported;
};

} // namespace lectern::inference
