// SPDX-License-Identifier: Apache-2.0
// Checking what a request asks, and its order: constraint, sampler, report.
#include "inference/token_chooser.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {
namespace {

Result<std::vector<TokenBias>> biasOf(
    const std::vector<LogitBias>& wanted, const Tokenizer& tokenizer)
{
    std::vector<TokenBias> bias;
    for (const LogitBias& one : wanted) {
        if (one.token) {
            if (*one.token < 0
                || static_cast<std::size_t>(*one.token) >= tokenizer.vocabularySize())
                return fail(ErrorCode::invalidRequest,
                    fmt::format("The logit bias names token {}, but the model's vocabulary has "
                                "only the tokens 0 to {}.",
                        *one.token, tokenizer.vocabularySize() - 1));
            bias.push_back({*one.token, one.bias});
            continue;
        }
        auto ids = tokenizer.encode(one.text, SpecialTokens::asText);
        std::sort(ids.begin(), ids.end()); // a text that repeats a token counts it once
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        for (const TokenId id : ids)
            bias.push_back({id, one.bias});
    }
    return bias;
}

Result<void> checkLimits(const Request& request)
{
    if (request.stops.size() > kMaxStops)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The request has {} stop strings; at most {} are possible.",
                request.stops.size(), kMaxStops));
    for (const std::string& stop : request.stops)
        if (stop.size() > kMaxStopBytes)
            return fail(ErrorCode::invalidRequest,
                fmt::format("A stop string has {} bytes; at most {} are possible.", stop.size(),
                    kMaxStopBytes));
    if (request.logProbs && (*request.logProbs < 0 || *request.logProbs > kMaxLogProbAlternatives))
        return fail(ErrorCode::invalidRequest,
            fmt::format("Log-probabilities of {} alternatives were asked for; 0 to {} are "
                        "possible.",
                *request.logProbs, kMaxLogProbAlternatives));
    return {};
}

} // namespace

Result<TokenChooser> TokenChooser::create(const Request& request, const Tokenizer& tokenizer,
    [[maybe_unused]] std::span<const TokenId> endTokens)
{
    if (auto limits = checkLimits(request); !limits)
        return tl::unexpected(limits.error());
    auto bias = biasOf(request.sampling.logitBias, tokenizer);
    if (!bias)
        return tl::unexpected(bias.error());
    TokenChooser chooser(request.sampling, std::move(*bias));
    if (request.logProbs)
        chooser.m_logProbs.emplace(tokenizer, *request.logProbs);
    return chooser;
}

TokenId TokenChooser::choose(std::span<const float> logits)
{
    const TokenId id = m_sampler.sample(logits);
    if (m_logProbs)
        m_pending = m_logProbs->of(logits, id);
    return id;
}

void TokenChooser::accept(TokenId id)
{
    m_sampler.accept(id);
    if (m_pending)
        m_reported.push_back(std::move(*m_pending));
    m_pending.reset();
}

} // namespace lectern::inference
