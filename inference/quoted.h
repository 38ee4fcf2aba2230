// SPDX-License-Identifier: Apache-2.0
// Names from outside, made fit for a sentence: quoted, shortened, without control characters.
#pragma once

#include <string>
#include <string_view>

namespace lectern::inference {

// "name" in quotes; bytes outside printable ASCII become '?', what is over 64 bytes becomes "...".
[[nodiscard]] std::string quoted(std::string_view name);

} // namespace lectern::inference
