// SPDX-License-Identifier: Apache-2.0
// The user's choice of a model, as the settings keep it.
#pragma once

#include "app/chat.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lectern::app {

inline constexpr auto kModelSetting = "model";

[[nodiscard]] std::string toSetting(const ModelChoice& choice);
// Anything that is not a choice gives the built-in model.
[[nodiscard]] ModelChoice choiceFromSetting(std::string_view setting);

// The choice kept in a data directory, for programs without a storage thread. Blocks; creates
// nothing.
[[nodiscard]] ModelChoice savedChoice(const std::filesystem::path& dataDirectory);

} // namespace lectern::app
