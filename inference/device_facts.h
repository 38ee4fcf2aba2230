// SPDX-License-Identifier: Apache-2.0
// What a GPU and its driver say of themselves.
#pragma once

#include <cstdint>
#include <string>

namespace lectern::inference {

struct DeviceFacts {
    std::string name;              // "NVIDIA H200"
    std::uint64_t memoryBytes = 0; // in all
    std::string computeCapability; // "9.0"
    std::string driver;            // the newest CUDA that the driver knows: "13.0"
    std::string runtime;           // the CUDA that the plugin was made with
};

// For people: "NVIDIA H200, 151 GB", and "Compute capability 9.0, driver for CUDA 13.0, runtime
// 13.0".
[[nodiscard]] std::string deviceName(const DeviceFacts& facts);
[[nodiscard]] std::string deviceVersions(const DeviceFacts& facts);

} // namespace lectern::inference
