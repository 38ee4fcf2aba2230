// SPDX-License-Identifier: Apache-2.0
// What a model file holds and needs, and whether this build can run it, without loading its
// weights.
#pragma once

#include "inference/kv_cache.h"
#include "inference/model_file.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lectern::inference {

enum class ModelKind { text, vision };

// Counts are 0 where the file does not say.
struct ModelInfo {
    ModelKind kind = ModelKind::text;
    std::string name;         // "Llama 4 Scout 17B 16E Instruct"; the architecture when unnamed
    std::string architecture; // "llama4"; empty when the file does not say
    std::string typeMixture;  // "Q4_K - Medium"
    std::uint64_t parameters = 0;
    std::uint64_t activeParameters = 0; // that one token passes through
    std::uint64_t weightBytes = 0;
    // Of one token of a long text: bytes of weights it reads when it is decoded alone, and floating
    // point operations in the layers (two a multiply-add; attention over the context not counted).
    std::uint64_t tokenBytes = 0;
    std::uint64_t tokenFlops = 0;
    std::uint64_t layers = 0;
    std::uint64_t width = 0; // of a token's hidden state
    // text
    std::uint64_t contextLength = 0; // trained
    std::uint64_t vocabulary = 0;
    std::uint64_t experts = 0;
    std::uint64_t expertsUsed = 0;
    std::optional<KvShape> kv; // nullopt: an architecture we do not know
    // vision
    std::uint64_t tileSize = 0;
    std::uint64_t patchSize = 0;
    std::uint64_t tokensPerTile = 0;
    std::uint64_t outputWidth = 0; // the text model's `width`

    // Bytes of KV cache that every further token takes for good (global layers), and the most that
    // the layers which see one chunk only ever take together. 0 when `kv` is unknown.
    [[nodiscard]] std::uint64_t kvBytesPerToken(KvType type) const;
    [[nodiscard]] std::uint64_t kvBytesOfChunk(KvType type) const;
};

// From the header alone; never fails, whatever is missing in it.
[[nodiscard]] ModelInfo modelInfo(const Gguf& gguf);

// Why this build cannot run the file, in the very sentence that loading it gives; nullopt when it
// can. Checks settings, tokenizer, every tensor's presence, shape and type, and the memory of this
// machine only as far as loading does; reads a few small tensors.
[[nodiscard]] std::optional<Error> whyNotRunnable(const ModelFile& file);

// Why weights and a useful cache alone do not fit into `available` bytes (0: unknown); nullopt when
// they do. `context`, when given, receives the tokens that would. All of a load: memory_need.h.
[[nodiscard]] std::optional<Error> whyNotFitting(
    const ModelInfo& info, std::uint64_t available, std::int64_t* context = nullptr);

// One line for people: "llama4, Q4_K - Medium, 108 B parameters, 61.3 GB".
[[nodiscard]] std::string describe(const ModelInfo& info);

// Everything above, and what memory it takes, as lines of "label: value", for `lectern-cli model
// info`; `vision` is what it would be loaded with, or null.
[[nodiscard]] std::string modelReport(
    const ModelFile& file, const ModelFile* vision, std::uint64_t available);

} // namespace lectern::inference
