// SPDX-License-Identifier: Apache-2.0
// Where a model is computed: on the CPU, on a GPU, or on the GPU if there is one that works.
#pragma once

#include "inference/cpu/cpu_backend.h"

#include <string_view>

namespace lectern::inference {

enum class DeviceChoice { automatic, cpu, cuda };

[[nodiscard]] std::string_view deviceChoiceName(DeviceChoice choice); // "auto", "cpu", "cuda"
[[nodiscard]] std::optional<DeviceChoice> parseDeviceChoice(std::string_view name);

struct ChosenBackend {
    std::unique_ptr<Backend> backend;
    bool onGpu = false;
    std::string whyNoGpu; // a sentence, when the choice was automatic and fell back
};

// cpu: how the CPU computes; its onPacked is told of weights copied to the GPU as well. exact: on
// the GPU, all products in f32. Errors: those of createCudaBackend, for DeviceChoice::cuda only.
[[nodiscard]] Result<ChosenBackend> openBackend(
    DeviceChoice choice, const CpuOptions& cpu, bool exact = false);

} // namespace lectern::inference
