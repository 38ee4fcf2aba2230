// SPDX-License-Identifier: Apache-2.0
// Answers held to JSON schemas: whatever the model would rather say, they parse and they fit.
#include "tests/inference/json_writer.h"

#include "tests/inference/engine_fixture.h"

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// Random schemas out of everything that is supported.
class Schemas {
public:
    explicit Schemas(std::uint64_t seed) : m_prng(seed) { }

    Json document()
    {
        Json schema = any(3);
        schema["$defs"] = {{"tree",
                               {{"type", "object"},
                                   {"properties",
                                       {{"left", {{"$ref", "#/$defs/tree"}}},
                                           {"value", {{"$ref", "#/$defs/leaf"}}}}},
                                   {"required", {"value"}}, {"additionalProperties", false}}},
            {"leaf", {{"type", {"integer", "null"}}, {"minimum", -7}, {"maximum", 1200}}},
            {"list", {{"type", "array"}, {"items", {{"$ref", "#/$defs/list"}}}, {"maxItems", 3}}}};
        return schema;
    }

private:
    std::size_t upTo(std::size_t most) { return m_prng.next() % (most + 1); }
    bool chance(std::size_t oneIn) { return upTo(oneIn - 1) == 0; }

    Json any(int depth)
    {
        switch (upTo(depth > 0 ? 11 : 6)) {
        case 0:
            return text();
        case 1:
            return number("integer");
        case 2:
            return number("number");
        case 3:
            return {{"type", "boolean"}};
        case 4:
            return {{"enum",
                Json::array({"red", "re", "\xC3\xA4\"\\\n", 1, 12, 1.5, nullptr, true,
                    Json::array({1, "x"}), Json::object({{"k", 1}})})}};
        case 5:
            return {{"const", chance(2) ? Json("the \xF0\x9F\x98\x80 one") : Json(-42)}};
        case 6:
            return {{"type", {"string", "null"}}, {"maxLength", upTo(3)}};
        case 7:
            return list(depth);
        case 8:
            return {{"anyOf", {any(depth - 1), any(depth - 1), any(depth - 1)}}};
        case 9:
            return chance(2) ? Json{{"$ref", "#/$defs/tree"}} : Json{{"$ref", "#/$defs/list"}};
        case 10:
            return {{"oneOf", {text(), number("integer"), list(depth - 1), {{"type", "null"}}}}};
        default:
            return object(depth);
        }
    }
    Json text()
    {
        Json schema{{"type", "string"}};
        const char* const patterns[] = {"^[a-z]{2,5}$", "ab?c", "^(yes|no|maybe)$",
            "^\\d{3}-[^\"]+$", "[\\w.]+@x$", "^(a|bc)*d{1,3}$"};
        if (chance(3)) {
            schema["pattern"] = patterns[upTo(5)];
        } else if (chance(6)) {
            schema["format"] = "date";
        } else {
            if (chance(2))
                schema["minLength"] = upTo(6);
            if (chance(2))
                schema["maxLength"] = 6 + upTo(20);
        }
        return schema;
    }
    Json number(const char* type)
    {
        Json schema{{"type", type}};
        const int low = static_cast<int>(upTo(3000)) - 1500;
        if (chance(2))
            schema[chance(2) ? "minimum" : "exclusiveMinimum"] =
                chance(2) ? Json(low) : Json(low / 16.0);
        if (chance(2))
            schema[chance(2) ? "maximum" : "exclusiveMaximum"] =
                chance(2) ? Json(low + 40) : Json(low + 40.25);
        if (chance(4))
            schema["multipleOf"] = 1 + upTo(11);
        return schema;
    }
    Json list(int depth)
    {
        Json schema{{"type", "array"}};
        if (!chance(4))
            schema["items"] = any(depth - 1);
        if (chance(3))
            schema["prefixItems"] = {any(depth - 1), any(depth - 1)};
        if (chance(2))
            schema["minItems"] = upTo(3);
        if (chance(2))
            schema["maxItems"] = 3 + upTo(3);
        return schema;
    }
    Json object(int depth)
    {
        Json schema{{"type", "object"}};
        const char* const names[] = {"a", "ab", "name", "n\"q", "\xC3\xA4", "value", "x y"};
        Json required = Json::array();
        for (const char* name : names)
            if (chance(2)) {
                schema["properties"][name] = any(depth - 1);
                if (chance(2))
                    required.push_back(name);
            }
        if (chance(8))
            required.push_back("other");
        if (!required.empty())
            schema["required"] = required;
        if (chance(2))
            schema["additionalProperties"] = chance(2) ? Json(false) : any(depth - 1);
        if (chance(6))
            return {{"allOf", {schema, {{"type", "object"}, {"required", {"a"}}}}}};
        return schema;
    }

