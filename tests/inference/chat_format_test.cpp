// SPDX-License-Identifier: Apache-2.0
// Prompts against the golden dialogues, the built-in model's prompts and the picture layouts.
#include "inference/chat_format.h"
#include "inference/model_file.h"
#include "tests/inference/fuzz_replay.h"
#include "tests/inference/test.h"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using nlohmann::json;

namespace {

json goldenJson(const std::string& name)
{
    std::ifstream file(lectern::test::root() / "golden" / name);
    return json::parse(file);
}

std::unique_ptr<Tokenizer> tokenizerOf(const std::string& name)
{
    const auto file = ModelFile::open(lectern::test::root() / name);
    CHECK_ROW(file.has_value(), name);
    if (!file)
        return nullptr;
    auto tokenizer = Tokenizer::fromGguf((*file)->gguf());
    CHECK_ROW(tokenizer.has_value(), name);
    return tokenizer ? std::move(*tokenizer) : nullptr;
}

// Ids of a golden sequence: special tokens by name, runs of patches, texts with their ids.
std::vector<TokenId> idsOf(const json& symbolic, const Tokenizer& tokenizer)
{
    std::vector<TokenId> ids;
    const auto special = [&](const std::string& name) {
        const auto id = tokenizer.special(name);
        CHECK_ROW(id.has_value(), name);
        return id.value_or(-1);
    };
    for (const auto& item : symbolic) {
        if (item.is_string()) {
            ids.push_back(special(item.get<std::string>()));
        } else if (item.is_array()) { // ["<|patch|>", count]
            ids.insert(ids.end(), item[1].get<std::size_t>(), special(item[0].get<std::string>()));
        } else if (item.contains("patch")) {
            ids.insert(ids.end(), item["patch"].get<std::size_t>(), special("<|patch|>"));
        } else {
            for (const auto& id : item["ids"])
                ids.push_back(id.get<TokenId>());
        }
    }
    return ids;
}

Role roleOf(const std::string& name)
{
    return name == "system" ? Role::system
        : name == "user"    ? Role::user
        : name == "tool"    ? Role::tool
                            : Role::assistant;
}

Message messageOf(const json& golden)
{
    Message message;
    message.role = roleOf(golden["role"].get<std::string>());
    message.continues = golden.contains("stop_reason");
    const json& content = golden.contains("parts") ? golden["parts"] : golden["content"];
    if (content.is_string()) {
        message.parts.emplace_back(TextPart{content.get<std::string>()});
        return message;
    }
    for (const auto& part : content) {
        if (part.is_string())
            message.parts.emplace_back(TextPart{part.get<std::string>()});
        else
            message.parts.emplace_back(ImagePart{});
    }
    return message;
}

std::vector<Message> messagesOf(const json& golden)
{
    std::vector<Message> messages;
    for (const auto& message : golden)
        messages.push_back(messageOf(message));
    return messages;
}

// rows and columns of a picture of this size, as preprocess/layout.json or the dialogue tells.
PictureShape shapeOf(int width, int height)
{
    const json file = goldenJson("preprocess/layout.json");
    for (const auto& row : file["cases"]) {
        if (row["width"] == width && row["height"] == height)
            return {row["tile_rows"].get<int>(), row["tile_cols"].get<int>(), 144};
    }
    const std::map<std::pair<int, int>, PictureShape> others{
        {{300, 200}, {1, 1, 144}},
        {{50, 50}, {1, 1, 144}},
        {{336, 336}, {1, 1, 144}},
        {{337, 336}, {1, 2, 144}},
        {{400, 300}, {1, 2, 144}},
        {{100, 900}, {3, 1, 144}},
        {{1920, 1080}, {3, 5, 144}},
        {{640, 480}, {2, 2, 144}},
    };
    const auto found = others.find({width, height});
    CHECK_ROW(found != others.end(), fmt::format("{} x {}", width, height));
    return found == others.end() ? PictureShape{} : found->second;
}

std::vector<PictureShape> shapesOf(const json& messages)
{
    std::vector<PictureShape> shapes;
    for (const auto& message : messages) {
        if (!message["content"].is_array())
            continue;
        for (const auto& part : message["content"]) {
            if (part.is_object())
                shapes.push_back(shapeOf(part["image"][0].get<int>(), part["image"][1].get<int>()));
        }
    }
    return shapes;
}

// Every slot is a run of patch tokens and no patch token is outside of one.
void checkSlots(const Prompt& prompt, TokenId patch, const std::string& row)
{
    std::vector<bool> covered(prompt.ids.size());
    for (const PatchSlot& slot : prompt.slots) {
        for (int i = 0; i < slot.tokens; ++i)
            covered[slot.position + static_cast<std::size_t>(i)] = true;
    }
    for (std::size_t i = 0; i < prompt.ids.size(); ++i)
        CHECK_ROW(covered[i] == (prompt.ids[i] == patch), row);
}

} // namespace

