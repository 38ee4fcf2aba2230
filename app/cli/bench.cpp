// SPDX-License-Identifier: Apache-2.0
// lectern-cli bench: prefill and decode speed of a model on this machine.
#include "app/cli/commands.h"
#include "app/cli/output.h"
#include "inference/cpu/cpu_backend.h"
#include "inference/models/text_model.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <sys/resource.h>

namespace lectern::app::cli {
namespace {

using namespace inference;

struct Options {
    std::string model, kv = "f16", device = "cpu";
    std::vector<int> prompts, answers;
    int depth = 0, repeats = 5, threads = 0;
    bool json = false;
};

std::vector<std::int32_t> someTokens(std::int64_t count, std::int64_t vocabulary)
{
    std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
    std::uint32_t state = 1; // the same tokens in every run; spread, so that experts are used alike
    for (auto& id : ids) {
        state = state * 1664525U + 1013904223U;
        id = static_cast<std::int32_t>((state >> 8U) % static_cast<std::uint32_t>(vocabulary));
    }
    return ids;
}

Result<void> feed(TextModel& model, KvCache& kv, std::span<const std::int32_t> ids)
{
    if (ids.empty())
        return {};
    const auto done = model.forward(kv, {.tokens = ids});
    return done ? Result<void>{} : tl::unexpected(done.error());
}

// Tokens a second of one run: `count` tokens behind `depth`, together or one by one.
Result<double> measure(TextModel& model, const Options& options, int count, bool decode)
{
    auto kv =
        model.createKvCache(parseKvType(options.kv).value_or(KvType::f16), options.depth + count);
    if (!kv)
        return tl::unexpected(kv.error());
    const auto ids = someTokens(options.depth + count, model.graph().vocabulary);
    const std::span<const std::int32_t> all(ids);
    const auto depth = static_cast<std::size_t>(options.depth);
    if (auto fed = feed(model, *kv, all.first(depth)); !fed)
        return tl::unexpected(fed.error());
    const auto rest = all.subspan(depth);
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t step = decode ? 1 : rest.size();
    for (std::size_t i = 0; i < rest.size(); i += step)
        if (auto fed = feed(model, *kv, rest.subspan(i, step)); !fed)
            return tl::unexpected(fed.error());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return count / std::max(took.count(), 1e-9);
}

int benchOne(TextModel& model, const Options& options, int count, bool decode)
{
    std::string name = fmt::format("{}{}", decode ? "tg" : "pp", count);
    if (options.depth > 0)
        name += fmt::format("@d{}", options.depth);
    std::vector<double> speeds;
    for (int i = 0; i <= options.repeats; ++i) { // the first one warms up
        showProgress(fmt::format("{} {} of {}", name, i, options.repeats));
        const auto speed = measure(model, options, count, decode);
        if (!speed)
            return fail(speed.error().message);
        if (i > 0)
            speeds.push_back(*speed);
    }
    showProgress({});
    std::sort(speeds.begin(), speeds.end());
    const std::size_t middle = speeds.size() / 2;
    const double median =
        speeds.size() % 2 == 1 ? speeds[middle] : (speeds[middle - 1] + speeds[middle]) / 2;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    if (options.json)
        printJson({{"test", name}, {"median", median}, {"min", speeds.front()},
            {"max", speeds.back()}, {"unit", "tok/s"},
            {"peak_rss_bytes", static_cast<std::int64_t>(usage.ru_maxrss) * 1024}});
    else
        fmt::print("{:16} {:10.1f} tok/s  ({:.1f} to {:.1f})\n", name, median, speeds.front(),
            speeds.back());
    std::fflush(stdout);
    return kDone;
}

int bench(Options options)
{
    if (const int code = checkDevice(options.device))
        return code;
    const auto file = ModelFile::open(chosenModelFile(options.model));
    if (!file)
        return fail(file.error().message);
    const auto backend = createCpuBackend({.threads = options.threads});
    const auto model = TextModel::load(**file, *backend);
    if (!model)
        return fail(model.error().message);
    if (options.prompts.empty() && options.answers.empty()) {
        options.prompts = {512};
        options.answers = {128};
    }
    for (const int count : options.prompts)
        if (const int code = benchOne(**model, options, count, false))
            return code;
    for (const int count : options.answers)
        if (const int code = benchOne(**model, options, count, true))
            return code;
    return kDone;
}

} // namespace

void addBench(CLI::App& program, Run& run)
{
    auto options = std::make_shared<Options>(); // CLI11 keeps the callbacks
    CLI::App* command = program.add_subcommand("bench", "Measure prefill and decode speed.");
    const CLI::Range count(1, 1 << 22);
    command->add_option("-m", options->model, "Model")->type_name("GGUF");
    command->add_option("-p", options->prompts, "Tokens read at once (512)")
        ->allow_extra_args(false)
        ->check(count);
    command->add_option("-n", options->answers, "Tokens written one by one (128)")
        ->allow_extra_args(false)
        ->check(count);
    command->add_option("-d", options->depth, "Tokens held before")->check(CLI::Range(0, 1 << 22));
    command->add_option("-r", options->repeats, "Repeats (5)")->check(CLI::Range(1, 1000));
    command->add_option("-t", options->threads, "Threads")->check(CLI::Range(0, 1024));
    command->add_option("--kv", options->kv, "Type of the KV cache (f16)")
        ->check(CLI::IsMember(kvTypeNames()));
    command->add_option("--device", options->device, "Where to compute (cpu)")
        ->check(CLI::IsMember({"cpu", "cuda"}));
    command->add_flag("--json", options->json, "Print one JSON object a line");
    command->callback([options, &run] { run = [options] { return bench(*options); }; });
}

} // namespace lectern::app::cli
