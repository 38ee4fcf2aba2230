// SPDX-License-Identifier: Apache-2.0
// lectern-cli model info: what a model file is and needs, and whether it fits here.
#include "inference/model_info.h"

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/cpu/cpu_backend.h"
#include "inference/cuda/load_backend.h"
#include "inference/memory_need.h"

#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

nlohmann::json memoryOf(inference::MemoryNeed need)
{
    nlohmann::json longest = nlohmann::json::object();
    for (const auto& [name, type] : inference::kKvTypes) {
        need.kvType = type;
        if (!need.kv.layers.empty())
            longest[std::string(name)] = largestContext(need);
    }
    return {{"weights", need.weights}, {"activations", need.activations},
        {"tokenizer", need.tokenizer}, {"vision", need.vision}, {"without_cache", need.fixed()},
        {"longest_context", longest}};
}

// The GPU of this machine, and whether the model fits into what is free of its memory.
struct OnGpu {
    inference::DeviceFacts facts;
    inference::Fit fit;
};

inference::Result<OnGpu> onGpu(const inference::ModelFile& file, const inference::ModelFile* vision)
{
    const auto facts = inference::cudaDevice();
    if (!facts)
        return tl::unexpected(facts.error());
    const auto backend = inference::createCudaBackend(); // what is free, only its user is told
    if (!backend)
        return tl::unexpected(backend.error());
    return OnGpu{*facts,
        inference::fitOf(file, vision,
            {.packed = true,
                .threads = inference::physicalCores(),
                .microBatch = (*backend)->microBatch()},
            (*backend)->deviceMemoryLeft())};
}

void printGpu(const inference::Result<OnGpu>& gpu)
{
    const auto line = [](std::string_view label, const std::string& value) {
        fmt::print("{:<18}{}\n", label, value);
    };
    if (!gpu) {
        line("GPU:", "none: " + gpu.error().message);
        return;
    }
    line("GPU:", deviceName(gpu->facts));
    line("", deviceVersions(gpu->facts));
    const inference::Fit& fit = gpu->fit;
    line("fits the GPU:",
        fit.obstacle ? "no: " + fit.obstacle->message
                     : fmt::format("yes, {}in the {} that are free",
                         fit.context > 0 ? fmt::format("with {} tokens of context ", fit.context)
                                         : std::string(),
                         inference::bytesForPeople(fit.need.available)));
}

void addGpu(nlohmann::json& value, const inference::Result<OnGpu>& gpu)
{
    if (!gpu) {
        value["why_no_gpu"] = gpu.error().message;
        return;
    }
    const inference::Fit& fit = gpu->fit;
    value["gpu"] = {{"name", gpu->facts.name}, {"memory_bytes", gpu->facts.memoryBytes},
        {"available_bytes", fit.need.available},
        {"compute_capability", gpu->facts.computeCapability}, {"driver_cuda", gpu->facts.driver},
        {"runtime_cuda", gpu->facts.runtime}, {"context_that_fits", fit.context},
        {"fits", !fit.obstacle.has_value()}};
    if (fit.obstacle)
        value["gpu"]["why_not_fitting"] = fit.obstacle->message;
}

int report(const std::string& path, const std::string& mmproj, bool asJson)
{
    const auto file = inference::ModelFile::open(path);
    if (!file)
        return fail(file.error().message);
    std::unique_ptr<inference::ModelFile> vision;
    if (!mmproj.empty()) {
        auto opened = inference::ModelFile::open(mmproj);
        if (!opened)
            return fail(opened.error().message);
        vision = std::move(*opened);
    }
    const auto info = inference::modelInfo((*file)->gguf());
    const auto notRunnable = inference::whyNotRunnable(**file);
    const auto fit =
        inference::fitOf(**file, vision.get(), {.threads = inference::physicalCores()});
    const auto gpu = onGpu(**file, vision.get());
    if (!asJson) {
        std::string text = inference::modelReport(**file, vision.get(), fit.need.available);
        fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
        printGpu(gpu);
        return kDone;
    }
    nlohmann::json value{{"file", path}, {"parts", (*file)->partCount()}, {"name", info.name},
        {"architecture", info.architecture},
        {"kind", info.kind == inference::ModelKind::vision ? "vision" : "text"},
        {"types", info.typeMixture}, {"parameters", info.parameters},
        {"active_parameters", info.activeParameters}, {"weight_bytes", info.weightBytes},
        {"token_bytes", info.tokenBytes}, {"token_flops", info.tokenFlops}, {"layers", info.layers},
        {"width", info.width}, {"context_length", info.contextLength},
        {"vocabulary", info.vocabulary}, {"experts", info.experts},
        {"experts_used", info.expertsUsed}, {"tile_size", info.tileSize},
        {"patch_size", info.patchSize}, {"tokens_per_tile", info.tokensPerTile},
        {"output_width", info.outputWidth},
        {"kv_bytes_per_token", info.kvBytesPerToken(inference::KvType::f16)},
        {"available_bytes", fit.need.available}, {"context_that_fits", fit.context},
        {"memory_bytes", memoryOf(fit.need)}, {"runnable", !notRunnable.has_value()},
        {"fits", !fit.obstacle.has_value()}};
    if (notRunnable)
        value["why_not_runnable"] = notRunnable->message;
    if (fit.obstacle)
        value["why_not_fitting"] = fit.obstacle->message;
    addGpu(value, gpu);
    printJson(value);
    return kDone;
}

} // namespace

void addModelInfo(CLI::App& program, Run& run)
{
    struct Options {
        std::string file, mmproj;
        bool asJson = false;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* model = program.add_subcommand("model", "About model files.");
    model->require_subcommand(1);
    CLI::App* command = model->add_subcommand(
        "info", "What a model file is, what it needs, whether it fits here, and why not.");
    command->add_option("GGUF", options->file, "Model file")->required();
    command->add_option("--mmproj", options->mmproj, "Vision file to be loaded with it")
        ->type_name("GGUF");
    command->add_flag("--json", options->asJson, "Print one JSON object");
    command->callback([options, &run] {
        run = [options] { return report(options->file, options->mmproj, options->asJson); };
    });
}

} // namespace lectern::app::cli
