// SPDX-License-Identifier: Apache-2.0
// What a session did before (other conversations, answers stopped anywhere, contexts taken from
// disk, guesses) is not seen in an answer: to the bit where rows do not depend on one another, else
// but for rounding.
#include "inference/session.h"
#include "tests/inference/engine_fixture.h"

#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// What of the machine's kernels an engine opened meanwhile uses.
class Kernels {
public:
    explicit Kernels(const char* name)
    {
        if (const char* before = std::getenv("LECTERN_CPU"))
            m_before = before;
        ::setenv("LECTERN_CPU", name, 1);
    }
    ~Kernels()
    {
        m_before ? ::setenv("LECTERN_CPU", m_before->c_str(), 1) : ::unsetenv("LECTERN_CPU");
    }
    Kernels(const Kernels&) = delete;
    Kernels& operator=(const Kernels&) = delete;

private:
    std::optional<std::string> m_before;
};

struct Answer {
    std::string text;
    Completion completion;
};

std::unique_ptr<Session> openSession(const LocalEngineOptions& options)
{
    auto session = Session::open(options, {});
    if (!session)
        lectern::test::fail(__FILE__, __LINE__, session.error().message);
    return session ? std::move(*session) : nullptr;
}

// Stopped as soon as so many tokens of a stage are done; kNever: not at all.
struct StopAt {
    Stage stage = Stage::decode;
    int done = 0;
};
constexpr StopAt kNever{Stage::decode, 1 << 30};

// Everything on this thread, so a stop comes where it is said.
Answer run(Session& session, const Request& request, const StopAt& stopAt)
{
    std::stop_source stop;
    Answer answer;
    SessionEvents events;
    events.onDelta = [&](const std::string& delta) { answer.text += delta; };
    events.onProgress = [&](const Progress& progress) {
        if (progress.stage == stopAt.stage && progress.done >= stopAt.done)
            stop.request_stop();
    };
    auto result = session.run(request, events, stop.get_token());
    if (result)
        answer.completion = std::move(*result);
    else
        lectern::test::fail(__FILE__, __LINE__, result.error().message);
    return answer;
}

// One of 36 requests; several share their beginnings, over several chunks of 16 tokens.
Request requestOf(std::uint32_t number)
{
    std::vector<Message> messages{says(Role::system, "Read the document."),
        says(Role::user,
            fmt::format("A document that is asked about more than once, number {}.", number % 3))};
    for (std::uint32_t turn = 0; turn < number / 3 % 4; ++turn) {
        messages.push_back(says(Role::assistant, fmt::format("An answer, {}", turn)));
        messages.push_back(says(Role::user, fmt::format("turn {}", turn * 7)));
    }
    Request request = greedy(std::move(messages), 24);
    request.logProbs = 3;
    if (number / 12 > 0) {
        request.sampling.temperature = 0.8F;
        request.sampling.seed = number;
        request.sampling.repetitionPenalty = number / 12 == 2 ? 1.2F : 1.0F;
    }
    return request;
}

// The widest difference of log-probabilities up to the first other token, both included.
double widest(const Answer& a, const Answer& b)
{
    const auto& left = a.completion.logProbs;
    const auto& right = b.completion.logProbs;
    double most = 0;
    for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        for (std::size_t rival = 0; rival < 3; ++rival)
            most = std::max(most,
                std::abs(
                    left[i].alternatives[rival].logProb - right[i].alternatives[rival].logProb));
        if (left[i].text != right[i].text)
            break;
    }
    return most;
}

// Requests in an order that a number decides, some stopped while they are read or answered, each
// compared with a fresh engine's answer.
void goThrough(LocalEngineOptions options, int rounds, double limit, const std::string& row)
{
    LocalEngineOptions alone = options;
    alone.speculate = false;
    alone.snapshotFolder.clear();
    const auto session = openSession(options);
    REQUIRE(session != nullptr);
    std::map<std::uint32_t, Answer> expected;
    std::uint32_t state = 77;
    int stopped = 0;
    int cached = 0;
    int restored = 0;
    int drafted = 0;
    double most = 0;
    for (int round = 0; round < rounds; ++round) {
        state = state * 1664525U + 1013904223U;
        const std::uint32_t number = (state >> 8U) % 36;
        const StopAt stopAt = state >> 28U < 2 ? StopAt{Stage::prefill, 0}
            : state >> 28U < 4                 ? StopAt{Stage::prefill, 32}
            : state >> 28U < 7 ? StopAt{Stage::decode, static_cast<int>(state >> 16U) % 20}
                               : kNever;
        const auto which = fmt::format("{}, round {}, request {}", row, round, number);
        if (!expected.contains(number)) {
            const auto fresh = openSession(alone);
            REQUIRE(fresh != nullptr);
            expected[number] = run(*fresh, requestOf(number), kNever);
        }
        const Answer got = run(*session, requestOf(number), stopAt);
        const Answer& right = expected[number];
        const double apart = widest(got, right);
        most = std::max(most, apart);
        cached += got.completion.timings.cachedTokens;
        restored += got.completion.timings.restoredTokens;
        drafted += got.completion.timings.draftedTokens;
        CHECK_ROW(apart <= limit, fmt::format("{}: {}", which, apart));
        const bool cut = got.completion.reason == FinishReason::cancelled;
        stopped += cut ? 1 : 0;
        if (limit == 0) {
            CHECK_ROW(cut ? right.text.starts_with(got.text) : right.text == got.text,
                which + ": " + got.text + " | " + right.text);
            CHECK_ROW(
                cut || right.completion.logProbs.size() == got.completion.logProbs.size(), which);
        }
    }
    CHECK(stopped > rounds / 10 && cached > rounds * 10);
    CHECK(options.snapshotFolder.empty() || restored > 0);
    std::printf("  %s: %d of %d stopped, %d tokens from the cache, %d of them from disk, %d "
                "guessed, widest difference %.7f\n",
        row.c_str(), stopped, rounds, cached, restored, drafted, most);
}

void goThroughAll(
    LocalEngineOptions options, int rounds, double limit, std::initializer_list<KvType> types)
{
    for (const KvType type : types) {
        for (const bool kept : {false, true}) {
            const TemporaryFolder folder;
            options.kvType = type;
            options.speculate = kept;
            options.snapshotFolder = kept ? folder / "kept" : std::filesystem::path();
            goThrough(options, rounds, limit,
                fmt::format("{}{}", kvTypeName(type), kept ? ", kept and guessed" : ""));
        }
    }
}

LocalEngineOptions chunk16()
{
    LocalEngineOptions options;
    options.model = root() / "golden/text/chunk16/model.gguf";
    options.threads = 1;
    return options;
}

} // namespace

TEST(SessionHistoryTest, theScalarKernelsAnswerToTheBitWhateverCameBefore)
{
    const Kernels scalar("scalar");
    if (kThreadSanitizer)
        return goThroughAll(chunk16(), 12, 0, {KvType::f16}); // slow, and one thread
    goThroughAll(chunk16(), 30, 0, {KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0});
}

TEST(SessionHistoryTest, theFastKernelsAnswerTheSameButForRounding)
{
    goThroughAll(chunk16(), 120, 1e-4, {KvType::f32});
    goThroughAll(chunk16(), 120, 1e-2, {KvType::f16});
}

TEST(SessionHistoryTest, packedWeightsAnswerTheSameButForRounding)
{
    LocalEngineOptions options = chunk16();
    options.weights = WeightMode::packed;
    goThroughAll(options, 120, 5e-2, {KvType::f16});
}
