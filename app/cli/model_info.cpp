// SPDX-License-Identifier: Apache-2.0
// lectern-cli model info: what a model file is and needs, and whether it fits here.
#include "inference/model_info.h"

#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/cpu/host_memory.h"

#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

int report(const std::string& path, bool asJson)
{
    const auto file = inference::ModelFile::open(path);
    if (!file)
        return fail(file.error().message);
    const std::uint64_t available = inference::availableMemory();
    const auto info = inference::modelInfo((*file)->gguf());
    const auto notRunnable = inference::whyNotRunnable(**file);
    std::int64_t context = 0;
    const auto notFitting = inference::whyNotFitting(info, available, &context);
    if (!asJson) {
        std::string text = inference::modelReport(**file, available);
        fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
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
        {"available_bytes", available}, {"context_that_fits", context},
        {"runnable", !notRunnable.has_value()}, {"fits", !notFitting.has_value()}};
    if (notRunnable)
        value["why_not_runnable"] = notRunnable->message;
    if (notFitting)
        value["why_not_fitting"] = notFitting->message;
    printJson(value);
    return kDone;
}

} // namespace

void addModelInfo(CLI::App& program, Run& run)
{
    struct Options {
        std::string file;
        bool asJson = false;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* model = program.add_subcommand("model", "About model files.");
    model->require_subcommand(1);
    CLI::App* command = model->add_subcommand(
        "info", "What a model file is, what it needs, whether it fits here, and why not.");
    command->add_option("GGUF", options->file, "Model file")->required();
    command->add_flag("--json", options->asJson, "Print one JSON object");
    command->callback(
        [options, &run] { run = [options] { return report(options->file, options->asJson); }; });
}

} // namespace lectern::app::cli
