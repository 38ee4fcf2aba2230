// SPDX-License-Identifier: Apache-2.0
// One request on its way through a session: the state of a run, and its stages in order. Included
// by the files of the stages only.
#pragma once

#include "inference/answer_text.h"
#include "inference/session.h"
#include "inference/token_chooser.h"

#include <chrono>
#include <optional>

namespace lectern::inference {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

[[nodiscard]] inline double rate(std::int64_t tokens, double seconds)
{
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0;
}

class Session::Run {
public:
    Run(Session& session, const Request& request, const SessionEvents& events,
        const std::stop_token& stop)
        : m_session(session)
        , m_request(request)
        , m_events(events)
        , m_stop(stop)
        , m_text(request.stops)
    {
    }

    Result<Completion> answer(); // session.cpp

private:
    // Up to the first logits: session_prefill.cpp.
    Result<void> reuse();
    Result<void> lookAtPictures();
    Result<void> prefill();

    // From the first logits to the end of the answer: session_decode.cpp.
    Result<Completion> decode();
    [[nodiscard]] std::optional<FinishReason> endsHere() const;
    Result<void> forwardNext();
    std::optional<FinishReason> takeAll();
    [[nodiscard]] PromptLookup::Guess draft() const;
    bool take(std::size_t row);
    [[nodiscard]] TokenId choose(std::size_t row);
    void emit(std::string delta);

    // session.cpp
    Result<Completion> stoppedOr(const Error& error);
    Completion finish(FinishReason reason);
    void progress(Stage stage, std::int64_t done, std::int64_t total, double tokensPerSecond);

    Session& m_session;
    const Request& m_request;
    const SessionEvents& m_events;
    const std::stop_token& m_stop;
    Clock::time_point m_start = Clock::now();
    Clock::time_point m_firstToken; // when it came; meaningful while decoding
    Timings m_timings;
    Plan m_plan;
    std::int64_t m_kept = 0;                              // positions taken from the cache
    std::vector<PictureEncoder::Embeddings> m_embeddings; // by picture; null: not needed
    std::optional<TokenChooser> m_chooser;
    std::int64_t m_ranks = 0;        // largest logits of a row that are fetched; 0: whole rows
    std::span<const float> m_logits; // the whole rows, when m_ranks is 0
    AnswerText m_text;
    PromptLookup m_lookup;       // all items so far, when speculating
    PromptLookup::Guess m_draft; // that the last logits are of, besides the last token taken
};

} // namespace lectern::inference
