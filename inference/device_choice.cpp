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

Result<ChosenBackend> openBackend(DeviceChoice choice, const CpuOptions& cpu, bool exact)
{
    ChosenBackend chosen;
    if (choice != DeviceChoice::cpu) {
        auto gpu = createCudaBackend({.exact = exact, .onLoaded = cpu.onPacked});
        if (gpu)
            return ChosenBackend{std::move(*gpu), true, {}};
        if (choice == DeviceChoice::cuda)
            return tl::unexpected(gpu.error());
        chosen.whyNoGpu = gpu.error().message;
    }
    chosen.backend = createCpuBackend(cpu);
    return chosen;
}

} // namespace lectern::inference
