// SPDX-License-Identifier: Apache-2.0
// lectern_op_bench: what each op of the CPU backend reaches, beside what the machine can do.
//
//   lectern_op_bench [--only TEXT]... [-t THREADS] [-r ROUNDS] [--json] [--limits [--read]]
//   [--smoke]
//
// --only: groups or ops whose name holds TEXT ("weights Q4_K", "moe", "attention").
// --limits: the limits alone; with --read only that one. --smoke: tiny shapes, one round; a test
// that every case runs.
// --json: one object a line. Speeds are medians over rounds; in a round the cases of a group take
// turns, so that a change of the machine's state hits them alike. Read bandwidth is measured
// again beside every group.
#include "inference/bench.h"
#include "inference/cpu/cpu_backend.h"
#include "tests/bench/limits.h"
#include "tests/bench/op_cases.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace {

using namespace lectern;
using namespace lectern::bench;

// A sample lasts at least this long, so that neither the clock nor a wake-up shows.
constexpr double kSampleSeconds = 0.02;

struct Options {
    std::vector<std::string> only;
    int threads = 0;
    int rounds = 7;
    bool json = false;
    bool limitsOnly = false;
    bool readOnly = false;
    bool smoke = false;
    bool pack = false; // CpuOptions::packWeights
};

std::optional<Options> parse(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const bool more = i + 1 < argc;
        const auto number = [&](int& target) {
            const char* text = argv[++i];
            const char* end = text + std::strlen(text);
            return std::from_chars(text, end, target).ptr == end && target > 0;
        };
        if (argument == "--json")
            options.json = true;
        else if (argument == "--limits")
            options.limitsOnly = true;
        else if (argument == "--read")
            options.readOnly = true;
        else if (argument == "--smoke")
            options.smoke = true;
        else if (argument == "--pack")
            options.pack = true;
        else if (argument == "--only" && more)
            options.only.emplace_back(argv[++i]);
        else if (argument == "-t" && more) {
            if (!number(options.threads))
                return std::nullopt;
        } else if (argument == "-r" && more) {
            if (!number(options.rounds))
                return std::nullopt;
        } else
            return std::nullopt;
    }
    return options;
}

double secondsOf(inference::Backend& backend, const OpCase& what, int times)
{
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i)
        what.run();
    if (const auto done = backend.synchronize(); !done) {
        fmt::print(stderr, "{} {}: {}\n", what.op, what.shape, done.error().message);
        return NAN;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return std::max(took.count(), 1e-9) / times;
}

class Report {
public:
    Report(const Options& options, std::vector<Limit> peaks)
        : m_options(options), m_peaks(std::move(peaks))
    {
        for (const Limit& limit : m_peaks)
            print(limit);
    }
    void print(const Limit& limit) const
    {
        if (m_options.json)
            line({{"limit", limit.name}, {"unit", limit.unit}, {"median", limit.median},
                {"min", limit.min}, {"max", limit.max}});
        else
            fmt::print("{:<10} {:>8.1f} {:<8} ({:.1f} to {:.1f})\n", limit.name, limit.median,
                limit.unit, limit.min, limit.max);
    }
    void print(const OpCase& what, std::vector<double> seconds, const Limit& read) const
    {
        const auto spread = inference::spreadOf(std::move(seconds));
        const double bandwidth = what.bytes / spread.median / 1e9;
        const double rate = what.flops / spread.median / 1e9;
        const auto peak = std::ranges::find(m_peaks, what.peak, &Limit::name);
        const double ofRead = read.median > 0 ? bandwidth / read.median : 0;
        const double ofPeak = peak != m_peaks.end() ? rate / peak->median : 0;
        if (m_options.json) {
            line({{"op", what.op}, {"shape", what.shape}, {"type", what.type},
                {"seconds", spread.median}, {"min_seconds", spread.min},
                {"max_seconds", spread.max}, {"gb_per_s", bandwidth}, {"of_read", ofRead},
                {"gflop_per_s", rate}, {"peak", what.peak}, {"of_peak", ofPeak}});
            return;
        }
        fmt::print("{:<17}{:<26}{:<8}{:>10.1f} us {:>7.1f} GB/s {:>4.0f}% {:>8.1f} GFLOP/s "
                   "{:>4.0f}%{}{}\n",
            what.op, what.shape, what.type, spread.median * 1e6, bandwidth, 100 * ofRead, rate,
            100 * ofPeak, what.peak.empty() ? "" : " of ", what.peak);
        std::fflush(stdout);
    }

private:
    static void line(const nlohmann::json& value)
    {
        fmt::print("{}\n", value.dump());
        std::fflush(stdout);
    }
    const Options& m_options;
    std::vector<Limit> m_peaks;
};

