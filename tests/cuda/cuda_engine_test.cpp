// SPDX-License-Identifier: Apache-2.0
// The whole engine over the plugin, loaded as the program loads it; the plugin is the emulation's.
// What a GPU's failures become: the CPU with a remark, or an error that the program survives.
#include "inference/cuda/load_backend.h"
#include "tests/inference/engine_fixture.h"

#include <dlfcn.h>
#include <nlohmann/json.hpp>

using namespace lectern::inference;
using namespace lectern::test;

namespace {

LocalEngineOptions optionsFor(DeviceChoice device)
{
    LocalEngineOptions options;
    options.model = root() / "golden/architectures/qwen3moe/model.gguf";
    options.threads = 1;
    options.device = device;
    return options;
}

// Sets one of the emulated device's settings for as long as it lives.
class Setting {
public:
    Setting(const char* name, const std::string& value) : m_name(name)
    {
        ::setenv(name, value.c_str(), 1);
    }
    ~Setting() { ::unsetenv(m_name); }
    Setting(const Setting&) = delete;
    Setting& operator=(const Setting&) = delete;

private:
    const char* m_name;
};

Result<Completion> ask(Engine& engine, std::string* text = nullptr)
{
    Caller caller(engine, greedy({says(Role::user, "Hello, who are you?")}, 6));
    Result<Completion> result = caller.wait();
    if (text)
        *text = caller.text();
    return result;
}

void checkFallsBack(const std::string& reason)
{
    const auto forced = LocalEngine::open(optionsFor(DeviceChoice::cuda));
    REQUIRE(!forced.has_value());
    CHECK_ROW(forced.error().message.find(reason) != std::string::npos, forced.error().message);
    const auto chosen = LocalEngine::open(optionsFor(DeviceChoice::automatic));
    REQUIRE(chosen.has_value());
    const EngineInfo info = (*chosen)->info();
    CHECK_ROW(info.device.starts_with("CPU"), info.device);
    CHECK_ROW(info.whyNoGpu == forced.error().message, info.whyNoGpu);
    CHECK(ask(**chosen).has_value());
}

} // namespace

TEST(CudaEngineTest, knowsTheDeviceBeforeItIsUsed)
{
    const auto facts = cudaDevice();
    REQUIRE(facts.has_value());
    CHECK(deviceName(*facts) == "Emulated GPU, 1 GB");
    CHECK(deviceVersions(*facts) == "Compute capability 9.0, driver for CUDA 13.0, runtime 13.0");
}

TEST(CudaEngineTest, answersOnTheGpuAsOnTheCpu)
{
    for (const DeviceChoice device : {DeviceChoice::cuda, DeviceChoice::automatic}) {
        const auto gpu = LocalEngine::open(optionsFor(device));
        const auto cpu = LocalEngine::open(optionsFor(DeviceChoice::cpu));
        REQUIRE(gpu.has_value() && cpu.has_value());
        CHECK((*gpu)->info().device == "Emulated GPU, 1 GB");
        CHECK((*gpu)->info().whyNoGpu.empty());
        std::string there;
        std::string here;
        CHECK(ask(**gpu, &there).has_value() && ask(**cpu, &here).has_value());
        CHECK_ROW(!there.empty() && there == here, there + " / " + here);
    }
}

// Asking for log-probabilities fetches whole rows of logits, else only the largest travel.
TEST(CudaEngineTest, theLargestLogitsGiveTheAnswerOfWholeRows)
{
    const auto engine = LocalEngine::open(optionsFor(DeviceChoice::cuda));
    REQUIRE(engine.has_value());
    SamplingParams greedily;
    greedily.temperature = 0;
    SamplingParams few;
    few.topK = 5;
    few.topP = 1;
    few.minP = 0.05F;
    for (const SamplingParams& sampling : {greedily, SamplingParams{}, few}) {
        std::string texts[2];
        for (const bool whole : {false, true}) {
            Request request = greedy({says(Role::user, "Hello, who are you?")}, 12);
            request.sampling = sampling;
            if (whole)
                request.logProbs = 0;
            Caller caller(**engine, request);
            CHECK(caller.wait().has_value());
            texts[whole] = caller.text();
        }
        CHECK_ROW(!texts[0].empty() && texts[0] == texts[1], texts[0] + " / " + texts[1]);
    }
}

TEST(CudaEngineTest, fallsBackWhereMemoryGoesWhileLoading)
{
    const Setting memory("LECTERN_EMULATED_MEMORY", std::to_string(40 << 20));
    checkFallsBack("not enough memory");
}

TEST(CudaEngineTest, fallsBackWhereThePlanDoesNotFit)
{
    LocalEngineOptions options = optionsFor(DeviceChoice::automatic);
    options.model = root() / "../resources/models/nano/nano-text-f16.gguf";
    const Setting said("LECTERN_EMULATED_FREE", std::to_string(8 << 20));
    const auto chosen = LocalEngine::open(options);
    REQUIRE(chosen.has_value());
    CHECK_ROW((*chosen)->info().whyNoGpu.starts_with("The GPU's memory does not hold the model: "),
        (*chosen)->info().whyNoGpu);
}

TEST(CudaEngineTest, fallsBackWhereTheDeviceFails)
{
    const Setting life("LECTERN_EMULATED_LIFE", "0");
    checkFallsBack("lost");
}

TEST(CudaEngineTest, survivesADeviceThatIsLostInAnAnswer)
{
    const Setting life("LECTERN_EMULATED_LIFE", "2"); // made, and one pass
    const auto engine = LocalEngine::open(optionsFor(DeviceChoice::cuda));
    REQUIRE(engine.has_value());
    for (int again = 0; again < 2; ++again) {
        const auto result = ask(**engine);
        REQUIRE(!result.has_value());
        CHECK(result.error().code == ErrorCode::unavailable);
        CHECK_ROW(result.error().message.find("lost") != std::string::npos, result.error().message);
    }
}

int main(int argc, char** argv)
{
    // The loader knows it by its name from now on, so that there seems to be a driver.
    if (dlopen(LECTERN_STAND_IN_DRIVER, RTLD_NOW | RTLD_LOCAL) == nullptr) {
        std::fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    ::setenv("LECTERN_CUDA_PLUGIN", LECTERN_EMULATED_PLUGIN, 1);
    return run(argc, argv);
}
