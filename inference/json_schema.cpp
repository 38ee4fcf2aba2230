// SPDX-License-Identifier: Apache-2.0
// The schema compiler. A place of the answer is described by several schemas at once (allOf, $ref
// beside other keywords, properties seen from several schemas), so a node is compiled from a list
// of schemas that all hold there, and alternatives are multiplied out.
#include "inference/json_schema.h"

#include "inference/json_schema_keywords.h"
#include "inference/json_schema_parts.h"
#include "inference/json_text_steps.h"
#include "inference/quoted.h"
#include "inference/utf8.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>
#include <unordered_map>

namespace lectern::inference {
namespace {

using Json = SchemaJson;

constexpr std::size_t kMostSchemaBytes = 1U << 20U;
constexpr std::size_t kDeepestSchema = 200;
constexpr std::size_t kMostMembers = 2000; // of an object, which is searched one by one
constexpr std::size_t kMostNodes = 5000;
constexpr std::size_t kMostShapes = 20'000;
constexpr std::size_t kMostAlternatives = 512; // of one node
constexpr std::size_t kMostLooks = 2'000'000;  // keywords and properties looked at
constexpr std::size_t kMostTableBytes = 64U << 20U;
constexpr std::size_t kDeepestReference = 64;
constexpr std::int64_t kLargestNumber = 1'000'000'000'000'000; // limits beyond: as none

// Whether implied restrictions (a type from its keywords, no undeclared properties) are made.
// Alternatives of oneOf are judged by what they mean, not by what would be written.
enum class Reading { narrowed, exact };

using Schemas = std::vector<const Json*>; // all hold; in the order they were met

class Compiler {
public:
    explicit Compiler(const Json& root) : m_root(&root) { m_paths[&root] = "#"; }

    Result<JsonGrammar> compile()
    {
        m_grammar.root = node({m_root}, Reading::narrowed);
        while (m_error.empty() && m_done < m_todo.size()) {
            const Todo todo = m_todo[m_done++];
            fill(todo);
        }
        if (!m_error.empty())
            return fail(ErrorCode::invalidRequest, std::move(m_error));
        const bool possible = finishGrammar(m_grammar);
        for (const Exclusive& one : m_exclusive)
            if (!visiblyDisjoint(m_grammar, one.first, one.second, m_approximate))
                return fail(ErrorCode::invalidRequest,
                    fmt::format("JSON schema: the alternatives of oneOf at {} do not visibly "
                                "exclude each other; give them different types or a property with "
                                "different constants, or use anyOf.",
                        one.path));
        if (!possible)
            return fail(ErrorCode::invalidRequest,
                "JSON schema: no value that could be written fits the schema.");
        return std::move(m_grammar);
    }

private:
    struct Todo {
        int node = 0;
        Schemas schemas;
        Reading reading = Reading::narrowed;
    };
    struct Exclusive {
        int first = 0;
        int second = 0;
        std::string path;
    };

    void refuse(const Json* schema, std::string_view keyword, std::string_view why)
    {
        if (m_error.empty())
            m_error = fmt::format("JSON schema: {} at {} {}", shown(keyword), path(schema), why);
    }
    void tooLarge()
    {
        if (m_error.empty())
            m_error = "JSON schema: the schema is too large or has too many combinations of its "
                      "alternatives.";
    }
    static std::string shown(std::string_view text) { return lectern::inference::inQuotes(text); }
    // For people: printable, and only the end of a long one.
    [[nodiscard]] std::string path(const Json* schema) const
    {
        constexpr std::size_t kShown = 60;
        const std::string& whole = place(schema);
        return shown(
            whole.size() <= kShown ? whole : "..." + whole.substr(whole.size() - kShown + 3));
    }
    [[nodiscard]] const std::string& place(const Json* schema) const
    {
        static const std::string kRoot = "#";
        const auto found = m_paths.find(schema);
        return found == m_paths.end() ? kRoot : found->second;
    }
    // A schema inside another; remembers where it is.
    const Json* inside(const Json* schema, const std::string& key, const Json& child)
    {
        constexpr std::size_t kKept = 64; // of a key
        if (const auto [found, isNew] = m_paths.try_emplace(&child); isNew)
            found->second = place(schema) + "/" + key.substr(0, kKept);
        return &child;
    }
    bool work(std::size_t amount = 1)
    {
        m_work += amount;
        if (m_work > kMostLooks)
            tooLarge();
        return m_error.empty();
    }

