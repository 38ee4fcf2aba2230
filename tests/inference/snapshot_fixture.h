// SPDX-License-Identifier: Apache-2.0
// What the tests of saved contexts share: a small model with chunks of 16, and one context of it
// that is saved and restored.
#pragma once

#include "inference/cpu/cpu_backend.h"
#include "inference/model_identity.h"
#include "inference/models/text_model.h"
#include "inference/snapshots.h"
#include "tests/inference/gguf_edit.h"
#include "tests/inference/golden.h"

#include <array>
#include <optional>

namespace lectern::test {

using namespace inference;

struct LoadedModel {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<ModelFile> file;
    std::unique_ptr<TextModel> model;
    SnapshotIdentity identity;

    // `level`: scalar, where a test compares contexts that were read in calls of other sizes; only
    // the reference promises the same bits then.
    explicit LoadedModel(const std::filesystem::path& path = golden("text/chunk16/model.gguf"),
        std::optional<SimdLevel> level = {});
};

// A text of pseudo-random tokens; equal seeds begin equally.
std::vector<SnapshotItem> someItems(std::size_t count, std::uint32_t seed = 1);

// A context and what is kept of it in a folder.
struct Context {
    LoadedModel& loaded;
    KvCache kv;
    Snapshots snapshots;
    std::stop_token stop;

    Context(LoadedModel& model, KvType type, const std::filesystem::path& folder,
        std::uint64_t quota = std::uint64_t{1} << 30U);

    // The part of a request before the prefill: how many positions come from disk, at most all
    // items but one. `kept`: what the cache holds already that is a prefix of the items.
    std::int64_t begin(const std::vector<SnapshotItem>& items, std::int64_t kept = 0);
    // Logits of every position from the cache's up to `end`.
    std::vector<float> read(const std::vector<SnapshotItem>& items, std::size_t end);
    void end();
    // Every byte of keys and values that counts.
    std::string rows() const;
};

bool sameBits(const std::vector<float>& a, const std::vector<float>& b);

std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder);

std::filesystem::path fileStarting(const std::filesystem::path& folder, const std::string& prefix);

void writeBytes(const std::filesystem::path& path, const std::string& bytes);

inline constexpr std::array kEveryKvType{KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0};

} // namespace lectern::test
