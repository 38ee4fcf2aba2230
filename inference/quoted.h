// SPDX-License-Identifier: Apache-2.0
// Names from outside, made fit for a sentence: quoted, shortened, without control characters.
#pragma once

#include <string>
#include <string_view>

namespace lectern::inference {

// "name" in quotes (not quoted(), which std::string would find in namespace std); bytes outside
// printable ASCII become '?', what is over 64 bytes becomes "...".
[[nodiscard]] std::string inQuotes(std::string_view name);

} // namespace lectern::inference
