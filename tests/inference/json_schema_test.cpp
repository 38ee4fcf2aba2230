// SPDX-License-Identifier: Apache-2.0
// The schema compiler: what it refuses and how it says so, what it takes, and texts that want to
// break it.
#include "inference/json_automaton.h"
#include "inference/json_schema.h"
#include "tests/inference/golden.h"

#include <fstream>

using namespace lectern::inference;
using namespace lectern::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::string refusal(const std::string& schema)
{
    const auto grammar = compileJsonSchema(schema);
    return grammar ? std::string() : grammar.error().message;
}

// Whether the text can be written.
bool writes(const std::string& schema, const std::string& text)
{
    const auto grammar = compileJsonSchema(schema);
    if (!grammar) {
        fail(__FILE__, __LINE__, grammar.error().message + " " + schema);
        return false;
    }
    JsonAutomaton automaton(*grammar);
    auto state = automaton.start();
    for (const char byte : text) {
        state = automaton.next(state, static_cast<std::uint8_t>(byte));
        if (state == JsonAutomaton::kDead)
            return false;
    }
    return automaton.mayEnd(state);
}

std::string repeated(const std::string& text, int times)
{
    std::string result;
    for (int i = 0; i < times; ++i)
        result += text;
    return result;
}

} // namespace

TEST(JsonSchemaTest, whatIsNotSupportedIsNamedWithItsPlace)
{
    struct Row {
        const char* schema;
        const char* says;
    };
    for (const Row& row : std::vector<Row>{
             {R"({"not":{}})", "\"not\" at \"#\""},
             {R"({"properties":{"a":{"if":{}}}})", "\"if\" at \"#/properties/a\""},
             {R"({"items":{"maxLenght":3}})", "\"maxLenght\" at \"#/items\" is not a known"},
             {R"({"patternProperties":{"^a":{}}})", "patternProperties"},
             {R"({"type":"array","uniqueItems":true})", "uniqueItems"},
             {R"({"type":"array","contains":{}})", "contains"},
             {R"({"type":"string","format":"iri"})", "\"iri\""},
             {R"({"type":"string","pattern":"(?=a)b"})", "\"pattern\" at \"#\""},
             {R"({"type":"string","pattern":"a\\1"})", "escape"},
             {R"({"type":"string","pattern":"a{1,"})", "repetition"},
             {R"({"type":"string","pattern":"a{5000}"})", "repeats more than"},
             {R"({"type":"string","pattern":"(a|b)*a(a|b){20}"})", "states"},
             {R"({"type":"string","pattern":"[z-a]"})", "range"},
             {R"({"type":"string","pattern":"a","format":"date"})", "only one at a time"},
             {R"({"type":"strin"})", "\"type\" at \"#\""},
             {R"({"type":5})", "wrong kind"},
             {R"({"minLength":-1})", "wrong kind"},
             {R"({"minLength":1e300})", "too large"},
             {R"({"enum":[]})", "wrong kind"},
             {R"({"multipleOf":0.1})", "multipleOf"},
             {R"({"type":"number","multipleOf":0})", "multipleOf"},
             {R"({"exclusiveMinimum":true})", "wrong kind"},
             {R"({"$ref":"#/$defs/none"})", "\"#/$defs/none\""},
             {R"({"$ref":"https://example.org/s.json"})", "not in the schema"},
             {R"({"$ref":"#"})", "leads back to itself"},
             {R"({"anyOf":[{"$ref":"#"},{"type":"null"}]})", "leads back to itself"},
             {R"({"oneOf":[{"type":"string"},{"minLength":2}]})", "oneOf"},
             {R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "oneOf"},
             {R"({"type":"object","minProperties":1})", "minProperties"},
             {R"({"type":"object","maxProperties":1})", "maxProperties"},
             {R"({"type":"integer","minimum":3,"maximum":2})", "no value"},
             {R"({"enum":[1,2],"type":"string"})", "no value"},
             {R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})", "no value"},
             {R"(false)", "no value"},
             {R"({"type":"string","minLength":3,"maxLength":2})", "no value"},
             {R"({"type":"string","pattern":"a^"})", "^"},
             {R"({"enum":[{"a":1}],"properties":{}})", "fixed values"},
             {R"([1])", "neither an object"},
             {R"({"type":)", "not valid JSON"},
             {"\xFF", "not valid JSON"},
         }) {
        const std::string says = refusal(row.schema);
        CHECK_ROW(says.find(row.says) != std::string::npos, std::string(row.schema) + ": " + says);
    }
}

TEST(JsonSchemaTest, writesWhatTheSchemaMeansAndNothingElse)
{
    struct Row {
        const char* schema;
        std::vector<const char*> good;
        std::vector<const char*> bad;
    };
    const std::string tree = R"({"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":
        {"v":{"type":"integer"},"next":{"$ref":"#/$defs/t"}},"required":["v"],
        "additionalProperties":false}}})";
    for (const Row& row : std::vector<Row>{
             {"true", {"1", "\"x\"", "[]", "{}", "[1, {\"a\": []}]", "null", "-0.5e+10"},
                 {"", "01", "1.", "-", "[1,]", "{,}", "nul", " 1", "{\"a\" :1}", "[1 ,2]",
                     "\"\x01\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\xC3\"",
                     "\"\xED\xA0\x80\"", "\"\xC0\x80\"", "\"\\x\"", "1e999"}},
             {R"({"type":"integer","minimum":-12,"maximum":345})",
                 {"-12", "-9", "0", "-0", "345", "99"}, {"-13", "346", "1000", "1.0", "1e1"}},
             {R"({"type":"number","exclusiveMinimum":0,"maximum":2.5})",
                 {"0.1", "2.5", "2.500", "1", "2.4999", "0.000001"},
                 {"0", "0.0", "-1", "2.51", "3", "-0.1"}},
             {R"({"type":"integer","multipleOf":7,"minimum":10})", {"14", "70", "700"},
                 {"7", "15", "0"}},
             {R"({"type":"string","minLength":2,"maxLength":3})",
                 {"\"ab\"", "\"\xC3\xA4\xF0\x9F\x98\x80\"", "\"\\u00e4b\"", "\"\\ud83d\\ude00x\""},
                 {"\"a\"", "\"abcd\"", "\"\\n\"", "\"\\ud83d\\ude00\""}},
             {R"({"type":"string","pattern":"^[A-C]\\d{2}(x|yy)?$"})",
                 {"\"A00\"", "\"C12yy\"", "\"\\u0041\x31\x32x\""},
                 {"\"D00\"", "\"A0\"", "\"A00y\"", "\"A00xx\""}},
             {R"({"type":"string","pattern":"b.d"})", {"\"abcde\"", "\"bxd\"", "\"b\xC3\xA4\x64\""},
                 {"\"bd\"", "\"b\\nd\""}},
             {R"({"type":"string","pattern":"^a|b$"})", {"\"ax\"", "\"xb\"", "\"a\""}, {"\"xa\""}},
             {R"({"type":"string","pattern":"^[^\"\\\\]+$"})", {"\"a\\n\""}, {"\"\\\"\"", "\"\""}},
             {R"({"type":"string","pattern":"^a+$","minLength":3,"maxLength":4})",
                 {"\"aaa\"", "\"aaaa\""}, {"\"aa\"", "\"aaaaa\""}},
             {R"({"type":"string","format":"date-time"})",
                 {"\"2024-02-28T23:59:59Z\"", "\"1999-12-31T00:00:00.5+01:00\""},
                 {"\"2024-02-30T00:00:00Z\"", "\"2024-13-01T00:00:00Z\"", "\"2024-01-01\""}},
             {R"({"enum":["a",1,12,null,[1]]})", {"\"a\"", "1", "12", "null", "[1]"},
                 {"2", "\"b\"", "[1, 2]", "122"}},
             {R"({"enum":["a","bb",3],"type":"string","minLength":2})", {"\"bb\""}, {"\"a\"", "3"}},
             {R"({"properties":{"a":{"type":"null"},"b":{"const":1}},"required":["b"]})",
                 {R"({"b":1})", R"({"a": null, "b": 1})", "{\n  \"b\": 1\n}"},
                 {"{}", R"({"a":null})", R"({"b":1,"a":null})", R"({"b":1,"c":2})", R"({"b":2})"}},
             {R"({"properties":{"ab":{"type":"null"}},"additionalProperties":{"type":"integer"}})",
                 {R"({"ab":null,"a":1,"abc":2,"":3})", R"({"b":1})"},
                 {R"({"ab":1})", R"({"\u0061b":1})", R"({"b":null})", R"({"b":1,"ab":null})"}},
             {R"({"required":["x"]})", {R"({"x":[1]})"}, {"{}", "1"}},
             {R"({"prefixItems":[{"type":"null"},{"const":2}],"items":false})",
                 {"[]", "[null]", "[null, 2]"}, {"[2]", "[null,2,3]"}},
             {R"({"items":[{"type":"null"}],"additionalItems":{"type":"integer"},"minItems":2})",
                 {"[null,1]", "[null,1,2]"}, {"[null]", "[1,1]"}},
             {R"({"items":{"type":"boolean"},"minItems":1,"maxItems":2})",
                 {"[true]", "[true,false]"}, {"[]", "[true,true,true]"}},
             {R"({"allOf":[{"properties":{"a":{"minimum":3}}},{"properties":{"a":{"maximum":5}},
                 "required":["a"]}]})",
                 {R"({"a":4})"}, {"{}", R"({"a":6})", R"({"a":2})"}},
             {R"({"anyOf":[{"type":"null"},{"properties":{"k":{"const":"x"}},"required":["k"]},
                 {"properties":{"k":{"const":"y"},"n":{"type":"integer"}},"required":["k"]}]})",
                 {"null", R"({"k":"x"})", R"({"k":"y","n":1})"}, {R"({"k":"x","n":1})"}},
             {R"({"oneOf":[{"type":"object","properties":{"k":{"const":"x"}},"required":["k"]},
                 {"type":"object","properties":{"k":{"const":"y"}},"required":["k"]}]})",
                 {R"({"k":"x"})", R"({"k":"y"})"}, {R"({"k":"z"})"}},
             {R"({"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"integer"}},"maximum":3})",
                 {"3", "-7"}, {"4"}},
             {tree.c_str(), {R"({"v":1})", R"({"v":1,"next":{"v":2,"next":{"v":3}}})"},
                 {R"({"next":{"v":1}})", R"({"v":1,"x":1})"}},
             {R"({"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807})",
                 {"1", "-999999999999999"}, {"1000000000000000"}},
             {R"({"title":"t","description":"d","default":5,"x-note":1,"type":["null","boolean"]})",
                 {"null", "true"}, {"1"}},
         }) {
        for (const char* text : row.good)
            CHECK_ROW(writes(row.schema, text), std::string(row.schema) + " -> " + text);
        for (const char* text : row.bad)
            CHECK_ROW(!writes(row.schema, text), std::string(row.schema) + " -> " + text);
    }
}

