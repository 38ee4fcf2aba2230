// SPDX-License-Identifier: Apache-2.0
// A look inside: logits for given tokens and embeddings for given pixels, for `lectern-cli logits`
// and `embed-image`, for comparisons with other engines.
#pragma once

#include "inference/device_choice.h"
#include "inference/image_tiles.h"
#include "inference/kv_type.h"
#include "inference/models/llama4_vision.h"
#include "inference/models/text_model.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::inference {

// Thread: one at a time.
class TextInspector {
public:
    // threads 0: one a physical core. packWeights: see CpuOptions; on a GPU without it all products
    // are in f32 likewise. Errors: as LocalEngine::open.
    [[nodiscard]] static Result<std::unique_ptr<TextInspector>> open(
        const std::filesystem::path& model, int threads = 0, bool packWeights = false,
        DeviceChoice device = DeviceChoice::cpu);

    [[nodiscard]] const ModelFile& file() const { return *m_file; }
    // Why the CPU computes although the choice was automatic, a sentence; else empty.
    [[nodiscard]] const std::string& whyNoGpu() const { return m_whyNoGpu; }
    [[nodiscard]] std::int64_t vocabulary() const { return m_model->graph().vocabulary; }

    // Logits behind the last token ([1, vocabulary]) or behind each ([tokens, vocabulary]), the
    // context beginning with tokens[0] (so give BOS yourself). onProgress: tokens done.
    // Errors: invalidRequest (no tokens, unknown ids), outOfMemory, cancelled.
    [[nodiscard]] Result<std::vector<float>> logits(std::span<const std::int32_t> tokens,
        LogitsOf which, KvType kvType = KvType::f32, const std::stop_token& stop = {},
        const std::function<void(std::int64_t done)>& onProgress = {});

private:
    TextInspector() = default;
    static Result<std::unique_ptr<TextInspector>> openOn(
        DeviceChoice device, const std::filesystem::path& model, int threads, bool packWeights);

    std::string m_whyNoGpu;
    std::unique_ptr<ModelFile> m_file;
    std::unique_ptr<Backend> m_backend;
    std::unique_ptr<TextModel> m_model;
};

// Thread: one at a time.
class VisionInspector {
public:
    [[nodiscard]] static Result<std::unique_ptr<VisionInspector>> open(
        const std::filesystem::path& mmproj, int threads = 0,
        DeviceChoice device = DeviceChoice::cpu);

    [[nodiscard]] const std::string& whyNoGpu() const { return m_whyNoGpu; } // as above
    [[nodiscard]] TileSpec tileSpec() const { return m_vision->tileSpec(); }
    [[nodiscard]] std::int64_t width() const { return m_vision->config().projection; }

    // Embeddings [tiles * tokensPerTile, width] of normalised pixels [tiles, 3, S, S], or of tiles
    // as cut. Errors: invalidRequest (not whole tiles), cancelled, outOfMemory.
    [[nodiscard]] Result<std::vector<float>> embed(
        std::span<const float> pixels, const std::stop_token& stop = {});
    [[nodiscard]] Result<std::vector<float>> embed(
        const ImageTiles& tiles, const std::stop_token& stop = {});

private:
    VisionInspector() = default;
    static Result<std::unique_ptr<VisionInspector>> openOn(
        DeviceChoice device, const std::filesystem::path& mmproj, int threads);

    std::string m_whyNoGpu;
    std::unique_ptr<ModelFile> m_file;
    std::unique_ptr<Backend> m_backend;
    std::unique_ptr<Llama4Vision> m_vision;
};

} // namespace lectern::inference