    Prng m_prng;
};

void checkAnswer(const Json& schema, const Writer::Answer& answer, const std::string& row)
{
    CHECK_ROW(answer.error.empty(), row + ": " + answer.error);
    CHECK_ROW(answer.complete, row + ": " + answer.text);
    CHECK_ROW(isValidUtf8(answer.text), row);
    const Json value = Json::parse(answer.text, nullptr, false);
    CHECK_ROW(!value.is_discarded(), row + ": " + answer.text);
    if (!value.is_discarded())
        CHECK_ROW(Validator(schema).valid(value), row + ": " + answer.text + " " + schema.dump());
}

std::string refusal(const std::string& schema)
{
    const auto grammar = compileJsonSchema(schema);
    return grammar ? std::string() : grammar.error().message;
}

} // namespace

TEST(JsonAnswerTest, randomAnswersToRandomSchemasParseAndFit)
{
    int impossible = 0;
    for (std::uint64_t seed = 1; seed <= 600; ++seed) {
        const Json schema = Schemas(seed).document();
        const std::string text = schema.dump();
        if (const std::string why = refusal(text); !why.empty()) {
            // The only reason there may be: limits between which there is no number.
            CHECK_ROW(why.find("no value") != std::string::npos, why + text);
            ++impossible;
            continue;
        }
        Writer& writer = seed % 2 == 0 ? nanoWriter() : goldenWriter();
        // So few tokens that it must be led to its end, and enough that it may find it.
        for (const int maxTokens : {400, 4000})
            checkAnswer(schema, writer.write(text, seed, maxTokens), std::to_string(seed));
    }
    CHECK(impossible < 60);
}

TEST(JsonAnswerTest, theEndIsReachedWithinTheTokens)
{
    const Json schema = Json::parse(R"({"type":"object","properties":{"title":{"type":"string"},
        "tags":{"type":"array","items":{"type":"string"}},"n":{"type":"number"}},
        "required":["title","tags","n"],"additionalProperties":false})");
    const int shortest = static_cast<int>(std::string(R"({"title":"","tags":[],"n":0})").size());
    for (int maxTokens = shortest; maxTokens < shortest + 60; ++maxTokens)
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
            const auto answer = nanoWriter().write(schema.dump(), seed, maxTokens);
            CHECK(answer.tokens <= maxTokens);
            checkAnswer(schema, answer, std::to_string(maxTokens));
        }
    CHECK(!nanoWriter().write(schema.dump(), 1, 3).complete);
}

TEST(JsonAnswerTest, anyObjectWithoutASchema)
{
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const auto answer = goldenWriter().write("", seed, 300);
        checkAnswer(Json{{"type", "object"}}, answer, std::to_string(seed));
    }
}

TEST(JsonAnswerTest, everyKindOfTextCanBeWritten)
{
    // A model that wants one text and nothing else gets it through, escapes and all.
    const std::vector<std::string> wanted{R"({"a":"x","b":[1,2.5e-3,-0,true,null]})",
        "{\"a\": \"\\u00e4\\ud83d\\ude00\\n\\\"\", \"b\": []}",
        "{\n  \"a\": \"\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\",\n  \"b\": {\"c\": {}}\n}"};
    for (Writer* writer : {&nanoWriter(), &goldenWriter()})
        for (const std::string& text : wanted) {
            const auto ids = writer->tokenizer->encode(text, SpecialTokens::asText);
            std::size_t at = 0;
            const auto answer =
                writer->write(R"({"type":"object"})", 1, 500, [&](std::vector<float>& logits) {
                    if (at < ids.size())
                        logits[static_cast<std::size_t>(ids[at++])] = 1000;
                });
            CHECK_ROW(answer.text == text, answer.text);
            CHECK_ROW(answer.ended, text);
        }
}

