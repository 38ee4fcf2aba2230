// SPDX-License-Identifier: Apache-2.0
// Finding and loading liblectern_cuda.so: the program itself links nothing of CUDA, and starts with
// and without a driver.
#pragma once

#include "inference/backend.h"
#include "inference/device_facts.h"

#include <filesystem>
#include <functional>

namespace lectern::inference {

// The GPU is the first that CUDA_VISIBLE_DEVICES lets the process see.
struct CudaOptions {
    bool exact = false; // all products in f32: slow, for comparisons
    // While weights are copied: bytes since the backend was made.
    std::function<void(std::uint64_t bytes)> onLoaded{};
    // nullopt: beside the program, or what LECTERN_CUDA_PLUGIN names.
    std::optional<std::filesystem::path> plugin{};
};

// Takes up to half a second, so not on the GUI thread. The plugin stays loaded. Errors: unavailable
// (no driver, no plugin, one of another version, too old a driver or GPU), outOfMemory; each a
// sentence that says which.
[[nodiscard]] Result<std::unique_ptr<Backend>> createCudaBackend(const CudaOptions& options = {});

// What the GPU is that createCudaBackend() would use; takes none of its memory. The same errors,
// and almost the same time.
[[nodiscard]] Result<DeviceFacts> cudaDevice(const CudaOptions& options = {});

} // namespace lectern::inference
