// SPDX-License-Identifier: Apache-2.0
// Reading a header for people, and loading a model without computing to see whether that works.
#include "inference/model_info.h"

#include "inference/chat_format.h"
#include "inference/cpu/cpu_backend.h"
#include "inference/cpu/reference_backend.h"
#include "inference/memory_need.h"
#include "inference/model_type.h"
#include "inference/models/llama4_vision.h"
#include "inference/models/registry.h"
#include "inference/quoted.h"
#include "inference/tokenizer.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {
namespace {

std::uint64_t setting(const Gguf& gguf, std::string_view prefix, std::string_view name)
{
    return gguf.integer(fmt::format("{}.{}", prefix, name)).value_or(0);
}

void countParameters(const Gguf& gguf, ModelInfo& info)
{
    for (const GgufTensor& tensor : gguf.tensors) {
        // No overflow: every tensor lies in the file, in blocks of at least a bit a value.
        const std::uint64_t values = tensor.valueCount();
        info.weightBytes += tensor.byteSize;
        info.parameters += values;
        // A stack of experts, of which a token passes through some.
        const bool stacked =
            info.experts > 0 && tensor.dimCount == 3 && tensor.dims[2] == info.experts;
        const std::uint64_t used = std::min(info.expertsUsed, info.experts);
        const std::uint64_t active = stacked ? values / info.experts * used : values;
        info.activeParameters += active;
        // The table of embeddings is looked up, not multiplied, unless it is the head as well.
        const bool table = tensor.name == "token_embd.weight";
        if (!table || gguf.findTensor("output.weight") == nullptr)
            info.tokenBytes += stacked ? tensor.byteSize / info.experts * used : tensor.byteSize;
        if (!table && tensor.name != "output.weight" && tensor.dimCount > 1)
            info.tokenFlops += 2 * active;
    }
}

// "108 B", "7.2 M", "512"
std::string countForPeople(std::uint64_t count)
{
    const auto value = static_cast<double>(count);
    const auto scaled = [](double number, const char* unit) {
        return number < 10 ? fmt::format("{:.1f} {}", number, unit)
                           : fmt::format("{:.0f} {}", number, unit);
    };
    if (value >= 1e12)
        return scaled(value / 1e12, "T");
    if (value >= 1e9)
        return scaled(value / 1e9, "B");
    if (value >= 1e6)
        return scaled(value / 1e6, "M");
    return fmt::format("{}", count);
}

std::uint64_t layersOf(const KvShape& shape, KvScope scope)
{
    return static_cast<std::uint64_t>(std::ranges::count(shape.layers, scope));
}

// What loading takes, part by part, and the context that every type of cache would leave room for.
template <class Line> void reportNeed(MemoryNeed need, const Line& line)
{
    std::string parts;
    for (const auto& [bytes, what] :
        {std::pair{need.weights, "weights"}, std::pair{need.activations, "activations"},
            std::pair{need.tokenizer, "tokenizer"}, std::pair{need.vision, "vision"}})
        if (bytes > 0)
            parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", bytesForPeople(bytes), what);
    line("memory", fmt::format("{} without the cache: {}", bytesForPeople(need.fixed()), parts));
    if (need.kv.layers.empty() || need.available == 0)
        return;
    std::string contexts;
    for (const auto& [name, type] : kKvTypes) {
        need.kvType = type;
        contexts +=
            fmt::format("{}{} with {}", contexts.empty() ? "" : ", ", largestContext(need), name);
    }
    line("longest context", contexts);
}

std::optional<Error> named(const ModelFile& file, const Error& error)
{
    const std::string name = file.path().filename().string();
    if (error.message.starts_with(name))
        return error;
    return Error{error.code, fmt::format("{}: {}", name, error.message)};
}

} // namespace

std::uint64_t ModelInfo::kvBytesPerToken(KvType type) const
{
    if (!kv)
        return 0;
    return layersOf(*kv, KvScope::global) * kv->positionBytes(type);
}

std::uint64_t ModelInfo::kvBytesOfChunk(KvType type) const
{
    if (!kv)
        return 0;
    return layersOf(*kv, KvScope::local) * kv->positionBytes(type)
        * static_cast<std::uint64_t>(kv->chunk);
}

ModelInfo modelInfo(const Gguf& gguf)
{
    const auto text = [&](std::string_view key) {
        const std::string* value = gguf.string(key);
        return value == nullptr ? std::string() : *value;
    };
    ModelInfo info;
    info.architecture = text("general.architecture");
    info.name = text("general.name");
    if (info.name.empty())
        info.name = info.architecture.empty() ? "unnamed model" : info.architecture;
    info.typeMixture = typeMixture(gguf);

    if (info.architecture == "clip") { // every vision file says so, whichever model it belongs to
        constexpr std::string_view kPrefix = "clip.vision";
        info.kind = ModelKind::vision;
        info.layers = setting(gguf, kPrefix, "block_count");
        info.width = setting(gguf, kPrefix, "embedding_length");
        info.tileSize = setting(gguf, kPrefix, "image_size");
        info.patchSize = setting(gguf, kPrefix, "patch_size");
        info.outputWidth = setting(gguf, kPrefix, "projection_dim");
        const std::uint64_t merge =
            std::max<std::uint64_t>(setting(gguf, kPrefix, "projector.scale_factor"), 1);
        constexpr std::uint64_t kSane = 1U << 20;
        if (info.patchSize > 0 && info.tileSize < kSane) {
            const std::uint64_t side = info.tileSize / info.patchSize / merge;
            info.tokensPerTile = side * side;
        }
    } else {
        const std::string& prefix = info.architecture;
        info.layers = setting(gguf, prefix, "block_count");
        info.width = setting(gguf, prefix, "embedding_length");
        info.contextLength = setting(gguf, prefix, "context_length");
        info.experts = setting(gguf, prefix, "expert_count");
        info.expertsUsed = setting(gguf, prefix, "expert_used_count");
        info.vocabulary = setting(gguf, prefix, "vocab_size");
        if (const auto* tokens = gguf.strings("tokenizer.ggml.tokens"))
            info.vocabulary = tokens->size();
        for (const Architecture& architecture : architectures()) {
            if (architecture.name != info.architecture)
                continue;
            if (auto shape = architecture.kvShape(gguf))
                info.kv = std::move(*shape);
        }
    }
    countParameters(gguf, info);
    return info;
}

