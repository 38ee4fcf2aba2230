// SPDX-License-Identifier: Apache-2.0
// A real GPU, by the CUDA runtime; address ranges by the driver's virtual memory management, whose
// functions are asked for at run time so that nothing links to libcuda.
#include "inference/cuda/device.h"

#include <cuda.h>
#include <cuda_runtime_api.h>

#include <fmt/format.h>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace lectern::inference::cuda {

namespace {

struct DriverFunctions {
    decltype(&cuMemAddressReserve) addressReserve = nullptr;
    decltype(&cuMemAddressFree) addressFree = nullptr;
    decltype(&cuMemCreate) create = nullptr;
    decltype(&cuMemRelease) release = nullptr;
    decltype(&cuMemMap) map = nullptr;
    decltype(&cuMemUnmap) unmap = nullptr;
    decltype(&cuMemSetAccess) setAccess = nullptr;
    decltype(&cuMemGetAllocationGranularity) granularity = nullptr;

    template <class T> static bool find(T& function, const char* name)
    {
        void* found = nullptr;
        cudaDriverEntryPointQueryResult status{};
        if (cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &status)
                != cudaSuccess
            || status != cudaDriverEntryPointSuccess)
            return false;
        function = reinterpret_cast<T>(found);
        return true;
    }
    bool load()
    {
        return find(addressReserve, "cuMemAddressReserve") && find(addressFree, "cuMemAddressFree")
            && find(create, "cuMemCreate") && find(release, "cuMemRelease") && find(map, "cuMemMap")
            && find(unmap, "cuMemUnmap") && find(setAccess, "cuMemSetAccess")
            && find(granularity, "cuMemGetAllocationGranularity");
    }
};

DriverFunctions& driver()
{
    static DriverFunctions functions;
    return functions;
}

// The driver unmaps only what was mapped as one, so each range remembers its pieces.
struct Ranges {
    std::mutex mutex;
    std::map<std::byte*, std::vector<std::uint64_t>> pieces; // guarded by mutex
};

Ranges& ranges()
{
    static Ranges all;
    return all;
}

CUdeviceptr address(const std::byte* pointer)
{
    return reinterpret_cast<CUdeviceptr>(pointer);
}

tl::unexpected<Error> unavailable(const std::string& what)
{
    return fail(ErrorCode::unavailable, what);
}

std::string version(int number)
{
    return fmt::format("{}.{}", number / 1000, number % 1000 / 10);
}

// What threads use that have set none; CUDA_VISIBLE_DEVICES decides which it is.
constexpr int kIndex = 0;

class CudaDevice final : public Device {
public:
    ~CudaDevice() override
    {
        for (cudaEvent_t event : m_events)
            cudaEventDestroy(event);
        for (void* memory : m_pinned)
            cudaFreeHost(memory);
        if (m_stream)
            cudaStreamDestroy(m_stream);
    }

