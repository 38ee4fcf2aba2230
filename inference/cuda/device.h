// SPDX-License-Identifier: Apache-2.0
// One GPU: memory by address ranges, one stream of work, copies. No CUDA header: device.cpp is the
// real one, and tests/cuda/ has one that is the host's memory.
#pragma once

#include "inference/cuda/few_rows.h"
#include "inference/device_facts.h"
#include "inference/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace lectern::inference::cuda {

// Thread: one at a time.
class Device {
public:
    // Of the device that open() would give, without taking any of its memory. Errors: unavailable,
    // with the sentence why.
    [[nodiscard]] static Result<DeviceFacts> ask();
    // Same errors.
    [[nodiscard]] static Result<std::unique_ptr<Device>> open();
    virtual ~Device() = default;

    [[nodiscard]] virtual DeviceFacts facts() const = 0;
    [[nodiscard]] virtual DeviceLimits limits() const = 0;
    [[nodiscard]] virtual std::uint64_t freeMemory() const = 0;
    [[nodiscard]] virtual void* stream() const = 0;

    // Addresses are reserved and given back whole; memory is put behind [mapped, mapped + bytes) of
    // a range, in whole pages, zeroed. Errors: outOfMemory. unmap() gives back what lies behind the
    // first `kept` of `mapped` bytes, as far as it was mapped apart, and says how many stay.
    [[nodiscard]] virtual std::uint64_t pageBytes() const = 0;
    [[nodiscard]] virtual Result<std::byte*> reserve(std::uint64_t bytes) = 0;
    [[nodiscard]] virtual Result<void> map(
        std::byte* range, std::uint64_t mapped, std::uint64_t bytes) = 0;
    virtual std::uint64_t unmap(std::byte* range, std::uint64_t mapped, std::uint64_t kept) = 0;
    // Static, because a Buffer's release knows no device.
    static void release(std::byte* range, std::uint64_t bytes);

    // Memory of the host that the device reads and copies from directly. Errors: outOfMemory.
    [[nodiscard]] virtual Result<std::span<std::byte>> pinned(std::uint64_t bytes) = 0;

    // In the stream's order. copyIn's source is pinned and stays until the stream has passed it;
    // copyOut's target is ready after synchronize().
    virtual void copyIn(std::byte* target, std::span<const std::byte> source) = 0;
    virtual void copyOut(std::span<std::byte> target, const std::byte* source) = 0;
    // Marks a place in the stream; wait() returns when the work before it is done.
    virtual void mark(int event) = 0; // 0 .. kEvents - 1
    virtual void wait(int event) = 0;
    // Waits for all work. Errors: unavailable with the device's own words; the device is then of
    // no more use.
    [[nodiscard]] virtual Result<void> synchronize() = 0;

    // Waits likewise; what went wrong is left for synchronize() to tell.
    virtual void drain() = 0;

    static constexpr int kEvents = 4;
};

} // namespace lectern::inference::cuda
