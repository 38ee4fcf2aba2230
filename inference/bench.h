// SPDX-License-Identifier: Apache-2.0
// Times a model as a whole: loading, the first token, prefill, decode, at any depth. What
// `lectern-cli bench` and tests/bench/compare.py print.
#pragma once

#include "inference/device_choice.h"
#include "inference/kv_cache.h"
#include "inference/model_file.h"
#include "inference/models/text_model.h"
#include "inference/synthetic_model.h"
#include "inference/tokenizer.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lectern::inference {

struct BenchOptions {
    std::filesystem::path model{};
    std::optional<SyntheticModel> synthetic{}; // instead of `model`; no tokenizer, no first token
    int threads = 0;                           // 0: one a physical core
    KvType kvType = KvType::f16;
    bool packWeights = true; // see CpuOptions; on a GPU, without it all products are in f32
    DeviceChoice device = DeviceChoice::cpu;
};

// One thing to time: `tokens` behind `depth` others, together (prefill) or one by one (decode).
struct BenchCase {
    enum class Kind { prefill, decode };
    Kind kind = Kind::prefill;
    std::int64_t tokens = 0;
    std::int64_t depth = 0;

    [[nodiscard]] std::string name() const; // "pp512", "tg128", "tg128@d4096"
};

// Of `values`, which are not empty; of an even number the mean of the middle two.
struct Spread {
    double median = 0;
    double min = 0;
    double max = 0;
};
[[nodiscard]] Spread spreadOf(std::vector<double> values);

// Memory of this process as the system counts it, in bytes; 0 where it does not tell. Pages of
// mapped files count like others.
struct ProcessMemory {
    std::uint64_t peak = 0; // VmHWM
    std::uint64_t now = 0;  // VmRSS
};
[[nodiscard]] ProcessMemory processMemory();

// Thread: one at a time.
class Bench {
public:
    // Opens the file, loads model and tokenizer, and answers a prompt of one word with one token,
    // each timed. Errors: those of TextModel::load, Tokenizer::fromGguf and forward().
    [[nodiscard]] static Result<std::unique_ptr<Bench>> open(const BenchOptions& options);

    // From open()'s begin to a model that can compute, and to the text of the first token (of a
    // synthetic one: to its logits).
    [[nodiscard]] double loadSeconds() const { return m_loadSeconds; }
    [[nodiscard]] double firstTokenSeconds() const { return m_firstTokenSeconds; }
    // What computes, and why it is no GPU where one was to be used if there was one.
    [[nodiscard]] const std::string& device() const { return m_device; }

    // Tokens a second of `repeats` runs (at least 1), an unmeasured one before them. `depth`
    // tokens are read once and every run starts behind them. onRun: runs done.
    // Errors: contextFull, outOfMemory.
    [[nodiscard]] Result<std::vector<double>> run(
        const BenchCase& what, int repeats, const std::function<void(int done)>& onRun = {});

private:
    Bench() = default;
    static Result<std::unique_ptr<Bench>> openOn(DeviceChoice device, const BenchOptions& options);
    Result<void> answerOneToken();

    BenchOptions m_options;
    std::unique_ptr<ModelFile> m_file;
    std::unique_ptr<Backend> m_backend;
    std::string m_device;
    std::unique_ptr<TextModel> m_model;
    std::unique_ptr<Tokenizer> m_tokenizer;
    double m_loadSeconds = 0;
    double m_firstTokenSeconds = 0;
};

} // namespace lectern::inference
