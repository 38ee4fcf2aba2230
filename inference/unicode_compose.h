// SPDX-License-Identifier: Apache-2.0
// Unicode normalisation form C, which some tokenizers apply before anything else: "e" and a
// combining accent become one character.
#pragma once

#include <string>
#include <string_view>

namespace lectern::inference {

// Whether `text` is certainly in form C already, told from its bytes alone: it has no character
// behind U+02FF.
[[nodiscard]] bool isPlainlyComposed(std::string_view text);

// `text` in form C. Requires: valid UTF-8. Time n log n at most, near n for ordinary text.
// Source: Unicode Standard Annex 15; the Unicode Standard, section 3.11 (and 3.12 for Hangul).
[[nodiscard]] std::string composed(std::string_view text);

} // namespace lectern::inference
