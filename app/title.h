// SPDX-License-Identifier: Apache-2.0
// The title of a conversation.
#pragma once

#include <string>
#include <string_view>

namespace lectern::app {

// The first line with something in it, without blanks at its ends, at most 60 characters; empty
// when there is none. Pure.
[[nodiscard]] std::string titleFrom(std::string_view text);

} // namespace lectern::app