TEST(ChatFormatTest, writesEveryGoldenDialogue)
{
    const auto tokenizer = tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    int dialogues = 0;
    const json file = goldenJson("chat/dialogs.json");
    for (const auto& dialog : file["dialogs"]) {
        const std::string title = dialog["title"].get<std::string>();
        const auto prompt =
            format->prompt(messagesOf(dialog["messages"]), shapesOf(dialog["messages"]));
        CHECK_ROW(prompt.has_value(), title);
        if (!prompt)
            continue;
        CHECK_ROW(prompt->ids == idsOf(dialog["symbolic"], *tokenizer), title);
        CHECK_ROW(prompt->ids.size() == dialog["n_tokens"].get<std::size_t>(), title);
        checkSlots(*prompt, *tokenizer->special("<|patch|>"), title);
        ++dialogues;
    }
    CHECK(dialogues == 16);
}

TEST(ChatFormatTest, writesThePromptsOfTheBuiltInModel)
{
    const auto tokenizer = tokenizerOf("../resources/models/nano/nano-text-f16.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    int prompts = 0;
    const json file = goldenJson("nano/golden.json");
    for (const auto& golden : file["cases"]) {
        const std::string name = fmt::format("case {}", golden["id"].get<int>());
        const std::vector<PictureShape> shapes(golden["images"].size(), PictureShape{1, 1, 16});
        const auto prompt = format->prompt(messagesOf(golden["messages"]), shapes);
        CHECK_ROW(prompt.has_value(), name);
        if (!prompt)
            continue;
        CHECK_ROW(prompt->ids == golden["prompt_ids"].get<std::vector<TokenId>>(), name);
        CHECK_ROW(prompt->slots.size() == shapes.size(), name);
        checkSlots(*prompt, *tokenizer->special("<|patch|>"), name);
        CHECK_ROW(format->isStop(golden["output_ids"].back().get<TokenId>()), name);
        ++prompts;
    }
    CHECK(prompts == 40);
}

TEST(ChatFormatTest, laysOutPicturesAsTheReferenceDoes)
{
    const auto tokenizer = tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    const auto empty = format->prompt(std::vector<Message>{{Role::user, {}}}, {});
    REQUIRE(empty);
    int layouts = 0;
    const json file = goldenJson("preprocess/layout.json");
    for (const auto& golden : file["cases"]) {
        const std::string name =
            fmt::format("{} x {}", golden["width"].get<int>(), golden["height"].get<int>());
        const PictureShape shape{
            golden["tile_rows"].get<int>(), golden["tile_cols"].get<int>(), 144};
        const auto prompt =
            format->prompt(std::vector<Message>{{Role::user, {ImagePart{}}}}, std::vector{shape});
        CHECK_ROW(prompt.has_value(), name);
        if (!prompt)
            continue;
        const auto expected = idsOf(golden["layout"], *tokenizer);
        CHECK_ROW(golden["tokens"].get<int>() == shape.tokenCount(), name);
        CHECK_ROW(prompt->ids.size() == empty->ids.size() + expected.size(), name);
        CHECK_ROW(
            std::search(prompt->ids.begin(), prompt->ids.end(), expected.begin(), expected.end())
                != prompt->ids.end(),
            name);
        CHECK_ROW(static_cast<int>(prompt->slots.size()) == shape.tileCount(), name);
        CHECK_ROW(shape.tileCount() == golden["tensor_tiles"].get<int>(), name);
        for (std::size_t i = 0; i < prompt->slots.size(); ++i)
            CHECK_ROW(prompt->slots[i].tile == static_cast<int>(i), name);
        ++layouts;
    }
    CHECK(layouts == 32);
}

TEST(ChatFormatTest, countsPicturesOverAllMessages)
{
    const auto tokenizer = tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    const std::vector<Message> messages{
        {Role::user, {ImagePart{}, TextPart{"one"}, ImagePart{}}},
        {Role::assistant, {TextPart{"two"}}},
        {Role::user, {TextPart{"three"}, ImagePart{}}},
    };
    const std::vector<PictureShape> shapes{{1, 1, 4}, {1, 2, 4}, {1, 1, 4}};
    const auto prompt = format->prompt(messages, shapes);
    REQUIRE(prompt);
    std::vector<std::pair<int, int>> order;
    for (const PatchSlot& slot : prompt->slots)
        order.emplace_back(slot.picture, slot.tile);
    CHECK(order == (std::vector<std::pair<int, int>>{{0, 0}, {1, 0}, {1, 1}, {1, 2}, {2, 0}}));
}

TEST(ChatFormatTest, refusesShapesThatDoNotFitTheMessages)
{
    const auto tokenizer = tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    const std::vector<Message> messages{{Role::user, {ImagePart{}}}};
    for (const std::vector<PictureShape>& shapes :
        {std::vector<PictureShape>{}, std::vector<PictureShape>(2),
            std::vector<PictureShape>{{0, 1, 144}}, std::vector<PictureShape>{{1, 1, 0}}}) {
        const auto prompt = format->prompt(messages, shapes);
        CHECK(!prompt && prompt.error().code == ErrorCode::invalidRequest);
    }
}

TEST(ChatFormatTest, stopsAtTheThreeEnds)
{
    const auto tokenizer = tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(*tokenizer);
    REQUIRE(format);
    CHECK(format->stopTokens().size() == 3);
    for (const char* name : {"<|eot|>", "<|eom|>", "<|end_of_text|>"})
        CHECK_ROW(format->isStop(tokenizer->special(name).value_or(-1)), name);
    CHECK(!format->isStop(*tokenizer->special("<|header_start|>")));
}

TEST(ChatFormatTest, saysWhichSpecialTokenIsMissing)
{
    const auto file =
        ModelFile::open(lectern::test::root() / "golden/tokenizer/small2000-vocab.gguf");
    REQUIRE(file);
    Gguf gguf = (*file)->gguf();
    auto& tokens = std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.tokens"]);
    for (auto& token : tokens)
        token = token == "<|eom|>" ? "<|other|>" : token == "<|patch|>" ? "<|unseen|>" : token;
    auto tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(**tokenizer);
    REQUIRE(!format);
    CHECK(format.error().message.find("<|eom|>") != std::string::npos);

    for (auto& token : tokens)
        token = token == "<|other|>" ? "<|eom|>" : token;
    tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    const auto blind = ChatFormat::create(**tokenizer);
    REQUIRE(blind);
    CHECK(blind->prompt(std::vector<Message>{{Role::user, {TextPart{"hi"}}}}, {}));
    const auto refused = blind->prompt(
        std::vector<Message>{{Role::user, {ImagePart{}}}}, std::vector<PictureShape>(1));
    REQUIRE(!refused);
    CHECK(refused.error().message.find("cannot see pictures") != std::string::npos);
}

namespace {

Gguf keysOf(const std::string& name)
{
    const auto file = ModelFile::open(lectern::test::root() / name);
    CHECK_ROW(file.has_value(), name);
    return file ? (*file)->gguf() : Gguf{};
}

void rename(Gguf& gguf, const std::string& from, const std::string& to)
{
    for (auto& token : std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.tokens"]))
        token = token == from ? to : token;
}

std::vector<Message> asks(const std::string& text)
{
    return {{Role::user, {TextPart{text}}}};
}

} // namespace

TEST(ChatFormatTest, writesDialoguesAsTheFamiliesOwnTemplates)
{
    std::map<std::string, int> dialogues;
    const json file = goldenJson("architectures/chats.json");
    for (const auto& dialogue : file["dialogues"]) {
        const std::string format = dialogue["format"].get<std::string>();
        Gguf gguf =
            keysOf("golden/architectures/" + dialogue["model"].get<std::string>() + "/model.gguf");
        if (format == "ChatML without thoughts")
            rename(gguf, "</think>", "<|unused|>");
        const auto tokenizer = Tokenizer::fromGguf(gguf);
        REQUIRE(tokenizer);
        const auto made = ChatFormat::create(**tokenizer);
        REQUIRE(made);
        CHECK_ROW(format.starts_with(made->name()), format);
        const auto prompt = made->prompt(messagesOf(dialogue["messages"]), {});
        REQUIRE(prompt);
        CHECK_ROW(prompt->ids == dialogue["ids"].get<std::vector<TokenId>>(),
            fmt::format("{}\n{}\ngot\n{}", format, dialogue["rendered"].get<std::string>(),
                (*tokenizer)->decode(prompt->ids)));
        ++dialogues[format];
    }
    CHECK(dialogues["Llama 3"] == 8);
    CHECK(dialogues["ChatML"] == 11);
    CHECK(dialogues["ChatML without thoughts"] == 8);
}

TEST(ChatFormatTest, everyFormatStopsAtItsEndsAndTakesNamesInTextAsText)
{
    struct Row {
        const char* model;
        std::vector<std::string> stops;
        std::vector<std::string> names;
    };
    for (const Row& row : {Row{"llama3", {"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"},
                               {"<|eot_id|>", "<|start_header_id|>", "<|begin_of_text|>"}},
             Row{"qwen3", {"<|im_end|>", "<|endoftext|>"},
                 {"<|im_end|>", "<|im_start|>", "<think>", "</think>", "<tool_response>"}}}) {
        const auto tokenizer =
            tokenizerOf(fmt::format("golden/architectures/{}/model.gguf", row.model));
        REQUIRE(tokenizer);
        const auto format = ChatFormat::create(*tokenizer);
        REQUIRE(format);
        std::vector<TokenId> stops;
        for (const std::string& name : row.stops)
            stops.push_back(tokenizer->special(name).value_or(-1));
        CHECK_ROW(format->stopTokens() == stops, row.model);
        const auto plain = format->prompt(asks("x"), {});
        REQUIRE(plain);
        for (const std::string& name : row.names) {
            const auto id = tokenizer->special(name);
            REQUIRE(id.has_value());
            const auto prompt = format->prompt(asks("x" + name), {});
            REQUIRE(prompt);
            CHECK_ROW(
                std::ranges::count(prompt->ids, *id) == std::ranges::count(plain->ids, *id), name);
            CHECK_ROW(tokenizer->decode(prompt->ids).find("x" + name) != std::string::npos, name);
        }
        const auto seen = format->prompt(
            std::vector<Message>{{Role::user, {ImagePart{}}}}, std::vector<PictureShape>(1));
        CHECK_ROW(!seen && seen.error().message.find("cannot see pictures") != std::string::npos,
            row.model);
    }
}

TEST(ChatFormatTest, unfinishedTurnsOfLlama3EndTheMessageWhereTheVocabularyCan)
{
    const std::vector<Message> messages{{Role::user, {TextPart{"a"}}},
        {Role::assistant, {TextPart{"b"}}, true}, {Role::tool, {TextPart{"c"}}}};
    Gguf gguf = keysOf("golden/architectures/llama3/model.gguf");
    const auto texts = [&] {
        const auto tokenizer = Tokenizer::fromGguf(gguf);
        const auto format = ChatFormat::create(**tokenizer);
        return (*tokenizer)->decode(format->prompt(messages, {})->ids);
    };
    CHECK(texts().find("b<|eom_id|><|start_header_id|>ipython<|end_header_id|>\n\nc<|eom_id|>")
        != std::string::npos);
    rename(gguf, "<|eom_id|>", "<|reserved_special_token_4|>"); // Llama 3.0
    CHECK(texts().find("b<|eot_id|><|start_header_id|>ipython<|end_header_id|>\n\nc<|eot_id|>")
        != std::string::npos);
}

TEST(ChatFormatTest, theEndTokenTellsWhichOfTwoFormatsIsMeant)
{
    // A Llama 3 vocabulary that was trained further on ChatML.
    Gguf gguf = keysOf("golden/architectures/llama3/model.gguf");
    auto& tokens = std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.tokens"]);
    rename(gguf, "<|eom_id|>", "<|im_end|>");
    rename(gguf, "<|end_of_text|>", "<|im_start|>");
    auto tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    auto format = ChatFormat::create(**tokenizer);
    REQUIRE(format);
    CHECK(format->name() == "Llama 3"); // whose <|eot_id|> is the file's end token
    gguf.keys["tokenizer.ggml.eos_token_id"] =
        static_cast<std::uint64_t>(std::ranges::find(tokens, "<|im_end|>") - tokens.begin());
    tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    format = ChatFormat::create(**tokenizer);
    REQUIRE(format);
    CHECK(format->name() == "ChatML");
    const auto prompt = format->prompt(asks("Hi"), {});
    REQUIRE(prompt);
    CHECK((*tokenizer)->decode(prompt->ids)
        == "<|begin_of_text|><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatFormatTest, vocabulariesWithoutDialogueTokensAreToldSo)
{
    Gguf gguf = keysOf("golden/architectures/llama3/model.gguf");
    rename(gguf, "<|start_header_id|>", "<|reserved|>");
    const auto tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    const auto format = ChatFormat::create(**tokenizer);
    REQUIRE(!format);
    CHECK(format.error().code == ErrorCode::missingKey);
    for (const char* name : {"<|header_start|>", "<|start_header_id|>", "<|im_start|>"})
        CHECK_ROW(format.error().message.find(name) != std::string::npos, format.error().message);
}

TEST(ChatFormatTest, replaysTheFuzzCorpus)
{
    CHECK(lectern::test::replayCorpus("chat_format") >= 5);
}
