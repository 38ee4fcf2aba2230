// SPDX-License-Identifier: Apache-2.0
// A "model" of random logits whose answers are held to a JSON schema, and a validator that shares
// nothing with the compiler.
#pragma once

#include "inference/json_schema.h"
#include "inference/sampler.h"
#include "inference/token_chooser.h"
#include "inference/utf8.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/golden.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

namespace lectern::test {

using Json = nlohmann::json;

inline std::unique_ptr<inference::Tokenizer> loadTokenizer(const std::filesystem::path& file)
{
    const std::string bytes = fileBytes(file);
    const auto gguf = inference::parseGguf(std::as_bytes(std::span(bytes)));
    if (!gguf) {
        fail(__FILE__, __LINE__, gguf.error().message);
        std::exit(1);
    }
    auto tokenizer = inference::Tokenizer::fromGguf(*gguf);
    if (!tokenizer) {
        fail(__FILE__, __LINE__, tokenizer.error().message);
        std::exit(1);
    }
    return std::move(*tokenizer);
}

// A vocabulary and its ends, kept over all answers.
struct Writer {
    explicit Writer(std::unique_ptr<inference::Tokenizer> loaded) : tokenizer(std::move(loaded))
    {
        for (const char* name : {"<|eot|>", "<|eom|>"})
            if (const auto id = tokenizer->special(name))
                ends.push_back(*id);
    }
    struct Answer {
        std::string text;
        bool ended = false; // by an end token, or because nothing could follow
        bool complete = false;
        int tokens = 0;
        std::string error;
    };
    // `likes` may raise logits; the others are random.
    Answer write(const std::string& schema, std::uint64_t seed, int maxTokens,
        const std::function<void(std::vector<float>&)>& likes = {})
    {
        inference::Request request;
        request.json = inference::JsonAnswer{schema};
        request.maxTokens = maxTokens;
        request.sampling.temperature = 1;
        request.sampling.topK = 0;
        request.sampling.topP = 1;
        request.sampling.seed = seed;
        Answer answer;
        auto chooser = inference::TokenChooser::create(request, *tokenizer, ends, vocabulary);
        if (!chooser) {
            answer.error = chooser.error().message;
            return answer;
        }
        inference::Prng prng(seed ^ 0xABCDEF);
        std::vector<float> logits(tokenizer->vocabularySize());
        while (answer.tokens < maxTokens && !chooser->mustEnd()) {
            for (float& logit : logits)
                logit = static_cast<float>(6 * prng.uniform());
            if (likes)
                likes(logits);
            const inference::TokenId id = chooser->choose(logits);
            if (std::find(ends.begin(), ends.end(), id) != ends.end()) {
                answer.ended = true;
                break;
            }
            chooser->accept(id);
            answer.text += tokenizer->bytes(id);
            ++answer.tokens;
        }
        answer.ended = answer.ended || chooser->mustEnd();
        answer.complete = chooser->mayEnd();
        return answer;
    }

