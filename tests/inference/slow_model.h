// SPDX-License-Identifier: Apache-2.0
// A model of random weights, some 15 times the nano model's work a token, for tests that stop it.
#pragma once

#include "tests/inference/engine_fixture.h"

namespace lectern::test {

// Options for it, its files inside `folder`. Dense text model of width 1024 with 4 layers; vision
// tower of width 512 with 8 layers and 577 tokens a tile.
inference::LocalEngineOptions slowModel(const TemporaryFolder& folder);

} // namespace lectern::test
