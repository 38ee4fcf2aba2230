// SPDX-License-Identifier: Apache-2.0
// Opens a chosen model as a LocalEngine.
#pragma once

#include "app/model_host.h"

namespace lectern::app {

// Stands for LocalEngine::open with media/'s tiler. An empty choice is the built-in model.
[[nodiscard]] OpenEngine openLocalModels();

// media/'s way of cutting pictures, as the engine takes it.
[[nodiscard]] inference::Tiler mediaTiler();

} // namespace lectern::app
