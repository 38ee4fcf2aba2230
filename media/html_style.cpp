// SPDX-License-Identifier: Apache-2.0
// Parsing of style rules and of the declarations that can hide a text.
#include "media/html_style.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace lectern::media {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxRules = 20'000;
constexpr std::size_t kMaxAncestors = 64; // looked at for a descendant selector
constexpr double kOffPage = -400;         // pixels: nobody shifts a seen text as far to the left

bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isSpace(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isSpace(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return result;
}

struct NamedColour {
    std::string_view name;
    Colour colour;
};
constexpr std::array kColours = std::to_array<NamedColour>({
    {"white"sv, {255, 255, 255}},
    {"black"sv, {0, 0, 0}},
    {"transparent"sv, {0, 0, 0, true}},
    {"red"sv, {255, 0, 0}},
    {"green"sv, {0, 128, 0}},
    {"blue"sv, {0, 0, 255}},
    {"yellow"sv, {255, 255, 0}},
    {"gray"sv, {128, 128, 128}},
    {"grey"sv, {128, 128, 128}},
    {"silver"sv, {192, 192, 192}},
    {"navy"sv, {0, 0, 128}},
    {"maroon"sv, {128, 0, 0}},
    {"purple"sv, {128, 0, 128}},
    {"teal"sv, {0, 128, 128}},
    {"orange"sv, {255, 165, 0}},
    {"whitesmoke"sv, {245, 245, 245}},
    {"snow"sv, {255, 250, 250}},
    {"ivory"sv, {255, 255, 240}},
    {"ghostwhite"sv, {248, 248, 255}},
    {"floralwhite"sv, {255, 250, 240}},
    {"lightgray"sv, {211, 211, 211}},
    {"lightgrey"sv, {211, 211, 211}},
    {"darkgray"sv, {169, 169, 169}},
    {"lightyellow"sv, {255, 255, 224}},
    {"beige"sv, {245, 245, 220}},
});

// The number a CSS length begins with, in pixels as far as that matters here; nullopt for words.
std::optional<double> length(std::string_view value)
{
    double number = 0;
    if (value.starts_with('+'))
        value.remove_prefix(1);
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || !std::isfinite(number))
        return std::nullopt;
    const std::string_view unit = value.substr(static_cast<std::size_t>(end - value.data()));
    if (unit.starts_with("em") || unit.starts_with("rem"))
        return number * 16;
    if (unit.starts_with("vw") || unit.starts_with("vh") || unit.starts_with('%'))
        return number * 10;
    return number;
}

std::optional<Colour> hexColour(std::string_view digits)
{
    std::array<int, 8> values{};
    if (digits.size() > values.size())
        return std::nullopt;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        const char* at = digits.data() + i;
        if (std::from_chars(at, at + 1, values[i], 16).ec != std::errc())
            return std::nullopt;
    }
    const auto two = [&](std::size_t i) {
        return static_cast<std::uint8_t>(values[i] * 16 + values[i + 1]);
    };
    const auto one = [&](std::size_t i) { return static_cast<std::uint8_t>(values[i] * 17); };
    switch (digits.size()) {
    case 3:
        return Colour{one(0), one(1), one(2)};
    case 4:
        return Colour{one(0), one(1), one(2), values[3] == 0};
    case 6:
        return Colour{two(0), two(2), two(4)};
    case 8:
        return Colour{two(0), two(2), two(4), two(6) < 13};
    default:
        return std::nullopt;
    }
}

std::optional<Colour> functionColour(std::string_view arguments)
{
    std::array<double, 4> values{0, 0, 0, 1};
    std::size_t count = 0;
    const char* at = arguments.data();
    const char* end = at + arguments.size();
    while (at < end && count < values.size()) {
        if (isSpace(*at) || *at == ',' || *at == '/') {
            ++at;
            continue;
        }
        const auto [next, error] = std::from_chars(at, end, values[count]);
        if (error != std::errc())
            return std::nullopt;
        at = next;
        if (at < end && *at == '%') {
            values[count] *= count < 3 ? 2.55 : 0.01;
            ++at;
        }
        ++count;
    }
    if (count < 3)
        return std::nullopt;
    const auto channel = [&](std::size_t i) {
        return static_cast<std::uint8_t>(std::lround(std::clamp(values[i], 0.0, 255.0)));
    };
    return Colour{channel(0), channel(1), channel(2), values[3] < 0.05};
}

struct Extent { // of one element, from all its declarations together
    bool overflowHidden = false;
    bool small = false;  // a width or height of at most one pixel
    bool placed = false; // absolute or fixed
    bool shifted = false;
    bool noDisplay = false;
};

void applyBackground(std::string_view value, ElementLook& look)
{
    if (value.find("url(") != std::string_view::npos
        || value.find("gradient(") != std::string_view::npos) {
        look.background.reset();
        return;
    }
    if (value == "none" || value == "inherit" || value == "initial" || value == "unset")
        return;
    // "white", or the colour among the other words of `background`
    std::optional<Colour> colour = parseColour(value);
    for (std::string_view rest = value; !colour && !rest.empty();) {
        const std::size_t space = rest.find(' ');
        colour = parseColour(rest.substr(0, space));
        rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
    }
    if (!colour)
        look.background.reset();
    else if (!colour->transparent)
        look.background = colour;
}

