// SPDX-License-Identifier: Apache-2.0
// What a Word document's styles and numberings say about a paragraph: heading, list, hidden.
#pragma once

#include "media/package.h"

#include <map>
#include <string>

namespace lectern::media {

struct DocxStyle {
    int heading = 0; // level; 0: none
    bool hidden = false;
    int numbering = 0; // id; 0: none
    int listLevel = 0;
};

class DocxStyles {
public:
    void load(const pugi::xml_node& styles, const pugi::xml_node& numbering);

    [[nodiscard]] DocxStyle style(const std::string& id) const;
    // The marker of the next item: "-", "3.", "b)". Counts.
    [[nodiscard]] std::string marker(int numbering, int level);

private:
    struct Level {
        std::string format; // "bullet", "decimal", ...
        std::string text;   // "%1."
        int start = 1;
    };
    std::map<std::string, DocxStyle> m_styles;
    std::map<int, int> m_abstract; // of a numbering
    std::map<int, std::map<int, Level>> m_levels;
    std::map<int, std::map<int, int>> m_counts; // by abstract numbering and level
};

// True for an element like <w:vanish/> that is not switched off by val="0".
[[nodiscard]] bool isOn(const pugi::xml_node& property);

} // namespace lectern::media