    int node(const Schemas& schemas, Reading reading)
    {
        const auto [found, isNew] =
            m_nodes.try_emplace({schemas, reading}, static_cast<int>(m_grammar.nodes.size()));
        if (isNew) {
            m_grammar.nodes.emplace_back();
            m_todo.push_back({found->second, schemas, reading});
            if (m_grammar.nodes.size() > kMostNodes)
                tooLarge();
        }
        return found->second;
    }

    void fill(const Todo& todo)
    {
        std::vector<Schemas> alternatives{{}};
        for (const Json* schema : todo.schemas)
            alternatives = product(alternatives, expand(schema));
        for (const Schemas& all : alternatives) {
            if (!m_error.empty())
                return;
            addShapes(todo.node, all, todo.reading);
        }
        m_shapeCount += m_grammar.node(todo.node).shapes.size();
        if (m_shapeCount > kMostShapes)
            tooLarge();
    }

    std::vector<Schemas> product(
        const std::vector<Schemas>& left, const std::vector<Schemas>& right)
    {
        std::vector<Schemas> result;
        for (const Schemas& one : left)
            for (const Schemas& other : right) {
                Schemas both = one;
                for (const Json* schema : other)
                    if (std::find(both.begin(), both.end(), schema) == both.end())
                        both.push_back(schema);
                if (result.size() >= kMostAlternatives || !work(both.size() + 1)) {
                    tooLarge();
                    return {};
                }
                result.push_back(std::move(both));
            }
        return result;
    }

    // The alternatives of a schema: in each, all its schemas hold by their own keywords.
    std::vector<Schemas> expand(const Json* schema)
    {
        if (schema->is_boolean())
            return schema->get<bool>() ? std::vector<Schemas>{{}} : std::vector<Schemas>{};
        if (!check(schema))
            return {};
        if (std::find(m_path.begin(), m_path.end(), schema) != m_path.end()
            || m_path.size() > kDeepestReference) {
            refuse(schema, "$ref", "leads back to itself without anything in between.");
            return {};
        }
        m_path.push_back(schema);
        std::vector<Schemas> result{{schema}};
        if (const auto ref = schema->find("$ref"); ref != schema->end())
            if (const Json* target = resolve(schema, *ref))
                result = product(result, expand(target));
        if (const auto all = schema->find("allOf"); all != schema->end())
            for (std::size_t i = 0; i < all->size() && m_error.empty(); ++i)
                result =
                    product(result, expand(inside(schema, fmt::format("allOf/{}", i), (*all)[i])));
        for (const char* keyword : {"anyOf", "oneOf"}) {
            const auto any = schema->find(keyword);
            if (any == schema->end())
                continue;
            std::vector<Schemas> sum;
            std::vector<const Json*> each;
            for (std::size_t i = 0; i < any->size() && m_error.empty(); ++i) {
                const Json* one = inside(schema, fmt::format("{}/{}", keyword, i), (*any)[i]);
                each.push_back(one);
                for (Schemas& alternative : expand(one))
                    sum.push_back(std::move(alternative));
            }
            if (std::string_view(keyword) == "oneOf" && m_checkedOneOf.insert(schema).second)
                exclude(schema, each);
            result = product(result, sum);
        }
        m_path.pop_back();
        return result;
    }

    void exclude(const Json* schema, const std::vector<const Json*>& each)
    {
        if (each.size() > 100) {
            refuse(schema, "oneOf", "has more than 100 alternatives; use anyOf.");
            return;
        }
        for (std::size_t i = 0; i < each.size(); ++i)
            for (std::size_t j = i + 1; j < each.size(); ++j)
                m_exclusive.push_back({node(Schemas{each[i]}, Reading::exact),
                    node(Schemas{each[j]}, Reading::exact), path(schema)});
    }