std::optional<Error> whyNotRunnable(const ModelFile& file)
{
    const Gguf& gguf = file.gguf();
    // The reference backend borrows the weights from the mapping and computes nothing here.
    ReferenceBackend backend;
    if (const std::string* name = gguf.string("general.architecture"); name && *name == "clip") {
        const auto vision = Llama4Vision::load(file, backend);
        return vision ? std::nullopt : named(file, vision.error());
    }
    if (const auto graph = loadGraph(file, backend); !graph)
        return named(file, graph.error());
    const auto tokenizer = Tokenizer::fromGguf(gguf);
    if (!tokenizer)
        return named(file, tokenizer.error());
    const auto format = ChatFormat::create(**tokenizer);
    return format ? std::nullopt : named(file, format.error());
}

std::optional<Error> whyNotFitting(
    const ModelInfo& info, std::uint64_t available, std::int64_t* context)
{
    MemoryNeed need;
    need.weights = info.weightBytes;
    need.available = available;
    if (info.kind == ModelKind::vision || !info.kv) {
        const auto fits = checkFits(info.name, need.weights, available);
        return fits ? std::nullopt : std::optional(fits.error());
    }
    need.kv = *info.kv;
    need.trainedContext = static_cast<std::int64_t>(info.contextLength);
    const auto tokens = planContext(info.name, need);
    if (!tokens)
        return tokens.error();
    if (context != nullptr)
        *context = *tokens;
    return std::nullopt;
}

std::string describe(const ModelInfo& info)
{
    return fmt::format("{}{}, {}, {} parameters, {}", info.architecture,
        info.kind == ModelKind::vision ? " vision tower" : "", info.typeMixture,
        countForPeople(info.parameters), bytesForPeople(info.weightBytes));
}

std::string modelReport(const ModelFile& file, const ModelFile* vision, std::uint64_t available)
{
    const ModelInfo info = modelInfo(file.gguf());
    std::string report;
    const auto line = [&](std::string_view label, const std::string& value) {
        report += fmt::format("{:<18}{}\n", fmt::format("{}:", label), value);
    };
    const auto number = [&](std::string_view label, std::uint64_t value) {
        if (value > 0)
            line(label, std::to_string(value));
    };
    const std::string fileName = file.path().filename().string();
    line("file",
        file.partCount() == 1
            ? fileName
            : fmt::format("{} and its {} other parts", fileName, file.partCount() - 1));
    line("name", inference::inQuotes(info.name));
    line("architecture", inference::inQuotes(info.architecture));
    line("weights", fmt::format("{}, {}", info.typeMixture, bytesForPeople(info.weightBytes)));
    line("parameters",
        info.activeParameters < info.parameters ? fmt::format("{} ({} active per token)",
            countForPeople(info.parameters), countForPeople(info.activeParameters))
                                                : countForPeople(info.parameters));
    number("layers", info.layers);
    number("width", info.width);
    if (info.experts > 0)
        line("experts", fmt::format("{} of {} per token", info.expertsUsed, info.experts));
    number("vocabulary", info.vocabulary);
    number("trained context", info.contextLength);
    number("tile", info.tileSize);
    number("tokens per tile", info.tokensPerTile);
    if (info.kv) {
        const std::uint64_t chunk = info.kvBytesOfChunk(KvType::f16);
        const std::string perToken = bytesForPeople(info.kvBytesPerToken(KvType::f16));
        line("KV cache (f16)",
            chunk == 0
                ? fmt::format("{} per token", perToken)
                : fmt::format("{} per token, and up to {} for the layers that see one chunk of {}",
                    perToken, bytesForPeople(chunk), info.kv->chunk));
    }
    const auto refusal = whyNotRunnable(file);
    line("runs here", refusal ? fmt::format("no: {}", refusal->message) : "yes");
    const Fit fit = fitOf(file, vision, {.threads = physicalCores()}, available);
    reportNeed(fit.need, line);
    if (available == 0)
        line("fits here", "unknown: the system does not tell how much memory is free");
    else if (fit.obstacle)
        line("fits here", fmt::format("no: {}", fit.obstacle->message));
    else if (fit.context > 0)
        line("fits here",
            fmt::format("yes, with {} tokens of context in the {} that are free", fit.context,
                bytesForPeople(available)));
    else
        line("fits here", fmt::format("yes, {} are free", bytesForPeople(available)));
    return report;
}

} // namespace lectern::inference