void applyDeclaration(
    std::string_view name, std::string_view value, ElementLook& look, Extent& extent)
{
    if (name == "display") {
        extent.noDisplay = value == "none"; // the last one that names it counts
    } else if (name == "visibility") {
        look.invisible = value == "hidden" || value == "collapse";
    } else if (name == "opacity") {
        const auto number = length(value);
        look.gone = look.gone || (number && *number < 0.05);
    } else if (name == "font-size") {
        const auto number = length(value);
        look.tiny = number && *number < 1.5;
    } else if (name == "font") {
        look.tiny = value.starts_with("0 ") || value.starts_with("0px") || value.starts_with("0/");
    } else if (name == "color") {
        if (value == "inherit")
            return;
        look.colour = parseColour(value);
    } else if (name == "background" || name == "background-color") {
        applyBackground(value, look);
    } else if (name == "background-image") {
        if (value != "none")
            look.background.reset();
    } else if (name == "text-indent") {
        const auto number = length(value);
        look.aside = number && *number < kOffPage;
    } else if (name == "position") {
        extent.placed = value == "absolute" || value == "fixed";
    } else if (name == "left" || name == "top" || name == "right" || name == "bottom"
        || name == "margin-left" || name == "margin-top") {
        const auto number = length(value);
        extent.shifted = extent.shifted || (number && *number < kOffPage);
        extent.placed = extent.placed || name.starts_with("margin");
    } else if (name == "clip") {
        look.gone = look.gone || value.starts_with("rect(0") || value.starts_with("rect(1px");
    } else if (name == "clip-path") {
        look.gone = look.gone || value.starts_with("inset(50%") || value.starts_with("inset(100%")
            || value.starts_with("circle(0");
    } else if (name == "transform") {
        look.gone = look.gone || value.starts_with("scale(0)");
    } else if (name == "overflow") {
        extent.overflowHidden = value.starts_with("hidden") || value == "clip";
    } else if (name == "width" || name == "height" || name == "max-height" || name == "max-width") {
        const auto number = length(value);
        extent.small = extent.small || (number && *number >= 0 && *number <= 1);
    }
}

void applyDeclarations(std::string_view declarations, ElementLook& look, Extent& extent)
{
    while (!declarations.empty()) {
        const std::size_t end = declarations.find(';');
        const std::string_view one = declarations.substr(0, end);
        declarations =
            end == std::string_view::npos ? std::string_view() : declarations.substr(end + 1);
        const std::size_t colon = one.find(':');
        if (colon == std::string_view::npos)
            continue;
        std::string value = lower(trimmed(one.substr(colon + 1)));
        if (const std::size_t mark = value.find("!important"); mark != std::string::npos)
            value = std::string(trimmed(std::string_view(value).substr(0, mark)));
        applyDeclaration(lower(trimmed(one.substr(0, colon))), value, look, extent);
    }
}

bool canHide(std::string_view declarations)
{
    static constexpr std::array kNames{"display"sv, "visib"sv, "opacity"sv, "font"sv, "color"sv,
        "background"sv, "indent"sv, "left"sv, "top"sv, "right"sv, "clip"sv, "transform"sv,
        "overflow"sv};
    const std::string text = lower(declarations);
    return std::ranges::any_of(
        kNames, [&](std::string_view name) { return text.find(name) != std::string::npos; });
}

std::string withoutComments(std::string_view css)
{
    std::string clean;
    while (!css.empty()) {
        const std::size_t begin = css.find("/*");
        clean += css.substr(0, begin);
        if (begin == std::string_view::npos)
            break;
        const std::size_t end = css.find("*/", begin + 2);
        css = end == std::string_view::npos ? std::string_view() : css.substr(end + 2);
    }
    return clean;
}

// Behind the block that opens at `open`, nested ones with it.
std::size_t behindBlock(std::string_view css, std::size_t open)
{
    int depth = 0;
    for (std::size_t at = open; at < css.size(); ++at) {
        depth += css[at] == '{' ? 1 : css[at] == '}' ? -1 : 0;
        if (depth == 0)
            return at + 1;
    }
    return css.size();
}

} // namespace

std::optional<Colour> parseColour(std::string_view text)
{
    const std::string value = lower(trimmed(text));
    if (value.starts_with('#'))
        return hexColour(std::string_view(value).substr(1));
    if (value.starts_with("rgb")) {
        const std::size_t open = value.find('('), close = value.find(')');
        if (open == std::string::npos || close == std::string::npos || close < open)
            return std::nullopt;
        return functionColour(std::string_view(value).substr(open + 1, close - open - 1));
    }
    const auto row = std::ranges::find(kColours, std::string_view(value), &NamedColour::name);
    return row == kColours.end() ? std::nullopt : std::optional(row->colour);
}

bool sameToTheEye(const Colour& a, const Colour& b)
{
    return std::abs(a.red - b.red) + std::abs(a.green - b.green) + std::abs(a.blue - b.blue) <= 24;
}