    Result<void> open()
    {
        auto facts = Device::ask();
        if (!facts)
            return tl::unexpected(facts.error());
        m_facts = std::move(*facts);
        if (const cudaError_t set = cudaSetDevice(kIndex); set != cudaSuccess)
            return unavailable(fmt::format("The GPU cannot be used: {}.", cudaGetErrorString(set)));
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, kIndex) != cudaSuccess)
            return unavailable("The GPU does not say what it is.");
        m_limits.multiprocessors = properties.multiProcessorCount;
        m_limits.sharedBytes =
            static_cast<std::int64_t>(properties.sharedMemPerBlockOptin) - kStaticShared;
        if (cudaStreamCreateWithFlags(&m_stream, cudaStreamNonBlocking) != cudaSuccess)
            return unavailable("The GPU gives no stream of work.");
        for (cudaEvent_t& event : m_events)
            if (cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync)
                != cudaSuccess)
                return unavailable("The GPU gives no events.");
        const CUmemAllocationProp kind = allocation();
        std::size_t page = 0;
        if (driver().granularity(&page, &kind, CU_MEM_ALLOC_GRANULARITY_MINIMUM) != CUDA_SUCCESS)
            return unavailable("The GPU does not map memory by addresses.");
        m_page = page;
        return {};
    }

    [[nodiscard]] DeviceFacts facts() const override { return m_facts; }
    [[nodiscard]] DeviceLimits limits() const override { return m_limits; }
    [[nodiscard]] void* stream() const override { return m_stream; }
    [[nodiscard]] std::uint64_t pageBytes() const override { return m_page; }

    [[nodiscard]] std::uint64_t freeMemory() const override
    {
        std::size_t left = 0;
        std::size_t total = 0;
        return cudaMemGetInfo(&left, &total) == cudaSuccess ? left : 0;
    }

    Result<std::byte*> reserve(std::uint64_t bytes) override
    {
        CUdeviceptr range = 0;
        if (driver().addressReserve(&range, bytes, 0, 0, 0) != CUDA_SUCCESS)
            return fail(ErrorCode::outOfMemory,
                fmt::format(
                    "The GPU refused {:.2f} GB of addresses.", static_cast<double>(bytes) / 1e9));
        // The driver speaks of addresses as numbers.
        auto* data = reinterpret_cast<std::byte*>(range); // NOLINT(performance-no-int-to-ptr)
        const std::lock_guard lock(ranges().mutex);
        ranges().pieces[data];
        return data;
    }

    Result<void> map(std::byte* range, std::uint64_t mapped, std::uint64_t bytes) override
    {
        const CUmemAllocationProp kind = allocation();
        CUmemGenericAllocationHandle handle = 0;
        const auto refuse = [&] {
            return fail(ErrorCode::outOfMemory,
                fmt::format("The GPU has not enough memory: {:.2f} GB more is needed, {:.2f} GB is "
                            "free. Close other programs that use it, choose a shorter context, or "
                            "compute on the CPU.",
                    static_cast<double>(bytes) / 1e9, static_cast<double>(freeMemory()) / 1e9));
        };
        if (driver().create(&handle, bytes, &kind, 0) != CUDA_SUCCESS)
            return refuse();
        const CUresult done = driver().map(address(range) + mapped, bytes, 0, handle, 0);
        driver().release(handle); // the mapping holds it
        if (done != CUDA_SUCCESS)
            return refuse();
        CUmemAccessDesc access{};
        access.location = kind.location;
        access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
        if (driver().setAccess(address(range) + mapped, bytes, &access, 1) != CUDA_SUCCESS) {
            driver().unmap(address(range) + mapped, bytes);
            return refuse();
        }
        {
            const std::lock_guard lock(ranges().mutex);
            ranges().pieces[range].push_back(bytes);
        }
        cudaMemsetAsync(range + mapped, 0, bytes, m_stream);
        return {};
    }

    std::uint64_t unmap(std::byte* range, std::uint64_t mapped, std::uint64_t kept) override
    {
        cudaStreamSynchronize(m_stream); // nothing may still use what goes
        const std::lock_guard lock(ranges().mutex);
        std::vector<std::uint64_t>& pieces = ranges().pieces[range];
        std::uint64_t end = mapped;
        while (!pieces.empty() && end - pieces.back() >= kept
            && driver().unmap(address(range) + end - pieces.back(), pieces.back())
                == CUDA_SUCCESS) {
            end -= pieces.back();
            pieces.pop_back();
        }
        return end;
    }

    Result<std::span<std::byte>> pinned(std::uint64_t bytes) override
    {
        void* memory = nullptr;
        if (cudaMallocHost(&memory, bytes) != cudaSuccess)
            return fail(ErrorCode::outOfMemory,
                "The system gives no memory that the GPU can copy from; close other programs.");
        m_pinned.push_back(memory);
        return std::span(static_cast<std::byte*>(memory), bytes);
    }

    void copyIn(std::byte* target, std::span<const std::byte> source) override
    {
        cudaMemcpyAsync(target, source.data(), source.size(), cudaMemcpyHostToDevice, m_stream);
    }
    void copyOut(std::span<std::byte> target, const std::byte* source) override
    {
        cudaMemcpyAsync(target.data(), source, target.size(), cudaMemcpyDeviceToHost, m_stream);
    }
    void mark(int event) override { cudaEventRecord(m_events[event], m_stream); }
    void wait(int event) override { cudaEventSynchronize(m_events[event]); }

    void drain() override { note(cudaStreamSynchronize(m_stream)); }

    Result<void> synchronize() override
    {
        note(cudaGetLastError()); // of all calls since the last time
        note(cudaStreamSynchronize(m_stream));
        const cudaError_t worse = std::exchange(m_worst, cudaSuccess);
        if (worse == cudaErrorMemoryAllocation)
            return fail(ErrorCode::outOfMemory, "The GPU has run out of memory.");
        if (worse != cudaSuccess)
            return unavailable(fmt::format(
                "The GPU has failed ({}); start the program again, or compute on the CPU.",
                cudaGetErrorString(worse)));
        return {};
    }

