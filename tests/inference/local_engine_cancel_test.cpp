// SPDX-License-Identifier: Apache-2.0
// Stopping the engine in every stage, in the queue and by destruction; the context stays right.
#include "inference/sampler.h"
#include "tests/inference/slow_model.h"

#include <atomic>
#include <chrono>

using namespace lectern::inference;
using lectern::test::answer;
using lectern::test::Caller;
using lectern::test::goldenCase;
using lectern::test::goldenCases;
using lectern::test::greedy;
using lectern::test::nanoOptions;
using lectern::test::openEngine;
using lectern::test::says;
using lectern::test::sharedEngine;

namespace {

using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr double kBound = 1.0; // seconds; sanitized code is many times slower
#else
constexpr double kBound = 0.1;
#endif

// Of one kind; fewer where each takes so much longer.
constexpr std::uint64_t kTries = lectern::test::kThreadSanitizer ? 2 : 5;
constexpr int kRounds = lectern::test::kThreadSanitizer ? 4 : 12;
constexpr int kLong = lectern::test::kThreadSanitizer ? 2000 : 7000; // tokens, about

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Random letters, hardly compressible: about a token each.
std::string longText(int letters)
{
    Prng prng(1);
    std::string text;
    for (int i = 0; i < letters; ++i)
        text += static_cast<char>('!' + prng.next() % 90);
    return text;
}

std::shared_ptr<const Picture> noise(int side, std::uint64_t seed)
{
    auto picture = std::make_shared<Picture>();
    picture->width = side;
    picture->height = side;
    picture->hash = seed;
    Prng prng(seed);
    for (int i = 0; i < 3 * side * side; ++i)
        picture->rgb.push_back(static_cast<std::uint8_t>(prng.next()));
    return picture;
}

Request pictureRequest(int side, std::uint64_t seed)
{
    Message message = says(Role::user, "What is it?");
    for (std::uint64_t i = 0; i < 3; ++i)
        message.parts.emplace_back(ImagePart{noise(side, 3 * seed + i + 1)});
    return greedy({message});
}

// A dialogue whose answer goes on until it is stopped.
Request endlessRequest(std::uint64_t seed)
{
    Request request = greedy({says(Role::user, "Go on.")}, 8000);
    request.sampling.temperature = 100.0F;
    request.sampling.topK = 0;
    request.sampling.topP = 1.0F;
    request.sampling.seed = seed;
    return request;
}

// Stops a request `delay` after the first sign of `stage`; seconds until onDone.
double stopIn(LocalEngine& engine, Stage stage, Request request, std::chrono::milliseconds delay)
{
    Caller caller(engine, std::move(request));
    caller.waitFor(stage);
    std::this_thread::sleep_for(delay);
    const auto start = Clock::now();
    engine.cancel(caller.id());
    const auto& result = caller.wait();
    const double seconds = secondsSince(start);
    CHECK(result.has_value());
    if (result) {
        CHECK(result->reason == FinishReason::cancelled);
        if (stage != Stage::decode)
            CHECK(result->contextUsed < result->timings.promptTokens);
    }
    CHECK(caller.oneThread() && caller.doneCount() == 1);
    return seconds;
}

} // namespace

// A busy machine can freeze any single try, so the best of them counts.
TEST(LocalEngineCancelTest, endsWithinTheBoundInEveryStageOfASlowModel)
{
    const lectern::test::TemporaryFolder folder;
    const auto engine = openEngine(lectern::test::slowModel(folder));
    REQUIRE(engine != nullptr);
    const auto best = [&](const char* row, const std::function<double(std::uint64_t)>& attempt) {
        double least = 1e9;
        double most = 0;
        for (std::uint64_t i = 0; i < kTries; ++i) {
            const double seconds = attempt(i);
            least = std::min(least, seconds);
            most = std::max(most, seconds);
        }
        std::printf("  %s: stopped after %.1f to %.1f ms\n", row, 1e3 * least, 1e3 * most);
        CHECK_ROW(least < kBound, row);
    };
    best("vision", [&](std::uint64_t i) {
        return stopIn(
            *engine, Stage::vision, pictureRequest(336, i), std::chrono::milliseconds(10 * i));
    });
    const std::string text = longText(kLong);
    best("prefill", [&](std::uint64_t i) {
        return stopIn(*engine, Stage::prefill, greedy({says(Role::user, text)}),
            std::chrono::milliseconds(10 * i));
    });
    best("decode", [&](std::uint64_t i) {
        return stopIn(*engine, Stage::decode, endlessRequest(i), std::chrono::milliseconds(5 * i));
    });
    best("queued", [&](std::uint64_t i) {
        Caller running(*engine, greedy({says(Role::user, text)}));
        running.waitFor(Stage::prefill);
        const double seconds = [&] {
            Caller queued(*engine, greedy({says(Role::user, text + std::to_string(i))}));
            const auto start = Clock::now();
            engine->cancel(queued.id());
            CHECK(queued.wait().has_value());
            CHECK(queued.wait()->reason == FinishReason::cancelled);
            CHECK(queued.progress().empty());
            return secondsSince(start);
        }();
        CHECK(running.doneCount() == 0); // it did not have to end for that
        engine->cancel(running.id());
        CHECK(running.wait().has_value());
        return seconds;
    });
}

