// SPDX-License-Identifier: Apache-2.0
// One request: plan the prompt, look at its pictures, prefill what is not held, decode.
#include "inference/session.h"

#include "inference/answer_text.h"
#include "inference/token_chooser.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

double rate(std::int64_t tokens, double seconds)
{
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

} // namespace

// The state of one run() and its stages, in order.
class Session::Run {
public:
    Run(Session& session, const Request& request, const SessionEvents& events,
        const std::stop_token& stop)
        : m_session(session), m_request(request), m_events(events), m_stop(stop)
    {
    }

    Result<Completion> answer()
    {
        if (m_stop.stop_requested())
            return finish(FinishReason::cancelled);
        auto chooser =
            TokenChooser::create(m_request, *m_session.m_tokenizer, m_session.m_endTokens);
        if (!chooser)
            return stoppedOr(chooser.error());
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
        rewind();
        if (auto looked = lookAtPictures(); !looked)
            return stoppedOr(looked.error());
        auto logits = prefill();
        if (!logits)
            return stoppedOr(logits.error());
        return decode(*logits, *chooser);
    }

private:
    // Keeps of the cache what the new prompt begins with, all but the last token, whose logits
    // are needed.
    void rewind()
    {
        KvCache& kv = *m_session.m_kv;
        auto& held = m_session.m_held;
        held.resize(static_cast<std::size_t>(kv.position()));
        const auto differs =
            std::mismatch(held.begin(), held.end(), m_plan.items.begin(), m_plan.items.end() - 1);
        m_kept = kv.rewindTo(differs.first - held.begin());
        m_timings.cachedTokens = static_cast<int>(m_kept);
        held = m_plan.items;
    }

    Result<void> lookAtPictures()
    {
        const auto start = Clock::now();
        std::vector<std::size_t> needed;
        for (const Patches& patches : m_plan.patches)
            if (patches.first + m_session.m_eyes->tileSpec().tokensPerTile() > m_kept
                && (needed.empty() || needed.back() != patches.picture))
                needed.push_back(patches.picture);
        m_embeddings.resize(m_plan.pictures.size());
        for (std::size_t i = 0; i < needed.size(); ++i) {
            progress(Stage::vision, static_cast<std::int64_t>(i),
                static_cast<std::int64_t>(needed.size()), 0);
            auto seen = m_session.m_eyes->encode(*m_plan.pictures[needed[i]], m_stop);
            if (!seen)
                return tl::unexpected(seen.error());
            m_embeddings[needed[i]] = std::move(*seen);
        }
        if (!needed.empty())
            progress(Stage::vision, static_cast<std::int64_t>(needed.size()),
                static_cast<std::int64_t>(needed.size()), 0);
        m_timings.visionSeconds += secondsSince(start);
        return {};
    }

    Result<std::span<const float>> prefill()
    {
        const auto start = Clock::now();
        const auto total = static_cast<std::int64_t>(m_plan.items.size());
        std::vector<std::int32_t> ids;
        for (std::int64_t i = m_kept; i < total; ++i)
            ids.push_back(m_plan.items[static_cast<std::size_t>(i)].id);
        std::vector<EmbeddingRun> pictures;
        for (const Patches& patches : m_plan.patches) {
            const std::int64_t count = m_session.m_eyes->tileSpec().tokensPerTile();
            const std::int64_t skipped = std::max<std::int64_t>(m_kept - patches.first, 0);
            if (skipped >= count)
                continue;
            pictures.push_back({patches.first + skipped - m_kept,
                m_embeddings[patches.picture]->rows.slice(patches.row + skipped, count - skipped)});
        }
        progress(Stage::prefill, m_kept, total, 0);
        auto logits = m_session.m_model->forward(*m_session.m_kv,
            {.tokens = ids,
                .pictures = pictures,
                .stop = m_stop,
                .onProgress = [&](std::int64_t done) {
                    progress(Stage::prefill, m_kept + done, total, rate(done, secondsSince(start)));
                }});
        m_timings.prefillSeconds = secondsSince(start);
        return logits;
    }

