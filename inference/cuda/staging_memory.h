// SPDX-License-Identifier: Apache-2.0
// Ways between the host and the device: pinned memory in two halves that take turns, so that one is
// filled while the other travels, and a ring of small values that kernels read where they stand.
#pragma once

#include "inference/cuda/device.h"

#include <cstring>
#include <functional>

namespace lectern::inference::cuda {

// Thread: the backend's.
class StagingMemory {
public:
    [[nodiscard]] static Result<StagingMemory> create(Device& device);

    // Bytes of one half.
    static constexpr std::uint64_t kHalf = std::uint64_t{16} << 20U;

    // Fills a half by `fill`, copies it to `target` and then runs `after`, all in the stream's
    // order; returns once the half is filled. size <= kHalf.
    void send(std::byte* target, std::uint64_t size,
        const std::function<void(std::span<std::byte>)>& fill,
        const std::function<void()>& after = {});
    void upload(std::byte* target, std::span<const std::byte> values);
    // Waits for all work before it.
    void download(std::span<std::byte> values, const std::byte* source);

    // Which half the next send() fills: what `after` reads on the device has two places likewise.
    [[nodiscard]] int nextHalf() const { return m_next; }

    // A copy that kernels read; valid for work that is queued before the next call.
    template <class T> [[nodiscard]] const T* values(std::span<const T> given)
    {
        std::byte* place = ringPlace(given.size_bytes());
        if (place)
            std::memcpy(place, given.data(), given.size_bytes());
        return reinterpret_cast<const T*>(place);
    }

private:
    StagingMemory(Device& device, std::span<std::byte> halves, std::span<std::byte> ring)
        : m_device(&device), m_halves(halves), m_ring(ring)
    {
    }
    std::byte* ringPlace(std::uint64_t bytes); // null: more than the whole ring

    Device* m_device;
    std::span<std::byte> m_halves;
    std::span<std::byte> m_ring;
    std::uint64_t m_ringUsed = 0;
    int m_next = 0;
};

} // namespace lectern::inference::cuda
