// SPDX-License-Identifier: Apache-2.0
// The usual name of a file's mixture of tensor types: "Q4_K - Medium", "Q8_0", "F16".
#pragma once

#include "inference/gguf.h"

#include <string>

namespace lectern::inference {

// What `general.file_type` says, as long as the file does hold tensors of that type; else the type
// that takes most bytes, "mostly Q6_K" where there are others beside it and the norms.
[[nodiscard]] std::string typeMixture(const Gguf& gguf);

} // namespace lectern::inference
