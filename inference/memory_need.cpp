// SPDX-License-Identifier: Apache-2.0
// Counting what loading would take, by loading onto a backend that takes nothing.
#include "inference/memory_need.h"

#include "inference/cpu/host_memory.h"
#include "inference/cpu/packed.h"
#include "inference/cpu/reference_backend.h"
#include "inference/model_info.h"
#include "inference/models/llama4_vision.h"
#include "inference/models/text_model.h"

#include <algorithm>

namespace lectern::inference {

namespace {

// Hands out addresses and views like a CPU backend, and counts instead of taking memory. Nothing is
// ever computed on it.
class CountingBackend final : public ReferenceBackend {
public:
    explicit CountingBackend(const LoadChoice& choice)
        : m_packed(choice.packed), m_microBatch(choice.microBatch)
    {
    }

    [[nodiscard]] std::int64_t microBatch() const override { return m_microBatch; }

    Result<void> commit(Buffer& buffer, std::uint64_t bytes) override
    {
        // In whole pages, as HostBackend::commit() takes them.
        const std::uint64_t page = buffer.reserved() >= kHugePage ? kHugePage : kPage;
        const std::uint64_t wanted = std::max((bytes + page - 1) / page * page, buffer.committed());
        m_activations += wanted - buffer.committed();
        buffer.setCommitted(wanted);
        return {};
    }
    Result<Matrix> matrix(const TensorView& tensor) override
    {
        auto borrowed = table(tensor);
        if (borrowed && m_packed && !packedPieces(tensor.type).empty()) {
            const std::int64_t padded =
                (borrowed->rows + kPackedRows - 1) / kPackedRows * kPackedRows;
            m_weights += static_cast<std::uint64_t>(
                (padded - borrowed->rows) * borrowed->slices * borrowed->rowBytes);
        }
        return borrowed;
    }
    Result<Matrix> table(const TensorView& tensor) override
    {
        auto borrowed = ReferenceBackend::matrix(tensor);
        if (borrowed) {
            const auto bytes =
                static_cast<std::uint64_t>(borrowed->rows * borrowed->slices * borrowed->rowBytes);
            m_weights += bytes;
            m_taken += bytes;
        }
        return borrowed;
    }
    Result<Vector> vector(const TensorView& tensor) override
    {
        m_weights += tensor.dims[0] * sizeof(float);
        m_taken += tensor.rowBytes;
        return Vector{nullptr, static_cast<std::int64_t>(tensor.dims[0])};
    }
    void upload(Rows, std::span<const float>) override { }

