// SPDX-License-Identifier: Apache-2.0
// Literals, decimal limits, formats; costs and dead ends of a grammar; alternatives that exclude
// each other.
#include "inference/json_schema_parts.h"

#include "inference/json_text_steps.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace lectern::inference {
namespace {

constexpr std::int64_t kSaturated = 100'000'000'000'000'000;

struct Decimal { // digits * 10^exponent
    bool negative = false;
    std::string digits;
    int exponent = 0;
};

Decimal decimalOf(const SchemaJson& value)
{
    Decimal result;
    const std::string text = jsonText(value);
    std::string_view rest = text;
    if (rest.starts_with('-')) {
        result.negative = true;
        rest.remove_prefix(1);
    }
    bool behindPoint = false;
    while (!rest.empty() && rest.front() != 'e' && rest.front() != 'E') {
        if (rest.front() == '.') {
            behindPoint = true;
        } else {
            result.digits += rest.front();
            result.exponent -= behindPoint ? 1 : 0;
        }
        rest.remove_prefix(1);
    }
    if (!rest.empty()) {
        rest.remove_prefix(rest.size() > 1 && rest[1] == '+' ? 2 : 1);
        int power = 0;
        std::from_chars(rest.data(), rest.data() + rest.size(), power);
        result.exponent += power;
    }
    while (result.digits.size() > 1 && result.digits.back() == '0') {
        result.digits.pop_back();
        ++result.exponent;
    }
    result.digits.erase(0, std::min(result.digits.find_first_not_of('0'), result.digits.size()));
    if (result.digits.empty())
        result.exponent = 0;
    return result;
}

int sum(int a, int b)
{
    return a >= kNever || b >= kNever ? kNever : std::min(a + b, kNever - 1);
}

struct Cost {
    int bytes = kNever;
    int depth = kNever;
};

Cost costOf(const JsonGrammar& grammar, const ArrayShape& shape)
{
    Cost cost{2, 1};
    const auto add = [&](int node, int times) {
        if (node == kNone) {
            cost = {};
            return;
        }
        const auto& item = grammar.node(node);
        const std::int64_t bytes = (std::int64_t{item.bytes} + 1) * times;
        cost.bytes = item.bytes >= kNever ? kNever
            : bytes >= kNever             ? kNever - 1
                                          : sum(cost.bytes, static_cast<int>(bytes));
        cost.depth = item.depth >= kNever ? kNever : std::max(cost.depth, 1 + item.depth);
    };
    const int prefix = std::min(shape.least, static_cast<int>(shape.prefix.size()));
    for (int i = 0; i < prefix; ++i)
        add(shape.nodeAt(i), 1);
    if (shape.least > prefix)
        add(shape.nodeAt(shape.least - 1), shape.least - prefix);
    return cost;
}

Cost costOf(const JsonGrammar& grammar, const ObjectShape& shape)
{
    Cost cost{2, 1};
    for (const auto& property : shape.properties) {
        if (!property.required)
            continue;
        const auto& value = grammar.node(property.node);
        cost.bytes = sum(cost.bytes, sum(static_cast<int>(property.key.size()) + 2, value.bytes));
        cost.depth = value.depth >= kNever ? kNever : std::max(cost.depth, 1 + value.depth);
    }
    return cost;
}

Cost costOf(const JsonGrammar& grammar, const Shape& shape)
{
    const auto index = static_cast<std::size_t>(shape.index);
    switch (shape.kind) {
    case ShapeKind::literal:
        return {grammar.literals[index].nodes[0].toEnd, 1};
    case ShapeKind::string: {
        const StringShape& text = grammar.strings[index];
        const int bytes = text.chars.states.empty() ? kNever : text.bytesToEnd(0, 0);
        return {sum(1, bytes), bytes >= kNever ? kNever : 1};
    }
    case ShapeKind::number: {
        const int bytes = bytesToEnd(grammar.numbers[index], NumberPlace{});
        return {bytes, bytes >= kNever ? kNever : 1};
    }
    case ShapeKind::array:
        return costOf(grammar, grammar.arrays[index]);
    case ShapeKind::object:
        return costOf(grammar, grammar.objects[index]);
    }
    return {};
}

bool isDead(const JsonGrammar& grammar, int node)
{
    return node != kNone
        && (grammar.node(node).bytes >= kNever || grammar.node(node).depth > kDeepestValue);
}

bool literalMeets(const JsonGrammar& grammar, const std::string& text, const Shape& other,
    const std::vector<bool>& approximate)
{
    const char first = text.front();
    switch (other.kind) {
    case ShapeKind::literal:
        return true; // compared elsewhere
    case ShapeKind::string: {
        const auto index = static_cast<std::size_t>(other.index);
        if (first != '"')
            return false;
        if (approximate[index])
            return true;
        const auto value = SchemaJson::parse(text, nullptr, false);
        const StringShape& shape = grammar.strings[index];
        std::string_view rest = value.get_ref<const std::string&>();
        int length = 0;
        for (std::string_view left = rest; !left.empty(); ++length)
            static_cast<void>(takeCharacter(left));
        return length >= shape.least && length <= shape.most && shape.chars.accepts(rest);
    }
    case ShapeKind::number:
        return first == '-' || (first >= '0' && first <= '9');
    case ShapeKind::array:
        return first == '[';
    case ShapeKind::object:
        return first == '{';
    }
    return true;
}

void textsOf(const LiteralShape& shape, int node, std::string& text, std::vector<std::string>& all)
{
    const auto& one = shape.nodes[static_cast<std::size_t>(node)];
    if (one.ends)
        all.push_back(text);
    for (const auto& [byte, child] : one.children) {
        text += static_cast<char>(byte);
        textsOf(shape, child, text, all);
        text.pop_back();
    }
}

std::vector<std::string> textsOf(const JsonGrammar& grammar, const Shape& shape)
{
    std::vector<std::string> all;
    const LiteralShape& literal = grammar.literals[static_cast<std::size_t>(shape.index)];
    std::size_t bytes = literal.nodes.size();
    std::string text;
    if (bytes <= 20'000) // deeper trees are not worth the stack
        textsOf(literal, 0, text, all);
    return all;
}

class Disjoint {
public:
    Disjoint(const JsonGrammar& grammar, const std::vector<bool>& approximate)
        : m_grammar(grammar), m_approximate(approximate)
    {
    }
    bool nodes(int a, int b, int depth)
    {
        if (depth > 6 || ++m_work > 20'000)
            return false;
        for (const Shape& one : m_grammar.node(a).shapes)
            for (const Shape& other : m_grammar.node(b).shapes)
                if (!shapes(one, other, depth))
                    return false;
        return true;
    }

private:
    bool shapes(const Shape& a, const Shape& b, int depth)
    {
        if (b.kind == ShapeKind::literal && a.kind != ShapeKind::literal)
            return shapes(b, a, depth);
        const auto i = static_cast<std::size_t>(a.index);
        const auto j = static_cast<std::size_t>(b.index);
        if (a.kind == ShapeKind::literal)
            return literals(a, b);
        if (a.kind != b.kind)
            return true;
        switch (a.kind) {
        case ShapeKind::string: {
            const auto& one = m_grammar.strings[i];
            const auto& other = m_grammar.strings[j];
            return one.most < other.least || other.most < one.least;
        }
        case ShapeKind::number: {
            const auto& one = m_grammar.numbers[i];
            const auto& other = m_grammar.numbers[j];
            return one.limited && other.limited && one.decimals == other.decimals
                && (one.high < other.low || other.high < one.low);
        }
        case ShapeKind::array: {
            const auto& one = m_grammar.arrays[i];
            const auto& other = m_grammar.arrays[j];
            return one.most < other.least || other.most < one.least;
        }
        default:
            return objects(m_grammar.objects[i], m_grammar.objects[j], depth)
                || objects(m_grammar.objects[j], m_grammar.objects[i], depth);
        }
    }
    // A property that the first must have and the second cannot have so.
    bool objects(const ObjectShape& one, const ObjectShape& other, int depth)
    {
        return std::any_of(one.properties.begin(), one.properties.end(), [&](const auto& mine) {
            if (!mine.required)
                return false;
            const auto its = std::find_if(other.properties.begin(), other.properties.end(),
                [&](const auto& property) { return property.key == mine.key; });
            if (its == other.properties.end())
                return other.others == kNone;
            return nodes(mine.node, its->node, depth + 1);
        });
    }
    bool literals(const Shape& a, const Shape& b)
    {
        const auto mine = textsOf(m_grammar, a);
        if (mine.empty())
            return false;
        if (b.kind != ShapeKind::literal)
            return std::none_of(mine.begin(), mine.end(), [&](const std::string& text) {
                return literalMeets(m_grammar, text, b, m_approximate);
            });
        const auto its = textsOf(m_grammar, b);
        m_work += static_cast<int>(std::min<std::size_t>(mine.size() * its.size(), 100'000));
        if (its.empty() || m_work > 20'000)
            return false;
        for (const std::string& one : mine)
            for (const std::string& other : its) {
                // 1 and 1.0 are one value with two texts; so may be those of arrays and objects.
                const auto plain = [](char c) { return c == '"' || (c >= 'a' && c <= 'z'); };
                if (one == other || (!plain(one.front()) && !plain(other.front())))
                    return false;
            }
        return true;
    }

    const JsonGrammar& m_grammar;
    const std::vector<bool>& m_approximate;
    int m_work = 0;
};

} // namespace

std::string jsonText(const SchemaJson& value)
{
    return value.dump(-1, ' ', false, SchemaJson::error_handler_t::replace);
}

LiteralShape literalShape(const std::vector<std::string>& texts)
{
    LiteralShape shape;
    shape.nodes.emplace_back();
    for (const std::string& text : texts) {
        std::size_t at = 0;
        for (const char c : text) {
            const auto [child, isNew] = shape.nodes[at].children.try_emplace(
                static_cast<std::uint8_t>(c), static_cast<int>(shape.nodes.size()));
            at = static_cast<std::size_t>(child->second);
            if (isNew)
                shape.nodes.emplace_back();
        }
        shape.nodes[at].ends = true;
    }
    for (std::size_t i = shape.nodes.size(); i-- > 0;) { // children stand behind their parents
        auto& node = shape.nodes[i];
        node.toEnd = node.ends ? 0 : kNever;
        for (const auto& [byte, child] : node.children)
            node.toEnd =
                std::min(node.toEnd, shape.nodes[static_cast<std::size_t>(child)].toEnd + 1);
    }
    return shape;
}

DigitCount digitsOf(const SchemaJson& value)
{
    const Decimal decimal = decimalOf(value);
    const int whole = static_cast<int>(decimal.digits.size()) + decimal.exponent;
    return {std::max(whole, 1), std::max(-decimal.exponent, 0)};
}

std::int64_t scaled(const SchemaJson& value, int decimals, Round round)
{
    const Decimal decimal = decimalOf(value);
    const int shift = decimal.exponent + decimals;
    const auto size = static_cast<std::int64_t>(decimal.digits.size());
    std::int64_t whole = 0;
    bool exact = true;
    if (size + shift > 17) {
        whole = kSaturated;
    } else {
        for (std::int64_t i = 0; i < size + shift; ++i)
            whole = whole * 10 + (i < size ? decimal.digits[static_cast<std::size_t>(i)] - '0' : 0);
        exact = shift >= 0 || size == 0;
    }
    if (decimal.negative)
        return exact || round == Round::up ? -whole : -whole - 1;
    return exact || round == Round::down ? whole : whole + 1;
}

std::optional<std::string_view> formatPattern(std::string_view format)
{
// Years that every reader takes; February ends on the 28th, because a leap year is no matter of
// digits alone.
#define LECTERN_DATE                                                                               \
    "[12]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|"   \
    "30)|02-(?:0[1-9]|1\\d|2[0-8]))"
#define LECTERN_TIME                                                                               \
    "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)"
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kFormats{{
        {"date", "^" LECTERN_DATE "$"},
        {"time", "^" LECTERN_TIME "$"},
        {"date-time", "^" LECTERN_DATE "T" LECTERN_TIME "$"},
        {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
        {"ipv4",
            "^(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}"
            "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)$"},
        {"email", "^[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\\.)+[a-z]{2,12}$"},
    }};
#undef LECTERN_DATE
#undef LECTERN_TIME
    for (const auto& [name, pattern] : kFormats)
        if (name == format)
            return pattern;
    return std::nullopt;
}

bool finishGrammar(JsonGrammar& grammar)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = grammar.nodes.size(); i-- > 0;) {
            for (Shape& shape : grammar.nodes[i].shapes) {
                const bool fixed = shape.kind != ShapeKind::array && shape.kind != ShapeKind::object
                    && shape.bytes < kNever;
                const Cost cost = fixed ? Cost{shape.bytes, shape.depth} : costOf(grammar, shape);
                if (cost.bytes < shape.bytes || cost.depth < shape.depth)
                    changed = true;
                shape.bytes = std::min(shape.bytes, cost.bytes);
                shape.depth = std::min(shape.depth, cost.depth);
                grammar.nodes[i].bytes = std::min(grammar.nodes[i].bytes, shape.bytes);
                grammar.nodes[i].depth = std::min(grammar.nodes[i].depth, shape.depth);
            }
        }
    }
    for (auto& node : grammar.nodes)
        std::erase_if(node.shapes, [](const Shape& shape) {
            return shape.bytes >= kNever || shape.depth > kDeepestValue;
        });
    for (auto& array : grammar.arrays) {
        for (std::size_t i = 0; i < array.prefix.size(); ++i)
            if (isDead(grammar, array.prefix[i])) {
                array.most = std::min(array.most, static_cast<int>(i));
                array.prefix.resize(i);
            }
        if (isDead(grammar, array.items))
            array.items = kNone;
    }
    for (auto& object : grammar.objects) {
        std::erase_if(object.properties,
            [&](const auto& property) { return isDead(grammar, property.node); });
        if (isDead(grammar, object.others))
            object.others = kNone;
        const std::size_t count = object.properties.size();
        object.nextRequired.assign(count + 1, static_cast<int>(count));
        for (std::size_t i = count; i-- > 0;)
            object.nextRequired[i] =
                object.properties[i].required ? static_cast<int>(i) : object.nextRequired[i + 1];
    }
    return !grammar.node(grammar.root).shapes.empty();
}

bool visiblyDisjoint(const JsonGrammar& grammar, int a, int b, const std::vector<bool>& approximate)
{
    return Disjoint(grammar, approximate).nodes(a, b, 0);
}

} // namespace lectern::inference