bool ElementLook::hidden() const
{
    if (gone || invisible || tiny || aside)
        return true;
    if (!colour)
        return false;
    return colour->transparent || (background && sameToTheEye(*colour, *background));
}

void StyleSheet::add(std::string_view text)
{
    const std::string css = withoutComments(text);
    std::string_view rest = css;
    while (!rest.empty() && m_rules.size() < kMaxRules) {
        const std::size_t open = rest.find('{');
        if (open == std::string_view::npos)
            return;
        std::string_view selectors = trimmed(rest.substr(0, open));
        const std::size_t end = behindBlock(rest, open);
        // "@import x; p" and "}" left over stand before the selector.
        if (const std::size_t semicolon = selectors.rfind(';'); semicolon != std::string_view::npos)
            selectors = trimmed(selectors.substr(semicolon + 1));
        if (!selectors.starts_with('@')) {
            const std::string_view body = rest.substr(open + 1, end - open - 1);
            addRule(selectors, body.substr(0, body.rfind('}')));
        }
        rest = rest.substr(end);
    }
}

void StyleSheet::addRule(std::string_view selectors, std::string_view declarations)
{
    if (!canHide(declarations))
        return;
    while (!selectors.empty() && m_rules.size() < kMaxRules) {
        const std::size_t comma = selectors.find(',');
        std::string_view selector = trimmed(selectors.substr(0, comma));
        selectors =
            comma == std::string_view::npos ? std::string_view() : selectors.substr(comma + 1);
        // Attributes, states and siblings are not followed; a rule that needs them is left out.
        if (selector.empty() || selector.find_first_of("[:+~|") != std::string_view::npos)
            continue;
        Rule rule;
        while (!selector.empty()) {
            const std::size_t end = std::min(selector.find_first_of(" >\t\n\r"), selector.size());
            std::string_view word = selector.substr(0, end);
            selector = selector.substr(end);
            while (!selector.empty() && (isSpace(selector.front()) || selector.front() == '>'))
                selector.remove_prefix(1);
            Compound compound;
            while (!word.empty()) {
                const std::size_t next = std::min(word.find_first_of(".#", 1), word.size());
                const std::string_view name = word.substr(0, next);
                word = word.substr(next);
                if (name.front() == '.') {
                    compound.classes.emplace_back(name.substr(1));
                    rule.specificity += 10;
                } else if (name.front() == '#') {
                    compound.id = name.substr(1);
                    rule.specificity += 100;
                } else if (name != "*") {
                    compound.tag = lower(name);
                    rule.specificity += 1;
                }
            }
            rule.compounds.push_back(std::move(compound));
        }
        rule.order = m_rules.size();
        rule.declarations = declarations;
        const Compound& last = rule.compounds.back();
        const std::string key = !last.id.empty() ? '#' + last.id
            : !last.classes.empty()              ? '.' + last.classes.front()
            : !last.tag.empty()                  ? last.tag
                                                 : "*";
        m_byKey[key].push_back(m_rules.size());
        m_rules.push_back(std::move(rule));
    }
}

bool StyleSheet::Compound::matches(const ElementNames& element) const
{
    return (tag.empty() || tag == element.tag) && (id.empty() || id == element.id)
        && std::ranges::all_of(classes, [&](const std::string& name) {
               return std::ranges::find(element.classes, std::string_view(name))
                   != element.classes.end();
           });
}

bool StyleSheet::Rule::matches(const std::vector<ElementNames>& path) const
{
    if (!compounds.back().matches(path.back()))
        return false;
    std::size_t left = compounds.size() - 1;
    std::size_t looked = 0;
    for (std::size_t i = path.size() - 1; i > 0 && left > 0 && looked < kMaxAncestors;
         --i, ++looked)
        if (compounds[left - 1].matches(path[i - 1]))
            --left;
    return left == 0;
}

void StyleSheet::apply(
    const std::vector<ElementNames>& path, std::string_view styleAttribute, ElementLook& look) const
{
    std::vector<const Rule*> matching;
    const auto collect = [&](const std::string& key) {
        const auto found = m_byKey.find(key);
        if (found == m_byKey.end())
            return;
        for (const std::size_t index : found->second)
            if (m_rules[index].matches(path))
                matching.push_back(&m_rules[index]);
    };
    const ElementNames& element = path.back();
    if (!m_rules.empty()) {
        collect("*");
        collect(std::string(element.tag));
        if (!element.id.empty())
            collect('#' + std::string(element.id));
        for (const std::string_view name : element.classes)
            collect('.' + std::string(name));
        std::ranges::sort(matching, [](const Rule* a, const Rule* b) {
            return std::pair(a->specificity, a->order) < std::pair(b->specificity, b->order);
        });
    }
    Extent extent;
    for (const Rule* rule : matching)
        applyDeclarations(rule->declarations, look, extent);
    applyDeclarations(styleAttribute, look, extent);
    look.gone = look.gone || extent.noDisplay || (extent.placed && extent.shifted)
        || (extent.overflowHidden && extent.small);
}

} // namespace lectern::media