    Result<Completion> decode(std::span<const float> logits, TokenChooser& chooser)
    {
        for (const Item& item : m_plan.items)
            chooser.acceptPrompt(item.id);

        AnswerText text(m_request.stops);
        const auto emit = [&](std::string delta) {
            if (!delta.empty() && m_events.onDelta)
                m_events.onDelta(std::move(delta));
        };
        FinishReason reason = FinishReason::stop;
        auto start = Clock::now();
        for (;;) {
            if (m_stop.stop_requested()) {
                reason = FinishReason::cancelled;
                break;
            }
            if (m_timings.generatedTokens >= m_request.maxTokens) {
                reason = FinishReason::maxTokens;
                break;
            }
            if (m_timings.generatedTokens > 0) {
                auto next = forwardLast();
                if (!next && next.error().code == ErrorCode::contextFull) {
                    reason = FinishReason::contextFull;
                    break;
                }
                if (!next && m_stop.stop_requested()) {
                    reason = FinishReason::cancelled;
                    break;
                }
                if (!next)
                    return tl::unexpected(next.error());
                logits = *next;
            }
            const TokenId id = chooser.choose(logits);
            if (m_timings.generatedTokens == 0) {
                m_timings.firstTokenSeconds = secondsSince(m_start);
                start = Clock::now();
            }
            if (m_session.endsAnswer(id))
                break;
            chooser.accept(id);
            m_session.m_held.push_back({id, 0});
            ++m_timings.generatedTokens;
            m_timings.decodeSeconds = secondsSince(start);
            if (!m_session.m_tokenizer->isSpecial(id))
                emit(text.push(m_session.m_tokenizer->bytes(id)));
            progress(Stage::decode, m_timings.generatedTokens, m_request.maxTokens,
                rate(m_timings.generatedTokens - 1, m_timings.decodeSeconds));
            if (text.stopString()) {
                reason = FinishReason::stopString;
                break;
            }
        }
        emit(text.finish());
        m_timings.decodeSeconds = m_timings.firstTokenSeconds > 0 ? secondsSince(start) : 0;
        Completion completion = finish(reason);
        completion.stopString = text.stopString().value_or("");
        completion.logProbs = chooser.takeLogProbs();
        return completion;
    }

    Result<std::span<const float>> forwardLast()
    {
        const TokenId id = m_session.m_held.back().id;
        return m_session.m_model->forward(
            *m_session.m_kv, {.tokens = std::span(&id, 1), .stop = m_stop});
    }

    Result<Completion> stoppedOr(const Error& error)
    {
        if (m_stop.stop_requested() || error.code == ErrorCode::cancelled)
            return finish(FinishReason::cancelled);
        return tl::unexpected(error);
    }

    Completion finish(FinishReason reason)
    {
        return {.reason = reason,
            .timings = m_timings,
            .contextUsed = static_cast<int>(m_session.m_kv->position()),
            .stopString = {},
            .logProbs = {}};
    }

    void progress(Stage stage, std::int64_t done, std::int64_t total, double tokensPerSecond)
    {
        if (m_events.onProgress)
            m_events.onProgress({.stage = stage,
                .done = static_cast<int>(done),
                .total = static_cast<int>(total),
                .tokensPerSecond = tokensPerSecond,
                .contextUsed = static_cast<int>(m_session.m_kv->position())});
    }

    Session& m_session;
    const Request& m_request;
    const SessionEvents& m_events;
    const std::stop_token& m_stop;
    Clock::time_point m_start = Clock::now();
    Timings m_timings;
    Plan m_plan;
    std::int64_t m_kept = 0;                              // positions taken from the cache
    std::vector<PictureEncoder::Embeddings> m_embeddings; // by picture; null: not needed
};

Result<Completion> Session::run(
    const Request& request, const SessionEvents& events, const std::stop_token& stop)
{
    if (m_eyes)
        m_eyes->forgetTiles(); // of a request that was stopped before it looked
    return Run(*this, request, events, stop).answer();
}

bool Session::endsAnswer(TokenId id) const
{
    return std::find(m_endTokens.begin(), m_endTokens.end(), id) != m_endTokens.end();
}

} // namespace lectern::inference
