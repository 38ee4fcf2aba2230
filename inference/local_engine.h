// SPDX-License-Identifier: Apache-2.0
// The Engine that runs a GGUF model on this machine, on a thread of its own.
#pragma once

#include "inference/device_choice.h"
#include "inference/engine.h"
#include "inference/kv_type.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

namespace lectern::inference {

// Where the CPU has its weights. A GPU always has its own.
enum class WeightMode {
    automatic, // packed when the model is large and fits into the free memory, else mapped
    mapped,    // in the mapped file: starts at once, takes no memory of its own, computes in f32
    packed     // copied at load into the order the kernels want: faster by a multiple
};

struct LocalEngineOptions {
    std::filesystem::path model;  // text GGUF
    std::filesystem::path mmproj; // vision GGUF; empty: no pictures
    Tiler tiler;                  // required with mmproj
    int threads = 0;              // 0: one a physical core
    int contextLength = 0;        // 0: what the model was trained for, limited by free memory
    KvType kvType = KvType::f16;
    WeightMode weights = WeightMode::automatic;
    DeviceChoice device = DeviceChoice::cpu;
    // Bytes of weights packed, or copied to the GPU, so far and in all; on the thread of open().
    std::function<void(std::uint64_t done, std::uint64_t total)> onLoad{};
    // What was read is kept here and not read again, after a restart too; several engines and
    // processes may share it. Empty: not kept.
    std::filesystem::path snapshotFolder{};
    std::uint64_t snapshotQuotaBytes = std::uint64_t{20} << 30U; // used last stays
    // Guesses the next tokens from the context and checks several at once. Never changes an answer.
    bool speculate = true;
};

// Requests that share a beginning (the earlier turns of a conversation) reuse what the context
// holds of it. Not to be destroyed inside one of its own callbacks.
class LocalEngine final : public Engine {
public:
    // Loads the model; blocks, so call it off the GUI thread. Errors name the file and the reason
    // (architecture, missing tensor, type, truncated at byte N, not enough memory).
    [[nodiscard]] static Result<std::unique_ptr<LocalEngine>> open(
        const LocalEngineOptions& options, std::stop_token stop = {});
    ~LocalEngine() override;

    [[nodiscard]] EngineInfo info() const override;
    RequestId submit(Request request, Callbacks callbacks) override;
    void cancel(RequestId id) override;
    [[nodiscard]] int countTokens(std::string_view text) const override;

private:
    LocalEngine();
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace lectern::inference
