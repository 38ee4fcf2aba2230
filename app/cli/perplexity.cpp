// SPDX-License-Identifier: Apache-2.0
// lectern-cli perplexity: how well a model predicts a text, to see what an arithmetic costs.
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/inspect.h"
#include "inference/tokenizer.h"

#include <cmath>
#include <fmt/format.h>

namespace lectern::app::cli {
namespace {

using namespace inference;

struct Options {
    std::string model, file, weights = "packed", kv = "f16";
    int window = 512, threads = 0;
    bool json = false;
};

// -log p(id) of a row of logits.
double surprise(std::span<const float> logits, std::int32_t id)
{
    const float largest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - largest);
    return std::log(sum) + largest - logits[static_cast<std::size_t>(id)];
}

int perplexity(const Options& options)
{
    const auto text = readWhole(options.file);
    if (!text)
        return kFailed;
    const auto model = TextInspector::open(
        chosenModelFile(options.model), options.threads, options.weights == "packed");
    if (!model)
        return fail(model.error().message);
    const auto tokenizer = Tokenizer::fromGguf((*model)->file().gguf());
    if (!tokenizer)
        return fail(tokenizer.error().message);
    const std::vector<TokenId> ids = (*tokenizer)->encode(*text, SpecialTokens::asText);
    const auto window = static_cast<std::size_t>(options.window);
    if (ids.size() < 2)
        return fail(fmt::format("{} has too little text to predict.", options.file));
    const auto vocabulary = static_cast<std::size_t>((*model)->vocabulary());
    double total = 0;
    std::size_t count = 0;
    for (std::size_t first = 0; first + 1 < ids.size(); first += window) {
        const auto part = std::span(ids).subspan(first, std::min(window, ids.size() - first));
        const auto logits =
            (*model)->logits(part, LogitsOf::all, parseKvType(options.kv).value_or(KvType::f16));
        if (!logits)
            return fail(logits.error().message);
        for (std::size_t t = 0; t + 1 < part.size(); ++t, ++count)
            total += surprise(std::span(*logits).subspan(t * vocabulary, vocabulary), part[t + 1]);
        showProgress(fmt::format("{} of {} tokens", first + part.size(), ids.size()));
    }
    showProgress({});
    const double value = std::exp(total / static_cast<double>(count));
    if (options.json)
        printJson({{"perplexity", value}, {"tokens", count}, {"window", options.window},
            {"weights", options.weights}, {"kv", options.kv}});
    else
        fmt::print("perplexity {:.4f} over {} tokens\n", value, count);
    return kDone;
}

} // namespace

void addPerplexity(CLI::App& program, Run& run)
{
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand(
        "perplexity", "Measure how well a model predicts a text (lower is better).");
    command->add_option("-m", options->model, "Model")->type_name("GGUF");
    command->add_option("file", options->file, "Text")->type_name("FILE")->required();
    command->add_option("-c", options->window, "Tokens of a window, each read afresh (512)")
        ->check(CLI::Range(2, 1 << 20));
    command->add_option("-t", options->threads, "Threads")->check(CLI::Range(0, 1024));
    command->add_option("--weights", options->weights, "Packed at load, or mapped (packed)")
        ->check(CLI::IsMember({"packed", "mapped"}));
    command->add_option("--kv", options->kv, "Type of the KV cache (f16)")
        ->check(CLI::IsMember(kvTypeNames()));
    command->add_flag("--json", options->json, "Print one JSON object");
    command->callback([options, &run] { run = [options] { return perplexity(*options); }; });
}

} // namespace lectern::app::cli