    // A pointer into the document (RFC 6901).
    const Json* resolve(const Json* from, const Json& reference)
    {
        const auto& text = reference.get_ref<const std::string&>();
        const auto unknown = [&] {
            refuse(from, "$ref",
                fmt::format("leads to {}, which is not in the schema (only places inside it, such "
                            "as #/$defs/name, can be meant).",
                    shown(text)));
            return nullptr;
        };
        if (!text.starts_with('#') || (text.size() > 1 && text[1] != '/'))
            return unknown();
        const Json* at = m_root;
        std::string where = "#";
        std::string_view rest = std::string_view(text).substr(1);
        while (!rest.empty()) {
            rest.remove_prefix(1);
            const std::string_view written = rest.substr(0, rest.find('/'));
            rest.remove_prefix(written.size());
            std::string key;
            for (std::size_t i = 0; i < written.size(); ++i) {
                const bool tilde = written[i] == '~' && i + 1 < written.size();
                key += tilde && written[i + 1] == '1' ? '/' : written[i];
                i += tilde && (written[i + 1] == '0' || written[i + 1] == '1') ? 1 : 0;
            }
            if (at->is_object() && at->contains(key)) {
                at = &*at->find(key);
            } else if (at->is_array() && !key.empty() && key.size() < 7
                && key.find_first_not_of("0123456789") == std::string::npos
                && std::stoul(key) < at->size()) {
                at = &(*at)[std::stoul(key)];
            } else {
                return unknown();
            }
            where += "/" + std::string(written);
        }
        m_paths.try_emplace(at, where);
        return at;
    }

    // Every keyword of one schema, once: known, and of the right kind.
    bool check(const Json* schema)
    {
        if (!schema->is_object()) {
            refuse(schema, "schema", "is neither an object nor true or false.");
            return false;
        }
        if (m_checked.contains(schema))
            return m_error.empty();
        m_checked.insert(schema);
        for (const auto& [key, value] : schema->items()) {
            if (!work())
                return false;
            if (const auto why = whyNotUsable(key, value); !why.empty())
                refuse(schema, key, why);
        }
        return m_error.empty();
    }

    // Calls use(schema, value) for every schema that has the keyword.
    template <class Use> void each(const Schemas& all, const char* keyword, Use use)
    {
        for (const Json* schema : all)
            if (const auto found = schema->find(keyword); found != schema->end())
                use(schema, *found);
    }
    int least(const Schemas& all, const char* keyword)
    {
        int result = 0;
        each(all, keyword, [&](const Json* schema, const Json& value) {
            result = std::max(result, countOf(value).value_or(0));
            if (result == kNoLimit)
                refuse(schema, keyword, "is too large.");
        });
        return result == kNoLimit ? 0 : result;
    }
    int most(const Schemas& all, const char* keyword)
    {
        int result = kNoLimit;
        each(all, keyword, [&](const Json*, const Json& value) {
            result = std::min(result, countOf(value).value_or(kNoLimit));
        });
        return result;
    }

    unsigned typesOf(const Schemas& all, Reading reading)
    {
        unsigned types = kEveryType;
        bool named = false;
        each(all, "type", [&](const Json* schema, const Json& value) {
            named = true;
            const auto own = typesNamed(value);
            if (!own)
                return refuse(schema, "type", "names a type that does not exist.");
            types &= *own;
        });
        if (named || reading == Reading::exact)
            return types;
        unsigned implied = 0; // by keywords of one type
        for (const Json* schema : all)
            for (const auto& [key, value] : schema->items())
                implied |= typesOfKeyword(key);
        const bool one = implied == kObject || implied == kArray || implied == kString
            || implied == (kWhole | kFraction);
        return one ? implied : types;
    }

