// SPDX-License-Identifier: Apache-2.0
// Llama 2 and 3, dense decoders. Source of the formulas: tests/golden/architectures/README.md.
#pragma once

#include "inference/models/text_model.h"

namespace lectern::inference {

// Errors: missingKey, malformed, unsupportedArchitecture (a mixture of experts, scaled rope).
[[nodiscard]] Result<KvShape> llamaKvShape(const Gguf& gguf);
// Errors: as TextModel::load.
[[nodiscard]] Result<Graph> loadLlama(const ModelFile& file, Backend& backend);

} // namespace lectern::inference
