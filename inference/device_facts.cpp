// SPDX-License-Identifier: Apache-2.0
// A GPU in words.
#include "inference/device_facts.h"

#include <fmt/format.h>

namespace lectern::inference {

std::string deviceName(const DeviceFacts& facts)
{
    return fmt::format("{}, {:.0f} GB", facts.name, static_cast<double>(facts.memoryBytes) / 1e9);
}

std::string deviceVersions(const DeviceFacts& facts)
{
    return fmt::format("Compute capability {}, driver for CUDA {}, runtime {}",
        facts.computeCapability, facts.driver, facts.runtime);
}

} // namespace lectern::inference
