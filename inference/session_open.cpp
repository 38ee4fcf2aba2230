// SPDX-License-Identifier: Apache-2.0
// Opening a session: files, memory, model, eyes, context.
#include "inference/cpu/cpu_backend.h"
#include "inference/cpu/host_memory.h"
#include "inference/memory_need.h"
#include "inference/model_identity.h"
#include "inference/model_info.h"
#include "inference/session.h"

#include <fmt/format.h>

namespace lectern::inference {

namespace {

// What the embeddings of pictures seen lately may take: some 80 tiles of a released model.
constexpr std::uint64_t kPictureCacheBytes = 256U << 20U;
constexpr std::uint64_t kWorthPacking = 256U << 20U;

Result<void> stopped(const std::stop_token& stop)
{
    if (stop.stop_requested())
        return fail(ErrorCode::cancelled, "Loading the model was stopped.");
    return {};
}

Result<void> checkIsTextModel(const ModelFile& file)
{
    const std::string* architecture = file.gguf().string("general.architecture");
    if (architecture != nullptr && *architecture == "clip")
        return fail(ErrorCode::unsupportedArchitecture,
            fmt::format("{}: This is a vision file (mmproj), which only adds pictures to a model; "
                        "choose the model it belongs to.",
                file.path().filename().string()));
    return {};
}

// A small model answers at once either way, so it stays where every result is exact in f32. Packed
// weights must leave a fifth of the free memory for the context and everything else; a model that
// would fill the machine stays in its file.
bool packs(WeightMode mode, const MemoryNeed& need)
{
    if (mode == WeightMode::automatic)
        return need.weights >= kWorthPacking
            && (need.available == 0 || need.weights < need.available / 10 * 8);
    return mode == WeightMode::packed;
}

} // namespace

Result<std::unique_ptr<Session>> Session::open(
    const LocalEngineOptions& options, const std::stop_token& stop)
{
    std::string whyNoGpu;
    auto session = onDevice(options.device, whyNoGpu,
        [&](DeviceChoice device) { return openOn(device, options, stop); });
    if (session)
        (*session)->m_info.whyNoGpu = whyNoGpu;
    return session;
}

Result<std::unique_ptr<Session>> Session::openOn(
    DeviceChoice device, const LocalEngineOptions& options, const std::stop_token& stop)
{
    std::unique_ptr<Session> session(new Session);
    const std::string name = options.model.filename().string();
    const bool sees = !options.mmproj.empty();
    if (sees && !options.tiler)
        return fail(ErrorCode::invalidRequest,
            "A vision file was given, but nothing that cuts pictures into its tiles.");

    auto file = ModelFile::open(options.model);
    if (!file)
        return tl::unexpected(file.error());
    session->m_file = std::move(*file);
    if (auto text = checkIsTextModel(*session->m_file); !text)
        return tl::unexpected(text.error());
    if (sees) {
        auto vision = ModelFile::open(options.mmproj);
        if (!vision)
            return tl::unexpected(vision.error());
        session->m_visionFile = std::move(*vision);
    }
    CpuOptions cpu;
    cpu.threads = options.threads;
    std::uint64_t total = 0; // known once the backend is
    if (options.onLoad)
        cpu.onPacked = [&](std::uint64_t bytes) { options.onLoad(std::min(bytes, total), total); };
    // The GPU has to be opened before the plan, which asks for its memory; the CPU's backend takes
    // the plan's word on where weights are to be.
    if (device == DeviceChoice::cuda) {
        auto gpu = openBackend(device, cpu);
        if (!gpu)
            return tl::unexpected(gpu.error());
        session->m_backend = std::move(*gpu);
    }
    LoadChoice choice;
    choice.kvType = options.kvType;
    choice.contextLength = options.contextLength;
    choice.threads = options.threads > 0 ? options.threads : physicalCores();
    if (session->m_backend) {
        choice.packed = true;
        choice.microBatch = session->m_backend->microBatch();
    }
    const auto plan = [&] {
        auto need = memoryNeed(*session->m_file, session->m_visionFile.get(), choice);
        if (need && session->m_backend)
            need->available = session->m_backend->deviceMemoryLeft();
        return need;
    };
    auto need = plan();
    if (need && !session->m_backend && packs(options.weights, *need)) {
        choice.packed = true;
        need = plan();
    }
    if (!need && session->m_file->gguf().integer("split.count").value_or(1) > 1)
        return tl::unexpected(whyNotRunnable(*session->m_file).value_or(need.error()));
    if (!need)
        return tl::unexpected(need.error());
    auto context = planContext(name, *need);
    if (!context && session->m_backend)
        return fail(context.error().code,
            fmt::format("The GPU's memory does not hold the model: {}", context.error().message));
    if (!context)
        return tl::unexpected(context.error());
    if (auto go = stopped(stop); !go)
        return tl::unexpected(go.error());
    total = need->weights + need->vision;
    if (!session->m_backend) {
        cpu.packWeights = choice.packed;
        session->m_backend = createCpuBackend(cpu);
    }
    session->m_info.device = session->m_backend->description();
    session->m_backend->setStopToken(stop);
    auto model = TextModel::load(*session->m_file, *session->m_backend);
    if (!model)
        return tl::unexpected(model.error());
    session->m_model = std::move(*model);
    const Graph& graph = session->m_model->graph();
    if (auto go = stopped(stop); !go)
        return tl::unexpected(go.error());
    auto tokenizer = Tokenizer::fromGguf(session->m_file->gguf());
    if (!tokenizer)
        return tl::unexpected(
            Error{tokenizer.error().code, fmt::format("{}: {}", name, tokenizer.error().message)});
    session->m_tokenizer = std::move(*tokenizer);
    if (static_cast<std::int64_t>(session->m_tokenizer->vocabularySize()) > graph.vocabulary)
        return fail(ErrorCode::malformed,
            fmt::format("{}: The tokenizer knows {} tokens and the model only {}; the file is "
                        "damaged.",
                name, session->m_tokenizer->vocabularySize(), graph.vocabulary));
    auto format = ChatFormat::create(*session->m_tokenizer);
    if (!format)
        return tl::unexpected(
            Error{format.error().code, fmt::format("{}: {}", name, format.error().message)});
    session->m_format = std::make_unique<ChatFormat>(std::move(*format));
    session->m_endTokens = session->m_format->stopTokens();
    if (const auto end = session->m_tokenizer->eos())
        session->m_endTokens.push_back(*end);
    if (auto go = stopped(stop); !go)
        return tl::unexpected(go.error());

    if (sees) {
        auto vision = Llama4Vision::load(*session->m_visionFile, *session->m_backend);
        if (!vision)
            return tl::unexpected(vision.error());
        if ((*vision)->config().projection != graph.hidden)
            return fail(ErrorCode::wrongShape,
                fmt::format("{} belongs to a model of width {}, but {} has width {}; choose the "
                            "vision file made for this model.",
                    options.mmproj.filename().string(), (*vision)->config().projection, name,
                    graph.hidden));
        session->m_eyes = std::make_unique<PictureEncoder>(
            *session->m_backend, std::move(*vision), options.tiler, kPictureCacheBytes);
        session->m_info.tiles = session->m_eyes->tileSpec();
    }

    auto kv = session->m_model->createKvCache(options.kvType, *context);
    if (!kv)
        return tl::unexpected(kv.error());
    session->m_kv = std::make_unique<KvCache>(std::move(*kv));
    session->m_info.contextLength = static_cast<int>(*context);
    session->m_speculate = options.speculate;
    session->keepSnapshots(options);
    const ModelInfo about = modelInfo(session->m_file->gguf());
    // A file that does not say its name is known by its own.
    const std::string* named = session->m_file->gguf().string("general.name");
    session->m_info.modelName =
        named && !named->empty() ? about.name : options.model.stem().string();
    session->m_info.description = describe(about);
    session->m_backend->setStopToken({});
    return session;
}

void Session::keepSnapshots(const LocalEngineOptions& options)
{
    const KvShape& shape = m_model->graph().kv;
    const std::int64_t length = Snapshots::segmentLength(*m_backend, shape);
    if (options.snapshotFolder.empty() || length == 0)
        return;
    SnapshotIdentity identity;
    identity.model = modelIdentity(*m_file, m_backend->arithmetic());
    identity.kvType = options.kvType;
    identity.kvHeads = static_cast<std::uint32_t>(shape.kvHeads);
    identity.headDim = static_cast<std::uint32_t>(shape.headDim);
    identity.segmentLength = static_cast<std::uint64_t>(length);
    if (m_visionFile)
        m_visionIdentity = modelIdentity(*m_visionFile, m_backend->arithmetic()).low;
    m_snapshots = std::make_unique<Snapshots>(
        SnapshotFolder(options.snapshotFolder, options.snapshotQuotaBytes), identity, *m_kv);
}

} // namespace lectern::inference
