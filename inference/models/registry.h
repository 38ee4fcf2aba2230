// SPDX-License-Identifier: Apache-2.0
// The table of architectures. Adding one: its file in this folder, and a row in registry.cpp.
#pragma once

#include "inference/models/text_model.h"

namespace lectern::inference {

struct Architecture {
    std::string_view name; // `general.architecture`
    // Validates every setting and tensor. Errors: as TextModel::load.
    Result<Graph> (*load)(const ModelFile& file, Backend& backend);
    // What a session's cache will hold, from the settings alone; for memory plans before loading.
    Result<KvShape> (*kvShape)(const Gguf& gguf);
};

[[nodiscard]] std::span<const Architecture> architectures();
[[nodiscard]] Result<Graph> loadGraph(const ModelFile& file, Backend& backend);

} // namespace lectern::inference