bool wanted(const Options& options, std::string_view group, std::string_view op)
{
    return options.only.empty() || std::ranges::any_of(options.only, [&](const std::string& text) {
        return group.find(text) != std::string_view::npos
            || op.find(text) != std::string_view::npos;
    });
}

// False when an op has failed.
bool timeGroup(inference::Backend& backend, OpGroup& group, const Options& options,
    const Report& report, int threads)
{
    std::erase_if(
        group.cases, [&](const OpCase& what) { return !wanted(options, group.name, what.op); });
    if (group.cases.empty())
        return true;
    Limit read;
    if (!options.smoke) {
        const auto measured =
            measureLimits({.threads = threads, .repeats = 5, .read = true, .peaks = false});
        if (!measured.empty()) {
            read = measured.front();
            report.print(read);
        }
    }
    std::vector<int> times;
    for (const OpCase& what : group.cases) {
        const double once = secondsOf(backend, what, 1); // warms up, too
        if (!std::isfinite(once))
            return false;
        times.push_back(
            options.smoke ? 1 : std::clamp(static_cast<int>(kSampleSeconds / once), 1, 100'000));
    }
    std::vector<std::vector<double>> seconds(group.cases.size());
    for (int round = 0; round < options.rounds; ++round)
        for (std::size_t i = 0; i < group.cases.size(); ++i)
            seconds[i].push_back(secondsOf(backend, group.cases[i], times[i]));
    for (std::size_t i = 0; i < group.cases.size(); ++i) {
        if (!std::ranges::all_of(seconds[i], [](double s) { return std::isfinite(s); }))
            return false;
        report.print(group.cases[i], std::move(seconds[i]), read);
    }
    return true;
}

int timeAll(Options options)
{
    const auto backend =
        inference::createCpuBackend({.threads = options.threads, .packWeights = options.pack});
    const int threads = options.threads > 0 ? options.threads : inference::physicalCores();
    Shapes shapes;
    if (options.smoke) {
        shapes = {.hidden = 256,
            .heads = 4,
            .kvHeads = 2,
            .headDim = 64,
            .ffn = 256,
            .experts = 4,
            .vocabulary = 512,
            .visionWidth = 256,
            .visionHeads = 4,
            .visionFfn = 256,
            .visionTokens = 577,
            .streamedBytes = 1};
        options.rounds = 1;
    }
    if (!options.json)
        fmt::print("{}\n", backend->description());
    const Report report(options,
        options.smoke ? std::vector<Limit>()
                      : measureLimits({.threads = threads,
                          .repeats = 5,
                          .read = options.limitsOnly,
                          .peaks = !options.readOnly}));
    if (options.limitsOnly)
        return 0;
    for (const NamedGroup& named : opGroups(*backend, shapes)) {
        if (!std::ranges::any_of(
                named.ops, [&](const std::string& op) { return wanted(options, named.name, op); }))
            continue;
        auto group = named.make();
        if (!group) {
            fmt::print(stderr, "{}: {}\n", named.name, group.error().message);
            return 1;
        }
        if (!timeGroup(*backend, *group, options, report, threads))
            return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    const auto options = parse(argc, argv);
    if (!options) {
        fmt::print(stderr,
            "use: lectern_op_bench [--only TEXT]... [-t THREADS] [-r ROUNDS] [--json] [--limits "
            "[--read]] "
            "[--smoke] [--pack]\n");
        return 2;
    }
    return timeAll(*options);
}
