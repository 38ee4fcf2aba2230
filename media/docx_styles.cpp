// SPDX-License-Identifier: Apache-2.0
// Styles inherit; numberings count (ECMA-376, part 1, 17.7 and 17.9).
#include "media/docx_styles.h"
#include "media/whole_number.h"

#include <algorithm>

namespace lectern::media {

namespace {

constexpr int kMaxInheritance = 16;
constexpr int kMaxLevel = 9;

std::string letters(int count, char first)
{
    std::string text;
    for (; count > 0 && text.size() < 8; count = (count - 1) / 26)
        text.insert(text.begin(), static_cast<char>(first + (count - 1) % 26));
    return text;
}

std::string roman(int count, bool upper)
{
    struct Digit {
        int value;
        std::string_view text;
    };
    static constexpr Digit kDigits[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"},
        {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"},
        {1, "i"}};
    std::string text;
    count = std::clamp(count, 0, 3999);
    for (const Digit& digit : kDigits)
        for (; count >= digit.value; count -= digit.value)
            text += digit.text;
    if (upper)
        std::ranges::transform(
            text, text.begin(), [](char c) { return static_cast<char>(c - 32); });
    return text;
}

std::string counted(const std::string& format, int count)
{
    if (format == "lowerLetter")
        return letters(count, 'a');
    if (format == "upperLetter")
        return letters(count, 'A');
    if (format == "lowerRoman" || format == "upperRoman")
        return roman(count, format == "upperRoman");
    return std::to_string(count);
}

int headingOf(const pugi::xml_node& style)
{
    const pugi::xml_node outline = childNamed(childNamed(style, "pPr"), "outlineLvl");
    if (outline) {
        const int level = wholeNumber(attributeNamed(outline, "val"), 9);
        return level < 9 ? level + 1 : 0;
    }
    std::string name(attributeNamed(childNamed(style, "name"), "val"));
    std::ranges::transform(name, name.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name == "title")
        return 1;
    if (name.starts_with("heading ") && name.size() == 9 && name[8] >= '1' && name[8] <= '9')
        return name[8] - '0';
    return 0;
}

} // namespace

bool isOn(const pugi::xml_node& property)
{
    if (!property)
        return false;
    const std::string_view value = attributeNamed(property, "val");
    return value != "0" && value != "false" && value != "off" && value != "none";
}

void DocxStyles::load(const pugi::xml_node& styles, const pugi::xml_node& numbering)
{
    std::map<std::string, std::string> parents;
    for (const pugi::xml_node node : styles.children()) {
        if (localName(node) != "style")
            continue;
        DocxStyle style;
        style.heading = headingOf(node);
        style.hidden = isOn(childNamed(childNamed(node, "rPr"), "vanish"));
        const pugi::xml_node list = childNamed(childNamed(node, "pPr"), "numPr");
        style.numbering = wholeNumber(attributeNamed(childNamed(list, "numId"), "val"));
        style.listLevel = wholeNumber(attributeNamed(childNamed(list, "ilvl"), "val"));
        const std::string id(attributeNamed(node, "styleId"));
        parents[id] = attributeNamed(childNamed(node, "basedOn"), "val");
        m_styles[id] = style;
    }
    for (auto& [id, style] : m_styles) {
        std::string parent = parents[id];
        for (int i = 0; i < kMaxInheritance && m_styles.contains(parent); ++i) {
            const DocxStyle& above = m_styles[parent];
            if (style.heading == 0)
                style.heading = above.heading;
            if (style.numbering == 0) {
                style.numbering = above.numbering;
                style.listLevel = above.listLevel;
            }
            style.hidden = style.hidden || above.hidden;
            parent = parents[parent];
        }
    }
    for (const pugi::xml_node node : numbering.children()) {
        if (localName(node) == "abstractNum") {
            auto& levels = m_levels[wholeNumber(attributeNamed(node, "abstractNumId"))];
            for (const pugi::xml_node level : node.children()) {
                if (localName(level) != "lvl")
                    continue;
                levels[wholeNumber(attributeNamed(level, "ilvl"))] = {
                    std::string(attributeNamed(childNamed(level, "numFmt"), "val")),
                    std::string(attributeNamed(childNamed(level, "lvlText"), "val")),
                    wholeNumber(attributeNamed(childNamed(level, "start"), "val"), 1)};
            }
        } else if (localName(node) == "num") {
            m_abstract[wholeNumber(attributeNamed(node, "numId"))] =
                wholeNumber(attributeNamed(childNamed(node, "abstractNumId"), "val"), -1);
        }
    }
}

DocxStyle DocxStyles::style(const std::string& id) const
{
    const auto found = m_styles.find(id);
    return found == m_styles.end() ? DocxStyle() : found->second;
}

std::string DocxStyles::marker(int numbering, int level)
{
    level = std::clamp(level, 0, kMaxLevel);
    const auto abstract = m_abstract.find(numbering);
    if (abstract == m_abstract.end())
        return "-";
    const auto& levels = m_levels[abstract->second];
    const auto found = levels.find(level);
    if (found == levels.end() || found->second.format == "bullet" || found->second.format == "none")
        return "-";
    auto& counts = m_counts[abstract->second];
    const auto count = counts.find(level);
    counts[level] = count == counts.end() ? found->second.start : count->second + 1;
    counts.erase(counts.upper_bound(level), counts.end());
    // "%1.%2." with the counts of the levels above
    std::string marker;
    const std::string& text = found->second.text;
    for (std::size_t i = 0; i < text.size() && marker.size() < 64; ++i) {
        if (text[i] != '%' || i + 1 >= text.size() || text[i + 1] < '1' || text[i + 1] > '9') {
            marker.push_back(text[i]);
            continue;
        }
        const int of = text[++i] - '1';
        const auto above = levels.find(of);
        const auto value = counts.find(of);
        marker += counted(above == levels.end() ? "decimal" : above->second.format,
            value == counts.end() ? (above == levels.end() ? 1 : above->second.start)
                                  : value->second);
    }
    return marker.empty() ? "-" : marker;
}

} // namespace lectern::media
