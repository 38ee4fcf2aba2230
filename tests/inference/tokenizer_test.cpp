// SPDX-License-Identifier: Apache-2.0
// The tokenizer against the golden cases, on hostile text of a megabyte, and on vocabularies that
// lie; the delta stream byte by byte.
#include "inference/model_file.h"
#include "inference/tokenizer.h"
#include "inference/utf8.h"
#include "tests/inference/fuzz_replay.h"
#include "tests/inference/test.h"

#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

using namespace lectern::inference;

namespace {

std::unique_ptr<ModelFile> goldenModel(const std::string& name)
{
    auto file = ModelFile::open(lectern::test::root() / name);
    CHECK_ROW(file.has_value(), file ? name : file.error().message);
    return file ? std::move(*file) : nullptr;
}

std::unique_ptr<Tokenizer> tokenizerOf(const std::string& name)
{
    const auto file = goldenModel(name);
    if (!file)
        return nullptr;
    auto tokenizer = Tokenizer::fromGguf(file->gguf());
    CHECK_ROW(tokenizer.has_value(), tokenizer ? name : tokenizer.error().message);
    return tokenizer ? std::move(*tokenizer) : nullptr;
}

std::unique_ptr<Tokenizer> small2000()
{
    return tokenizerOf("golden/tokenizer/small2000-vocab.gguf");
}

std::string bytesOfHex(const std::string& hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string repeated(std::string_view unit, std::size_t bytes)
{
    std::string text;
    text.reserve(bytes + unit.size());
    while (text.size() < bytes)
        text += unit;
    return text;
}

Gguf smallVocabulary()
{
    const auto file = goldenModel("golden/tokenizer/small2000-vocab.gguf");
    return file ? file->gguf() : Gguf{};
}

void checkRefused(const Gguf& gguf, ErrorCode code, std::string_view words)
{
    const auto tokenizer = Tokenizer::fromGguf(gguf);
    CHECK_ROW(!tokenizer, words);
    if (tokenizer)
        return;
    CHECK_ROW(tokenizer.error().code == code, tokenizer.error().message);
    CHECK_ROW(
        tokenizer.error().message.find(words) != std::string::npos, tokenizer.error().message);
}

} // namespace

TEST(TokenizerTest, agreesWithEveryGoldenCase)
{
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    std::ifstream file(lectern::test::root() / "golden/tokenizer/small2000-cases.json");
    const auto golden = nlohmann::json::parse(file);
    CHECK(tokenizer->vocabularySize() == golden["n_vocab"].get<std::size_t>());
    int cases = 0;
    for (const auto& row : golden["cases"]) {
        const std::string name =
            fmt::format("{} {}", row["i"].get<int>(), row["cat"].get<std::string>());
        std::string text;
        if (row.contains("utf8_hex")) {
            text = bytesOfHex(row["utf8_hex"].get<std::string>());
        } else {
            for (int i = 0; i < row["count"].get<int>(); ++i)
                text += row["repeat"].get<std::string>();
        }
        const auto plain = row["ids"].get<std::vector<TokenId>>();
        CHECK_ROW(tokenizer->encode(text, SpecialTokens::asText) == plain, name);
        const auto special =
            row.contains("ids_special") ? row["ids_special"].get<std::vector<TokenId>>() : plain;
        CHECK_ROW(tokenizer->encode(text, SpecialTokens::parsed) == special, name);
        CHECK_ROW(tokenizer->decode(plain) == text, name);
        CHECK_ROW(tokenizer->decode(special) == text, name);
        ++cases;
    }
    CHECK(cases == 149);
}

TEST(TokenizerTest, agreesWithTheReferenceUnderEveryFamilysRules)
{
    std::ifstream file(lectern::test::root() / "golden/architectures/texts.json");
    const auto golden = nlohmann::json::parse(file);
    for (const char* family : {"llama4", "llama-bpe", "qwen2"}) {
        Gguf gguf = smallVocabulary();
        gguf.keys["tokenizer.ggml.pre"] = std::string(family);
        const auto tokenizer = Tokenizer::fromGguf(gguf);
        REQUIRE(tokenizer);
        int cases = 0;
        for (const auto& row : golden["cases"]) {
            const auto& ids = row.contains(family) ? row[family] : row["llama4"];
            const auto got =
                (*tokenizer)->encode(row["text"].get<std::string>(), SpecialTokens::asText);
            CHECK_ROW(
                got == ids.get<std::vector<TokenId>>(), fmt::format("{} {}", family, row.dump()));
            ++cases;
        }
        CHECK(cases == 1200);
    }
}

TEST(TokenizerTest, loadsTheVocabulariesOfWholeModels)
{
    for (const char* name : {"golden/text/scout/model.gguf", "golden/text/maverick/model.gguf",
             "golden/text/chunk16/model.gguf", "golden/quant-model/Q4_K_M.gguf",
             "../resources/models/nano/nano-text-f16.gguf",
             "../resources/models/nano/nano-text-q8_0.gguf"}) {
        const auto tokenizer = tokenizerOf(name);
        CHECK_ROW(tokenizer != nullptr, name);
        if (!tokenizer)
            continue;
        CHECK_ROW(tokenizer->bos() == tokenizer->special("<|begin_of_text|>"), name);
        CHECK_ROW(tokenizer->special("<|header_start|>").has_value(), name);
        const std::string text = "It's 12345 caf\xC3\xA9s, \xF0\x9F\x98\x80\n\n  done.";
        CHECK_ROW(tokenizer->decode(tokenizer->encode(text, SpecialTokens::asText)) == text, name);
    }
}

TEST(TokenizerTest, specialNamesAreTextUnlessAskedFor)
{
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    const auto eot = tokenizer->special("<|eot|>");
    REQUIRE(eot.has_value());
    CHECK(tokenizer->isSpecial(*eot));
    CHECK(tokenizer->bytes(*eot) == "<|eot|>");
    CHECK(!tokenizer->special("<|no such token|>"));
    CHECK(!tokenizer->special("a"));
    for (const TokenId id : tokenizer->encode("a<|eot|>b", SpecialTokens::asText))
        CHECK(!tokenizer->isSpecial(id));
    const auto parsed = tokenizer->encode("<|eot|><|eot|>", SpecialTokens::parsed);
    CHECK(parsed == (std::vector<TokenId>{*eot, *eot}));
}

TEST(TokenizerTest, tokensAddedToAVocabularyAreNamesOfVisibleText)
{
    // Such as "<think>", of type 4: text never gives them either, but they are shown.
    Gguf gguf = smallVocabulary();
    const auto control = small2000()->special("<|eom|>");
    REQUIRE(control.has_value());
    auto& types = gguf.keys["tokenizer.ggml.token_type"];
    const auto index = static_cast<std::size_t>(*control);
    if (auto* unsignedTypes = std::get_if<std::vector<std::uint64_t>>(&types))
        (*unsignedTypes)[index] = 4;
    else
        std::get<std::vector<std::int64_t>>(types)[index] = 4;
    const auto tokenizer = Tokenizer::fromGguf(gguf);
    REQUIRE(tokenizer);
    CHECK((*tokenizer)->special("<|eom|>") == control);
    CHECK(!(*tokenizer)->isSpecial(*control));
    CHECK((*tokenizer)->encode("<|eom|>", SpecialTokens::parsed) == (std::vector{*control}));
    const auto text = (*tokenizer)->encode("<|eom|>", SpecialTokens::asText);
    CHECK(text.size() > 1);
    CHECK((*tokenizer)->decode(text) == "<|eom|>");
}

TEST(TokenizerTest, familiesDifferInWholePiecesFormAndBeginning)
{
    const auto under = [](const char* family) {
        Gguf gguf = smallVocabulary();
        gguf.keys["tokenizer.ggml.pre"] = std::string(family);
        gguf.keys["tokenizer.ggml.merges"] = std::vector<std::string>{};
        gguf.keys.erase("tokenizer.ggml.add_bos_token");
        auto made = Tokenizer::fromGguf(gguf);
        CHECK_ROW(made.has_value(), family);
        return made ? std::move(*made) : nullptr;
    };
    const auto llama = under("llama-bpe");
    const auto qwen = under("qwen2");
    REQUIRE(llama && qwen);
    // Without merges only a family that takes whole pieces finds " the".
    CHECK(llama->encode(" the", SpecialTokens::asText).size() == 1);
    CHECK(qwen->encode(" the", SpecialTokens::asText).size() == 4);
    const std::string apart = "e\xCC\x81";
    CHECK(llama->decode(llama->encode(apart, SpecialTokens::asText)) == apart);
    CHECK(qwen->decode(qwen->encode(apart, SpecialTokens::asText)) == "\xC3\xA9");
    // A special name is no base for marks behind it.
    const auto marked = qwen->encode("<|eot|>\xCC\xB8", SpecialTokens::parsed);
    CHECK(qwen->decode(marked) == "<|eot|>\xCC\xB8");
    CHECK(llama->beginsText());
    CHECK(!qwen->beginsText());
    Gguf gguf = smallVocabulary();
    gguf.keys["tokenizer.ggml.add_bos_token"] = false;
    const auto told = Tokenizer::fromGguf(gguf);
    CHECK(told && !(*told)->beginsText());
    gguf.keys["tokenizer.ggml.eos_token_id"] = std::uint64_t{2000};
    checkRefused(gguf, ErrorCode::malformed, "number 2000");
}

TEST(TokenizerTest, idsOutsideTheVocabularyAreNothing)
{
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    CHECK(tokenizer->bytes(-1).empty());
    CHECK(tokenizer->bytes(2000).empty());
    CHECK(!tokenizer->isSpecial(-1));
    CHECK(!tokenizer->isSpecial(2000));
    CHECK(tokenizer->encode("", SpecialTokens::parsed).empty());
}

TEST(TokenizerTest, invalidUtf8BecomesTheReplacementCharacter)
{
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    const auto becomes = [&](std::string_view in, std::string_view out) {
        CHECK_ROW(tokenizer->decode(tokenizer->encode(in, SpecialTokens::asText)) == out, out);
    };
    becomes("a\xFFz", "a\xEF\xBF\xBDz");
    becomes("\xC3", "\xEF\xBF\xBD");                                 // ends too early
    becomes("\xE2\x82z", "\xEF\xBF\xBDz");                           // one for the part
    becomes("\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD");                 // overlong
    becomes("\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // surrogate
    becomes("\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // too large
    becomes("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80");
}

TEST(TokenizerTest, hostileMegabytesTakeLinearTimeAndLoseNothing)
{
    // Quadratic code would need hours for each; the test's time limit is minutes.
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    for (const std::string unit :
        {"a", "A", "aB", " ", "\n", " \n", "\t \r\n", "\xF0\x9F\x98\x80", "!", "/", "1", "'", "'s",
            "\xCC\x81", "\xE4\xB8\xAD", "\xE0\xB8\xB1\xE0\xB8\x81", "\xC2\xA0", "\xE2\x80\x8B", "<",
            "<|", "the ", "ab'LL", "\xF0\x9F\x91\xA9\xE2\x80\x8D", "\xFF"}) {
        const std::string text = repeated(unit, 1'000'000);
        const auto ids = tokenizer->encode(text, SpecialTokens::parsed);
        if (unit != "\xFF")
            CHECK_ROW(tokenizer->decode(ids) == text, unit);
        CHECK_ROW(ids.size() <= 3 * text.size(), unit);
    }
}

TEST(TokenizerTest, longAndShortPiecesMergeByTheSameRule)
{
    // A long piece goes another way through the code than a word; both must be the plain rule:
    // lowest rank first, leftmost first.
    const auto file = goldenModel("golden/tokenizer/small2000-vocab.gguf");
    const auto tokenizer = small2000();
    REQUIRE(file && tokenizer);
    std::map<std::pair<std::string, std::string>, std::size_t> ranks; // for plain ASCII letters
    const auto& merges = *file->gguf().strings("tokenizer.ggml.merges");
    for (std::size_t i = 0; i < merges.size(); ++i) {
        const std::size_t space = merges[i].find(' ', 1);
        ranks.try_emplace({merges[i].substr(0, space), merges[i].substr(space + 1)}, i);
    }
    std::uint32_t state = 1;
    for (const std::size_t length : {2U, 10U, 47U, 48U, 49U, 50U, 64U, 200U, 700U}) {
        for (int round = 0; round < 8; ++round) {
            std::string text;
            for (std::size_t i = 0; i < length; ++i) {
                state = state * 1664525U + 1013904223U;
                text += "etaoinshr"[(state >> 24U) % 9];
            }
            std::vector<std::string> symbols;
            for (const char c : text)
                symbols.emplace_back(1, c);
            for (;;) {
                std::size_t best = SIZE_MAX;
                std::size_t at = 0;
                for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
                    const auto rank = ranks.find({symbols[i], symbols[i + 1]});
                    if (rank != ranks.end() && rank->second < best) {
                        best = rank->second;
                        at = i;
                    }
                }
                if (best == SIZE_MAX)
                    break;
                symbols[at] += symbols[at + 1];
                symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
            }
            std::vector<std::string> pieces;
            for (const TokenId id : tokenizer->encode(text, SpecialTokens::asText))
                pieces.emplace_back(tokenizer->bytes(id));
            CHECK_ROW(pieces == symbols, text);
        }
    }
}

TEST(TokenizerTest, refusesOtherTokenizersInWords)
{
    Gguf gguf = smallVocabulary();
    gguf.keys["tokenizer.ggml.model"] = std::string("llama");
    checkRefused(gguf, ErrorCode::unsupportedArchitecture, "\"llama\"");
    gguf = smallVocabulary();
    gguf.keys["tokenizer.ggml.pre"] = std::string("tekken");
    checkRefused(gguf, ErrorCode::unsupportedArchitecture, "\"tekken\"");
    for (const char* key : {"model", "pre", "tokens", "token_type", "merges"}) {
        gguf = smallVocabulary();
        gguf.keys.erase(std::string("tokenizer.ggml.") + key);
        checkRefused(gguf, ErrorCode::missingKey, std::string("tokenizer.ggml.") + key);
    }
}

TEST(TokenizerTest, refusesVocabulariesThatContradictThemselves)
{
    Gguf gguf = smallVocabulary();
    std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.tokens"]).pop_back();
    checkRefused(gguf, ErrorCode::malformed, "1999 tokens but 2000 token types");
    gguf = smallVocabulary();
    for (auto& token : std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.tokens"]))
        token = token == "A" ? "AAAA" : token;
    checkRefused(gguf, ErrorCode::malformed, "byte 65");
    for (const char* merge : {"", " ", "a", "a zzzzzzz", "a b c", " a", "a ", "\xE4\xB8\xAD a"}) {
        gguf = smallVocabulary();
        std::get<std::vector<std::string>>(gguf.keys["tokenizer.ggml.merges"])[5] = merge;
        checkRefused(gguf, ErrorCode::malformed, "Merge 5");
    }
    gguf = smallVocabulary();
    gguf.keys["tokenizer.ggml.bos_token_id"] = std::uint64_t{2000};
    checkRefused(gguf, ErrorCode::malformed, "number 2000");
}

TEST(Utf8StreamTest, holdsBackUnfinishedSequences)
{
    const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        Utf8Stream stream;
        std::string joined;
        for (std::size_t at = 0; at < text.size(); at += step) {
            const std::string delta = stream.push(std::string_view(text).substr(at, step));
            CHECK_ROW(delta.find("\xEF\xBF\xBD") == std::string::npos, std::to_string(step));
            joined += delta;
        }
        CHECK_ROW(joined + stream.finish() == text, std::to_string(step));
    }
}

TEST(Utf8StreamTest, replacesWhatCanNeverComplete)
{
    Utf8Stream stream;
    CHECK(stream.push("\xE2\x82") == "");
    CHECK(stream.push("x") == "\xEF\xBF\xBDx");
    CHECK(stream.push("\xFF") == "\xEF\xBF\xBD");
    CHECK(stream.push("\xF0\x9F") == "");
    CHECK(stream.finish() == "\xEF\xBF\xBD");
    CHECK(stream.finish() == "");
}

TEST(Utf8StreamTest, anyBytesInAnyCutsGiveTheSameValidText)
{
    // Bytes drawn so that half-right sequences are common: leads, continuations, edges, ASCII.
    constexpr std::string_view kBytes =
        "a\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xED\xEF\xF0\xF4"
        "\xF5\xFF";
    std::mt19937 random(3);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        for (unsigned i = random() % 12; i > 0; --i)
            bytes += kBytes[random() % kBytes.size()];
        Utf8Stream stream;
        std::string joined;
        bool valid = true;
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = random() % 4; // also nothing
            const std::string delta = stream.push(std::string_view(bytes).substr(at, size));
            valid = valid && isValidUtf8(delta);
            joined += delta;
            at += size;
        }
        joined += stream.finish();
        CHECK_ROW(valid && isValidUtf8(joined) && joined == toValidUtf8(bytes),
            fmt::format("round {}", round));
    }
}

TEST(TokenizerTest, anyTokensInAnyOrderGiveValidText)
{
    // What a model may produce: ids at random, special ones too, told token by token.
    const auto tokenizer = small2000();
    REQUIRE(tokenizer);
    std::mt19937 random(5);
    for (int round = 0; round < 300; ++round) {
        Utf8Stream stream;
        std::string joined;
        std::string bytes;
        for (int i = 0; i < 60; ++i) {
            const auto id = static_cast<TokenId>(random() % tokenizer->vocabularySize());
            bytes += tokenizer->bytes(id);
            const std::string delta = stream.push(tokenizer->bytes(id));
            CHECK_ROW(isValidUtf8(delta), fmt::format("round {}, token {}", round, id));
            joined += delta;
        }
        CHECK_ROW(joined + stream.finish() == toValidUtf8(bytes), fmt::format("round {}", round));
    }
}

TEST(TokenizerTest, replaysTheFuzzCorpus)
{
    CHECK(lectern::test::replayCorpus("tokenizer") >= 9);
}
