// SPDX-License-Identifier: Apache-2.0
// UTF-8 from outside: where sequences end, which are valid, and a copy in which all are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lectern::inference {

enum class Utf8Kind {
    valid,
    invalid,    // can never become valid, whatever follows
    incomplete, // the text ends inside a sequence that could still become valid
};

struct Utf8Unit {
    Utf8Kind kind;
    std::size_t size; // bytes, 1..4; of an invalid unit, those that one U+FFFD replaces
};

// The first unit of `text`, which must not be empty. Overlong forms, surrogates and values above
// U+10FFFF are invalid. Source: Unicode 15, table 3-7, and its practice for U+FFFD substitution.
[[nodiscard]] Utf8Unit firstUtf8Unit(std::string_view text);

[[nodiscard]] bool isValidUtf8(std::string_view text);

// `text` with every invalid or incomplete unit replaced by U+FFFD.
[[nodiscard]] std::string toValidUtf8(std::string_view text);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD"; // U+FFFD

} // namespace lectern::inference
