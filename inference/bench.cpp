// SPDX-License-Identifier: Apache-2.0
// Timing a model as a whole.
#include "inference/bench.h"

#include "inference/cpu/cpu_backend.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>

namespace lectern::inference {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin)
{
    return std::max(std::chrono::duration<double>(Clock::now() - begin).count(), 1e-9);
}

// The same tokens in every run; spread over the vocabulary, so that experts are used alike.
std::vector<std::int32_t> someTokens(std::int64_t count, std::int64_t vocabulary)
{
    std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
    std::uint32_t state = 1;
    for (auto& id : ids) {
        state = state * 1664525U + 1013904223U;
        id = static_cast<std::int32_t>((state >> 8U) % static_cast<std::uint32_t>(vocabulary));
    }
    return ids;
}

// Appends ids at kv.position(); every call ends with the logits of its last token, as a session
// needs them.
Result<void> feed(TextModel& model, KvCache& kv, std::span<const std::int32_t> ids)
{
    return model.forward(kv, {.tokens = ids}).map([](std::span<const float>) {});
}

} // namespace

std::string BenchCase::name() const
{
    return fmt::format("{}{}{}", kind == Kind::decode ? "tg" : "pp", tokens,
        depth > 0 ? fmt::format("@d{}", depth) : std::string());
}

Spread spreadOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return {values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2,
        values.front(), values.back()};
}

ProcessMemory processMemory()
{
    ProcessMemory memory;
    std::ifstream status("/proc/self/status");
    for (std::string key; status >> key;) {
        std::uint64_t* const target =
            key == "VmHWM:" ? &memory.peak : (key == "VmRSS:" ? &memory.now : nullptr);
        std::uint64_t kilobytes = 0;
        if (target != nullptr && status >> kilobytes)
            *target = kilobytes * 1024;
    }
    return memory;
}

Result<std::unique_ptr<Bench>> Bench::open(const BenchOptions& options)
{
    std::string whyNoGpu;
    auto bench = onDevice(
        options.device, whyNoGpu, [&](DeviceChoice device) { return openOn(device, options); });
    if (bench && !whyNoGpu.empty())
        (*bench)->m_device += fmt::format(" (no GPU: {})", whyNoGpu);
    return bench;
}

Result<std::unique_ptr<Bench>> Bench::openOn(DeviceChoice device, const BenchOptions& options)
{
    const auto begin = Clock::now();
    std::unique_ptr<Bench> bench(new Bench);
    bench->m_options = options;
    auto file =
        options.synthetic ? syntheticModel(*options.synthetic) : ModelFile::open(options.model);
    if (!file)
        return tl::unexpected(file.error());
    bench->m_file = std::move(*file);
    auto backend = openBackend(device,
        {.threads = options.threads, .packWeights = options.packWeights}, !options.packWeights);
    if (!backend)
        return tl::unexpected(backend.error());
    bench->m_backend = std::move(*backend);
    bench->m_device = bench->m_backend->description();
    auto model = TextModel::load(*bench->m_file, *bench->m_backend);
    if (!model)
        return tl::unexpected(model.error());
    bench->m_model = std::move(*model);
    if (!options.synthetic) {
        auto tokenizer = Tokenizer::fromGguf(bench->m_file->gguf());
        if (!tokenizer)
            return fail(tokenizer.error().code,
                fmt::format(
                    "{}: {}", options.model.filename().string(), tokenizer.error().message));
        bench->m_tokenizer = std::move(*tokenizer);
    }
    bench->m_loadSeconds = secondsSince(begin);
    if (auto answered = bench->answerOneToken(); !answered)
        return tl::unexpected(answered.error());
    bench->m_firstTokenSeconds = secondsSince(begin);
    return bench;
}

Result<void> Bench::answerOneToken()
{
    const std::vector<TokenId> ids =
        m_tokenizer ? m_tokenizer->encode("Hello", SpecialTokens::asText) : std::vector<TokenId>{1};
    auto kv = m_model->createKvCache(m_options.kvType, static_cast<std::int64_t>(ids.size()));
    if (!kv)
        return tl::unexpected(kv.error());
    const auto logits = m_model->forward(*kv, {.tokens = ids});
    if (!logits)
        return tl::unexpected(logits.error());
    const auto best = std::max_element(logits->begin(), logits->end()) - logits->begin();
    if (m_tokenizer && best < static_cast<std::ptrdiff_t>(m_tokenizer->vocabularySize()))
        (void)m_tokenizer->bytes(static_cast<TokenId>(best));
    return {};
}

Result<std::vector<double>> Bench::run(
    const BenchCase& what, int repeats, const std::function<void(int done)>& onRun)
{
    auto kv = m_model->createKvCache(m_options.kvType, what.depth + what.tokens);
    if (!kv)
        return tl::unexpected(kv.error());
    const auto ids = someTokens(what.depth + what.tokens, m_model->graph().vocabulary);
    const std::span<const std::int32_t> all(ids);
    const auto depth = static_cast<std::size_t>(what.depth);
    const std::size_t step = what.kind == BenchCase::Kind::decode ? 1 : ids.size() - depth;

    std::vector<double> speeds;
    for (int i = 0; i <= repeats; ++i) {
        // The first time everything; later what a chunk boundary inside the run has taken away.
        const auto kept = static_cast<std::size_t>(kv->rewindTo(what.depth));
        if (kept < depth)
            if (auto fed = feed(*m_model, *kv, all.subspan(kept, depth - kept)); !fed)
                return tl::unexpected(fed.error());
        const auto begin = Clock::now();
        for (std::size_t at = depth; at < ids.size(); at += step)
            if (auto fed = feed(*m_model, *kv, all.subspan(at, step)); !fed)
                return tl::unexpected(fed.error());
        if (i > 0)
            speeds.push_back(static_cast<double>(what.tokens) / secondsSince(begin));
        if (onRun)
            onRun(i);
    }
    return speeds;
}

} // namespace lectern::inference
