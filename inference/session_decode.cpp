// SPDX-License-Identifier: Apache-2.0
// The second half of a request: token after token, from the first logits to the end of the answer.
#include "inference/session_run.h"

#include <algorithm>

namespace lectern::inference {

Result<Completion> Session::Run::decode(std::span<const float> logits)
{
    for (const Item& item : m_plan.items)
        m_chooser->acceptPrompt(item.id);
    m_chooser->limitTokens(
        m_session.m_kv->capacity() - static_cast<std::int64_t>(m_plan.items.size()) + 1);

    m_firstToken = Clock::now();
    std::optional<FinishReason> reason = endsHere();
    while (!reason) {
        if (m_timings.generatedTokens > 0) {
            const auto next = forwardLast();
            if (!next && next.error().code == ErrorCode::contextFull)
                reason = m_chooser->mayEnd() ? FinishReason::stop : FinishReason::contextFull;
            else if (!next && m_stop.stop_requested())
                reason = FinishReason::cancelled;
            else if (!next)
                return tl::unexpected(next.error());
            if (reason)
                break;
            logits = *next;
        }
        reason = take(logits) ? endsHere() : FinishReason::stop;
    }
    emit(m_text.finish());
    m_timings.decodeSeconds = m_timings.firstTokenSeconds > 0 ? secondsSince(m_firstToken) : 0;
    return finish(*reason);
}

// Why no further token is to be taken, if so.
std::optional<FinishReason> Session::Run::endsHere() const
{
    if (m_text.stopString())
        return FinishReason::stopString;
    if (m_stop.stop_requested())
        return FinishReason::cancelled;
    if (m_chooser->mustEnd())
        return FinishReason::stop;
    if (m_timings.generatedTokens >= m_request.maxTokens)
        return m_chooser->mayEnd() ? FinishReason::stop : FinishReason::maxTokens;
    return std::nullopt;
}

Result<std::span<const float>> Session::Run::forwardLast()
{
    const TokenId id = m_session.m_held.back().id;
    return m_session.m_model->forward(
        *m_session.m_kv, {.tokens = std::span(&id, 1), .stop = m_stop});
}

// Chooses the next token and passes it on; false: it ends the answer.
bool Session::Run::take(std::span<const float> logits)
{
    const TokenId id = m_chooser->choose(logits);
    if (m_timings.generatedTokens == 0) {
        m_timings.firstTokenSeconds = secondsSince(m_start);
        m_firstToken = Clock::now();
    }
    if (m_session.endsAnswer(id))
        return false;
    m_chooser->accept(id);
    m_session.m_held.push_back({id, 0});
    ++m_timings.generatedTokens;
    m_timings.decodeSeconds = secondsSince(m_firstToken);
    if (!m_session.m_tokenizer->isSpecial(id))
        emit(m_text.push(m_session.m_tokenizer->bytes(id)));
    progress(Stage::decode, m_timings.generatedTokens, m_request.maxTokens,
        rate(m_timings.generatedTokens - 1, m_timings.decodeSeconds));
    return true;
}

void Session::Run::emit(std::string delta)
{
    if (!delta.empty() && m_events.onDelta)
        m_events.onDelta(std::move(delta));
}

} // namespace lectern::inference
