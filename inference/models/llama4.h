// SPDX-License-Identifier: Apache-2.0
// Llama 4, the text decoder, in all its shapes: every layer MoE (Scout, Behemoth), every second
// (Maverick), none (Llama Guard 4).
// Source of the formulas: tests/golden/README.md, sections 3, 4 and 9.
#pragma once

#include "inference/models/text_model.h"

namespace lectern::inference {

// Errors: missingKey, malformed (values that contradict one another or are out of range).
[[nodiscard]] Result<KvShape> llama4KvShape(const Gguf& gguf);
// Errors: as TextModel::load.
[[nodiscard]] Result<Graph> loadLlama4(const ModelFile& file, Backend& backend);

} // namespace lectern::inference
