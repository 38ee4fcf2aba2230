// SPDX-License-Identifier: Apache-2.0
// Whole engines on models of every family: what they answer is what tokenizer, dialogue format and
// graph, each checked against its reference elsewhere, give when put together by hand.
#include "inference/chat_format.h"
#include "tests/inference/engine_fixture.h"
#include "tests/inference/reference_model.h"

using namespace lectern::inference;
using namespace lectern::test;

namespace {

constexpr int kAnswerTokens = 24;

struct Expected {
    std::string text;
    std::size_t promptTokens = 0;
};

// The greedy answer, token by token.
Expected byHand(const std::filesystem::path& path, const std::vector<Message>& messages)
{
    Expected expected;
    Loaded loaded = load(path, detectedSimdLevel());
    if (!loaded.model)
        return expected;
    const auto tokenizer = Tokenizer::fromGguf(loaded.file->gguf());
    if (!tokenizer) {
        CHECK_ROW(false, tokenizer.error().message);
        return expected;
    }
    const auto format = ChatFormat::create(**tokenizer);
    auto kv = loaded.model->createKvCache(KvType::f32, 1024);
    const auto prompt = format->prompt(messages, {});
    if (!prompt || !kv) {
        CHECK(false);
        return expected;
    }
    expected.promptTokens = prompt->ids.size();
    Utf8Stream stream;
    std::vector<TokenId> ids = prompt->ids;
    for (int i = 0; i < kAnswerTokens; ++i) {
        const auto logits = loaded.model->forward(*kv, {.tokens = ids});
        if (!logits) {
            CHECK_ROW(false, logits.error().message);
            return expected;
        }
        ids = {argmax(*logits)};
        if (format->isStop(ids[0]))
            break;
        if (!(*tokenizer)->isSpecial(ids[0]))
            expected.text += stream.push((*tokenizer)->bytes(ids[0]));
    }
    expected.text += stream.finish();
    return expected;
}

} // namespace

TEST(FamiliesEngineTest, everyFamilyAnswersAsItsParts)
{
    for (const char* name : {"architectures/llama3", "architectures/llama2", "architectures/qwen3",
             "architectures/qwen3moe", "architectures/guard", "architectures/behemoth",
             "text/maverick"}) {
        LocalEngineOptions options;
        options.model = golden(std::string(name) + "/model.gguf");
        options.kvType = KvType::f32;
        options.contextLength = 1024;
        const auto engine = openEngine(options);
        REQUIRE(engine);
        std::vector<Message> messages{
            says(Role::system, "You are terse."), says(Role::user, "What is 12 + 1?")};
        for (int turn = 0; turn < 3; ++turn) {
            const Expected expected = byHand(options.model, messages);
            Caller caller(*engine, greedy(messages, kAnswerTokens));
            const auto& result = caller.wait();
            CHECK_ROW(result.has_value(), result ? name : result.error().message);
            if (!result)
                break;
            const std::string row = fmt::format("{}, turn {}", name, turn);
            CHECK_ROW(caller.text() == expected.text, row + ": " + caller.text());
            CHECK_ROW(
                static_cast<std::size_t>(result->timings.promptTokens) == expected.promptTokens,
                row);
            // All earlier questions are held, whatever became of the answers' own tokens.
            CHECK_ROW((turn > 0) == (result->timings.cachedTokens > 0), row);
            messages.push_back(says(Role::assistant, expected.text));
            messages.push_back(says(Role::user, fmt::format("And {}?", turn)));
        }
    }
}

TEST(FamiliesEngineTest, picturesAreRefusedInWords)
{
    LocalEngineOptions options;
    options.model = golden("architectures/llama3/model.gguf");
    const auto engine = openEngine(options);
    REQUIRE(engine);
    auto picture = std::make_shared<Picture>();
    picture->width = 1;
    picture->height = 1;
    picture->rgb = {1, 2, 3};
    Message message = says(Role::user, "What is this?");
    message.parts.emplace_back(ImagePart{picture});
    const std::string said = answer(*engine, greedy({message}));
    CHECK_ROW(said.find("cannot see pictures") != std::string::npos, said);
}
