// SPDX-License-Identifier: Apache-2.0
// Mixed requests for a long time: texts, pictures, follow-ups of several conversations, different
// sampling, several at once, stopped at any moment. Equal requests must give equal answers in
// whatever order they come, memory must not grow once everything has been seen, nothing may hang.
// How much of a prompt comes from the cache decides how its rows are grouped, and rounding follows:
// greedy answers may part where the two likeliest tokens were as good as equal, drawn ones where
// the draw fell between two. Those are counted, and limited.
//   lectern_soak [--seconds 1800] [--seed 1] [--growth-mib 48]
#include "inference/bench.h"
#include "tests/inference/engine_fixture.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <random>

using namespace lectern::inference;
using lectern::test::Caller;
using lectern::test::GoldenCase;
using lectern::test::says;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kMemoryCounts = false; // sanitizers keep freed memory for a while
#else
constexpr bool kMemoryCounts = true;
#endif
constexpr double kWarmUpShare = 0.25; // of the time; every kind of request has come by then
constexpr auto kHang = std::chrono::seconds(180); // shared machines freeze for half a minute

struct Options {
    std::uint64_t seconds = 1800;
    std::uint64_t seed = 1;
    std::uint64_t growthMib = 48; // beyond the most that was used during the warm-up
};

constexpr std::array kQuestions{"What is it about?", "Who is named in it?", "Say it in one line.",
    "What comes first?", "How many are there?", "What colour is it?"};
constexpr std::array kWords{"the", "school", "board", "met", "in", "March", "and", "a", "budget",
    "of", "seven", "ships", "harbour", "was", "approved", "by", "Ada", "green", "river", "before"};
constexpr std::uint64_t kDocuments = 12;
constexpr std::size_t kMostTurns = 4;

// A text that depends on its number alone, of 40 to 1200 words.
std::string document(std::uint64_t number)
{
    std::mt19937_64 random(number);
    std::string text = "<document>\n";
    for (std::uint64_t words = 40 + number * number * 8; words > 0; --words) {
        text += kWords[random() % kWords.size()];
        text += random() % 12 == 0 ? ".\n" : " ";
    }
    return text + "\n</document>\n\n";
}

constexpr double kTie = 0.05;      // of log-probability, between the two likeliest
constexpr double kMostTies = 0.01; // of the comparisons

// Where each token of an answer ends, and how far the likeliest one led.
struct Step {
    std::size_t end = 0;
    double lead = 0;
};
struct Known {
    std::string text;
    std::vector<Step> steps; // of greedy answers
};

std::vector<Step> stepsOf(const Completion& completion)
{
    std::vector<Step> steps;
    std::size_t end = 0;
    for (const ChosenLogProb& token : completion.logProbs) {
        end += token.text.size();
        steps.push_back({end,
            token.alternatives.size() > 1
                ? token.alternatives[0].logProb - token.alternatives[1].logProb
                : 0});
    }
    return steps;
}

struct Planned {
    std::string name; // equal names: equal requests
    Request request;
    std::optional<std::string> reference; // known from elsewhere, and nowhere near a tie
    bool endless = false;                 // ends only by being stopped
    std::optional<milliseconds> stopAfter;
};

class Soak {
public:
    Soak(Engine& engine, const Options& options)
        : m_engine(engine)
        , m_options(options)
        , m_random(options.seed)
        , m_golden(lectern::test::goldenCases())
        , m_watch([this](const std::stop_token& stop) { watch(stop); })
    {
    }

