// SPDX-License-Identifier: Apache-2.0
// What the schema compiler builds grammars from, and how it finishes them.
#pragma once

#include "inference/json_grammar.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::inference {

// Keeps the order of properties, in which they are then written.
using SchemaJson = nlohmann::ordered_json;

// The value as it is written, in one line; never throws.
[[nodiscard]] std::string jsonText(const SchemaJson& value);

// `texts` must not be empty.
[[nodiscard]] LiteralShape literalShape(const std::vector<std::string>& texts);

// value * 10^decimals, rounded up or down; saturates at about +-10^17.
enum class Round { up, down };
[[nodiscard]] std::int64_t scaled(const SchemaJson& value, int decimals, Round round);
// Digits that a number has before and behind its point.
struct DigitCount {
    int whole = 0;
    int decimals = 0;
};
[[nodiscard]] DigitCount digitsOf(const SchemaJson& value);

// The pattern of a known "format".
[[nodiscard]] std::optional<std::string_view> formatPattern(std::string_view format);

// Works out the fewest bytes and levels of every node and removes what no value can be written
// for. False: there is none for the root.
[[nodiscard]] bool finishGrammar(JsonGrammar& grammar);

// Whether no value can be of both nodes, as far as that is easily seen.
//   approximate  strings that are written more narrowly than they mean
[[nodiscard]] bool visiblyDisjoint(
    const JsonGrammar& grammar, int a, int b, const std::vector<bool>& approximate);

} // namespace lectern::inference
