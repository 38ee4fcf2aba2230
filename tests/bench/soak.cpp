// SPDX-License-Identifier: Apache-2.0
// Mixed requests for a long time: texts, pictures, follow-ups of several conversations, different
// sampling, several at once, stopped at any moment. Equal requests must give equal answers in
// whatever order they come and in an engine that has seen nothing else, memory must not grow once
// everything has been seen, nothing may hang.
//
// How much of a prompt comes from the cache decides how many rows are computed in one call, and
// with the fast kernels rounding follows (inference/session.h). So the log-probabilities are
// compared, of every token and its rivals: bit for bit with --exact 1, for which LECTERN_CPU=scalar
// is to be set (its rows do not depend on one another), else within what rounding makes of them.
// Texts may part only behind equal log-probabilities: greedy ones at a tie, drawn ones where the
// draw fell between two tokens.
//   lectern_soak [--seconds 1800] [--seed 1] [--growth-mib 48] [--exact 0] [--tiny 0]
//                [--packed 0] [--snapshots 0] [--speculate 1] [--threads 0] [--kv
//                f16|f32|q8_0|q4_0]
#include "inference/bench.h"
#include "tests/inference/engine_fixture.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <deque>
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
constexpr int kHangSeconds = 180;     // shared machines freeze for half a minute

struct Options {
    std::uint64_t seconds = 1800;
    std::uint64_t seed = 1;
    std::uint64_t growthMib = 48; // beyond the most that was used during the warm-up
    std::uint64_t exact = 0;
    std::uint64_t tiny = 0; // a model of random weights without eyes, that scalar kernels can run
    std::uint64_t packed = 0;
    std::uint64_t snapshots = 0;
    std::uint64_t speculate = 1;
    std::uint64_t threads = 0;
    KvType kv = KvType::f16;
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

// What rounding may make of a log-probability; several times the widest seen in half an hour.
constexpr double kRounding = 0.02;
constexpr double kRoundingPacked = 0.1; // many rows at once are computed in bfloat16
// Where two experts or two steps of a quantised key are as good as equal, rounding chooses, and
// what follows jumps. A context that is not the request's is further off, and not once in a while.
constexpr double kJump = 1.0;
constexpr double kMostJumps = 0.005; // of the comparisons
constexpr double kMostParted = 0.01; // of the comparisons
constexpr std::size_t kAlternatives = 4;
constexpr std::size_t kMostKnown = 2000;  // answers; older ones are forgotten, or the soak grows
constexpr std::size_t kRecent = 64;       // requests that a fresh engine may be asked
constexpr std::uint64_t kFreshEvery = 30; // batches

// One token of an answer: what the model gave it and its rivals.
struct Step {
    std::uint32_t text = 0; // hash
    float logProb = 0;
    std::array<std::uint32_t, kAlternatives> rivals{};
    std::array<float, kAlternatives> rivalLogProbs{};
};
struct Known {
    std::string text;
    std::vector<Step> steps;
};

std::uint32_t hashOf(const std::string& text)
{
    return static_cast<std::uint32_t>(std::hash<std::string>{}(text));
}

std::vector<Step> stepsOf(const Completion& completion)
{
    std::vector<Step> steps;
    for (const ChosenLogProb& token : completion.logProbs) {
        Step& step = steps.emplace_back();
        step.text = hashOf(token.text);
        step.logProb = static_cast<float>(token.logProb);
        for (std::size_t i = 0; i < std::min(kAlternatives, token.alternatives.size()); ++i) {
            step.rivals[i] = hashOf(token.alternatives[i].text);
            step.rivalLogProbs[i] = static_cast<float>(token.alternatives[i].logProb);
        }
    }
    return steps;
}

std::optional<std::size_t> rankOf(std::uint32_t token, const Step& step)
{
    const auto at = std::ranges::find(step.rivals, token);
    return at == step.rivals.end() ? std::nullopt
                                   : std::optional<std::size_t>(at - step.rivals.begin());
}

// The widest difference of the log-probabilities of the tokens that both steps name. So much apart,
// the lead of one token over another changes by at most twice as much.
double difference(const Step& a, const Step& b)
{
    double widest = a.text == b.text ? std::abs(a.logProb - b.logProb) : 0;
    for (std::size_t i = 0; i < kAlternatives; ++i)
        if (const auto rank = rankOf(a.rivals[i], b))
            widest =
                std::max<double>(widest, std::abs(a.rivalLogProbs[i] - b.rivalLogProbs[*rank]));
    return widest;
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
    // Both engines' options; `fresh` opens one that has seen nothing.
    Soak(Engine& engine, const LocalEngineOptions& fresh, const Options& options)
        : m_engine(engine)
        , m_fresh(fresh)
        , m_options(options)
        , m_random(options.seed)
        , m_golden(lectern::test::goldenCases())
        , m_watch([this](const std::stop_token& stop) { watch(stop); })
    {
        if (options.tiny != 0)
            std::erase_if(m_golden, [](const GoldenCase& one) { return one.pictures > 0; });
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
            if (++m_batches % kFreshEvery == 0)
                askFresh();
            const std::uint64_t memory = processMemory().now;
            (elapsed.count() < kWarmUpShare * seconds ? warm : most) =
                std::max(elapsed.count() < kWarmUpShare * seconds ? warm : most, memory);
            if (Clock::now() - report > std::chrono::seconds(60)) {
                report = Clock::now();
                fmt::print("{:6.0f} s: {}, {:.1f} MiB\n", elapsed.count(), counts(), mib(memory));
                std::fflush(stdout);
            }
        }
        askFresh();
        fmt::print("{}; {} different requests\n", counts(), m_asked);
        fmt::print("log-probabilities of {} tokens were compared\n", m_stepsCompared);
        fmt::print("parted where two tokens were as good as equal: {} greedy (the widest lead "
                   "{:.6f}), {} drawn\n",
            m_ties, m_widestTie, m_drawnOtherwise);
        fmt::print("{} jumped, {} of these to another text\n", m_jumps, m_parted);
        if (static_cast<double>(m_jumps) > 2 + kMostJumps * static_cast<double>(m_compared))
            problem("too many jump");
        if (static_cast<double>(m_ties + m_drawnOtherwise)
            > 2 + kMostParted * static_cast<double>(m_compared))
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
        return fmt::format(
            "{} answered, {} stopped, {} refused, {} tokens; {} compared, {} with a fresh "
            "engine, {:.6f} apart at most",
            m_answered, m_stopped, m_refused, m_tokens, m_compared, m_comparedFresh, m_widest);
    }
    void problem(const std::string& sentence)
    {
        ++m_problems;
        fmt::print("PROBLEM: {}\n", sentence);
        std::fflush(stdout);
    }

