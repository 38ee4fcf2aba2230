// SPDX-License-Identifier: Apache-2.0
// Reserving, committing and borrowing host memory.
#include "inference/cpu/host_memory.h"

#include "inference/cpu/round_up.h"
#include "inference/dequantize.h"
#include "inference/logit_scan.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/resource.h>

namespace lectern::inference {

namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kHugePage = 2U << 20U;
// Growth below this is not worth reading /proc/meminfo for.
constexpr std::uint64_t kCheckedGrowth = 64U << 20U;

void unmap(std::byte* data, std::uint64_t reserved)
{
    munmap(data, reserved);
}

std::string gigabytes(std::uint64_t bytes)
{
    return fmt::format("{:.2f} GB", static_cast<double>(bytes) / 1e9);
}

Result<void> requireComputable(const TensorView& tensor)
{
    if (isComputable(tensor.type))
        return {};
    const auto info = tensorTypeInfo(static_cast<std::uint32_t>(tensor.type));
    return fail(ErrorCode::unsupportedType,
        fmt::format("The model holds tensors of type {}, which Lectern cannot compute with; use "
                    "a file in another type, such as Q4_K_M or Q8_0.",
            info ? info->name : "unknown"));
}

// A number from a one-line file such as a control group's limit; 0: no such file or "max".
std::uint64_t numberIn(const char* path)
{
    std::ifstream file(path);
    std::uint64_t value = 0;
    return file >> value ? value : 0;
}

} // namespace

std::uint64_t availableMemory()
{
    std::uint64_t available = 0;
    std::ifstream meminfo("/proc/meminfo");
    for (std::string key; meminfo >> key;) {
        std::uint64_t kilobytes = 0;
        if (key == "MemAvailable:" && meminfo >> kilobytes)
            available = kilobytes * 1024;
    }
    const std::uint64_t limit = numberIn("/sys/fs/cgroup/memory.max");
    const std::uint64_t used = numberIn("/sys/fs/cgroup/memory.current");
    if (limit > 0)
        available = std::min(available, limit > used ? limit - used : 0);
    return available;
}

std::uint64_t addressSpaceLeft()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    const std::uint64_t used = numberIn("/proc/self/statm") * kPage; // its first number: all pages
    return std::max<std::uint64_t>(limit.rlim_cur, used + 1) - used;
}

Result<Buffer> HostBackend::reserve(std::uint64_t bytes)
{
    constexpr std::uint64_t kAddressSpace = std::uint64_t{1} << 47U;
    const auto refuse = [&] {
        return fail(ErrorCode::outOfMemory,
            fmt::format("The system refused {} of address space.", gigabytes(bytes)));
    };
    if (bytes > kAddressSpace)
        return refuse();
    // Large ranges start on a huge page, so that the kernel can use them.
    const std::uint64_t unit = bytes >= kHugePage ? kHugePage : kPage;
    const std::uint64_t size = roundUp(std::max<std::uint64_t>(bytes, 1), unit);
    const std::uint64_t slack = unit == kHugePage ? kHugePage : 0;
    void* mapped =
        mmap(nullptr, size + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return refuse();
    auto* data = static_cast<std::byte*>(mapped);
    if (slack > 0) {
        const std::uint64_t head = roundUp(reinterpret_cast<std::uintptr_t>(data), kHugePage)
            - reinterpret_cast<std::uintptr_t>(data);
        if (head > 0)
            munmap(data, head);
        if (slack > head)
            munmap(data + head + size, slack - head);
        data += head;
        madvise(data, size, MADV_HUGEPAGE);
    }
    return Buffer(data, size, unmap);
}

Result<void> HostBackend::commit(Buffer& buffer, std::uint64_t bytes)
{
    const std::uint64_t unit = buffer.reserved() >= kHugePage ? kHugePage : kPage;
    const std::uint64_t wanted = roundUp(bytes, unit);
    if (wanted <= buffer.committed())
        return {};
    const std::uint64_t growth = wanted - buffer.committed();
    const auto refuse = [&](std::uint64_t available) {
        return fail(ErrorCode::outOfMemory,
            fmt::format("There is not enough memory: {} more is needed, {} is free. Close other "
                        "programs or choose a shorter context.",
                gigabytes(growth), gigabytes(available)));
    };
    if (wanted > buffer.reserved())
        return refuse(buffer.reserved() - buffer.committed());
    if (growth >= kCheckedGrowth) {
        const std::uint64_t available = availableMemory();
        if (available > 0 && growth > available)
            return refuse(available);
    }
    if (mprotect(buffer.data() + buffer.committed(), growth, PROT_READ | PROT_WRITE) != 0)
        return refuse(availableMemory());
    buffer.setCommitted(wanted);
    return {};
}

void HostBackend::decommit(Buffer& buffer, std::uint64_t bytes)
{
    const std::uint64_t unit = buffer.reserved() >= kHugePage ? kHugePage : kPage;
    const std::uint64_t kept = roundUp(bytes, unit);
    if (kept >= buffer.committed())
        return;
    const std::uint64_t surplus = buffer.committed() - kept;
    // Both fail only when the system cannot split the range; then the memory simply stays.
    if (madvise(buffer.data() + kept, surplus, MADV_DONTNEED) == 0
        && mprotect(buffer.data() + kept, surplus, PROT_NONE) == 0)
        buffer.setCommitted(kept);
}

Result<Matrix> HostBackend::matrix(const TensorView& tensor)
{
    if (auto ok = requireComputable(tensor); !ok)
        return tl::unexpected(ok.error());
    return Matrix{tensor.data, tensor.type, static_cast<std::int64_t>(tensor.dims[0]),
        static_cast<std::int64_t>(tensor.dims[1]), static_cast<std::int64_t>(tensor.dims[2]),
        static_cast<std::int64_t>(tensor.rowBytes)};
}

Result<Matrix> HostBackend::table(const TensorView& tensor)
{
    return HostBackend::matrix(tensor);
}

Result<Vector> HostBackend::vector(const TensorView& tensor)
{
    if (auto ok = requireComputable(tensor); !ok)
        return tl::unexpected(ok.error());
    std::vector<float> values(tensor.dims[0]);
    if (auto ok = dequantizeRow(tensor.type, tensor.data, values.data(), values.size()); !ok)
        return tl::unexpected(ok.error());
    const std::vector<float>& kept = m_vectors.emplace_back(std::move(values));
    return Vector{kept.data(), static_cast<std::int64_t>(kept.size())};
}

void HostBackend::upload(Rows target, std::span<const float> values)
{
    std::memcpy(target.data, values.data(), values.size_bytes());
}

void HostBackend::download(std::span<float> values, Rows source)
{
    std::memcpy(values.data(), source.data, values.size_bytes());
}

void HostBackend::largest(std::span<TokenLogit> out, Rows in, std::int64_t k)
{
    std::vector<TokenLogit> row(static_cast<std::size_t>(in.width));
    for (std::int64_t r = 0; r < in.count; ++r) {
        for (std::int64_t i = 0; i < in.width; ++i)
            row[static_cast<std::size_t>(i)] = {
                static_cast<std::int32_t>(i), cleanLogit(in.data[r * in.width + i])};
        const auto target =
            out.subspan(static_cast<std::size_t>(r * k), static_cast<std::size_t>(k));
        std::partial_sort_copy(row.begin(), row.end(), target.begin(), target.end(),
            [](const TokenLogit& a, const TokenLogit& b) {
                return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
            });
    }
}

Result<void> HostBackend::synchronize()
{
    if (stopped())
        return fail(ErrorCode::cancelled, "The request was cancelled.");
    return {};
}

} // namespace lectern::inference
