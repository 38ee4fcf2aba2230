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
    const auto chosen = openBackend(DeviceChoice::automatic, {.threads = 1});
    REQUIRE(chosen.has_value());
    CHECK(!chosen->onGpu);
    CHECK(chosen->backend->description().starts_with("CPU"));
    CHECK(chosen->whyNoGpu.find("cannot use a GPU") != std::string::npos);
    const auto forced = openBackend(DeviceChoice::cuda, {.threads = 1});
    CHECK(!forced && forced.error().message == chosen->whyNoGpu);
    const auto cpu = openBackend(DeviceChoice::cpu, {.threads = 1});
    CHECK(cpu.has_value() && cpu->whyNoGpu.empty());
    ::unsetenv("LECTERN_CUDA_PLUGIN");
}

TEST(CudaLoadTest, knowsDevicesByTheirNames)
{
    for (const DeviceChoice choice :
        {DeviceChoice::automatic, DeviceChoice::cpu, DeviceChoice::cuda})
        CHECK(parseDeviceChoice(deviceChoiceName(choice)) == choice);
    CHECK(!parseDeviceChoice("gpu"));
}

int main(int argc, char** argv)
{
    return run(argc, argv);
}