    // With what the file holds beside it, which its mapping may bring in.
    [[nodiscard]] std::uint64_t weights(const Gguf& gguf) const
    {
        std::uint64_t all = 0;
        for (const GgufTensor& tensor : gguf.tensors)
            all += tensor.byteSize;
        return m_weights + all - std::min(all, m_taken);
    }
    [[nodiscard]] std::uint64_t activations() const { return m_activations; }

private:
    static constexpr std::uint64_t kPage = 4096;
    static constexpr std::uint64_t kHugePage = 2U << 20U;
    bool m_packed;
    std::int64_t m_microBatch;
    std::uint64_t m_weights = 0;
    std::uint64_t m_taken = 0; // bytes of the file's tensors that were asked for
    std::uint64_t m_activations = 0;
};

// What the ops of the CPU backend hold beside the graph's own rows, for one micro-batch: the rows
// gathered by expert and their results, gate and up of experts and shared expert, the router's
// logits, inputs in 8 bits, and small blocks of each thread.
std::uint64_t opScratch(const Gguf& gguf, const ModelInfo& info, const LoadChoice& choice)
{
    const auto setting = [&](const char* name) {
        return gguf.integer(info.architecture + "." + name).value_or(0);
    };
    const auto rows = static_cast<std::uint64_t>(choice.microBatch);
    const std::uint64_t used = std::min(info.expertsUsed, info.experts);
    const std::uint64_t expert = used * setting("expert_feed_forward_length");
    const std::uint64_t shared = std::max(
        setting("expert_shared_feed_forward_length"), setting("expert_feed_forward_length"));
    const std::uint64_t dense = setting("feed_forward_length");
    const std::uint64_t inner = info.experts > 0 ? std::max(expert + shared, dense) : dense;
    std::uint64_t values = rows * 2 * inner;
    if (info.experts > 0)
        values += rows * (2 * used * info.width + info.experts);
    const std::uint64_t inputs = choice.packed ? rows * (inner + info.width) : 0; // a byte a value
    constexpr std::uint64_t kThread = 512U << 10U; // blocks of scores, panels, stack
    return values * sizeof(float) + inputs + kThread * static_cast<std::uint64_t>(choice.threads);
}

// The header's strings and the tables made of them: a std::string, an entry of a hash table or of
// the merges, and what the allocator adds.
constexpr std::uint64_t kTableBytes = 100;
std::uint64_t tokenizerBytes(const Gguf& gguf)
{
    std::uint64_t bytes = 0;
    for (const char* key : {"tokenizer.ggml.tokens", "tokenizer.ggml.merges"}) {
        const auto* strings = gguf.strings(key);
        if (strings == nullptr)
            continue;
        for (const std::string& text : *strings)
            bytes += 2 * text.size() + kTableBytes;
    }
    return bytes;
}

} // namespace

Result<std::uint64_t> visionNeed(const ModelFile& vision, const LoadChoice& choice)
{
    CountingBackend backend(choice);
    const auto tower = Llama4Vision::load(vision, backend);
    if (!tower)
        return tl::unexpected(tower.error());
    const VisionConfig& config = (*tower)->config();
    // One picture of the most tiles: its pixels as floats, one tile at a time, and its embeddings.
    const auto tiles = static_cast<std::uint64_t>(config.maxTiles + 1);
    const auto embedding = static_cast<std::uint64_t>(config.tokens() * config.projection);
    const auto values = static_cast<std::uint64_t>(2 * config.tileValues());
    return backend.weights(vision.gguf()) + backend.activations()
        + sizeof(float) * (tiles * embedding + values);
}

Result<MemoryNeed> memoryNeed(
    const ModelFile& text, const ModelFile* vision, const LoadChoice& choice)
{
    CountingBackend backend(choice);
    const auto model = TextModel::load(text, backend);
    if (!model)
        return tl::unexpected(model.error());
    const Graph& graph = (*model)->graph();
    MemoryNeed need;
    need.weights = backend.weights(text.gguf());
    need.activations = backend.activations()
        + opScratch(text.gguf(), modelInfo(text.gguf()), choice)
        + sizeof(float) * static_cast<std::uint64_t>(graph.vocabulary);
    need.tokenizer = tokenizerBytes(text.gguf());
    if (vision != nullptr) {
        const auto bytes = visionNeed(*vision, choice);
        if (!bytes)
            return tl::unexpected(bytes.error());
        need.vision = *bytes;
    }
    need.kv = graph.kv;
    need.kvType = choice.kvType;
    need.trainedContext = graph.contextLength;
    need.wantedContext = choice.contextLength;
    // Mapped files have their addresses already.
    std::uint64_t addresses = addressSpaceLeft();
    if (addresses > 0 && !choice.packed)
        addresses += text.byteSize() + (vision != nullptr ? vision->byteSize() : 0);
    need.available = availableMemory();
    if (addresses > 0 && need.available > 0)
        need.available = std::min(need.available, addresses);
    return need;
}

Fit fitOf(const ModelFile& file, const ModelFile* vision, const LoadChoice& choice,
    std::optional<std::uint64_t> available)
{
    Fit fit;
    const std::string name = file.path().filename().string();
    const std::string* architecture = file.gguf().string("general.architecture");
    const bool isVision = architecture != nullptr && *architecture == "clip";
    if (isVision) {
        const auto bytes = visionNeed(file, choice);
        fit.need.vision = bytes ? *bytes : file.byteSize();
        fit.need.available = availableMemory();
    } else if (auto need = memoryNeed(file, vision, choice)) {
        fit.need = std::move(*need);
    } else {
        fit.need.weights = file.byteSize();
        fit.need.available = availableMemory();
    }
    if (available)
        fit.need.available = *available;
    const auto context = isVision || fit.need.kv.layers.empty()
        ? checkFits(name, fit.need.fixed(), fit.need.available).map([] { return std::int64_t{0}; })
        : planContext(name, fit.need);
    if (context)
        fit.context = *context;
    else
        fit.obstacle = context.error();
    return fit;
}

} // namespace lectern::inference