TEST(LocalEngineCancelTest, theNextAnswerIsRightWhereverItWasStopped)
{
    const auto& video = goldenCase("video_");
    const auto& document = goldenCase("doc_");
    const auto engine = openEngine(nanoOptions());
    REQUIRE(engine != nullptr);
    Prng prng(4);
    int cancelled = 0;
    const auto start = Clock::now();
    CHECK(answer(*engine, greedy(document.messages)) == document.output);
    const auto wholeMicroseconds = static_cast<std::uint64_t>(1e6 * secondsSince(start));
    for (int round = 0; round < kRounds; ++round) {
        const auto& golden = round % 2 == 0 ? video : document;
        {
            Caller caller(*engine, greedy(golden.messages));
            std::this_thread::sleep_for(std::chrono::microseconds(prng.next() % wholeMicroseconds));
            engine->cancel(caller.id());
            const auto& result = caller.wait();
            REQUIRE(result.has_value());
            cancelled += result->reason == FinishReason::cancelled ? 1 : 0;
            CHECK(golden.output.find(caller.text()) == 0);
        }
        CHECK_ROW(answer(*engine, greedy(golden.messages)) == golden.output, std::to_string(round));
    }
    CHECK(cancelled > 0);
}

TEST(LocalEngineCancelTest, aStopBetweenTheChunksOfALongPromptKeepsWhatWasRead)
{
    LocalEngineOptions options = nanoOptions();
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    const Request request = greedy({says(Role::user, longText(std::min(kLong, 3000)))}, 8);
    const std::string whole = answer(*engine, request);
    const auto fresh = openEngine(options);
    REQUIRE(fresh != nullptr);
    std::atomic<RequestId> id = 0;
    Caller first(*fresh, request, [&](const Progress& progress) {
        if (progress.stage == Stage::prefill && progress.done >= 1000)
            fresh->cancel(id);
    });
    id = first.id();
    const auto& stopped = first.wait();
    REQUIRE(stopped.has_value());
    Caller second(*fresh, request);
    const auto& result = second.wait();
    REQUIRE(result.has_value());
    CHECK(second.text() == whole);
    if (stopped->reason == FinishReason::cancelled) // the callback may have come too late
        CHECK(result->timings.cachedTokens >= 1000);
}

TEST(LocalEngineCancelTest, requestsRunOneAfterAnother)
{
    const auto all = goldenCases();
    std::vector<std::unique_ptr<Caller>> callers;
    std::mutex mutex;
    std::vector<std::size_t> order; // whose progress came
    for (std::size_t i = 0; i < 5; ++i)
        callers.push_back(std::make_unique<Caller>(
            sharedEngine(), greedy(all[all.size() - 5 + i].messages), [&, i](const Progress&) {
                const std::lock_guard lock(mutex);
                order.push_back(i);
            }));
    sharedEngine().cancel(callers[2]->id());
    for (std::size_t i = 0; i < 5; ++i) {
        const auto& result = callers[i]->wait();
        REQUIRE(result.has_value());
        if (i == 2)
            CHECK(result->reason == FinishReason::cancelled);
        else
            CHECK(callers[i]->text() == all[all.size() - 5 + i].output);
    }
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK(callers[0]->id() < callers[4]->id());
    for (const auto& caller : callers)
        sharedEngine().cancel(caller->id()); // finished: ignored
    sharedEngine().cancel(0);
    sharedEngine().cancel(~RequestId{0});
    for (const auto& caller : callers)
        CHECK(caller->doneCount() == 1);
}

TEST(LocalEngineCancelTest, aSlowCallerDoesNotDelayTheEnd)
{
    std::atomic<int> deltas = 0;
    std::atomic<bool> done = false;
    std::atomic<int> afterCancel = 0;
    std::atomic<bool> cancelled = false;
    Callbacks callbacks;
    callbacks.onDelta = [&](std::string_view) {
        ++deltas;
        afterCancel += cancelled ? 1 : 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    callbacks.onDone = [&](const Result<Completion>&) { done = true; };
    const RequestId id = sharedEngine().submit(endlessRequest(1), callbacks);
    while (deltas < 5)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sharedEngine().cancel(id);
    cancelled = true;
    while (!done)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(afterCancel <= 1); // at most one that had just been let through
}

TEST(LocalEngineCancelTest, callbacksMaySubmitAndCancel)
{
    const auto all = goldenCases();
    const auto engine = openEngine(nanoOptions());
    REQUIRE(engine != nullptr);
    std::atomic<int> finished = 0;
    std::string text;
    Callbacks second;
    second.onDelta = [&](std::string_view delta) { text += delta; };
    second.onDone = [&](const Result<Completion>&) { ++finished; };
    Callbacks first;
    first.onDone = [&](const Result<Completion>&) {
        engine->submit(greedy(all.back().messages), second);
        engine->cancel(12345);
        ++finished;
    };
    engine->submit(greedy(all.back().messages, 2), first);
    while (finished < 2)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(text == all.back().output);
}

TEST(LocalEngineCancelTest, destructionEndsWhatRunsAndWhatWaits)
{
    for (int round = 0; round < 4; ++round) {
        std::vector<std::unique_ptr<Caller>> callers;
        auto engine = openEngine(nanoOptions());
        REQUIRE(engine != nullptr);
        for (std::uint64_t i = 0; i < 3; ++i)
            callers.push_back(std::make_unique<Caller>(*engine, endlessRequest(i)));
        if (round > 0)
            callers[0]->waitFor(round == 1 ? Stage::prefill : Stage::decode);
        engine.reset();
        for (const auto& caller : callers) {
            CHECK(caller->doneCount() == 1); // delivered before the destructor returned
            const auto& result = caller->wait();
            CHECK(result.has_value() && result->reason == FinishReason::cancelled);
        }
    }
}