    void addShapes(int node, const Schemas& all, Reading reading)
    {
        const unsigned types = typesOf(all, reading);
        std::vector<std::string> literals;
        const bool fixed = std::any_of(all.begin(), all.end(), [](const Json* schema) {
            return schema->contains("enum") || schema->contains("const");
        });
        if (fixed) {
            literals = fixedValues(all, types);
        } else {
            if ((types & kNull) != 0)
                literals.emplace_back("null");
            if ((types & kBoolean) != 0) {
                literals.emplace_back("true");
                literals.emplace_back("false");
            }
            if ((types & (kWhole | kFraction)) != 0)
                addNumber(node, all, types);
            if ((types & kString) != 0)
                addString(node, all);
            if ((types & kArray) != 0)
                addArray(node, all, reading);
            if ((types & kObject) != 0)
                addObject(node, all, reading);
        }
        if (!literals.empty())
            add(node, ShapeKind::literal, m_grammar.literals, literalShape(literals));
    }

    template <class List, class One> void add(int node, ShapeKind kind, List& list, One&& shape)
    {
        m_grammar.nodes[static_cast<std::size_t>(node)].shapes.push_back(
            {.kind = kind, .index = static_cast<int>(list.size())});
        list.push_back(std::forward<One>(shape));
    }

    // The values of enum and const that fit all other keywords.
    std::vector<std::string> fixedValues(const Schemas& all, unsigned types)
    {
        std::vector<std::string> texts;
        const Json* first = nullptr;
        const auto candidates = [](const Json* schema) {
            const auto constant = schema->find("const");
            return constant != schema->end() ? Json::array({*constant}) : (*schema)["enum"];
        };
        for (const Json* schema : all)
            if (first == nullptr && (schema->contains("enum") || schema->contains("const")))
                first = schema;
        for (const Json& value : candidates(first)) {
            const bool fits = std::all_of(all.begin(), all.end(), [&](const Json* schema) {
                const auto constant = schema->find("const");
                const auto list = schema->find("enum");
                return work() && (constant == schema->end() || *constant == value)
                    && (list == schema->end()
                        || (work(list->size())
                            && std::find(list->begin(), list->end(), value) != list->end()));
            });
            if (fits && fitsKeywords(all, types, value))
                texts.push_back(jsonText(value));
        }
        return texts;
    }

    bool fitsKeywords(const Schemas& all, unsigned types, const Json& value)
    {
        if (value.is_null())
            return (types & kNull) != 0;
        if (value.is_boolean())
            return (types & kBoolean) != 0;
        if (value.is_structured()) {
            const unsigned type = value.is_array() ? kArray : kObject;
            for (const Json* schema : all)
                for (const auto& [key, unused] : schema->items())
                    if (typesOfKeyword(key) == type)
                        refuse(schema, key,
                            "stands beside fixed values (enum or const) of arrays "
                            "or objects, which is not supported.");
            return (types & type) != 0;
        }
        if (value.is_string()) {
            if ((types & kString) == 0)
                return false;
            const auto shape = stringShape(all);
            const auto& text = value.get_ref<const std::string&>();
            int length = 0;
            for (std::string_view rest = text; !rest.empty(); ++length)
                static_cast<void>(takeCharacter(rest));
            return shape && length >= shape->least && length <= shape->most
                && shape->chars.accepts(text);
        }
        const double number = value.get<double>();
        const bool whole = value.is_number_integer() || number == std::floor(number);
        if ((types & (whole ? kWhole : kFraction)) == 0)
            return false;
        bool fits = true;
        each(all, "minimum", [&](auto, const Json& v) { fits = fits && value >= v; });
        each(all, "maximum", [&](auto, const Json& v) { fits = fits && value <= v; });
        each(all, "exclusiveMinimum", [&](auto, const Json& v) { fits = fits && value > v; });
        each(all, "exclusiveMaximum", [&](auto, const Json& v) { fits = fits && value < v; });
        each(all, "multipleOf", [&](auto, const Json& v) {
            fits = fits && std::fmod(number, v.template get<double>()) == 0;
        });
        return fits;
    }