    std::unique_ptr<inference::Tokenizer> tokenizer;
    std::vector<inference::TokenId> ends;
    std::unique_ptr<inference::JsonVocabulary> vocabulary;
};

inline Writer& nanoWriter()
{
    static Writer writer(loadTokenizer(root() / "../resources/models/nano/nano-text-f16.gguf"));
    return writer;
}
inline Writer& goldenWriter()
{
    static Writer writer(loadTokenizer(golden("tokenizer/small2000-vocab.gguf")));
    return writer;
}

inline std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(),
        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Whether the value is valid, by the words of the specification.
class Validator {
public:
    explicit Validator(const Json& schema) : m_root(schema) { }
    [[nodiscard]] bool valid(const Json& value) const { return valid(m_root, value); }

private:
    [[nodiscard]] static bool isType(const std::string& type, const Json& value)
    {
        if (type == "integer")
            return value.is_number_integer()
                || (value.is_number() && value.get<double>() == std::floor(value.get<double>()));
        return type == "null"   ? value.is_null()
            : type == "boolean" ? value.is_boolean()
            : type == "number"  ? value.is_number()
            : type == "string"  ? value.is_string()
            : type == "array"   ? value.is_array()
                                : value.is_object();
    }
    [[nodiscard]] bool valid(const Json& schema, const Json& value) const
    {
        if (schema.is_boolean())
            return schema.get<bool>();
        for (const auto& [key, rule] : schema.items())
            if (!holds(schema, key, rule, value))
                return false;
        return true;
    }
    [[nodiscard]] bool holds(
        const Json& schema, const std::string& key, const Json& rule, const Json& value) const
    {
        const auto passes = [&](const Json& one) { return valid(one, value); };
        if (key == "$ref")
            return valid(m_root.at(Json::json_pointer(rule.get<std::string>().substr(1))), value);
        if (key == "type")
            return rule.is_string() ? isType(rule, value)
                                    : std::any_of(rule.begin(), rule.end(),
                                        [&](const Json& one) { return isType(one, value); });
        if (key == "enum")
            return std::find(rule.begin(), rule.end(), value) != rule.end();
        if (key == "const")
            return rule == value;
        if (key == "anyOf")
            return std::any_of(rule.begin(), rule.end(), passes);
        if (key == "allOf")
            return std::all_of(rule.begin(), rule.end(), passes);
        if (key == "oneOf")
            return std::count_if(rule.begin(), rule.end(), passes) == 1;
        if (value.is_string())
            return holdsForText(key, rule, value);
        if (value.is_number())
            return holdsForNumber(key, rule, value.get<double>());
        if (value.is_array())
            return holdsForArray(schema, key, rule, value);
        if (value.is_object())
            return holdsForObject(schema, key, rule, value);
        return true;
    }
    [[nodiscard]] static bool holdsForText(
        const std::string& key, const Json& rule, const std::string& text)
    {
        if (key == "minLength")
            return characters(text) >= rule.get<std::size_t>();
        if (key == "maxLength")
            return characters(text) <= rule.get<std::size_t>();
        if (key == "pattern")
            return std::regex_search(text, std::regex(rule.get<std::string>()));
        if (key == "format" && rule == "date")
            return std::regex_match(text, std::regex("\\d{4}-\\d\\d-\\d\\d"));
        return true;
    }
    [[nodiscard]] static bool holdsForNumber(
        const std::string& key, const Json& rule, double number)
    {
        if (key == "minimum")
            return number >= rule.get<double>();
        if (key == "maximum")
            return number <= rule.get<double>();
        if (key == "exclusiveMinimum")
            return number > rule.get<double>();
        if (key == "exclusiveMaximum")
            return number < rule.get<double>();
        if (key == "multipleOf")
            return std::fmod(number, rule.get<double>()) == 0;
        return true;
    }
    [[nodiscard]] bool holdsForArray(
        const Json& schema, const std::string& key, const Json& rule, const Json& value) const
    {
        const std::size_t prefix =
            schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
        if (key == "minItems")
            return value.size() >= rule.get<std::size_t>();
        if (key == "maxItems")
            return value.size() <= rule.get<std::size_t>();
        bool good = true;
        for (std::size_t i = 0; i < value.size(); ++i)
            if (key == "prefixItems" ? i < prefix : key == "items" && i >= prefix)
                good = good && valid(key == "items" ? rule : rule[i], value[i]);
        return good;
    }
    [[nodiscard]] bool holdsForObject(
        const Json& schema, const std::string& key, const Json& rule, const Json& value) const
    {
        if (key == "required")
            return std::all_of(rule.begin(), rule.end(),
                [&](const Json& name) { return value.contains(name.get<std::string>()); });
        const Json properties = schema.value("properties", Json::object());
        bool good = true;
        for (const auto& [name, one] : value.items()) {
            if (key == "properties" && rule.contains(name))
                good = good && valid(rule[name], one);
            if (key == "additionalProperties" && !properties.contains(name))
                good = good && valid(rule, one);
        }
        return good;
    }

    const Json& m_root;
};

} // namespace lectern::test
