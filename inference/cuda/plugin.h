// SPDX-License-Identifier: Apache-2.0
// What liblectern_cuda.so and the program that loads it agree on. The function is C; what it hands
// over is C++, so both must come from the same sources: `seam` says from which.
#pragma once

#include "inference/backend.h"
#include "inference/device_facts.h"

namespace lectern::inference::cuda {

inline constexpr const char* kPluginFunction = "lecternCudaPlugin";
inline constexpr std::uint32_t kPluginVersion = 2; // of this header

struct PluginRequest {
    bool exact = false;
    std::function<void(std::uint64_t bytes)> onLoaded;
};

struct Plugin {
    std::uint32_t version; // first in every version of this structure
    const char* seam;      // a hash of the headers both sides were compiled with
    Result<std::unique_ptr<Backend>> (*create)(const PluginRequest& request);
    Result<DeviceFacts> (*facts)();
};

} // namespace lectern::inference::cuda
