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

#include <algorithm>
#include <cstring>

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
        std::optional<SimdLevel> level = {})
        : backend(createCpuBackend({2, level}))
    {
        auto opened = ModelFile::open(path);
        if (!opened)
            std::exit(1);
        file = std::move(*opened);
        auto loaded = TextModel::load(*file, *backend);
        if (!loaded)
            std::exit(1);
        model = std::move(*loaded);
        const KvShape& shape = model->graph().kv;
        identity.model = modelIdentity(*file, backend->arithmetic());
        identity.kvHeads = static_cast<std::uint32_t>(shape.kvHeads);
        identity.headDim = static_cast<std::uint32_t>(shape.headDim);
        identity.segmentLength =
            static_cast<std::uint64_t>(Snapshots::segmentLength(*backend, shape));
    }
};

// A text of pseudo-random tokens; equal seeds begin equally.
inline std::vector<SnapshotItem> someItems(std::size_t count, std::uint32_t seed = 1)
{
    std::vector<SnapshotItem> items;
    std::uint32_t state = seed;
    for (std::size_t i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        items.push_back({static_cast<std::int32_t>((state >> 8U) % 400), 0});
    }
    return items;
}

// A context and what is kept of it in a folder.
struct Context {
    LoadedModel& loaded;
    KvCache kv;
    Snapshots snapshots;
    std::stop_token stop;

    Context(LoadedModel& model, KvType type, const std::filesystem::path& folder,
        std::uint64_t quota = std::uint64_t{1} << 30U)
        : loaded(model)
        , kv(*model.model->createKvCache(type, 512))
        , snapshots(SnapshotFolder(folder, quota), identityOf(model, type), kv)
    {
    }

    static SnapshotIdentity identityOf(const LoadedModel& model, KvType type)
    {
        SnapshotIdentity identity = model.identity;
        identity.kvType = type;
        return identity;
    }

    // The part of a request before the prefill: how many positions come from disk, at most all
    // items but one. `kept`: what the cache holds already that is a prefix of the items.
    std::int64_t begin(const std::vector<SnapshotItem>& items, std::int64_t kept = 0)
    {
        if (!snapshots.begin(items, kv.kept(kept), stop))
            return -1;
        kv.rewindTo(kept);
        return snapshots.restore(static_cast<std::int64_t>(items.size()) - 1, stop);
    }
    // Logits of every position from the cache's up to `end`.
    std::vector<float> read(const std::vector<SnapshotItem>& items, std::size_t end)
    {
        std::vector<std::int32_t> ids;
        for (auto i = static_cast<std::size_t>(kv.position()); i < end; ++i)
            ids.push_back(items[i].id);
        const auto logits = loaded.model->forward(
            kv, {.tokens = ids, .logits = LogitsOf::all, .onProgress = [&](std::int64_t) {
                     snapshots.grown();
                 }});
        if (!logits) {
            fail(__FILE__, __LINE__, logits.error().message);
            return {};
        }
        return {logits->begin(), logits->end()};
    }
    void end()
    {
        snapshots.ended();
        snapshots.flush();
    }
    // Every byte of keys and values that counts.
    std::string rows() const
    {
        std::string bytes;
        for (std::size_t layer = 0; layer < kv.layers(); ++layer)
            for (const KvRows& part : {kv.keys(layer), kv.values(layer)})
                bytes.append(reinterpret_cast<const char*>(part.data),
                    part.rowBytes()
                        * static_cast<std::uint64_t>(kv.position() - kv.firstPosition(layer)));
        return bytes;
    }
};

inline bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return a.size() == b.size() && !a.empty()
        && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

inline std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

inline std::filesystem::path fileStarting(
    const std::filesystem::path& folder, const std::string& prefix)
{
    for (const auto& path : filesIn(folder))
        if (path.filename().string().starts_with(prefix))
            return path;
    return {};
}

inline void writeBytes(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

constexpr std::array kEveryKvType{KvType::f32, KvType::f16, KvType::q8_0, KvType::q4_0};

} // namespace lectern::test
