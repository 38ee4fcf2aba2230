// SPDX-License-Identifier: Apache-2.0
// Reading order of a page from the places of its lines: columns, tables, paragraphs, words broken
// at a line's end. Pure functions; fuzzed by tests/fuzz/page_layout_fuzz.cpp.
#pragma once

#include <string>
#include <vector>

namespace lectern::media {

struct Box { // points, y downwards
    double left = 0, top = 0, right = 0, bottom = 0;
    [[nodiscard]] double width() const { return right - left; }
    [[nodiscard]] double height() const { return bottom - top; }
};

// One line as the file draws it; `pieces` are the boxes of its runs, from left to right.
struct PlacedLine {
    std::string text;
    std::vector<Box> pieces;
    bool breaksWord = false; // a hyphen stood here that only the line's end explains
    int heading = 0;         // level, where the file's outline says that this is one
};

// The text of a page in the order people read it, paragraphs apart by empty lines, tables as rows
// of "| cell | cell |".
[[nodiscard]] std::string arrangePage(const std::vector<PlacedLine>& lines);

} // namespace lectern::media
