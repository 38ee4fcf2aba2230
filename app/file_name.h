// SPDX-License-Identifier: Apache-2.0
// File names as they may stand in a prompt: somebody else chose them.
#pragma once

#include <string>
#include <string_view>

namespace lectern::app {

// One line, valid UTF-8, no quotes or angle brackets (they become ' and _), no control or direction
// characters, at most 200 bytes; "document" when nothing is left. Pure.
[[nodiscard]] std::string sanitizedFileName(std::string_view name);

} // namespace lectern::app