    void addNumber(int node, const Schemas& all, unsigned types)
    {
        constexpr int kDigits = 15; // what a double tells apart
        NumberShape shape;
        shape.integer = (types & kFraction) == 0;
        each(all, "multipleOf", [&](const Json* schema, const Json& value) {
            const double step = value.get<double>();
            if (!(step >= 1) || step != std::floor(step) || step > 1e9)
                return refuse(
                    schema, "multipleOf", "is not a whole number from 1 to 1,000,000,000.");
            const auto own = static_cast<std::int64_t>(step);
            const std::int64_t both = shape.step / gcd(shape.step, own) * own;
            if (both > kLargestNumber)
                return refuse(schema, "multipleOf", "asks for a number that is too large.");
            shape.step = both;
            shape.integer = true;
        });
        DigitCount wanted{1, 6};
        constexpr const char* kLimits[] = {
            "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"};
        shape.limited = shape.step > 1;
        for (const char* keyword : kLimits)
            each(all, keyword, [&](const Json*, const Json& value) {
                shape.limited = true;
                if (std::abs(value.get<double>()) >= static_cast<double>(kLargestNumber))
                    return;
                const DigitCount has = digitsOf(value);
                wanted.whole = std::max(wanted.whole, has.whole);
                wanted.decimals = std::max(wanted.decimals, std::min(has.decimals, 9));
            });
        if (shape.limited) {
            shape.decimals =
                shape.integer ? 0 : std::clamp(kDigits - wanted.whole, 0, wanted.decimals);
            shape.digits = kDigits - shape.decimals;
            shape.high = 1;
            for (int i = 0; i < kDigits; ++i)
                shape.high *= 10;
            shape.high -= 1;
            shape.low = -shape.high;
            for (const char* keyword : kLimits) {
                const bool lower = std::string_view(keyword).ends_with("inimum");
                const std::int64_t beyond = keyword[0] == 'e' ? 1 : 0;
                each(all, keyword, [&](const Json* schema, const Json& value) {
                    const double number = value.get<double>();
                    if (lower && number >= static_cast<double>(kLargestNumber))
                        refuse(schema, keyword, "is too large.");
                    else if (!lower && number <= -static_cast<double>(kLargestNumber))
                        refuse(schema, keyword, "is too far below zero.");
                    else if (lower)
                        shape.low =
                            std::max(shape.low, scaled(value, shape.decimals, Round::up) + beyond);
                    else
                        shape.high = std::min(
                            shape.high, scaled(value, shape.decimals, Round::down) - beyond);
                });
            }
        }
        add(node, ShapeKind::number, m_grammar.numbers, shape);
    }
    static std::int64_t gcd(std::int64_t a, std::int64_t b)
    {
        while (b != 0)
            a = std::exchange(b, a % b);
        return a;
    }

    // Nothing when there is an error.
    std::optional<StringShape> stringShape(const Schemas& all)
    {
        StringShape shape;
        shape.least = least(all, "minLength");
        shape.most = most(all, "maxLength");
        std::set<std::string_view> patterns;
        const Json* where = nullptr;
        each(all, "format", [&](const Json* schema, const Json& value) {
            const auto& name = value.get_ref<const std::string&>();
            const auto pattern = formatPattern(name);
            if (!pattern)
                return refuse(schema, "format",
                    fmt::format("names {}; known are date, time, date-time, uuid, ipv4 and email.",
                        shown(name)));
            patterns.insert(*pattern);
            where = schema;
        });
        each(all, "pattern", [&](const Json* schema, const Json& value) {
            patterns.insert(value.get_ref<const std::string&>());
            where = schema;
        });
        if (patterns.size() > 1)
            refuse(where, "pattern",
                "is not the only pattern or format of its text; only one at a time is supported.");
        if (!m_error.empty())
            return std::nullopt;
        if (patterns.empty()) {
            shape.chars = anyText();
        } else {
            auto [found, isNew] = m_patterns.try_emplace(std::string(*patterns.begin()));
            if (isNew) {
                auto dfa = patternDfa(found->first);
                if (!dfa) {
                    refuse(where, "pattern", "cannot be used. " + dfa.error().message);
                    return std::nullopt;
                }
                found->second = std::move(*dfa);
                if (m_patterns.size() > 500)
                    tooLarge();
            }
            shape.chars = found->second;
        }
        if (shape.least > shape.most)
            shape.chars.states.clear(); // no text is both
        if (!measure(shape)) {
            refuse(where, "pattern", "is too large together with minLength or maxLength.");
            return std::nullopt;
        }
        m_tableBytes +=
            shape.toEnd.size() * sizeof(int) + shape.chars.states.size() * sizeof(CharDfa::State);
        for (const auto& state : shape.chars.states)
            m_tableBytes += state.edges.size() * sizeof(CharDfa::Edge);
        if (m_tableBytes > kMostTableBytes)
            tooLarge();
        return shape;
    }

