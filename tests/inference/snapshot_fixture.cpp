// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/snapshot_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace lectern::test {

LoadedModel::LoadedModel(const std::filesystem::path& path, std::optional<SimdLevel> level)
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
    identity.segmentLength = static_cast<std::uint64_t>(Snapshots::segmentLength(*backend, shape));
}

std::vector<SnapshotItem> someItems(std::size_t count, std::uint32_t seed)
{
    std::vector<SnapshotItem> items;
    std::uint32_t state = seed;
    for (std::size_t i = 0; i < count; ++i) {
        state = state * 1664525U + 1013904223U;
        items.push_back({static_cast<std::int32_t>((state >> 8U) % 400), 0});
    }
    return items;
}

namespace {

SnapshotIdentity identityOf(const LoadedModel& model, KvType type)
{
    SnapshotIdentity identity = model.identity;
    identity.kvType = type;
    return identity;
}

} // namespace

Context::Context(
    LoadedModel& model, KvType type, const std::filesystem::path& folder, std::uint64_t quota)
    : loaded(model)
    , kv(*model.model->createKvCache(type, 512))
    , snapshots(SnapshotFolder(folder, quota), identityOf(model, type), kv)
{
}

std::int64_t Context::begin(const std::vector<SnapshotItem>& items, std::int64_t kept)
{
    if (!snapshots.begin(items, kv.kept(kept), stop))
        return -1;
    kv.rewindTo(kept);
    return snapshots.restore(static_cast<std::int64_t>(items.size()) - 1, stop);
}

std::vector<float> Context::read(const std::vector<SnapshotItem>& items, std::size_t end)
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

void Context::end()
{
    snapshots.ended();
    snapshots.flush();
}

std::string Context::rows() const
{
    std::string bytes;
    for (std::size_t layer = 0; layer < kv.layers(); ++layer)
        for (const KvRows& part : {kv.keys(layer), kv.values(layer)})
            bytes.append(reinterpret_cast<const char*>(part.data),
                part.rowBytes()
                    * static_cast<std::uint64_t>(kv.position() - kv.firstPosition(layer)));
    return bytes;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b)
{
    return a.size() == b.size() && !a.empty()
        && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

std::vector<std::filesystem::path> filesIn(const std::filesystem::path& folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::filesystem::path fileStarting(const std::filesystem::path& folder, const std::string& prefix)
{
    for (const auto& path : filesIn(folder))
        if (path.filename().string().starts_with(prefix))
            return path;
    return {};
}

void writeBytes(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

} // namespace lectern::test
