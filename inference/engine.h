// SPDX-License-Identifier: Apache-2.0
// The Engine seam: whoever answers a conversation. Speaks messages, parts and text deltas, never
// tokens, so that a remote server can be one too.
#pragma once

#include "inference/chat.h"
#include "inference/error.h"
#include "inference/image_tiles.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::inference {

// Added to the logits of the tokens that `text` is made of, or of one token by its number (for
// scripts that know the model's vocabulary). -infinity forbids, +100 all but forces.
struct LogitBias {
    std::string text;
    std::optional<std::int32_t> token; // given: instead of the text
    float bias = 0;
};

// The steps in their order; inference/sampler.h says exactly what each does.
struct SamplingParams {
    float temperature = 0.6F;       // <= 0: greedy
    int topK = 40;                  // 0: off
    float topP = 0.9F;              // 1: off
    float minP = 0.0F;              // 0: off
    float repetitionPenalty = 1.0F; // 1: off
    float presencePenalty = 0.0F;
    float frequencyPenalty = 0.0F;
    int penaltyLastN = 64;  // tokens the penalties look back; -1: all
    std::uint64_t seed = 0; // equal seed and request: equal answer, but for rounding (session.h)
    std::vector<LogitBias> logitBias;
};

// An answer that is one JSON value: every answer that ends by itself parses and fits the schema.
struct JsonAnswer {
    std::string schema; // JSON Schema as text (inference/json_schema.h says which part of it);
                        // empty: any JSON object
};

struct Request {
    std::vector<Message> messages; // the whole conversation; the engine reuses what it has cached
    SamplingParams sampling{};
    int maxTokens = 1024; // of the answer
    // Each ends the answer where it would begin; no part of it is ever told. At most kMaxStops of
    // kMaxStopBytes; empty ones are ignored.
    std::vector<std::string> stops{};
    std::optional<JsonAnswer> json{};
    // How many alternatives to report with every token's log-probability, 0 to
    // kMaxLogProbAlternatives; nullopt: no log-probabilities.
    std::optional<int> logProbs{};
};
inline constexpr std::size_t kMaxStops = 64;
inline constexpr std::size_t kMaxStopBytes = 4096;
inline constexpr int kMaxLogProbAlternatives = 20;

enum class Stage { vision, prefill, decode };

// done/total: pictures in Stage::vision, tokens in the others (decode: total = maxTokens).
struct Progress {
    Stage stage = Stage::prefill;
    int done = 0;
    int total = 0;
    double tokensPerSecond = 0; // of the running stage; 0 while unknown
    int contextUsed = 0;        // tokens
};

// maxTokens, contextFull, cancelled: the answer is cut; a JSON answer is then not complete.
// Stored as numbers: new ones go to the end.
enum class FinishReason { stop, maxTokens, contextFull, cancelled, stopString };

struct Timings {
    int promptTokens = 0;    // whole prompt, pictures included
    int cachedTokens = 0;    // of those, taken from the cache
    int restoredTokens = 0;  // of the cached ones, read from disk
    int imageTokens = 0;     // of the prompt, patch tokens
    int generatedTokens = 0; // of the answer, without the token that ends it
    int draftedTokens = 0;   // guessed and checked in advance
    int acceptedTokens = 0;  // of those, right, and so a part of the answer
    double visionSeconds = 0;
    double prefillSeconds = 0;
    double firstTokenSeconds = 0; // from the start of the request, waiting in the queue left out
    double decodeSeconds = 0;     // from the first token to the end
};

// Natural logarithms of what the model itself gives, before penalties, filters, temperature and
// constraints. `text` is the token's own bytes, which may be a part of a character.
struct TokenLogProb {
    std::string text;
    double logProb = 0;
};
struct ChosenLogProb : TokenLogProb {
    std::vector<TokenLogProb> alternatives; // best first; the chosen one may be among them
};

struct Completion {
    FinishReason reason = FinishReason::stop;
    Timings timings;
    int contextUsed = 0;                   // tokens held after this answer
    std::string stopString = {};           // which of Request::stops, for FinishReason::stopString
    std::vector<std::string> warnings{};   // sentences; the answer itself is not affected
    std::vector<ChosenLogProb> logProbs{}; // of Timings::generatedTokens tokens, when asked for
};

// Called on one thread of the engine's own, in order; onDone exactly once and last. The first may
// come before submit() has returned. After cancel() at most one more call precedes onDone.
struct Callbacks {
    std::function<void(const Progress&)> onProgress;
    std::function<void(std::string_view)> onDelta; // valid UTF-8
    std::function<void(Result<Completion>)> onDone;
};

struct EngineInfo {
    std::string modelName;         // for people: "Llama 4 Scout 17B 16E Instruct"
    std::string description;       // "llama4, Q4_K - Medium, 108 B parameters, 61 GB"
    int contextLength = 0;         // tokens this engine can hold
    std::optional<TileSpec> tiles; // nullopt: cannot see pictures
    std::string device = {};       // what computes: "CPU, AVX-512, 2 threads", "NVIDIA H200, ..."
    std::string whyNoGpu = {};     // a sentence, when a GPU was to be used if there was one
};

using RequestId = std::uint64_t;

// Thread safety: every method may be called from any thread and returns at once.
// Destruction cancels what runs and joins; no callback comes after it.
class Engine {
public:
    virtual ~Engine() = default;
    [[nodiscard]] virtual EngineInfo info() const = 0;
    // Queues a request; requests run one after another. Memory that runs out later is an error in
    // onDone; where there is none even for the queue, std::bad_alloc, and nothing was queued.
    virtual RequestId submit(Request request, Callbacks callbacks) = 0;
    // The request ends with FinishReason::cancelled within 100 ms, also during prefill and vision.
    // Unknown or finished ids are ignored.
    virtual void cancel(RequestId id) = 0;
    // Tokens `text` takes in a prompt; used for budgets. Any thread; time linear in the text.
    [[nodiscard]] virtual int countTokens(std::string_view text) const = 0;
};

} // namespace lectern::inference
