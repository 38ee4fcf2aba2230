// SPDX-License-Identifier: Apache-2.0
// The CUDA backend that a test program tests: the plugin on this machine's GPU
// (plugin_under_test.cpp), or the kernels' sources on the emulation (emulation_under_test.cpp).
#pragma once

#include "inference/backend.h"

namespace lectern::test {

// exact: all products in f32. Errors: unavailable, with the reason.
[[nodiscard]] inference::Result<std::unique_ptr<inference::Backend>> cudaUnderTest(bool exact);

// "GPU", or "host emulation, no GPU".
[[nodiscard]] const char* whatIsTested();
// Emulated kernels are some ten thousand times slower: fewer and smaller cases.
[[nodiscard]] bool isEmulated();

} // namespace lectern::test
