// SPDX-License-Identifier: Apache-2.0
// The device of the emulation: the host's memory, and work that is done when it is asked for.
#include "inference/cuda/device.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <vector>

namespace lectern::inference::cuda {

namespace {

const DeviceFacts kFacts{"Emulated GPU", std::uint64_t{1} << 30U, "9.0", "13.0", "13.0"};

class EmulatedDevice final : public Device {
public:
    [[nodiscard]] DeviceFacts facts() const override { return kFacts; }
    [[nodiscard]] DeviceLimits limits() const override { return {1, 80 * 1024}; }
    // What it says is free, whatever of it another process takes before it is asked for.
    [[nodiscard]] std::uint64_t freeMemory() const override { return m_free; }
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
        if (bytes > std::min(kFacts.memoryBytes, m_left)
            || mprotect(range + mapped, bytes, PROT_READ | PROT_WRITE) != 0)
            return fail(ErrorCode::outOfMemory, "The emulated GPU has not enough memory.");
        m_left -= bytes;
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
    Result<void> synchronize() override
    {
        if (m_works > 0)
            --m_works;
        else if (m_works == 0)
            return fail(ErrorCode::unavailable, "The emulated GPU is lost.");
        return {};
    }

private:
    // By the environment, because the device may lie in a plugin of its own: bytes it says are
    // free, bytes it really has, and how often it can be waited for before it is lost.
    static std::int64_t setting(const char* name, std::int64_t usual)
    {
        const char* value = std::getenv(name);
        return value ? std::atoll(value) : usual;
    }

    std::uint64_t m_free = static_cast<std::uint64_t>(
        setting("LECTERN_EMULATED_FREE", static_cast<std::int64_t>(kFacts.memoryBytes)));
    std::uint64_t m_left =
        static_cast<std::uint64_t>(setting("LECTERN_EMULATED_MEMORY", INT64_MAX));
    std::int64_t m_works = setting("LECTERN_EMULATED_LIFE", -1); // < 0: for ever
    std::vector<std::vector<std::byte>> m_pinned;
};

} // namespace

Result<DeviceFacts> Device::ask()
{
    return kFacts;
}

Result<std::unique_ptr<Device>> Device::open()
{
    return std::make_unique<EmulatedDevice>();
}

void Device::release(std::byte* range, std::uint64_t bytes)
{
    munmap(range, bytes);
}

} // namespace lectern::inference::cuda
