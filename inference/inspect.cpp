// SPDX-License-Identifier: Apache-2.0
// Opening a model without an engine around it.
#include "inference/inspect.h"

#include "inference/memory_need.h"

#include <fmt/format.h>

namespace lectern::inference {

Result<std::unique_ptr<TextInspector>> TextInspector::open(
    const std::filesystem::path& model, int threads, bool packWeights, DeviceChoice device)
{
    std::string whyNoGpu;
    auto inspector = onDevice(
        device, whyNoGpu, [&](DeviceChoice on) { return openOn(on, model, threads, packWeights); });
    if (inspector)
        (*inspector)->m_whyNoGpu = whyNoGpu;
    return inspector;
}

Result<std::unique_ptr<TextInspector>> TextInspector::openOn(
    DeviceChoice device, const std::filesystem::path& model, int threads, bool packWeights)
{
    std::unique_ptr<TextInspector> inspector(new TextInspector);
    auto file = ModelFile::open(model);
    if (!file)
        return tl::unexpected(file.error());
    inspector->m_file = std::move(*file);
    auto backend =
        openBackend(device, {.threads = threads, .packWeights = packWeights}, !packWeights);
    if (!backend)
        return tl::unexpected(backend.error());
    inspector->m_backend = std::move(*backend);
    const bool onGpu = device == DeviceChoice::cuda;
    auto need = memoryNeed(*inspector->m_file, nullptr,
        {.packed = onGpu,
            .threads = threads > 0 ? threads : physicalCores(),
            .microBatch = inspector->m_backend->microBatch()});
    if (!need)
        return tl::unexpected(need.error());
    if (onGpu)
        need->available = inspector->m_backend->deviceMemoryLeft();
    if (auto fits = checkFits(model.filename().string(), need->fixed(), need->available); !fits)
        return tl::unexpected(fits.error());
    auto loaded = TextModel::load(*inspector->m_file, *inspector->m_backend);
    if (!loaded)
        return tl::unexpected(loaded.error());
    inspector->m_model = std::move(*loaded);
    return inspector;
}

Result<std::vector<float>> TextInspector::logits(std::span<const std::int32_t> tokens,
    LogitsOf which, KvType kvType, const std::stop_token& stop,
    const std::function<void(std::int64_t done)>& onProgress)
{
    if (tokens.empty())
        return fail(ErrorCode::invalidRequest, "No tokens were given.");
    auto kv = m_model->createKvCache(kvType, static_cast<std::int64_t>(tokens.size()));
    if (!kv)
        return tl::unexpected(kv.error());
    const auto result = m_model->forward(
        *kv, {.tokens = tokens, .logits = which, .stop = stop, .onProgress = onProgress});
    if (!result)
        return tl::unexpected(result.error());
    return std::vector<float>(result->begin(), result->end());
}

Result<std::unique_ptr<VisionInspector>> VisionInspector::open(
    const std::filesystem::path& mmproj, int threads, DeviceChoice device)
{
    std::string whyNoGpu;
    auto inspector =
        onDevice(device, whyNoGpu, [&](DeviceChoice on) { return openOn(on, mmproj, threads); });
    if (inspector)
        (*inspector)->m_whyNoGpu = whyNoGpu;
    return inspector;
}

Result<std::unique_ptr<VisionInspector>> VisionInspector::openOn(
    DeviceChoice device, const std::filesystem::path& mmproj, int threads)
{
    std::unique_ptr<VisionInspector> inspector(new VisionInspector);
    auto file = ModelFile::open(mmproj);
    if (!file)
        return tl::unexpected(file.error());
    inspector->m_file = std::move(*file);
    auto backend = openBackend(device, {.threads = threads}, true);
    if (!backend)
        return tl::unexpected(backend.error());
    inspector->m_backend = std::move(*backend);
    auto loaded = Llama4Vision::load(*inspector->m_file, *inspector->m_backend);
    if (!loaded)
        return tl::unexpected(loaded.error());
    inspector->m_vision = std::move(*loaded);
    return inspector;
}

Result<std::vector<float>> VisionInspector::embed(
    std::span<const float> pixels, const std::stop_token& stop)
{
    return m_vision->encode(pixels, stop);
}

Result<std::vector<float>> VisionInspector::embed(
    const ImageTiles& tiles, const std::stop_token& stop)
{
    if (tiles.tileSize != tileSpec().tileSize)
        return fail(ErrorCode::invalidRequest,
            fmt::format("The tiles are {} pixels wide, the vision file asks for {}.",
                tiles.tileSize, tileSpec().tileSize));
    return m_vision->encode(m_vision->normalise(tiles.pixels), stop);
}

} // namespace lectern::inference