    int addString(StringShape shape, bool approximate)
    {
        m_grammar.strings.push_back(std::move(shape));
        m_approximate.push_back(approximate);
        return static_cast<int>(m_grammar.strings.size()) - 1;
    }
    void addString(int node, const Schemas& all)
    {
        auto shape = stringShape(all);
        if (!shape)
            return;
        const bool approximate = std::any_of(
            all.begin(), all.end(), [](const Json* schema) { return schema->contains("format"); });
        m_grammar.nodes[static_cast<std::size_t>(node)].shapes.push_back(
            {.kind = ShapeKind::string, .index = addString(std::move(*shape), approximate)});
    }

    void addArray(int node, const Schemas& all, Reading reading)
    {
        each(all, "uniqueItems", [&](const Json* schema, const Json& value) {
            if (value.get<bool>())
                refuse(schema, "uniqueItems", "is not supported; leave it out.");
        });
        ArrayShape shape;
        shape.least = least(all, "minItems");
        shape.most = most(all, "maxItems");
        // What a schema says of the first items, and of those behind them.
        struct Items {
            const Json* schema = nullptr;
            const Json* first = nullptr;
            const Json* rest = nullptr;
            std::string firstKey;
            std::string restKey;
        };
        std::vector<Items> says;
        std::size_t prefix = 0;
        bool named = false;
        for (const Json* schema : all) {
            const auto find = [&](const char* key) -> const Json* {
                const auto found = schema->find(key);
                return found == schema->end() ? nullptr : &*found;
            };
            Items items{schema, find("prefixItems"), find("items"), "prefixItems", "items"};
            if (items.rest != nullptr && items.rest->is_array()) {
                if (items.first != nullptr)
                    refuse(schema, "items", "is a list beside prefixItems.");
                items = {schema, items.rest, find("additionalItems"), "items", "additionalItems"};
            } else if (find("additionalItems") != nullptr) {
                refuse(schema, "additionalItems", "has a meaning only where items is a list.");
            }
            if (items.first != nullptr)
                prefix = std::max(prefix, items.first->size());
            named = named || items.rest != nullptr;
            says.push_back(std::move(items));
        }
        const auto nodeAt = [&](std::size_t index) {
            Schemas item;
            for (const Items& one : says) {
                if (one.first != nullptr && index < one.first->size())
                    item.push_back(inside(one.schema, fmt::format("{}/{}", one.firstKey, index),
                        (*one.first)[index]));
                else if (one.rest != nullptr)
                    item.push_back(inside(one.schema, one.restKey, *one.rest));
            }
            return this->node(item, reading);
        };
        for (std::size_t i = 0; i < prefix && work(); ++i)
            shape.prefix.push_back(nodeAt(i));
        const bool more = named || prefix == 0 || reading == Reading::exact
            || shape.least > static_cast<int>(prefix);
        if (more)
            shape.items = nodeAt(prefix);
        add(node, ShapeKind::array, m_grammar.arrays, std::move(shape));
    }

