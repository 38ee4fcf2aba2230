// SPDX-License-Identifier: Apache-2.0
// Where a model is computed: on the CPU, on a GPU, or on the GPU if there is one that works.
#pragma once

#include "inference/cpu/cpu_backend.h"

#include <string_view>

namespace lectern::inference {

enum class DeviceChoice { automatic, cpu, cuda };

[[nodiscard]] std::string_view deviceChoiceName(DeviceChoice choice); // "auto", "cpu", "cuda"
[[nodiscard]] std::optional<DeviceChoice> parseDeviceChoice(std::string_view name);

// A backend on the CPU or on the GPU (automatic: see onDevice()).
//   cpu    how the CPU computes; its onPacked is told of weights copied to the GPU as well
//   exact  on the GPU, all products in f32
// Errors: those of createCudaBackend.
[[nodiscard]] Result<std::unique_ptr<Backend>> openBackend(
    DeviceChoice device, const CpuOptions& cpu, bool exact = false);

// Whether it is the device that failed (none there, lost, out of memory), and another may serve.
[[nodiscard]] bool isOfTheDevice(const Error& error);

// What to tell a person when the CPU computes because of `whyNoGpu`.
[[nodiscard]] std::string remarkOnCpu(const std::string& whyNoGpu);

// load(device), a Result, on the device that was chosen; automatic: on the GPU, and where that
// fails, on the CPU, with the reason in `whyNoGpu`, a sentence.
template <class Load>
auto onDevice(DeviceChoice choice, std::string& whyNoGpu, const Load& load)
    -> decltype(load(choice))
{
    if (choice != DeviceChoice::automatic)
        return load(choice);
    auto onGpu = load(DeviceChoice::cuda);
    if (onGpu || !isOfTheDevice(onGpu.error()))
        return onGpu;
    whyNoGpu = onGpu.error().message;
    return load(DeviceChoice::cpu);
}

} // namespace lectern::inference
