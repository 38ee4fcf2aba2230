// SPDX-License-Identifier: Apache-2.0
// Loading the CUDA backend where it cannot be: every way has its sentence, and automatic falls
// back.
#include "inference/cuda/load_backend.h"
#include "inference/device_choice.h"
#include "tests/inference/gguf_edit.h"

using namespace lectern::inference;
using namespace lectern::test;

namespace {

// An empty plugin would be asked for before the driver is looked for.
std::string refusal(const CudaOptions& options)
{
    const auto backend = createCudaBackend(options);
    if (backend)
        return {};
    CHECK(backend.error().code == ErrorCode::unavailable);
    return backend.error().message;
}

} // namespace

TEST(CudaLoadTest, saysThatThePluginIsMissing)
{
    const TemporaryFolder folder;
    CHECK(refusal({.plugin = folder / "liblectern_cuda.so"}).find("cannot use a GPU")
        != std::string::npos);
}

TEST(CudaLoadTest, saysThatTheDriverIsMissingOrThePluginIsNone)
{
    const TemporaryFolder folder;
    std::ofstream(folder / "liblectern_cuda.so") << "no library";
    const std::string sentence = refusal({.plugin = folder / "liblectern_cuda.so"});
    CHECK_ROW(sentence.find("no NVIDIA driver") != std::string::npos
            || sentence.find("does not load") != std::string::npos,
        sentence);
}

TEST(CudaLoadTest, automaticFallsBackToTheCpuAndSaysWhy)
{
    ::setenv("LECTERN_CUDA_PLUGIN", "/nowhere/liblectern_cuda.so", 1);
    const auto open = [](DeviceChoice device) { return openBackend(device, {.threads = 1}); };
    std::string whyNoGpu;
    const auto chosen = onDevice(DeviceChoice::automatic, whyNoGpu, open);
    REQUIRE(chosen.has_value());
    CHECK((*chosen)->description().starts_with("CPU"));
    CHECK(whyNoGpu.find("cannot use a GPU") != std::string::npos);
    std::string none;
    const auto forced = onDevice(DeviceChoice::cuda, none, open);
    CHECK(!forced && forced.error().message == whyNoGpu && none.empty());
    CHECK(onDevice(DeviceChoice::cpu, none, open).has_value() && none.empty());
    ::unsetenv("LECTERN_CUDA_PLUGIN");
}

// What the file is to blame for is not tried again elsewhere.
TEST(CudaLoadTest, onlyTheDevicesOwnFailuresLeadToTheCpu)
{
    for (const ErrorCode code : {ErrorCode::unavailable, ErrorCode::outOfMemory,
             ErrorCode::malformed, ErrorCode::cancelled}) {
        std::string whyNoGpu;
        const auto result =
            onDevice(DeviceChoice::automatic, whyNoGpu, [&](DeviceChoice device) -> Result<int> {
                if (device == DeviceChoice::cpu)
                    return 1;
                return fail(code, "It failed.");
            });
        const bool isOfTheDevice = code == ErrorCode::unavailable || code == ErrorCode::outOfMemory;
        CHECK(result.has_value() == isOfTheDevice && whyNoGpu.empty() != isOfTheDevice);
    }
}

TEST(CudaLoadTest, knowsDevicesByTheirNames)
{
    for (const DeviceChoice choice :
        {DeviceChoice::automatic, DeviceChoice::cpu, DeviceChoice::cuda})
        CHECK(parseDeviceChoice(deviceChoiceName(choice)) == choice);
    CHECK(!parseDeviceChoice("gpu"));
}
