// SPDX-License-Identifier: Apache-2.0
// The engine end to end on the built-in model: golden answers, reuse of the context, limits.
#include "inference/sampler.h"
#include "inference/tokenizer.h"
#include "tests/inference/engine_fixture.h"

#include <algorithm>
#include <limits>

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

TEST(LocalEngineTest, answersTheRobustGoldenCases)
{
    int cases = 0;
    for (const auto& golden : goldenCases()) {
        const std::string row = std::to_string(golden.id);
        Caller caller(sharedEngine(), greedy(golden.messages));
        const auto& result = caller.wait();
        CHECK_ROW(result.has_value(), row);
        if (!result)
            continue;
        CHECK_ROW(caller.text() == golden.output, row + ": " + caller.text());
        CHECK_ROW(result->reason == FinishReason::stop, row);
        const Timings& t = result->timings;
        CHECK_ROW(t.promptTokens == static_cast<int>(golden.promptTokens), row);
        CHECK_ROW(t.generatedTokens == static_cast<int>(golden.outputTokens) - 1, row);
        CHECK_ROW(t.imageTokens == 16 * golden.pictures, row);
        CHECK_ROW(t.cachedTokens < t.promptTokens, row);
        CHECK_ROW((t.visionSeconds > 0) == (golden.pictures > 0) || golden.pictures == 0, row);
        CHECK_ROW(t.prefillSeconds > 0 && t.decodeSeconds > 0, row);
        CHECK_ROW(t.firstTokenSeconds >= t.prefillSeconds, row);
        CHECK_ROW(result->contextUsed == t.promptTokens + t.generatedTokens, row);
        CHECK_ROW(caller.oneThread() && caller.doneCount() == 1, row);
        ++cases;
    }
    CHECK(cases >= 20);
}

TEST(LocalEngineTest, reportsProgressOfEveryStage)
{
    const auto engine = openEngine(nanoOptions());
    REQUIRE(engine != nullptr);
    const auto& video = goldenCase("video_");
    Caller caller(*engine, greedy(video.messages));
    REQUIRE(caller.wait().has_value());
    int stage = 0;
    int visionDone = 0;
    int prefillDone = 0;
    int decodeDone = 0;
    for (const Progress& p : caller.progress()) {
        CHECK(static_cast<int>(p.stage) >= stage); // vision, prefill, decode
        stage = static_cast<int>(p.stage);
        CHECK(p.done <= p.total);
        if (p.stage == Stage::vision) {
            CHECK(p.total == video.pictures && p.done >= visionDone);
            visionDone = p.done;
        } else if (p.stage == Stage::prefill) {
            CHECK(p.total == static_cast<int>(video.promptTokens) && p.done >= prefillDone);
            CHECK(p.contextUsed == p.done);
            prefillDone = p.done;
        } else {
            CHECK(p.total == 60 && p.done == decodeDone + 1);
            decodeDone = p.done;
        }
    }
    CHECK(visionDone == video.pictures);
    CHECK(prefillDone == static_cast<int>(video.promptTokens));
    CHECK(decodeDone == static_cast<int>(video.outputTokens) - 1);
}

TEST(LocalEngineTest, describesItself)
{
    const EngineInfo info = sharedEngine().info();
    CHECK(!info.modelName.empty());
    CHECK(info.description.find("llama4, F16") == 0);
    CHECK(info.contextLength >= 4096);
    REQUIRE(info.tiles.has_value());
    CHECK(info.tiles->tileSize == 112 && info.tiles->maxTiles == 1);
    CHECK(sharedEngine().countTokens("") == 0);
    CHECK(sharedEngine().countTokens("How do you do?") == 5);
    CHECK(sharedEngine().countTokens("<|eot|>") > 1); // text, not the special token
}

TEST(LocalEngineTest, aModelWithoutANameHasItsFiles)
{
    const lectern::test::TemporaryFolder folder;
    auto edited = lectern::test::EditedGguf::load(lectern::test::nano("nano-text-f16.gguf"));
    edited.keys.erase("general.name");
    LocalEngineOptions options;
    options.model = edited.save(folder / "My model.gguf");
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    CHECK(engine->info().modelName == "My model");
}

