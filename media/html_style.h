// SPDX-License-Identifier: Apache-2.0
// The little of CSS that decides whether a person sees a text: display, visibility, size, colours,
// places off the page. Rules of <style> with simple selectors, and style attributes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lectern::media {

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;
    bool transparent = false;
};

// "#fff", "rgb(1, 2, 3)", "white"; nullopt when not understood.
[[nodiscard]] std::optional<Colour> parseColour(std::string_view text);

// Too alike for a person to read one on the other.
[[nodiscard]] bool sameToTheEye(const Colour& a, const Colour& b);

// What a text inherits on its way down the tree.
struct ElementLook {
    bool gone = false;      // the element and all in it take no place
    bool invisible = false; // visibility: hidden, until a descendant is visible again
    bool tiny = false;      // font-size: 0
    bool aside = false;     // text-indent far off the page
    std::optional<Colour> colour;
    std::optional<Colour> background; // nullopt: not known, a picture for example
    [[nodiscard]] bool hidden() const;
};

struct ElementNames {
    std::string_view tag;
    std::string_view id;
    std::vector<std::string_view> classes;
};

class StyleSheet {
public:
    void add(std::string_view css);

    // Changes `look`, inherited from the parent, by the rules for the last of `path` (the
    // document's element first) and then by its style attribute.
    void apply(const std::vector<ElementNames>& path, std::string_view styleAttribute,
        ElementLook& look) const;

private:
    struct Compound {
        std::string tag, id;
        std::vector<std::string> classes;
        [[nodiscard]] bool matches(const ElementNames& element) const;
    };
    struct Rule {
        std::vector<Compound> compounds; // an ancestor before its descendants
        int specificity = 0;
        std::size_t order = 0;
        std::string declarations;
        [[nodiscard]] bool matches(const std::vector<ElementNames>& path) const;
    };
    void addRule(std::string_view selectors, std::string_view declarations);

    std::vector<Rule> m_rules;
    // By what the last compound names first: "#id", ".class", "tag" or "*".
    std::unordered_map<std::string, std::vector<std::size_t>> m_byKey;
};

} // namespace lectern::media