    void addObject(int node, const Schemas& all, Reading reading)
    {
        ObjectShape shape;
        std::vector<std::string_view> names;
        std::set<std::string_view> known;
        std::set<std::string_view> required;
        const auto name = [&](const std::string& one) {
            if (work(all.size()) && known.insert(one).second)
                names.push_back(one);
        };
        each(all, "properties", [&](const Json*, const Json& value) {
            for (const auto& [key, unused] : value.items())
                name(key);
        });
        const bool declared = !names.empty();
        each(all, "required", [&](const Json*, const Json& value) {
            for (const Json& one : value) {
                name(one.get_ref<const std::string&>());
                required.insert(one.get_ref<const std::string&>());
            }
        });
        for (const std::string_view one : names) {
            if (!m_error.empty())
                return;
            Schemas value;
            const std::string key(one);
            for (const Json* schema : all) {
                const auto properties = schema->find("properties");
                const auto others = schema->find("additionalProperties");
                if (properties != schema->end() && properties->contains(key))
                    value.push_back(inside(schema, "properties/" + key, *properties->find(key)));
                else if (others != schema->end())
                    value.push_back(inside(schema, "additionalProperties", *others));
            }
            shape.properties.push_back(
                {jsonText(Json(key)), this->node(value, reading), required.contains(one)});
        }
        Schemas others;
        bool named = false;
        each(all, "additionalProperties", [&](const Json* schema, const Json& value) {
            named = true;
            others.push_back(inside(schema, "additionalProperties", value));
        });
        const bool closed = std::any_of(others.begin(), others.end(),
            [](const Json* one) { return one->is_boolean() && !one->get<bool>(); });
        if (!closed && (named || !declared || reading == Reading::exact)) {
            shape.others = this->node(others, reading);
            StringShape keys;
            keys.chars = anyTextBut(names);
            if (!measure(keys)) // as large as the names are long
                tooLarge();
            shape.otherKeys = addString(std::move(keys), false);
        }
        each(all, "minProperties", [&](const Json* schema, const Json& value) {
            if (countOf(value).value_or(0) > static_cast<int>(required.size()))
                refuse(schema, "minProperties",
                    "is supported only where as many properties are required.");
        });
        each(all, "maxProperties", [&](const Json* schema, const Json& value) {
            if (shape.others != kNone
                || countOf(value).value_or(0) < static_cast<int>(names.size()))
                refuse(schema, "maxProperties",
                    "is supported only where no more properties are possible anyway.");
        });
        add(node, ShapeKind::object, m_grammar.objects, std::move(shape));
    }

    const Json* m_root;
    JsonGrammar m_grammar;
    std::string m_error;
    std::map<std::pair<Schemas, Reading>, int> m_nodes;
    std::vector<Todo> m_todo;
    std::size_t m_done = 0;
    std::vector<const Json*> m_path; // of expand()
    std::set<const Json*> m_checked;
    std::set<const Json*> m_checkedOneOf;
    std::vector<Exclusive> m_exclusive;
    std::vector<bool> m_approximate; // by string
    std::unordered_map<const Json*, std::string> m_paths;
    std::map<std::string, CharDfa> m_patterns;
    std::size_t m_work = 0;
    std::size_t m_shapeCount = 0;
    std::size_t m_tableBytes = 0;
};

} // namespace

Result<JsonGrammar> compileJsonSchema(std::string_view schema)
{
    if (schema.empty())
        schema = R"({"type":"object"})";
    if (schema.size() > kMostSchemaBytes)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The JSON schema has {} bytes; at most {} are possible.", schema.size(),
                kMostSchemaBytes));
    if (const auto size = jsonSize(schema);
        size.depth > kDeepestSchema || size.members > kMostMembers)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The JSON schema is too large: at most {} levels and {} members of one "
                        "object are possible.",
                kDeepestSchema, kMostMembers));
    const Json document = Json::parse(schema, nullptr, false);
    if (document.is_discarded())
        return fail(ErrorCode::invalidRequest, "The JSON schema is not valid JSON.");
    return Compiler(document).compile();
}

} // namespace lectern::inference
