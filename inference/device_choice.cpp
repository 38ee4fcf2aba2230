// SPDX-License-Identifier: Apache-2.0
// Choosing between the backends.
#include "inference/device_choice.h"

#include "inference/cuda/load_backend.h"

#include <array>

namespace lectern::inference {

namespace {

struct Name {
    std::string_view name;
    DeviceChoice choice;
};
constexpr std::array kNames{Name{"auto", DeviceChoice::automatic}, Name{"cpu", DeviceChoice::cpu},
    Name{"cuda", DeviceChoice::cuda}};

} // namespace

std::string_view deviceChoiceName(DeviceChoice choice)
{
    for (const Name& known : kNames)
        if (known.choice == choice)
            return known.name;
    return "unknown";
}

std::optional<DeviceChoice> parseDeviceChoice(std::string_view name)
{
    for (const Name& known : kNames)
        if (known.name == name)
            return known.choice;
    return std::nullopt;
}

Result<std::unique_ptr<Backend>> openBackend(DeviceChoice device, const CpuOptions& cpu, bool exact)
{
    if (device == DeviceChoice::cpu)
        return createCpuBackend(cpu);
    return createCudaBackend({.exact = exact, .onLoaded = cpu.onPacked});
}

std::string remarkOnCpu(const std::string& whyNoGpu)
{
    return "The CPU computes. " + whyNoGpu;
}

bool isOfTheDevice(const Error& error)
{
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::outOfMemory;
}

} // namespace lectern::inference