TEST(LocalEngineTest, aLaterTurnReusesTheContextAndAnswersAsAFreshRun)
{
    const auto engine = openEngine(nanoOptions());
    REQUIRE(engine != nullptr);
    std::vector<Message> dialogue = goldenCase("image_colour").messages; // a picture
    int held = 0;
    for (const std::string question :
        {"", "What colour is the background?", "How many shapes does the image show?"}) {
        if (!question.empty())
            dialogue.push_back(says(Role::user, question));
        Caller caller(*engine, greedy(dialogue));
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        if (!question.empty()) {
            // All that was held, the answer too; the picture is not looked at again.
            CHECK_ROW(result->timings.cachedTokens == held, question);
            for (const Progress& p : caller.progress())
                CHECK_ROW(p.stage != Stage::vision, question);
        }
        const auto fresh = openEngine(nanoOptions());
        REQUIRE(fresh != nullptr);
        CHECK_ROW(answer(*fresh, greedy(dialogue)) == caller.text(), question);
        held = result->contextUsed;
        dialogue.push_back(says(Role::assistant, caller.text()));
    }
    CHECK(held > 70);

    // Another first message: hardly anything can be kept. The old dialogue again: rewound.
    Caller other(*engine, greedy(goldenCase("chat_unknown").messages));
    REQUIRE(other.wait().has_value());
    CHECK(other.wait()->timings.cachedTokens < 10);
    CHECK(other.text() == goldenCase("chat_unknown").output);
    CHECK(answer(*engine, greedy(goldenCase("image_colour").messages))
        == goldenCase("image_colour").output);
}

// A model of random weights whose chunks are 16 tokens: whatever is edited, and wherever the
// context has to be rewound to, the answer is that of an engine which never saw anything else.
TEST(LocalEngineTest, editingAnEarlierMessageAnswersAsAFreshRunAcrossChunks)
{
    LocalEngineOptions options;
    options.model = lectern::test::root() / "golden/text/chunk16/model.gguf";
    options.kvType = KvType::f32;
    options.threads = 1;
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    Prng prng(8);
    std::vector<Message> dialogue;
    dialogue.reserve(6);
    for (int i = 0; i < 6; ++i)
        dialogue.push_back(says(i % 2 == 0 ? Role::user : Role::assistant, "first version here"));
    int inside = 0;
    int atBoundary = 0;
    for (int round = 0; round < 25; ++round) {
        const std::size_t edited = prng.next() % dialogue.size();
        if (round % 4 != 3) // else: the same once more
            std::get<TextPart>(dialogue[edited].parts[0]).text =
                "text " + std::to_string(prng.next() % 100000);
        const Request request = greedy(dialogue, 6);
        Caller caller(*engine, request);
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        const int cached = result->timings.cachedTokens;
        CHECK(cached < result->timings.promptTokens);
        (cached % 16 == 0 ? atBoundary : inside) += 1;
        const auto fresh = openEngine(options);
        REQUIRE(fresh != nullptr);
        Caller again(*fresh, request);
        REQUIRE(again.wait().has_value());
        CHECK_ROW(again.wait()->timings.cachedTokens == 0, std::to_string(round));
        CHECK_ROW(again.text() == caller.text(), std::to_string(round));
        CHECK_ROW(again.wait()->timings.generatedTokens == result->timings.generatedTokens,
            std::to_string(round));
    }
    CHECK(atBoundary > 5 && inside > 0);
}

TEST(LocalEngineTest, regeneratingTakesAllButTheLastTokenFromTheContext)
{
    const auto& golden = goldenCase("doc_");
    for (int i = 0; i < 2; ++i) {
        Caller caller(sharedEngine(), greedy(golden.messages));
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        CHECK(caller.text() == golden.output);
        if (i == 1)
            CHECK(result->timings.cachedTokens == result->timings.promptTokens - 1);
    }
}

TEST(LocalEngineTest, anotherPictureInTheSamePlaceIsNotTakenForTheOldOne)
{
    const auto& purple = goldenCase("image_colour");
    const auto& other = goldenCase("image_count");
    std::vector<Message> swapped = purple.messages;
    swapped[0].parts[0] = other.messages[0].parts[0];
    const auto engine = openEngine(nanoOptions());
    REQUIRE(engine != nullptr);
    const std::string fresh = answer(*engine, greedy(swapped));
    CHECK(answer(*engine, greedy(purple.messages)) == purple.output);
    Caller again(*engine, greedy(swapped));
    REQUIRE(again.wait().has_value());
    CHECK(again.text() == fresh);
    CHECK(again.wait()->timings.cachedTokens < 16);
}

TEST(LocalEngineTest, equalSeedsGiveEqualAnswers)
{
    const auto ask = [](LocalEngine& engine, std::uint64_t seed) {
        Request request = greedy({says(Role::user, "Tell me something.")}, 24);
        request.sampling = {};
        request.sampling.temperature = 8.0F;
        request.sampling.topK = 0;
        request.sampling.topP = 1.0F;
        request.sampling.seed = seed;
        return answer(engine, request);
    };
    const std::string first = ask(sharedEngine(), 1);
    CHECK(ask(sharedEngine(), 1) == first);
    CHECK(ask(sharedEngine(), 2) != first);
    const auto fresh = openEngine(nanoOptions());
    REQUIRE(fresh != nullptr);
    CHECK(ask(*fresh, 1) == first);
}

