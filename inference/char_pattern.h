// SPDX-License-Identifier: Apache-2.0
// Regular expressions of JSON Schema ("pattern") as automata over characters.
#pragma once

#include "inference/error.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace lectern::inference {

// Characters are Unicode scalar values: 0 to 0x10FFFF without the surrogates.
struct CharRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

// A deterministic automaton. State 0 is the start; from every state an accepting one can be
// reached. Immutable once made.
struct CharDfa {
    struct Edge {
        CharRange chars;
        int target = 0;
    };
    struct State {
        std::vector<Edge> edges; // by character, disjoint
        bool accepting = false;
        bool universal = false; // accepting, and every character leads back to it
    };
    std::vector<State> states; // empty: accepts nothing

    // The next state, or -1.
    [[nodiscard]] int next(int state, std::uint32_t character) const;
    // Requires: valid UTF-8.
    [[nodiscard]] bool accepts(std::string_view text) const;
};

// Every text.
[[nodiscard]] CharDfa anyText();
// Every text but these. Requires: valid UTF-8.
[[nodiscard]] CharDfa anyTextBut(const std::vector<std::string_view>& names);

// The texts in which the pattern is found, as ECMA-262 means it ("unicode" mode, without flags).
// Known: alternatives, groups, classes, . ^ $ (at the ends of the pattern's alternatives),
// * + ? {m,n}, the escapes of single characters, \d \w \s and their opposites.
// Errors: invalidRequest with what of the pattern is not known or too large; it does not name the
// place of the pattern.
[[nodiscard]] Result<CharDfa> patternDfa(std::string_view pattern);

// Reads one character of valid UTF-8 and removes it from the front.
[[nodiscard]] std::uint32_t takeCharacter(std::string_view& text);

} // namespace lectern::inference
