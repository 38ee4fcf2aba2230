// SPDX-License-Identifier: Apache-2.0
// lectern-cli bench: load time, prefill and decode speed and memory of a model on this machine.
#include "inference/bench.h"

#include "app/cli/commands.h"
#include "app/cli/output.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

using namespace inference;

struct Options {
    std::string model, synthetic, type = "q4_k", kv = "f16", weights = "packed", device = "cpu";
    std::int64_t layers = 0;
    std::vector<std::int64_t> prompts, answers, depths;
    int repeats = 5, threads = 0;
    bool json = false;
};

// "q4_k", in any case of letters.
std::optional<TensorType> tensorTypeNamed(const std::string& name)
{
    for (std::uint32_t id = 0; id < 64; ++id) {
        const auto info = tensorTypeInfo(id);
        if (info && isComputable(static_cast<TensorType>(id))
            && std::equal(info->name.begin(), info->name.end(), name.begin(), name.end(),
                [](char a, char b) { return std::tolower(a) == std::tolower(b); }))
            return static_cast<TensorType>(id);
    }
    return std::nullopt;
}

nlohmann::json withStart(nlohmann::json line, const Bench& model, const Options& options)
{
    line["kv"] = options.kv;
    line["weights"] = options.weights;
    line["device"] = model.device();
    line["load_seconds"] = model.loadSeconds();
    line["first_token_seconds"] = model.firstTokenSeconds();
    line["peak_rss_bytes"] = processMemory().peak;
    return line;
}

// Only how long it takes to begin: from opening the file to the first token's text.
int printStart(const Bench& model, const Options& options)
{
    const double seconds = model.firstTokenSeconds();
    if (options.json)
        printJson(withStart({{"test", "start"}, {"median", seconds}, {"min", seconds},
                                {"max", seconds}, {"unit", "s"}},
            model, options));
    else
        fmt::print("{:16} {:10.3f} s to the first token, of which loading {:.3f} s\n", "start",
            seconds, model.loadSeconds());
    return kDone;
}

int measure(Bench& model, const Options& options, const BenchCase& what)
{
    const auto speeds = model.run(what, options.repeats, [&](int done) {
        showProgress(fmt::format("{} {} of {}", what.name(), done, options.repeats));
    });
    showProgress({});
    if (!speeds)
        return fail(speeds.error().message);
    const Spread spread = spreadOf(*speeds);
    if (options.json)
        printJson(withStart({{"test", what.name()}, {"median", spread.median}, {"min", spread.min},
                                {"max", spread.max}, {"unit", "tok/s"}, {"samples", *speeds}},
            model, options));
    else
        fmt::print("{:16} {:10.1f} tok/s  ({:.1f} to {:.1f})\n", what.name(), spread.median,
            spread.min, spread.max);
    std::fflush(stdout);
    return kDone;
}

int bench(Options options)
{
    std::optional<SyntheticModel> synthetic;
    if (!options.synthetic.empty()) {
        const auto type = tensorTypeNamed(options.type);
        if (!type)
            return fail(fmt::format("There is no type of weights \"{}\".", options.type));
        synthetic = {options.synthetic, *type, options.layers};
    }
    const auto model = Bench::open({.model = synthetic ? "" : chosenModelFile(options.model),
        .synthetic = synthetic,
        .threads = options.threads,
        .kvType = parseKvType(options.kv).value_or(KvType::f16),
        .packWeights = options.weights == "packed",
        .device = parseDeviceChoice(options.device).value_or(DeviceChoice::cpu)});
    if (!model)
        return fail(model.error().message);
    if (options.prompts.empty() && options.answers.empty()) {
        options.prompts = {512};
        options.answers = {128};
    }
    if (options.depths.empty())
        options.depths = {0};
    std::vector<BenchCase> cases;
    for (const std::int64_t depth : options.depths) {
        for (const std::int64_t count : options.prompts)
            cases.push_back({BenchCase::Kind::prefill, count, depth});
        for (const std::int64_t count : options.answers)
            cases.push_back({BenchCase::Kind::decode, count, depth});
    }
    std::erase_if(cases, [](const BenchCase& what) { return what.tokens == 0; });
    if (cases.empty())
        return printStart(**model, options);
    for (const BenchCase& what : cases)
        if (const int code = measure(**model, options, what))
            return code;
    return kDone;
}

} // namespace

void addBench(CLI::App& program, Run& run)
{
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand(
        "bench", "Measure prefill and decode speed; with -p 0 the start only.");
    const CLI::Range count(0, 1 << 22);
    command->add_option("-m", options->model, "Model")->type_name("GGUF");
    command
        ->add_option("--synthetic", options->synthetic,
            "Instead of a model: random weights of a released one's shape")
        ->check(CLI::IsMember({"scout", "maverick", "tiny"}));
    command->add_option("--type", options->type, "Type of the synthetic weights (q4_k)");
    command->add_option("--layers", options->layers, "Layers of the synthetic model (all)")
        ->check(CLI::Range(0, 4096));
    command->add_option("-p", options->prompts, "Tokens read at once (512)")
        ->allow_extra_args(false)
        ->check(count);
    command->add_option("-n", options->answers, "Tokens written one by one (128)")
        ->allow_extra_args(false)
        ->check(count);
    command->add_option("-d", options->depths, "Tokens held before (0)")
        ->allow_extra_args(false)
        ->check(count);
    command->add_option("-r", options->repeats, "Repeats (5)")->check(CLI::Range(1, 1000));
    command->add_option("-t", options->threads, "Threads")->check(CLI::Range(0, 1024));
    command->add_option("--kv", options->kv, "Type of the KV cache (f16)")
        ->check(CLI::IsMember(kvTypeNames()));
    command->add_option("--device", options->device, "Where to compute (cpu)")
        ->check(CLI::IsMember(deviceNames()));
    command->add_option("--weights", options->weights, "Packed at load, or mapped (packed)")
        ->check(CLI::IsMember({"packed", "mapped"}));
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([options, &run] { run = [options] { return bench(*options); }; });
}

} // namespace lectern::app::cli
