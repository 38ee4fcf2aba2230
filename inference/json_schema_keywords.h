// SPDX-License-Identifier: Apache-2.0
// Which keywords of JSON Schema there are, and what their values look like.
#pragma once

#include "inference/json_schema_parts.h"

#include <optional>
#include <string>
#include <string_view>

namespace lectern::inference {

enum TypeBit : unsigned {
    kNull = 1,
    kBoolean = 2,
    kWhole = 4,    // numbers without a fraction
    kFraction = 8, // the other numbers
    kString = 16,
    kArray = 32,
    kObject = 64,
    kEveryType = 127
};

// Why a keyword with this value cannot be used, as the end of a sentence; empty: it can.
[[nodiscard]] std::string whyNotUsable(const std::string& keyword, const SchemaJson& value);

// The types that a keyword has an effect on; 0: all, or none (annotations).
[[nodiscard]] unsigned typesOfKeyword(std::string_view keyword);

// The value of "type"; nullopt: it names one that does not exist.
[[nodiscard]] std::optional<unsigned> typesNamed(const SchemaJson& value);

// The value of a keyword that counts, kNoLimit for one too large to matter; nullopt: no count.
[[nodiscard]] std::optional<int> countOf(const SchemaJson& value);

// Of a JSON text that nobody has parsed yet: levels of brackets, most members of one object.
struct JsonSize {
    std::size_t depth = 0;
    std::size_t members = 0;
};
[[nodiscard]] JsonSize jsonSize(std::string_view text);

} // namespace lectern::inference
