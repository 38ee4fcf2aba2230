// SPDX-License-Identifier: Apache-2.0
// The tables of keywords. Source: json-schema.org/draft/2020-12, and draft 7 for additionalItems.
#include "inference/json_schema_keywords.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

namespace lectern::inference {
namespace {

constexpr int kLargestCount = 1 << 20;

const std::set<std::string_view> kAnnotations{"$schema", "$id", "$comment", "$defs", "definitions",
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"};
// By the type they are about; 0: any.
const std::map<std::string_view, unsigned> kKeywords{{"type", 0}, {"enum", 0}, {"const", 0},
    {"$ref", 0}, {"anyOf", 0}, {"oneOf", 0}, {"allOf", 0}, {"properties", kObject},
    {"required", kObject}, {"additionalProperties", kObject}, {"minProperties", kObject},
    {"maxProperties", kObject}, {"items", kArray}, {"prefixItems", kArray},
    {"additionalItems", kArray}, {"minItems", kArray}, {"maxItems", kArray},
    {"uniqueItems", kArray}, {"minLength", kString}, {"maxLength", kString}, {"pattern", kString},
    {"format", kString}, {"minimum", kWhole | kFraction}, {"maximum", kWhole | kFraction},
    {"exclusiveMinimum", kWhole | kFraction}, {"exclusiveMaximum", kWhole | kFraction},
    {"multipleOf", kWhole | kFraction}};
const std::set<std::string_view> kUnsupported{"not", "if", "then", "else", "contains",
    "minContains", "maxContains", "patternProperties", "propertyNames", "dependentRequired",
    "dependentSchemas", "dependencies", "unevaluatedItems", "unevaluatedProperties", "$anchor",
    "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "contentEncoding", "contentMediaType",
    "contentSchema", "$vocabulary"};

bool rightKind(const std::string& key, const SchemaJson& value)
{
    const auto isText = [](const SchemaJson& one) { return one.is_string(); };
    const auto texts = [&] {
        return value.is_array() && std::all_of(value.begin(), value.end(), isText);
    };
    if (key == "type")
        return value.is_string() || texts();
    if (key == "required")
        return texts();
    if (key == "enum" || key == "anyOf" || key == "oneOf" || key == "allOf")
        return value.is_array() && !value.empty();
    if (key == "prefixItems")
        return value.is_array();
    if (key == "$ref" || key == "pattern" || key == "format")
        return value.is_string();
    if (key == "properties")
        return value.is_object();
    if (key == "items")
        return value.is_structured() || value.is_boolean();
    if (key == "additionalProperties" || key == "additionalItems")
        return value.is_object() || value.is_boolean();
    if (key == "uniqueItems")
        return value.is_boolean();
    if (key == "const")
        return true;
    const bool counts =
        key.ends_with("Items") || key.ends_with("Length") || key.ends_with("Properties");
    return counts ? countOf(value).has_value() : value.is_number();
}

} // namespace

std::string whyNotUsable(const std::string& keyword, const SchemaJson& value)
{
    if (kAnnotations.contains(keyword) || keyword.starts_with("x-"))
        return {};
    if (kUnsupported.contains(keyword))
        return "is not supported; leave it out or say it in other words.";
    if (!kKeywords.contains(keyword))
        return "is not a known keyword.";
    return rightKind(keyword, value) ? "" : "has a value of the wrong kind.";
}

unsigned typesOfKeyword(std::string_view keyword)
{
    const auto found = kKeywords.find(keyword);
    return found == kKeywords.end() ? 0 : found->second;
}

std::optional<unsigned> typesNamed(const SchemaJson& value)
{
    static const std::map<std::string_view, unsigned> kTypes{{"null", kNull}, {"boolean", kBoolean},
        {"integer", kWhole}, {"number", kWhole | kFraction}, {"string", kString}, {"array", kArray},
        {"object", kObject}};
    unsigned types = 0;
    const auto add = [&](const SchemaJson& name) {
        const auto found = kTypes.find(name.get_ref<const std::string&>());
        types |= found == kTypes.end() ? kEveryType + 1U : found->second;
    };
    if (value.is_string())
        add(value);
    else
        std::for_each(value.begin(), value.end(), add);
    return types > kEveryType ? std::nullopt : std::optional(types);
}

std::optional<int> countOf(const SchemaJson& value)
{
    if (!value.is_number())
        return std::nullopt;
    const double number = value.get<double>();
    if (!(number >= 0) || number != std::floor(number))
        return std::nullopt;
    return number > kLargestCount ? kNoLimit : static_cast<int>(number);
}

JsonSize jsonSize(std::string_view text)
{
    JsonSize size;
    std::vector<std::size_t> members; // of the open brackets
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            i += c == '\\' ? 1 : 0;
            inString = c != '"';
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            members.push_back(0);
            size.depth = std::max(size.depth, members.size());
        } else if ((c == '}' || c == ']') && !members.empty()) {
            members.pop_back();
        } else if (c == ':' && !members.empty()) {
            size.members = std::max(size.members, ++members.back());
        }
    }
    return size;
}

} // namespace lectern::inference
