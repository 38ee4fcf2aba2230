// SPDX-License-Identifier: Apache-2.0
// What loading and running a model takes, part by part, from the files' headers alone: no weight is
// read and no memory taken. What fits is memory_plan.h's question.
#pragma once

#include "inference/memory_plan.h"
#include "inference/model_file.h"

#include <optional>

namespace lectern::inference {

// How a model is going to be loaded.
struct LoadChoice {
    KvType kvType = KvType::f16;
    std::int64_t contextLength = 0; // 0: as much as is sensible
    bool packed = false;            // weights copied into the kernels' order
    int threads = 1;
    std::int64_t microBatch = kMicroBatch; // of the backend
};

// Of the text model, and of the vision file that is loaded with it (null: none). `available` is
// what this process can still get: of memory, and of addresses where those are limited.
// Errors: those of TextModel::load and Llama4Vision::load that a header can show.
[[nodiscard]] Result<MemoryNeed> memoryNeed(
    const ModelFile& text, const ModelFile* vision, const LoadChoice& choice);

// Of a vision file alone. Errors: those of Llama4Vision::load that a header can show.
[[nodiscard]] Result<std::uint64_t> visionNeed(const ModelFile& vision, const LoadChoice& choice);

// Whether a file, text or vision, fits into what is free here, or into `available` bytes (0:
// unknown, everything does). Of a file this build cannot run, the weights alone are compared.
struct Fit {
    MemoryNeed need;
    std::int64_t context = 0; // tokens it would be loaded with; 0 for a vision file
    std::optional<Error> obstacle;
};
[[nodiscard]] Fit fitOf(const ModelFile& file, const ModelFile* vision, const LoadChoice& choice,
    std::optional<std::uint64_t> available = {});

} // namespace lectern::inference
