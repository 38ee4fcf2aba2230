// SPDX-License-Identifier: Apache-2.0
// The device of the emulation: the host's memory, and work that is done when it is asked for.
#include "inference/cuda/device.h"

#include <cstring>
#include <sys/mman.h>
#include <vector>

namespace lectern::inference::cuda {

namespace {

class EmulatedDevice final : public Device {
public:
    [[nodiscard]] std::string name() const override { return "emulated GPU"; }
    [[nodiscard]] DeviceLimits limits() const override { return {1, 80 * 1024}; }
    [[nodiscard]] std::uint64_t freeMemory() const override { return std::uint64_t{1} << 30U; }
    [[nodiscard]] void* stream() const override { return nullptr; }
    [[nodiscard]] std::uint64_t pageBytes() const override { return 4096; }

    Result<std::byte*> reserve(std::uint64_t bytes) override
    {
        void* range = bytes < std::uint64_t{1} << 46U
            ? mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            : MAP_FAILED;
        if (range == MAP_FAILED)
            return fail(ErrorCode::outOfMemory, "The emulated GPU has no such addresses.");
        return static_cast<std::byte*>(range);
    }

    Result<void> map(std::byte* range, std::uint64_t mapped, std::uint64_t bytes) override
    {
        if (bytes > freeMemory() || mprotect(range + mapped, bytes, PROT_READ | PROT_WRITE) != 0)
            return fail(ErrorCode::outOfMemory, "The emulated GPU has not enough memory.");
        return {};
    }

    std::uint64_t unmap(std::byte* range, std::uint64_t mapped, std::uint64_t kept) override
    {
        const std::uint64_t from = (kept + pageBytes() - 1) / pageBytes() * pageBytes();
        if (from >= mapped)
            return mapped;
        madvise(range + from, mapped - from, MADV_DONTNEED);
        mprotect(range + from, mapped - from, PROT_NONE);
        return from;
    }

    Result<std::span<std::byte>> pinned(std::uint64_t bytes) override
    {
        return std::span(m_pinned.emplace_back(bytes));
    }

    void copyIn(std::byte* target, std::span<const std::byte> source) override
    {
        std::memcpy(target, source.data(), source.size());
    }
    void copyOut(std::span<std::byte> target, const std::byte* source) override
    {
        std::memcpy(target.data(), source, target.size());
    }
    void mark(int) override { }
    void wait(int) override { }
    void drain() override { }
    Result<void> synchronize() override { return {}; }

private:
    std::vector<std::vector<std::byte>> m_pinned;
};

} // namespace

Result<std::unique_ptr<Device>> Device::open()
{
    return std::make_unique<EmulatedDevice>();
}

void Device::release(std::byte* range, std::uint64_t bytes)
{
    munmap(range, bytes);
}

} // namespace lectern::inference::cuda
