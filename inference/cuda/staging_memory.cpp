// SPDX-License-Identifier: Apache-2.0
// Copying through pinned memory.
#include "inference/cuda/staging_memory.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

constexpr std::uint64_t kRing = std::uint64_t{1} << 20U;

} // namespace

Result<StagingMemory> StagingMemory::create(Device& device)
{
    auto halves = device.pinned(2 * kHalf);
    if (!halves)
        return tl::unexpected(halves.error());
    auto ring = device.pinned(kRing);
    if (!ring)
        return tl::unexpected(ring.error());
    return StagingMemory(device, *halves, *ring);
}

void StagingMemory::send(std::byte* target, std::uint64_t size,
    const std::function<void(std::span<std::byte>)>& fill, const std::function<void()>& after)
{
    const std::span half = m_halves.subspan(m_next * kHalf, size);
    m_device->wait(m_next);
    fill(half);
    m_device->copyIn(target, half);
    if (after)
        after();
    m_device->mark(m_next);
    m_next = 1 - m_next;
}

void StagingMemory::upload(std::byte* target, std::span<const std::byte> values)
{
    for (std::uint64_t done = 0; done < values.size(); done += kHalf) {
        const std::span part = values.subspan(done, std::min(kHalf, values.size() - done));
        send(target + done, part.size(),
            [&](std::span<std::byte> half) { std::memcpy(half.data(), part.data(), part.size()); });
    }
}

void StagingMemory::download(std::span<std::byte> values, const std::byte* source)
{
    // Both halves at once; a failure is told by the next synchronize(), and what is read till then
    // is not to be trusted.
    for (std::uint64_t done = 0; done < values.size(); done += m_halves.size()) {
        const std::span part =
            values.subspan(done, std::min<std::uint64_t>(m_halves.size(), values.size() - done));
        m_device->copyOut(m_halves.first(part.size()), source + done);
        m_device->drain();
        std::memcpy(part.data(), m_halves.data(), part.size());
    }
}

std::byte* StagingMemory::ringPlace(std::uint64_t bytes)
{
    constexpr std::uint64_t kLine = 64;
    const std::uint64_t size = (bytes + kLine - 1) / kLine * kLine;
    if (size > m_ring.size())
        return nullptr;
    if (m_ringUsed + size > m_ring.size()) {
        m_device->drain(); // kernels may still read what stands there
        m_ringUsed = 0;
    }
    std::byte* place = m_ring.data() + m_ringUsed;
    m_ringUsed += size;
    return place;
}

} // namespace lectern::inference::cuda