private:
    void note(cudaError_t result)
    {
        if (m_worst == cudaSuccess)
            m_worst = result;
    }

    // Static shared memory that kernels have beside the dynamic, at most.
    static constexpr std::int64_t kStaticShared = 16 * 1024;

    [[nodiscard]] CUmemAllocationProp allocation() const
    {
        CUmemAllocationProp kind{};
        kind.type = CU_MEM_ALLOCATION_TYPE_PINNED;
        kind.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
        kind.location.id = kIndex;
        return kind;
    }

    cudaError_t m_worst = cudaSuccess; // since synchronize()
    DeviceFacts m_facts;
    DeviceLimits m_limits;
    cudaStream_t m_stream = nullptr;
    cudaEvent_t m_events[kEvents] = {};
    std::uint64_t m_page = 0;
    std::vector<void*> m_pinned;
};

} // namespace

Result<DeviceFacts> Device::ask()
{
    int count = 0;
    const cudaError_t found = cudaGetDeviceCount(&count);
    if (found == cudaErrorInsufficientDriver)
        return unavailable(fmt::format(
            "The NVIDIA driver is too old for this version's CUDA {}; install a newer driver.",
            version(CUDART_VERSION)));
    if (found != cudaSuccess || count == 0)
        return unavailable(
            fmt::format("The NVIDIA driver finds no GPU ({}).", cudaGetErrorString(found)));
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, kIndex) != cudaSuccess)
        return unavailable("The GPU does not say what it is.");
    constexpr int kOldest = LECTERN_CUDA_OLDEST; // 90: compute capability 9.0
    if (10 * properties.major + properties.minor < kOldest)
        return unavailable(fmt::format(
            "{} is too old a GPU for this build of Lectern: it has compute capability {}.{}, and "
            "{}.{} is needed.",
            properties.name, properties.major, properties.minor, kOldest / 10, kOldest % 10));
    if (!driver().load())
        return unavailable(
            "The NVIDIA driver has no virtual memory management; install a newer driver.");
    int driverVersion = 0;
    cudaDriverGetVersion(&driverVersion);
    return DeviceFacts{properties.name, properties.totalGlobalMem,
        fmt::format("{}.{}", properties.major, properties.minor), version(driverVersion),
        version(CUDART_VERSION)};
}

Result<std::unique_ptr<Device>> Device::open()
{
    auto device = std::make_unique<CudaDevice>();
    if (auto opened = device->open(); !opened)
        return tl::unexpected(opened.error());
    return device;
}

void Device::release(std::byte* range, std::uint64_t bytes)
{
    cudaDeviceSynchronize();
    const std::lock_guard lock(ranges().mutex);
    std::uint64_t at = 0;
    for (const std::uint64_t piece : ranges().pieces[range]) {
        driver().unmap(address(range) + at, piece);
        at += piece;
    }
    ranges().pieces.erase(range);
    driver().addressFree(address(range), bytes);
}

} // namespace lectern::inference::cuda