TEST(LocalEngineTest, textNeverHoldsSpecialTokensAndIsAlwaysValid)
{
    // A hot model draws anything from its vocabulary, pieces of characters and special tokens too.
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        Request request = greedy({says(Role::user, "<|eot|><|header_start|>system")}, 150);
        request.sampling.temperature = 50.0F;
        request.sampling.topK = 0;
        request.sampling.topP = 1.0F;
        request.sampling.seed = seed;
        Caller caller(sharedEngine(), request);
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        const std::string text = caller.text();
        CHECK(text.find("<|") == std::string::npos);
        Utf8Stream check; // valid text passes through unchanged
        std::string through = check.push(text);
        through += check.finish();
        CHECK(through == text);
    }
}

TEST(LocalEngineTest, stopsAtMaxTokens)
{
    const auto& golden = goldenCase("chat_unknown");
    Caller caller(sharedEngine(), greedy(golden.messages, 5));
    const auto& result = caller.wait();
    REQUIRE(result.has_value());
    CHECK(result->reason == FinishReason::maxTokens);
    CHECK(result->timings.generatedTokens == 5);
    CHECK(golden.output.find(caller.text()) == 0 && !caller.text().empty());
    for (const int none : {0, -3, std::numeric_limits<int>::min()}) {
        Caller nothing(sharedEngine(), greedy(golden.messages, none));
        const auto& empty = nothing.wait();
        REQUIRE(empty.has_value());
        CHECK(empty->reason == FinishReason::maxTokens);
        CHECK(empty->timings.generatedTokens == 0 && nothing.text().empty());
    }
}

TEST(LocalEngineTest, aFullContextIsSaidAndEndsTheAnswer)
{
    const auto& golden = goldenCase("chat_unknown"); // its answer ends 4 tokens later
    LocalEngineOptions options = nanoOptions();
    options.contextLength = static_cast<int>(golden.promptTokens + golden.outputTokens) - 5;
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    CHECK(engine->info().contextLength == options.contextLength);
    Caller tooLong(*engine, greedy(goldenCase("doc_").messages));
    const auto& refused = tooLong.wait();
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == ErrorCode::contextFull);
    for (const auto number :
        {static_cast<std::size_t>(options.contextLength), goldenCase("doc_").promptTokens})
        CHECK(refused.error().message.find(std::to_string(number)) != std::string::npos);

    Caller caller(*engine, greedy(golden.messages));
    const auto& result = caller.wait();
    REQUIRE(result.has_value());
    CHECK(result->reason == FinishReason::contextFull);
    CHECK(result->contextUsed == options.contextLength);
    CHECK(golden.output.find(caller.text()) == 0 && caller.text().size() > 40);
    CHECK(answer(*engine, greedy(goldenCase("chat_").messages)) == goldenCase("chat_").output);
}

TEST(LocalEngineTest, oddRequestsAreAnsweredOrRefused)
{
    for (const std::vector<Message>& messages :
        {std::vector<Message>{}, {Message{}}, {says(Role::user, "")},
            {says(Role::assistant, ""), says(Role::system, ""), says(Role::tool, "x")},
            {says(Role::user, std::string("\0\xFF\xF0\x9F", 4))}}) {
        Caller caller(sharedEngine(), greedy(messages, 4));
        CHECK(caller.wait().has_value());
    }
    Message broken;
    broken.parts.emplace_back(ImagePart{});
    Caller nullPicture(sharedEngine(), greedy({broken}));
    CHECK(!nullPicture.wait() && nullPicture.wait().error().code == ErrorCode::invalidRequest);
    auto empty = std::make_shared<Picture>();
    broken.parts[0] = ImagePart{empty};
    Caller emptyPicture(sharedEngine(), greedy({broken}));
    CHECK(!emptyPicture.wait() && emptyPicture.wait().error().code == ErrorCode::invalidRequest);
    sharedEngine().submit(greedy({}, 1), {}); // no callbacks at all
    CHECK(
        answer(sharedEngine(), greedy(goldenCase("chat_").messages)) == goldenCase("chat_").output);
}

TEST(LocalEngineTest, aModelWithoutEyesRefusesPictures)
{
    LocalEngineOptions options = nanoOptions();
    options.mmproj.clear();
    options.tiler = nullptr;
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    CHECK(!engine->info().tiles.has_value());
    Caller caller(*engine, greedy(goldenCase("image_colour").messages));
    const auto& result = caller.wait();
    REQUIRE(!result.has_value());
    CHECK(result.error().code == ErrorCode::invalidRequest);
    CHECK(result.error().message.find("cannot see pictures") != std::string::npos);
    CHECK(answer(*engine, greedy(goldenCase("chat_").messages)) == goldenCase("chat_").output);
}

TEST(LocalEngineTest, oneThreadAndFloatCacheGiveTheSameAnswers)
{
    LocalEngineOptions options = nanoOptions();
    options.threads = 1;
    options.kvType = KvType::f32;
    const auto engine = openEngine(options);
    REQUIRE(engine != nullptr);
    for (const char* task : {"image_", "doc_", "chat_"})
        CHECK_ROW(
            answer(*engine, greedy(goldenCase(task).messages)) == goldenCase(task).output, task);
}
