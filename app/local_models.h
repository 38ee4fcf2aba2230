// SPDX-License-Identifier: Apache-2.0
// Opens a chosen model as a LocalEngine.
#pragma once

#include "app/model_host.h"
#include "inference/device_choice.h"

namespace lectern::app {

struct LocalModelOptions {
    int threads = 0;       // 0: one a physical core
    int contextLength = 0; // 0: what the model was trained for
    // Not automatic before the GPU's kernels have run on a real one (inference/cuda/README.md).
    inference::DeviceChoice device = inference::DeviceChoice::cpu;
    std::filesystem::path contextFolder{}; // what was read is kept here; empty: not kept
};

// Stands for LocalEngine::open with media/'s tiler. An empty choice is the built-in model.
[[nodiscard]] OpenEngine openLocalModels(LocalModelOptions options = {});

// media/'s way of cutting pictures, as the engine takes it.
[[nodiscard]] inference::Tiler mediaTiler();

} // namespace lectern::app