    // Counts the time that it ran itself: a process that was held says nothing about the engine.
    void watch(const std::stop_token& stop)
    {
        int quiet = 0;
        for (std::uint64_t seen = 0; !stop.stop_requested(); ++quiet) {
            std::this_thread::sleep_for(milliseconds(100));
            if (const std::uint64_t ended = m_ended; ended != seen) {
                seen = ended;
                quiet = 0;
            }
            if (quiet < 10 * kHangSeconds)
                continue;
            fmt::print("PROBLEM: nothing has ended for {} s\n", kHangSeconds);
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
        if (planned.request.sampling.temperature == 0 && m_options.tiny == 0)
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
        planned.request.maxTokens = 40;
        for (std::uint64_t turns = below(kMostTurns); turns > 0; --turns) {
            const auto known = m_known.find(planned.name);
            if (known == m_known.end() || known->second.text.empty())
                return planned; // first its own answer
            const std::uint64_t question = below(kQuestions.size());
            planned.name += fmt::format(" {:08x}, then {}", hashOf(known->second.text), question);
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
        if (!planned.endless)
            planned.request.logProbs = static_cast<int>(kAlternatives);
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
            ++m_ended;
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
        const Known got{text, stepsOf(*result)};
        if (planned.reference
            && !(stopped ? planned.reference->starts_with(text) : *planned.reference == text))
            problem(fmt::format(
                "{}: \"{}\" instead of \"{}\"", planned.name, text, *planned.reference));
        if (const auto known = m_known.find(planned.name); known != m_known.end())
            compare(planned, got, known->second, stopped);
        else if (!stopped)
            remember(planned, got);
    }

    void remember(const Planned& planned, const Known& answer)
    {
        ++m_asked;
        m_known[planned.name] = answer;
        m_names.push_back(planned.name);
        if (m_names.size() > kMostKnown) {
            m_known.erase(m_names.front());
            m_names.pop_front();
        }
        m_recent.push_back(planned);
        if (m_recent.size() > kRecent)
            m_recent.pop_front();
    }

    // What an engine without a past, snapshots or speculation answers to one of the last requests.
    void askFresh()
    {
        if (m_recent.empty())
            return;
        const Planned planned = m_recent[below(m_recent.size())];
        const auto known = m_known.find(planned.name);
        const auto engine = lectern::test::openEngine(m_fresh);
        if (!engine || known == m_known.end())
            return problem("no fresh engine, or nothing to ask it");
        Caller caller(*engine, planned.request);
        const Result<Completion>& result = caller.wait();
        ++m_ended;
        if (!result)
            return problem(fmt::format("{}, asked anew: {}", planned.name, result.error().message));
        ++m_comparedFresh;
        compare(planned, {caller.text(), stepsOf(*result)}, known->second, false);
    }

    void compare(const Planned& planned, const Known& got, const Known& expected, bool stopped)
    {
        ++m_compared;
        const auto wrong = [&](const std::string& how) {
            problem(fmt::format(
                "{}: {}: \"{}\" instead of \"{}\"", planned.name, how, got.text, expected.text));
        };
        const double limit = m_options.exact != 0 ? 0
            : m_options.packed != 0               ? kRoundingPacked
                                                  : kRounding;
        const std::size_t both = std::min(got.steps.size(), expected.steps.size());
        for (std::size_t i = 0; i < both; ++i) {
            const Step& a = got.steps[i];
            const Step& b = expected.steps[i];
            const double apart = difference(a, b);
            ++m_stepsCompared;
            m_widest = std::max(m_widest, apart);
            if (apart > limit && limit > 0 && apart < kJump) {
                ++m_jumps;
                m_parted += got.text != expected.text ? 1 : 0;
                return;
            }
            if (apart > limit)
                return wrong(fmt::format("log-probabilities of token {} differ by {}", i, apart));
            if (a.text == b.text)
                continue;
            if (m_options.exact != 0)
                return wrong("another token");
            if (planned.request.sampling.temperature > 0) {
                ++m_drawnOtherwise;
                return;
            }
            if (!rankOf(a.rivals[0], b) || !rankOf(b.rivals[0], a) || a.rivals[0] == b.rivals[0])
                return wrong("another token, and not at a tie");
            ++m_ties;
            m_widestTie = std::max<double>({m_widestTie, a.rivalLogProbs[0] - a.rivalLogProbs[1],
                b.rivalLogProbs[0] - b.rivalLogProbs[1]});
            return;
        }
        if (stopped ? !expected.text.starts_with(got.text) : got.text != expected.text) {
            // The token that ends an answer is not among the steps.
            if (m_options.exact != 0 || got.steps.size() == expected.steps.size())
                return wrong("another text behind equal tokens");
            ++(planned.request.sampling.temperature > 0 ? m_drawnOtherwise : m_ties);
        }
    }

    Engine& m_engine;
    LocalEngineOptions m_fresh;
    Options m_options;
    std::mt19937_64 m_random;
    std::vector<GoldenCase> m_golden;
    std::map<std::string, Known> m_known; // answers by name, the first one of each
    std::deque<std::string> m_names;      // of m_known, oldest first
    std::deque<Planned> m_recent;
    std::uint64_t m_batches = 0, m_asked = 0, m_comparedFresh = 0, m_stepsCompared = 0;
    std::uint64_t m_answered = 0, m_compared = 0, m_stopped = 0, m_refused = 0, m_tokens = 0;
    std::uint64_t m_ties = 0, m_drawnOtherwise = 0, m_jumps = 0, m_parted = 0;
    double m_widestTie = 0, m_widest = 0;
    int m_problems = 0;
    std::atomic<std::uint64_t> m_ended = 0;
    std::jthread m_watch; // last: it looks at what is above
};

bool parse(int argc, char** argv, Options& options)
{
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        std::uint64_t* value = name == "--seconds" ? &options.seconds
            : name == "--seed"                     ? &options.seed
            : name == "--growth-mib"               ? &options.growthMib
            : name == "--exact"                    ? &options.exact
            : name == "--tiny"                     ? &options.tiny
            : name == "--packed"                   ? &options.packed
            : name == "--snapshots"                ? &options.snapshots
            : name == "--speculate"                ? &options.speculate
            : name == "--threads"                  ? &options.threads
                                                   : nullptr;
        if (i + 1 == argc)
            return false;
        const std::string_view text = argv[i + 1];
        if (const auto type = parseKvType(text); name == "--kv" && type) {
            options.kv = *type;
            continue;
        }
        if (value == nullptr)
            return false;
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
        fmt::print(stderr,
            "lectern_soak [--seconds N] [--seed N] [--growth-mib N] [--exact 0|1] [--tiny 0|1] "
            "[--packed 0|1] [--snapshots 0|1] [--speculate 0|1] [--threads N] "
            "[--kv TYPE]\n");
        return 2;
    }
    const lectern::test::TemporaryFolder folder;
    LocalEngineOptions fresh = lectern::test::nanoOptions();
    if (options.tiny != 0) {
        fresh.model = lectern::test::root() / "golden/text/chunk16/model.gguf";
        fresh.mmproj.clear();
        fresh.contextLength = 8192;
    }
    fresh.kvType = options.kv;
    fresh.weights = options.packed != 0 ? WeightMode::packed : WeightMode::mapped;
    fresh.threads = static_cast<int>(options.threads);
    fresh.speculate = false;
    LocalEngineOptions used = fresh;
    used.speculate = options.speculate != 0;
    if (options.snapshots != 0) {
        used.snapshotFolder = folder / "kept";
        used.snapshotQuotaBytes = std::uint64_t{64} << 20U; // so that files go, too
    }
    const auto engine = lectern::test::openEngine(used);
    return engine ? Soak(*engine, fresh, options).run() : 1;
}
