// SPDX-License-Identifier: Apache-2.0
// lectern-cli logits: what a model computes for given tokens.
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/inspect.h"

#include <charconv>
#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

// "1,2,3", or a file with a JSON array (or an object with one in "ids" or "tokens").
std::optional<std::vector<std::int32_t>> parseTokens(const std::string& given)
{
    using nlohmann::json;
    json value;
    if (given.find_first_not_of("0123456789,- ") == std::string::npos) {
        value = json::parse("[" + given + "]", nullptr, false);
    } else {
        const auto text = readWhole(given);
        if (!text)
            return std::nullopt;
        value = json::parse(*text, nullptr, false);
        for (const char* key : {"ids", "tokens"})
            if (value.is_object() && value.contains(key)) {
                value = json(value[key]);
                break;
            }
    }
    std::vector<std::int32_t> ids;
    const auto isId = [](const json& id) {
        return id.is_number_integer() && id.get<std::int64_t>() >= 0
            && id.get<std::int64_t>() <= INT32_MAX;
    };
    if (!value.is_array() || value.empty() || !std::all_of(value.begin(), value.end(), isId)) {
        fail(fmt::format("\"{}\" is no list of token ids.", given));
        return std::nullopt;
    }
    return value.get<std::vector<std::int32_t>>();
}

} // namespace

void addLogits(CLI::App& program, Run& run)
{
    struct Options {
        std::string model, tokens, out, kv = "f32", device = "cpu";
        bool all = false;
    };
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command =
        program.add_subcommand("logits", "Write the logits behind tokens as raw float32.");
    command->add_option("-m", options->model, "Model")->type_name("GGUF");
    command->add_option("--tokens", options->tokens, "1,2,3 or a JSON file (BOS included)")
        ->required();
    command->add_option("--out", options->out, "Output")->type_name("FILE.f32")->required();
    command->add_flag("--all", options->all, "Behind every token, not the last alone");
    command->add_option("--kv", options->kv, "Type of the KV cache (f32)")
        ->check(CLI::IsMember(kvTypeNames()));
    command->add_option("--device", options->device, "Where to compute (cpu)")
        ->check(CLI::IsMember(deviceNames()));
    command->callback([options, &run] {
        run = [options] {
            const auto ids = parseTokens(options->tokens);
            if (!ids)
                return kFailed;
            auto model = inference::TextInspector::open(chosenModelFile(options->model), 0, false,
                inference::parseDeviceChoice(options->device)
                    .value_or(inference::DeviceChoice::cpu));
            if (!model)
                return fail(model.error().message);
            remarkOnDevice((*model)->whyNoGpu());
            const auto logits = (*model)->logits(*ids,
                options->all ? inference::LogitsOf::all : inference::LogitsOf::last,
                inference::parseKvType(options->kv).value_or(inference::KvType::f32), {},
                [&](std::int64_t done) {
                    showProgress(fmt::format("{} of {} tokens", done, ids->size()));
                });
            showProgress({});
            if (!logits)
                return fail(logits.error().message);
            return writeFloats(options->out, *logits) ? kDone : kFailed;
        };
    });
}

} // namespace lectern::app::cli
