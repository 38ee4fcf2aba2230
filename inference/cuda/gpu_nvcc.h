// SPDX-License-Identifier: Apache-2.0
// The primitives of gpu.h on a real device. Conversions are PTX: the headers that have them for
// every type are longer than all that is here.
#pragma once

#include <cuda_runtime.h>

namespace lectern::inference::cuda {

// How a kernel is started. Kernels of one stream follow one another, but the next may begin while
// the one before ends (programmatic dependent launch), up to its waitForPrevious().
struct Launch {
    dim3 blocks;
    unsigned threads = 0; // of a block; whole warps
    std::size_t sharedBytes = 0;
    void* stream = nullptr;
};

// From compute capability 9.0 on, and only where the code that runs there was compiled for it.
inline bool hasDependentLaunch()
{
    static const bool known = [] {
        constexpr int kCompiledFor[] = {__CUDA_ARCH_LIST__};
        int major = 0;
        return kCompiledFor[sizeof kCompiledFor / sizeof(int) - 1] >= 900
            && cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0) == cudaSuccess
            && major >= 9;
    }();
    return known;
}

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const Launch& how, const Arguments&... arguments)
{
    constexpr std::size_t kGranted = 48 * 1024; // more has to be asked for
    if (how.sharedBytes > kGranted)
        cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
            cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(how.sharedBytes));
    cudaLaunchAttribute early{};
    early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
    early.val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config{};
    config.gridDim = how.blocks;
    config.blockDim = dim3(how.threads);
    config.dynamicSmemBytes = how.sharedBytes;
    config.stream = static_cast<cudaStream_t>(how.stream);
    config.attrs = &early;
    config.numAttrs = hasDependentLaunch() ? 1 : 0;
    cudaLaunchKernelEx(
        &config, kernel, static_cast<Parameters>(arguments)...); // failures: Device::synchronize
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define LECTERN_DEPENDENT_LAUNCH 1
#endif

// What the kernels before have written can be read after this, and only then may anything that
// they read or write be written. Every kernel calls it; before it only weights are touched.
__device__ inline void waitForPrevious()
{
#ifdef LECTERN_DEPENDENT_LAUNCH
    asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// The next kernel may be brought onto the multiprocessors that this one leaves idle.
__device__ inline void letNextStart()
{
#ifdef LECTERN_DEPENDENT_LAUNCH
    asm volatile("griddepcontrol.launch_dependents;");
#endif
}

// A function that is called and never inlined.
#define LECTERN_APART __noinline__

template <class T> __device__ inline T* dynamicShared()
{
    extern __shared__ uint4 lecternShared[];
    return reinterpret_cast<T*>(lecternShared);
}

template <class T> __device__ inline T shuffleXor(T value, int mask)
{
    return __shfl_xor_sync(0xFFFFFFFFU, value, mask);
}

template <class T> __device__ inline T shuffle(T value, int lane)
{
    return __shfl_sync(0xFFFFFFFFU, value, lane);
}

__device__ inline float halfToFloat(std::uint16_t bits)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

__device__ inline std::uint16_t floatToHalf(float value)
{
    std::uint16_t bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

__device__ inline float bfloatToFloat(std::uint16_t bits)
{
    return __uint_as_float(static_cast<std::uint32_t>(bits) << 16U);
}

// Two bfloats, `low` in the lower half.
__device__ inline std::uint32_t packBfloats(float low, float high)
{
    std::uint32_t both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

__device__ inline float bitsToFloat(std::uint32_t bits)
{
    return __uint_as_float(bits);
}

__device__ inline std::uint32_t floatToBits(float value)
{
    return __float_as_uint(value);
}

// c + the dot product of four signed bytes.
__device__ inline int dot4(int a, int b, int c)
{
#if defined(__CUDA_ARCH__)
    return __dp4a(a, b, c);
#else
    return c; // nvcc's pass for the host never runs it
#endif
}

// Byte i of the result is byte (selector >> 4i) & 7 of the eight bytes low, high.
__device__ inline std::uint32_t permuteBytes(
    std::uint32_t low, std::uint32_t high, std::uint32_t selector)
{
    return __byte_perm(low, high, selector);
}

// 16 bytes that are read once: not kept in the L1 cache.
__device__ inline uint4 loadOnce(const void* address)
{
    uint4 value;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(address));
    return value;
}

__device__ inline void prefetch(const void* address)
{
    asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
}

// The counter before one was added; what this thread wrote before is seen by who reads it after.
__device__ inline unsigned countUp(unsigned* counter)
{
    __threadfence();
    const unsigned before = atomicAdd(counter, 1U);
    __threadfence();
    return before;
}

__device__ inline int addTo(int* counter, int value)
{
    return atomicAdd(counter, value);
}

// c += a b, a [16, 16] and b [16, 8] of bfloats, in the fragments of mma.m16n8k16 (PTX ISA).
__device__ inline void mma(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2])
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
                 "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

} // namespace lectern::inference::cuda
