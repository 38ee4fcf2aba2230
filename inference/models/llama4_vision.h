// SPDX-License-Identifier: Apache-2.0
// The vision tower of Llama 4 with its adapter and projector: tiles to embeddings of patch tokens.
//
// Shapes: S tile side, P patch side, n = S / P, N = n * n patches, c width, t = N / 4 tokens a
// tile. Formulas: tests/golden/README.md, sections 5 and 9.
#pragma once

#include "inference/backend.h"
#include "inference/image_tiles.h"
#include "inference/model_file.h"

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace lectern::inference {

struct VisionConfig {
    std::int64_t imageSize = 0;
    std::int64_t patchSize = 0;
    std::int64_t width = 0;
    std::int64_t heads = 0;
    std::int64_t layers = 0;
    std::int64_t ffn = 0;
    std::int64_t adapterHidden = 0; // outputs of mm.model.mlp.1
    std::int64_t adapterWidth = 0;  // outputs of mm.model.mlp.2
    std::int64_t projection = 0;    // hidden width of the text model
    std::int64_t maxTiles = 16;
    float eps = 1e-5F;
    std::array<float, 3> mean{};
    std::array<float, 3> deviation{};

    [[nodiscard]] std::int64_t side() const { return imageSize / patchSize; }
    [[nodiscard]] std::int64_t patches() const { return side() * side(); }
    [[nodiscard]] std::int64_t tokens() const { return patches() / 4; }
    [[nodiscard]] std::int64_t patchValues() const { return 3 * patchSize * patchSize; }
    [[nodiscard]] std::int64_t tileValues() const { return 3 * imageSize * imageSize; }
};

// Reads and checks an mmproj file's keys. Errors: unsupportedArchitecture, missingKey, malformed.
[[nodiscard]] Result<VisionConfig> visionConfig(const ModelFile& file);

// Thread: the backend's. The file and the backend must outlive it.
class Llama4Vision {
public:
    // Called after each stage of a tile with its rows, for tests: "patch_embedding",
    // "with_class_and_position", "pre_ln", "layer_0", ..., "post_ln", "pixel_shuffle", "adapter".
    using Observer = std::function<void(std::string_view stage, Rows rows)>;

    // Errors: those of visionConfig, missingTensor, wrongShape, unsupportedType, outOfMemory.
    [[nodiscard]] static Result<std::unique_ptr<Llama4Vision>> load(
        const ModelFile& file, Backend& backend);

    [[nodiscard]] const VisionConfig& config() const { return m_config; }
    [[nodiscard]] TileSpec tileSpec() const;

    // value = (u8 / 255 - mean) / deviation. pixels [tiles, 3, S, S].
    [[nodiscard]] std::vector<float> normalise(std::span<const std::uint8_t> pixels) const;

    // Encodes whole tiles, each alone. pixels [tiles, 3, S, S] normalised; the result is
    // [tiles * t, projection]. `stop` is polled at every layer, and by the backend inside its
    // ops. Errors: invalidRequest (not whole tiles), cancelled, cannotRead (the file
    // changed), the backend's.
    [[nodiscard]] Result<std::vector<float>> encode(std::span<const float> pixels,
        const std::stop_token& stop = {}, const Observer& observer = {});

private:
    struct Norm {
        Vector weight;
        Vector bias;
    };
    struct Linear {
        Matrix weight;
        Vector bias;
    };
    struct Layer {
        Norm ln1;
        Linear q;
        Linear k;
        Linear v;
        Linear out;
        Norm ln2;
        Linear up;
        Linear down;
    };
    struct Weights {
        Matrix patch;                // [c, 3 * P * P], a row by channel, pixel row, pixel column
        RowsBuffer classAndPosition; // [N + 1, c]: what is added to patches and class token
        Norm preLn;
        std::vector<Layer> layers;
        Norm postLn;
        Matrix mlp1;
        Matrix mlp2;
        Matrix projector;
    };
    struct Scratch {
        RowsBuffer patches;  // [N, 3 * P * P]
        RowsBuffer x;        // [N + 1, c]
        RowsBuffer normed;   // [N + 1, c]
        RowsBuffer q;        // [N + 1, c]
        RowsBuffer k;        // [N + 1, c]
        RowsBuffer v;        // [N + 1, c]
        RowsBuffer ffn;      // [N + 1, ffn]
        RowsBuffer shuffled; // [N, c], as [t, 4 * c]
        RowsBuffer mlp1;     // [t, adapterHidden]
        RowsBuffer mlp2;     // [t, adapterWidth]
        RowsBuffer output;   // [t, projection]
    };
    class Loader;

    Llama4Vision(const ModelFile& file, Backend& backend, const VisionConfig& config);
    [[nodiscard]] Result<void> encodeTile(std::span<const float> pixels, std::span<float> out,
        const std::stop_token& stop, const Observer& observer);
    void layerForward(const Layer& layer, Rows x);

    const ModelFile& m_file;
    Backend& m_backend;
    VisionConfig m_config;
    Weights m_weights;
    Scratch m_scratch;
    std::vector<std::int32_t> m_shuffle; // [N] patch that stands at each place after the shuffle
    std::vector<float> m_zeros;          // [c]
    std::vector<float> m_patchValues;    // [N, 3 * P * P] of the tile at hand
};

} // namespace lectern::inference
