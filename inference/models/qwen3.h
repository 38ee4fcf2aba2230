// SPDX-License-Identifier: Apache-2.0
// Qwen3, dense (qwen3) and mixture of experts (qwen3moe).
// Source of the formulas: tests/golden/architectures/README.md.
#pragma once

#include "inference/models/text_model.h"

namespace lectern::inference {

// Errors: missingKey, malformed, unsupportedArchitecture (scaled rope).
[[nodiscard]] Result<KvShape> qwen3KvShape(const Gguf& gguf);
[[nodiscard]] Result<KvShape> qwen3MoeKvShape(const Gguf& gguf);
// Errors: as TextModel::load.
[[nodiscard]] Result<Graph> loadQwen3(const ModelFile& file, Backend& backend);
[[nodiscard]] Result<Graph> loadQwen3Moe(const ModelFile& file, Backend& backend);

} // namespace lectern::inference
