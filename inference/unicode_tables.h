// SPDX-License-Identifier: Apache-2.0
// Tables of the Unicode character database that canonical composition needs.
#pragma once

#include <cstdint>
#include <span>

namespace lectern::inference {

struct Decomposition {
    std::uint32_t character;
    std::uint32_t first;
    std::uint32_t second;   // 0: the character stands for `first` alone
    std::uint32_t composes; // 1: the two compose to the character again
};

// Characters of a combining class other than 0.
struct CombiningClass {
    std::uint32_t first; // of a range
    std::uint32_t last;
    std::uint32_t kind;
};

// By character; without Hangul syllables, which are decomposed by arithmetic.
[[nodiscard]] std::span<const Decomposition> decompositions();
// By range; ranges do not overlap.
[[nodiscard]] std::span<const CombiningClass> combiningClasses();

} // namespace lectern::inference
