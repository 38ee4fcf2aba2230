// SPDX-License-Identifier: Apache-2.0
// Writing the parts of JSON that are not made of parts, byte by byte: strings and numbers.
#pragma once

#include "inference/json_grammar.h"

#include <optional>

namespace lectern::inference {

// Inside a string, behind its opening quote. `partial` says how much of a character is written
// (0: none): bytes of its UTF-8 form or of an escape.
struct StringPlace {
    int state = 0; // of the characters' automaton
    int count = 0; // characters so far; no more than matters
    std::int64_t partial = 0;
};
enum class StringStep { refused, goesOn, closed };

// Lone surrogates, raw control characters and broken UTF-8 are refused, and so is every byte after
// which the string could not be ended any more.
[[nodiscard]] StringStep stepString(
    const StringShape& shape, StringPlace& place, std::uint8_t byte);
// Fewest bytes that end the string, the quote included; kNever: it cannot be ended.
[[nodiscard]] int bytesToEnd(const StringShape& shape, const StringPlace& place);
// Fewest bytes that write one of the characters from `first` to `last` inside a string.
[[nodiscard]] int bytesOf(std::uint32_t first, std::uint32_t last);
// Fills StringShape::toEnd. False: it would be too large.
[[nodiscard]] bool measure(StringShape& shape);

// Inside a number. Plain numbers: 16 digits before and behind the point, 2 of the exponent.
enum class NumberPhase : std::uint8_t {
    begin,
    minus,
    zero,
    whole,
    point,
    decimals,
    e,
    sign,
    power
};
struct NumberPlace {
    NumberPhase phase = NumberPhase::begin;
    int digits = 0;         // of the phase
    std::int64_t value = 0; // limited numbers: all digits so far
    bool negative = false;  // limited numbers
};

// False: refused, because it is no number or none that the shape can still become.
[[nodiscard]] bool stepNumber(const NumberShape& shape, NumberPlace& place, std::uint8_t byte);
// 0: it may end here. kNever: it cannot become a number of this shape.
[[nodiscard]] int bytesToEnd(const NumberShape& shape, const NumberPlace& place);

} // namespace lectern::inference
