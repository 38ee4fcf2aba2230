// SPDX-License-Identifier: Apache-2.0
// JSON Schema to the form that an answer is held to.
#pragma once

#include "inference/error.h"
#include "inference/json_grammar.h"

#include <string_view>

namespace lectern::inference {

// Compiles a schema of draft 2020-12 (or what older drafts share with it). Every value that the
// grammar writes is valid under the schema; not every valid value can be written:
//   - Properties are written in the order of the schema, further ones last.
//   - Properties that are not declared are written only where additionalProperties allows them by
//     name, or where none are declared at all; items behind prefixItems likewise.
//   - A schema without "type" but with keywords of one type is taken to mean that type.
//   - Numbers have at most 16 digits before and behind the point and 2 of the exponent; numbers
//     with limits at most 15 in all.
//   - Nesting ends at kDeepestValue levels.
//
// Known: type, enum, const, anyOf, allOf, $ref inside the document ($defs, recursion), oneOf where
// its alternatives visibly exclude each other; properties, required, additionalProperties; items,
// prefixItems (and items as a list, additionalItems), minItems, maxItems; minLength, maxLength,
// pattern (char_pattern.h), format date, time, date-time, uuid, ipv4, email; minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, multipleOf whole numbers. Annotations have no effect.
// Everything else is refused by name and place, keywords that nobody knows included.
// An empty text means any object.
//
// Errors: invalidRequest. Bounded in time and memory for any text. Source:
// json-schema.org/draft/2020-12/json-schema-validation
[[nodiscard]] Result<JsonGrammar> compileJsonSchema(std::string_view schema);

} // namespace lectern::inference