TEST(JsonSchemaTest, nestingEndsWhereItMust)
{
    const auto nested = [](int levels) { return repeated("[", levels) + repeated("]", levels); };
    CHECK(writes("true", nested(kDeepestValue)));
    CHECK(!writes("true", nested(kDeepestValue + 1)));
}

TEST(JsonSchemaTest, hostileSchemasAreRefusedSoon)
{
    std::string many = R"({"type":"object","properties":{)";
    for (int i = 0; i < 3000; ++i)
        many += "\"p" + std::to_string(i) + "\":true,";
    many += R"("last":true}})";
    std::string product = R"({"allOf":[)";
    for (int i = 0; i < 12; ++i)
        product += R"({"anyOf":[{"minimum":1},{"maximum":2}]},)";
    product += "true]}";
    std::string chain = R"({"$ref":"#/$defs/d0","$defs":{)";
    for (int i = 0; i < 500; ++i)
        chain +=
            "\"d" + std::to_string(i) + R"(":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"},";
    chain += R"("d500":true}})";
    std::string doubling = R"({"$ref":"#/$defs/d0","$defs":{)";
    for (int i = 0; i < 60; ++i)
        doubling += "\"d" + std::to_string(i) + R"(":{"anyOf":[{"$ref":"#/$defs/d)"
            + std::to_string(i + 1) + R"("},{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}]},";
    doubling += R"("d60":true}})";
    std::string oneOf = R"({"oneOf":[)";
    for (int i = 0; i < 150; ++i)
        oneOf += "{\"const\":" + std::to_string(i) + "},";
    oneOf += "null]}";
    const auto pattern = [](const std::string& text) {
        return R"({"type":"string","pattern":")" + text + "\"}";
    };
    const std::vector<std::string> hostile{repeated("[", 100000),
        repeated("{\"items\":", 300) + "true" + repeated("}", 300), many, product, chain, doubling,
        oneOf, std::string(2U << 20U, ' '), pattern("((a{1000}){1000}){1000}"),
        pattern("(((.{30}){30}){30}){30}"), pattern(repeated("(", 5000) + repeated(")", 5000)),
        R"({"type":"string","pattern":"^[a-z]*x.{9}$","maxLength":1000000})"};
    for (const std::string& schema : hostile)
        CHECK_ROW(!refusal(schema).empty(), schema.substr(0, 60));
    // Large and in order.
    CHECK(
        refusal(R"({"type":"array","minItems":100000,"items":{"type":"array","minItems":100000}})")
            .empty());
}

TEST(JsonSchemaTest, theCorpusOfTheFuzzerPasses)
{
    int files = 0;
    for (const auto& entry :
        std::filesystem::directory_iterator(root() / "fuzz/corpus/json_schema")) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
        ++files;
    }
    CHECK(files > 20);
}
