// SPDX-License-Identifier: Apache-2.0
// The second half of a request: token after token, from the first logits to the end of the answer.
#include "inference/session_run.h"

#include <algorithm>
#include <array>

namespace lectern::inference {

Result<Completion> Session::Run::decode()
{
    for (const Item& item : m_plan.items)
        m_chooser->acceptPrompt(item.id);
    m_chooser->limitTokens(
        m_session.m_kv->capacity() - static_cast<std::int64_t>(m_plan.items.size()) + 1);
    m_session.m_draftPolicy.newAnswer();
    if (m_session.m_speculate)
        for (const Item& item : m_plan.items)
            m_lookup.append(item.picture == 0 ? item.id : PromptLookup::kNotText);

    m_firstToken = Clock::now();
    std::optional<FinishReason> reason = endsHere();
    if (!reason)
        reason = takeAll();
    while (!reason) {
        const auto rows = forwardNext();
        if (rows)
            reason = takeAll();
        else if (rows.error().code == ErrorCode::contextFull)
            reason = m_chooser->mayEnd() ? FinishReason::stop : FinishReason::contextFull;
        else if (m_stop.stop_requested())
            reason = FinishReason::cancelled;
        else
            return tl::unexpected(rows.error());
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

// A guess at what follows the last token, as far as it is worth checking.
PromptLookup::Guess Session::Run::draft() const
{
    const KvCache& kv = *m_session.m_kv;
    // The last token goes along; the one behind the draft comes for free.
    const std::int64_t room = std::min(
        kv.runLength() - 1, std::int64_t{m_request.maxTokens} - m_timings.generatedTokens - 1);
    if (!m_session.m_speculate || room <= 0)
        return {};
    PromptLookup::Guess guess = m_lookup.guess();
    const auto end = std::find_if(guess.tokens.begin(), guess.tokens.begin() + guess.count,
        [&](TokenId id) { return m_session.endsAnswer(id); });
    const auto usable = static_cast<int>(std::min<std::int64_t>(end - guess.tokens.begin(), room));
    guess.count = m_session.m_draftPolicy.length(usable, guess.match);
    return guess;
}

// Logits behind the last token, and behind each token of the draft that goes along; all but the
// last token are taken back from the cache until they are found to be right.
Result<void> Session::Run::forwardNext()
{
    KvCache& kv = *m_session.m_kv;
    m_draft = draft();
    std::array<TokenId, kDecodeRows> ids{m_session.m_held.back().id};
    std::copy_n(m_draft.tokens.begin(), m_draft.count, ids.begin() + 1);
    const int count = 1 + m_draft.count;
    if (m_session.m_snapshots && !m_session.m_snapshots->mayAppend(count, m_stop))
        return fail(ErrorCode::cancelled, "Stopped.");
    const std::int64_t start = kv.position();
    const auto startTime = Clock::now();
    auto rows = m_session.m_model->forward(kv,
        {.tokens = std::span(ids).first(static_cast<std::size_t>(count)),
            .logits = LogitsOf::all,
            .largest = m_ranks,
            .stop = m_stop});
    if (!rows)
        return tl::unexpected(rows.error());
    m_logits = *rows;
    kv.rewindTo(start + 1);
    m_session.m_draftPolicy.took(count, secondsSince(startTime));
    m_timings.draftedTokens += m_draft.count;
    return {};
}

// Takes tokens from rows of logits as long as the draft that they were computed with is what is
// taken.
std::optional<FinishReason> Session::Run::takeAll()
{
    std::optional<FinishReason> reason;
    int right = 0;
    for (;;) {
        reason = take(static_cast<std::size_t>(right)) ? endsHere() : FinishReason::stop;
        if (right == m_draft.count || reason
            || m_session.m_held.back().id != m_draft.tokens[static_cast<std::size_t>(right)])
            break;
        m_session.m_kv->advance(1);
        ++right;
    }
    if (m_draft.count > 0) {
        m_timings.acceptedTokens += right;
        m_session.m_draftPolicy.checked(m_draft.match, m_draft.count, right);
    }
    if (m_session.m_snapshots)
        m_session.m_snapshots->grown();
    return reason;
}

TokenId Session::Run::choose(std::size_t row)
{
    if (m_ranks > 0) {
        const auto ranks = static_cast<std::size_t>(m_ranks);
        return m_chooser->choose(m_session.m_model->largest().subspan(row * ranks, ranks));
    }
    const auto width = static_cast<std::size_t>(m_session.m_model->graph().vocabulary);
    return m_chooser->choose(m_logits.subspan(row * width, width));
}

// Chooses the next token from a row of logits and passes it on; false: it ends the answer.
bool Session::Run::take(std::size_t row)
{
    const TokenId id = choose(row);
    if (m_timings.generatedTokens == 0) {
        m_timings.firstTokenSeconds = secondsSince(m_start);
        m_firstToken = Clock::now();
    }
    if (m_session.endsAnswer(id))
        return false;
    m_chooser->accept(id);
    m_session.m_held.push_back({id, 0});
    if (m_session.m_snapshots)
        m_session.m_snapshots->append({id, 0});
    if (m_session.m_speculate)
        m_lookup.append(id);
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
