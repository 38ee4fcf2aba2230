// SPDX-License-Identifier: Apache-2.0
// Checking what a request asks, and its order: constraint, sampler, report.
#include "inference/token_chooser.h"

#include "inference/json_schema.h"

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
    std::span<const TokenId> endTokens, std::unique_ptr<JsonVocabulary>& vocabulary)
{
    if (auto limits = checkLimits(request); !limits)
        return tl::unexpected(limits.error());
    auto bias = biasOf(request.sampling.logitBias, tokenizer);
    if (!bias)
        return tl::unexpected(bias.error());
    TokenChooser chooser(request.sampling, std::move(*bias));
    chooser.m_left = std::max(request.maxTokens, 0);
    if (request.logProbs)
        chooser.m_logProbs.emplace(tokenizer, *request.logProbs);
    if (request.json) {
        auto grammar = compileJsonSchema(request.json->schema);
        if (!grammar)
            return tl::unexpected(grammar.error());
        if (!vocabulary)
            vocabulary = std::make_unique<JsonVocabulary>(tokenizer, endTokens);
        if (!vocabulary->writesEveryByte())
            return fail(ErrorCode::invalidRequest,
                "The model's vocabulary has no tokens for single bytes, so that an answer cannot "
                "be held to JSON; choose another model or ask for JSON in words.");
        chooser.m_constraint.emplace(*vocabulary, std::move(*grammar));
        chooser.m_endTokens.assign(endTokens.begin(), endTokens.end());
    }
    return chooser;
}

// A token that would leave too little room to end the value is replaced by a draw among those that
// do not. Every byte has a token, so that as many tokens as bytes are always enough, and often
// fewer are: with too little room from the start the shortest way is taken all the same.
TokenId TokenChooser::chooseConstrained(std::span<const float> logits)
{
    const TokenId id = m_sampler.sample(logits, &m_constraint->allowed());
    if (std::find(m_endTokens.begin(), m_endTokens.end(), id) != m_endTokens.end())
        return id;
    const std::int64_t room =
        std::max<std::int64_t>(m_left - 1, std::int64_t{m_constraint->bytesToEnd()} - 1);
    if (m_constraint->bytesToEndAfter(id) <= room)
        return id;
    const TokenMask& within = m_constraint->allowedWithin(static_cast<int>(room));
    return within.count() > 0 ? m_sampler.sample(logits, &within) : id;
}

TokenId TokenChooser::choose(std::span<const float> logits)
{
    const TokenId id = m_constraint ? chooseConstrained(logits) : m_sampler.sample(logits);
    if (m_logProbs)
        m_pending = m_logProbs->of(logits, id);
    return id;
}

void TokenChooser::accept(TokenId id)
{
    m_sampler.accept(id);
    --m_left;
    if (m_constraint)
        m_constraint->accept(id);
    if (m_pending)
        m_reported.push_back(std::move(*m_pending));
    m_pending.reset();
}

} // namespace lectern::inference