    // 0 when all was well.
    int run()
    {
        const auto start = Clock::now();
        const auto seconds = static_cast<double>(m_options.seconds);
        std::uint64_t warm = 0;
        std::uint64_t most = 0;
        auto report = start;
        for (;;) {
            const std::chrono::duration<double> elapsed = Clock::now() - start;
            if (elapsed.count() >= seconds)
                break;
            batch();
            const std::uint64_t memory = processMemory().now;
            (elapsed.count() < kWarmUpShare * seconds ? warm : most) =
                std::max(elapsed.count() < kWarmUpShare * seconds ? warm : most, memory);
            if (Clock::now() - report > std::chrono::seconds(60)) {
                report = Clock::now();
                fmt::print("{:6.0f} s: {}, {:.1f} MiB\n", elapsed.count(), counts(), mib(memory));
                std::fflush(stdout);
            }
        }
        fmt::print("{}; {} different requests\n", counts(), m_known.size());
        fmt::print("parted at a tie: {} greedy (the widest lead {:.4f}), {} drawn\n", m_ties,
            m_widestTie, m_drawnOtherwise);
        if (static_cast<double>(m_ties + m_drawnOtherwise)
            > 2 + kMostTies * static_cast<double>(m_compared))
            problem("too many answers differ");
        fmt::print("memory: at most {:.1f} MiB in the first quarter, {:.1f} MiB after it\n",
            mib(warm), mib(most));
        if (kMemoryCounts && most > warm + (m_options.growthMib << 20U))
            problem(fmt::format("memory grew by {:.1f} MiB", mib(most - warm)));
        if (m_answered == 0 || m_stopped == 0)
            problem("nothing was answered, or nothing was stopped");
        fmt::print("{}\n", m_problems == 0 ? "all well" : "problems, see above");
        return m_problems == 0 ? 0 : 1;
    }

private:
    std::uint64_t below(std::uint64_t bound) { return m_random() % bound; }
    static double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1U << 20U); }
    [[nodiscard]] std::string counts() const
    {
        return fmt::format("{} answered ({} of them compared), {} stopped, {} refused, {} tokens",
            m_answered, m_compared, m_stopped, m_refused, m_tokens);
    }
    void problem(const std::string& sentence)
    {
        ++m_problems;
        fmt::print("PROBLEM: {}\n", sentence);
        std::fflush(stdout);
    }

    void watch(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(milliseconds(100));
            if (Clock::now() - m_lastSign.load() < kHang)
                continue;
            fmt::print("PROBLEM: nothing has ended for {} s\n", kHang.count());
            std::fflush(stdout);
            std::_Exit(1);
        }
    }

    // One of four ways to draw tokens; with a seed, so that the answer is a function of the name.
    void sample(Planned& planned)
    {
        const std::uint64_t way = below(4);
        SamplingParams& sampling = planned.request.sampling;
        sampling.temperature = 0;
        planned.request.logProbs = 2;
        if (way == 0)
            return;
        planned.name += fmt::format(", way {}", way);
        sampling.seed = way;
        sampling.temperature = 0.8F;
        if (way == 1) {
            sampling.topK = 0;
            sampling.topP = 1.0F;
            sampling.minP = 0.05F;
        } else if (way == 2) {
            sampling.repetitionPenalty = 1.1F;
            sampling.frequencyPenalty = 0.2F;
            planned.request.logProbs = 3;
        } else {
            planned.request.stops = {" the", ".\n"};
        }
    }

    Planned goldenRequest()
    {
        const GoldenCase& one = m_golden[below(m_golden.size())];
        Planned planned{fmt::format("case {}", one.id), {.messages = one.messages}, {}, false, {}};
        sample(planned);
        planned.request.maxTokens = 60;
        if (planned.request.sampling.temperature == 0)
            planned.reference = one.output;
        return planned;
    }

    // A question behind a document or a golden case, or behind earlier questions and answers.
    Planned talkRequest()
    {
        const std::uint64_t which = below(kDocuments + m_golden.size());
        Planned planned;
        planned.name = fmt::format("talk {}", which);
        if (which < kDocuments)
            planned.request.messages = {
                says(Role::user, document(which) + kQuestions[which % kQuestions.size()])};
        else
            planned.request.messages = m_golden[which - kDocuments].messages;
        planned.request.sampling.temperature = 0;
        planned.request.logProbs = 2;
        planned.request.maxTokens = 40;
        for (std::uint64_t turns = below(kMostTurns); turns > 0; --turns) {
            const auto known = m_known.find(planned.name);
            if (known == m_known.end() || known->second.text.empty())
                return planned; // first its own answer
            const std::uint64_t question = below(kQuestions.size());
            planned.name += fmt::format(", then {}", question);
            planned.request.messages.push_back(says(Role::assistant, known->second.text));
            planned.request.messages.push_back(says(Role::user, kQuestions[question]));
        }
        if (below(3) == 0)
            sample(planned);
        return planned;
    }

    Planned endlessRequest()
    {
        Planned planned{"endless", {.messages = {says(Role::user, "Go on.")}}, {}, true, {}};
        planned.request.sampling.temperature = 100;
        planned.request.sampling.topK = 0;
        planned.request.sampling.topP = 1;
        planned.request.sampling.seed = m_random();
        planned.request.maxTokens = 4000;
        return planned;
    }

    Planned tooLongRequest()
    {
        return {"too long",
            {.messages = {says(Role::user, std::string(std::size_t{1} << 20U, '%'))}}, {}, false,
            {}};
    }

    Planned next()
    {
        const std::uint64_t kind = below(100);
        Planned planned = kind < 35 ? goldenRequest()
            : kind < 90             ? talkRequest()
            : kind < 99             ? endlessRequest()
                                    : tooLongRequest();
        if (planned.endless || below(4) == 0)
            planned.stopAfter = milliseconds(below(below(3) == 0 ? 400 : 60));
        return planned;
    }

    // One to three requests at a time; some are stopped while they wait or run.
    void batch()
    {
        std::vector<Planned> planned;
        for (std::uint64_t count = below(3) == 0 ? 2 + below(2) : 1; count > 0; --count)
            planned.push_back(next());
        std::vector<std::unique_ptr<Caller>> callers;
        for (const Planned& one : planned)
            callers.push_back(std::make_unique<Caller>(m_engine, one.request));
        std::vector<std::size_t> stops;
        for (std::size_t i = 0; i < planned.size(); ++i)
            if (planned[i].stopAfter)
                stops.push_back(i);
        std::sort(stops.begin(), stops.end(), [&](std::size_t a, std::size_t b) {
            return *planned[a].stopAfter < *planned[b].stopAfter;
        });
        milliseconds slept{0};
        for (const std::size_t i : stops) {
            std::this_thread::sleep_for(*planned[i].stopAfter - slept);
            slept = *planned[i].stopAfter;
            m_engine.cancel(callers[i]->id());
        }
        for (std::size_t i = 0; i < planned.size(); ++i) {
            const Result<Completion>& result = callers[i]->wait();
            check(planned[i], result, callers[i]->text());
            if (!callers[i]->oneThread() || callers[i]->doneCount() != 1)
                problem(planned[i].name + ": callbacks out of order");
            m_lastSign = Clock::now();
        }
    }

    void check(const Planned& planned, const Result<Completion>& result, const std::string& text)
    {
        if (!result) {
            ++m_refused;
            if (planned.name != "too long")
                problem(fmt::format("{}: {}", planned.name, result.error().message));
            return;
        }
        m_tokens += static_cast<std::uint64_t>(result->timings.generatedTokens);
        const bool stopped = result->reason == FinishReason::cancelled;
        ++(stopped ? m_stopped : m_answered);
        if (planned.name == "too long" && !stopped)
            problem("a request beyond the context was answered");
        if (stopped && !planned.stopAfter)
            problem(planned.name + ": stopped without being asked to");
        if (planned.endless || planned.name == "too long")
            return;
        const auto known = m_known.find(planned.name);
        const std::string* expected = planned.reference ? &*planned.reference
            : known != m_known.end()                    ? &known->second.text
                                                        : nullptr;
        if (expected) {
            ++m_compared;
            if ((stopped ? !expected->starts_with(text) : *expected != text)
                && !isTie(planned, *result, text, *expected))
                problem(fmt::format("{}: \"{}\" instead of \"{}\"", planned.name, text, *expected));
        } else if (!stopped) {
            m_known[planned.name] = {text, stepsOf(*result)};
        }
    }

    bool isTie(const Planned& planned, const Completion& completion, const std::string& text,
        const std::string& expected)
    {
        if (planned.reference)
            return false;
        if (planned.request.sampling.temperature > 0) {
            ++m_drawnOtherwise;
            return true;
        }
        const auto at =
            static_cast<std::size_t>(std::ranges::mismatch(text, expected).in1 - text.begin());
        for (const std::vector<Step>& steps : {stepsOf(completion), m_known[planned.name].steps}) {
            const auto step =
                std::ranges::find_if(steps, [&](const Step& s) { return s.end > at; });
            if (step == steps.end() || step->lead >= kTie)
                continue;
            ++m_ties;
            m_widestTie = std::max(m_widestTie, step->lead);
            return true;
        }
        return false;
    }

    Engine& m_engine;
    Options m_options;
    std::mt19937_64 m_random;
    std::vector<GoldenCase> m_golden;
    std::map<std::string, Known> m_known; // answers by name, the first one of each
    std::uint64_t m_answered = 0, m_compared = 0, m_stopped = 0, m_refused = 0, m_tokens = 0;
    std::uint64_t m_ties = 0, m_drawnOtherwise = 0;
    double m_widestTie = 0;
    int m_problems = 0;
    std::atomic<Clock::time_point> m_lastSign = Clock::now();
    std::jthread m_watch; // last: it looks at what is above
};

bool parse(int argc, char** argv, Options& options)
{
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        std::uint64_t* value = name == "--seconds" ? &options.seconds
            : name == "--seed"                     ? &options.seed
            : name == "--growth-mib"               ? &options.growthMib
                                                   : nullptr;
        if (value == nullptr || i + 1 == argc)
            return false;
        const std::string_view text = argv[i + 1];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
        if (error != std::errc() || end != text.data() + text.size())
            return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    if (!parse(argc, argv, options)) {
        fmt::print(stderr, "lectern_soak [--seconds N] [--seed N] [--growth-mib N]\n");
        return 2;
    }
    const auto engine = lectern::test::openEngine(lectern::test::nanoOptions());
    return engine ? Soak(*engine, options).run() : 1;
}
