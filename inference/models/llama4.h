// SPDX-License-Identifier: Apache-2.0
// Llama 4, the text decoder: hyper-parameters, tensor names, forward pass.
// Source of the formulas: tests/golden/README.md, sections 3, 4 and 9.
#pragma once

#include "inference/models/text_model.h"

namespace lectern::inference {

struct Llama4Config {
    std::int64_t layers = 0;
    std::int64_t hidden = 0;
    std::int64_t vocabulary = 0;
    std::int64_t contextLength = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t ffn = 0;       // width of dense layers
    std::int64_t expertFfn = 0; // width of experts and of the shared expert
    std::int64_t experts = 0;
    std::int64_t expertsUsed = 0;
    std::int64_t moeStep = 1;  // layer i is MoE if (i + 1) % moeStep == 0; 0: none is
    std::int64_t chunk = 8192; // attention chunk of RoPE layers; 0: none
    std::int64_t nopeStep = 4; // layer i has no RoPE if (i + 1) % nopeStep == 0
    std::int64_t temperatureLength = 8192;
    float temperatureScale = 0.1F;
    float epsilon = 1e-5F;
    float ropeTheta = 500000.0F;
    bool qkNorm = true;

    [[nodiscard]] bool isMoe(std::int64_t layer) const
    {
        return moeStep > 0 && (layer + 1) % moeStep == 0;
    }
    [[nodiscard]] bool isNope(std::int64_t layer) const
    {
        return nopeStep > 0 && (layer + 1) % nopeStep == 0;
    }
};

// Errors: missingKey, malformed (values that contradict one another or are out of range).
[[nodiscard]] Result<Llama4Config> readLlama4Config(const Gguf& gguf);
// Errors: as readLlama4Config.
[[nodiscard]] Result<KvShape> llama4KvShape(const Gguf& gguf);
// Errors: as TextModel::load.
[[nodiscard]] Result<Graph> loadLlama4(const ModelFile& file, Backend& backend);

} // namespace lectern::inference
