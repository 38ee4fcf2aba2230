// SPDX-License-Identifier: Apache-2.0
// Choosing the CPU backend.
#include "inference/cpu/cpu_backend.h"

#include "inference/cpu/reference_backend.h"
#include "inference/cpu/simd_backend.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <set>
#include <string>
#include <string_view>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lectern::inference {

namespace {

SimdLevel wantedLevel()
{
    const char* value = std::getenv("LECTERN_CPU");
    const std::string_view wanted = value ? value : "";
    if (wanted == "scalar")
        return SimdLevel::scalar;
    if (wanted == "avx2")
        return SimdLevel::avx2;
    return wanted == "avx512" ? SimdLevel::avx512 : SimdLevel::amx;
}

} // namespace

int physicalCores()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    std::set<std::string> cores; // by their hyper-threads, e.g. "0,8"
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed))
            continue;
        std::ifstream file(
            "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
        std::string siblings;
        cores.insert(file >> siblings ? siblings : std::to_string(cpu));
    }
    return std::max(1, static_cast<int>(cores.size()));
}

#if defined(__x86_64__)
// By CPUID leaf 1, because clang's __builtin_cpu_supports does not know the name.
static bool supportsF16c()
{
    unsigned int eax = 0;
    unsigned int ebx = 0;
    unsigned int ecx = 0;
    unsigned int edx = 0;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}
#endif

#if defined(__x86_64__)
static bool supportsVnniAndBfloats()
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
}

// A process may use AMX's tiles only after it has asked: their state is large.
static bool grantedAmx()
{
#if defined(__linux__)
    unsigned int eax = 0;
    unsigned int ebx = 0;
    unsigned int ecx = 0;
    unsigned int edx = 0;
    // CPUID leaf 7, EDX: bit 22 bfloats, 24 tiles, 25 bytes.
    constexpr unsigned int kWanted = 1U << 22U | 1U << 24U | 1U << 25U;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (edx & kWanted) != kWanted)
        return false;
    constexpr long kRequestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM of asm/prctl.h
    constexpr long kTileData = 18;              // XFEATURE_XTILEDATA
    static const bool granted = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
    return granted;
#else
    return false;
#endif
}
#endif

SimdLevel detectedSimdLevel()
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && supportsF16c();
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx2 && avx512 && supportsVnniAndBfloats() && grantedAmx())
        return SimdLevel::amx;
    if (avx2)
        return avx512 ? SimdLevel::avx512 : SimdLevel::avx2;
#endif
    return SimdLevel::scalar;
}

#if defined(__x86_64__)
static const PackedKernels* packedKernels(SimdLevel level)
{
    if (level == SimdLevel::amx)
        return &amxPackedKernels();
    return level == SimdLevel::avx512 && supportsVnniAndBfloats() ? &avx512PackedKernels()
                                                                  : &avx2PackedKernels();
}

// Attention in bfloat16 only where the products around it round as coarsely.
static const AttentionKernels& attentionKernels(SimdLevel level, bool packed)
{
    if (packed && level == SimdLevel::amx)
        return amxAttentionKernels();
    return packed && __builtin_cpu_supports("avx512bf16") ? avx512Bf16AttentionKernels()
                                                          : avx512AttentionKernels();
}
#endif

std::unique_ptr<Backend> createCpuBackend(const CpuOptions& options)
{
    const SimdLevel level = std::min(options.level.value_or(wantedLevel()), detectedSimdLevel());
    [[maybe_unused]] const int threads = options.threads > 0 ? options.threads : physicalCores();
#if defined(__x86_64__)
    const PackedKernels* packed = nullptr;
    if (options.packWeights && level > SimdLevel::scalar)
        packed = packedKernels(level);
    if (level >= SimdLevel::avx512)
        return std::make_unique<SimdBackend>(
            avx512Kernels(), attentionKernels(level, packed), packed, threads, options.onPacked);
    if (level == SimdLevel::avx2)
        return std::make_unique<SimdBackend>(
            avx2Kernels(), avx2AttentionKernels(), packed, threads, options.onPacked);
#endif
    return std::make_unique<ReferenceBackend>();
}

} // namespace lectern::inference