TEST(JsonAnswerTest, noTokenBreaksAString)
{
    // Every token of the vocabulary, tried inside a string, is allowed exactly when JSON says so.
    for (Writer* writer : {&nanoWriter(), &goldenWriter()}) {
        static_cast<void>(writer->write("", 1, 1)); // makes the vocabulary
        TokenConstraint constraint(*writer->vocabulary,
            *compileJsonSchema(R"({"type":"array","items":{"type":"string"}})"));
        for (const char* begin : {"[", "\""})
            constraint.accept(writer->tokenizer->encode(begin, SpecialTokens::asText).at(0));
        const TokenMask allowed = constraint.allowed();
        int inside = 0;
        for (std::size_t i = 0; i < writer->tokenizer->vocabularySize(); ++i) {
            const auto id = static_cast<TokenId>(i);
            const std::string bytes(writer->tokenizer->bytes(id));
            if (writer->tokenizer->isSpecial(id)) {
                CHECK_ROW(!allowed.contains(i), bytes);
                continue;
            }
            // Some end of it must make it whole.
            bool possible = false;
            for (const char* utf8 : {"", "\x80", "\x90", "\xA0", "\x80\x80", "\x90\x80", "\xA0\x80",
                     "\x80\x80\x80", "\x90\x80\x80"})
                for (const char* rest : {"\"]", "]", "", "n\"]", "0061\"]", "\"\"]"})
                    possible = possible
                        || !Json::parse("[\"" + bytes + utf8 + rest, nullptr, false).is_discarded();
            inside += allowed.contains(i) ? 1 : 0;
            CHECK_ROW(allowed.contains(i) == possible, std::to_string(i) + " " + bytes);
        }
        CHECK(inside > 1000);
    }
}

TEST(JsonAnswerTest, masksAgreeWithBytes)
{
    // allowed() by walking trees equals trying every token by itself.
    for (std::uint64_t seed = 700; seed < 760; ++seed) {
        const std::string schema = Schemas(seed).document().dump();
        auto grammar = compileJsonSchema(schema);
        if (!grammar)
            continue;
        Writer& writer = nanoWriter();
        static_cast<void>(writer.write("", 1, 1));
        TokenConstraint constraint(*writer.vocabulary, std::move(*grammar));
        Prng prng(seed);
        for (int step = 0; step < 30 && !constraint.mustEnd(); ++step) {
            const TokenMask allowed = constraint.allowed();
            std::vector<TokenId> choices;
            for (std::size_t i = 0; i < allowed.size(); ++i) {
                const auto id = static_cast<TokenId>(i);
                if (writer.tokenizer->isSpecial(id))
                    continue;
                const bool possible = constraint.bytesToEndAfter(id) < kNever;
                CHECK_ROW(allowed.contains(i) == possible, schema);
                if (possible)
                    choices.push_back(id);
            }
            if (choices.empty()) { // a number of all its digits
                CHECK_ROW(constraint.mayEnd(), schema);
                break;
            }
            constraint.accept(choices[prng.next() % choices.size()]);
        }
    }
}

TEST(JsonAnswerTest, theEngineFollowsASchema)
{
    const std::string schema = R"({"type":"object","properties":{"colour":{"enum":["red","blue"]},
        "count":{"type":"integer","minimum":0,"maximum":99}},"required":["colour","count"]})";
    for (const float temperature : {0.0F, 1.0F, 5.0F}) {
        Request request = greedy({says(Role::user, "What is it?")}, 80);
        request.sampling.temperature = temperature;
        request.json = JsonAnswer{schema};
        Caller caller(sharedEngine(), request);
        const auto& result = caller.wait();
        REQUIRE(result.has_value());
        CHECK(result->reason == FinishReason::stop);
        const Json value = Json::parse(caller.text(), nullptr, false);
        CHECK_ROW(
            !value.is_discarded() && Validator(Json::parse(schema)).valid(value), caller.text());
    }
    Request request = greedy({says(Role::user, "What is it?")}, 4);
    request.json = JsonAnswer{schema};
    Caller caller(sharedEngine(), request);
    CHECK(caller.wait()->reason == FinishReason::maxTokens);
    request.json = JsonAnswer{R"({"type":"strin"})"};
    CHECK(answer(sharedEngine(), request).find("\"type\"") != std::string::npos);
}
