// SPDX-License-Identifier: Apache-2.0
// One request from end to end: plan the prompt, look at its pictures, prefill what is not held,
// decode. The stages are in session_plan.cpp, session_prefill.cpp and session_decode.cpp.
#include "inference/session.h"

#include "inference/session_run.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {

Result<Completion> Session::run(
    const Request& request, const SessionEvents& events, const std::stop_token& stop)
{
    if (m_eyes)
        m_eyes->forgetTiles(); // of a request that was stopped before it looked
    auto result = Run(*this, request, events, stop).answer();
    if (m_snapshots) {
        m_snapshots->ended();
        if (result)
            result->warnings = m_snapshots->takeWarnings();
    }
    return result;
}

bool Session::endsAnswer(TokenId id) const
{
    return std::find(m_endTokens.begin(), m_endTokens.end(), id) != m_endTokens.end();
}

Result<Completion> Session::Run::answer()
{
    if (m_stop.stop_requested())
        return finish(FinishReason::cancelled);
    auto chooser = TokenChooser::create(
        m_request, *m_session.m_tokenizer, m_session.m_endTokens, m_session.m_jsonVocabulary);
    if (!chooser)
        return stoppedOr(chooser.error());
    m_chooser = std::move(*chooser);
    auto plan = m_session.plan(m_request, m_stop);
    if (!plan)
        return stoppedOr(plan.error());
    m_plan = std::move(*plan);
    m_timings.visionSeconds = secondsSince(m_start);
    m_timings.promptTokens = static_cast<int>(m_plan.items.size());
    for (const Item& item : m_plan.items)
        m_timings.imageTokens += item.picture != 0 ? 1 : 0;
    if (const auto capacity = m_session.m_kv->capacity();
        static_cast<std::int64_t>(m_plan.items.size()) > capacity)
        return fail(ErrorCode::contextFull,
            fmt::format("The conversation takes {} tokens and the model can hold {} here; "
                        "start a new conversation or attach less.",
                m_plan.items.size(), capacity));
    if (auto reused = reuse(); !reused)
        return stoppedOr(reused.error());
    if (auto looked = lookAtPictures(); !looked)
        return stoppedOr(looked.error());
    // Where logits lie with the model's weights, only those that decide are fetched.
    if (!m_session.m_backend->inHostMemory())
        m_ranks = m_chooser->ranks(m_session.m_model->graph().vocabulary);
    if (auto filled = prefill(); !filled)
        return stoppedOr(filled.error());
    if (m_session.m_snapshots)
        m_session.m_snapshots->prefilled(m_request.maxTokens);
    return decode();
}

Result<Completion> Session::Run::stoppedOr(const Error& error)
{
    if (m_stop.stop_requested() || error.code == ErrorCode::cancelled)
        return finish(FinishReason::cancelled);
    return tl::unexpected(error);
}

Completion Session::Run::finish(FinishReason reason)
{
    return {.reason = reason,
        .timings = m_timings,
        .contextUsed = static_cast<int>(m_session.m_kv->position()),
        .stopString = m_text.stopString().value_or(""),
        .warnings = {},
        .logProbs = m_chooser ? m_chooser->takeLogProbs() : std::vector<ChosenLogProb>()};
}

void Session::Run::progress(
    Stage stage, std::int64_t done, std::int64_t total, double tokensPerSecond)
{
    if (m_events.onProgress)
        m_events.onProgress({.stage = stage,
            .done = static_cast<int>(done),
            .total = static_cast<int>(total),
            .tokensPerSecond = tokensPerSecond,
            .contextUsed = static_cast<int>(m_session.m_kv->position())});
}

} // namespace lectern::inference
