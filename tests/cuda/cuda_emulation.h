// SPDX-License-Identifier: Apache-2.0
// The primitives of inference/cuda/gpu.h for the host: the kernels' own sources run here without a
// GPU. Finds wrong indices, missing or uneven synchronisation and wrong numbers; says nothing of
// speed, of the memory model between blocks, or of what nvcc makes of a kernel.
//
// One fibre a CUDA thread, blocks one after the other, on the calling thread.
#pragma once

#include "inference/half.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static // blocks do not overlap
#define __launch_bounds__(...)
#define __grid_constant__
#define LECTERN_APART

struct dim3 {
    unsigned x = 1;
    unsigned y = 1;
    unsigned z = 1;
};
struct alignas(16) uint4 {
    std::uint32_t x, y, z, w;
};
struct alignas(8) uint2 {
    std::uint32_t x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) float2 {
    float x, y;
};

extern dim3 threadIdx;
extern dim3 blockIdx;
extern dim3 blockDim;
extern dim3 gridDim;

using std::max;
using std::min;

void __syncthreads();
void __syncwarp();

namespace lectern::inference::cuda {

struct Launch {
    dim3 blocks;
    unsigned threads = 0;
    std::size_t sharedBytes = 0;
    void* stream = nullptr;
};

namespace emulation {

// Runs `kernel` once for each thread of each block. Aborts when threads wait for others that
// never come: on a device that hangs or computes rubbish.
void run(const Launch& how, const std::function<void()>& kernel);
std::byte* sharedMemory();
// What the 32 lanes put in, `bytes` each, once all have; valid until the lane's next exchange but
// one.
const std::byte* exchange(const void* value, std::size_t bytes);
inline constexpr std::size_t kMostExchanged = 64;

} // namespace emulation

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), const Launch& how, const Arguments&... arguments)
{
    emulation::run(how, [&] { kernel(static_cast<Parameters>(arguments)...); });
}

inline void waitForPrevious() { }
inline void letNextStart() { }

template <class T> T* dynamicShared()
{
    return reinterpret_cast<T*>(emulation::sharedMemory());
}

template <class T> T shuffle(T value, int lane)
{
    T result;
    std::memcpy(&result,
        emulation::exchange(&value, sizeof value)
            + static_cast<std::size_t>(lane) * emulation::kMostExchanged,
        sizeof result);
    return result;
}

template <class T> T shuffleXor(T value, int mask)
{
    return shuffle(value, static_cast<int>(threadIdx.x % 32) ^ mask);
}

using inference::floatToHalf;
using inference::halfToFloat;

inline float bfloatToFloat(std::uint16_t bits)
{
    return bfloat16ToFloat(bits);
}

inline std::uint32_t packBfloats(float low, float high)
{
    return floatToBfloat16(low) | static_cast<std::uint32_t>(floatToBfloat16(high)) << 16U;
}

inline float bitsToFloat(std::uint32_t bits)
{
    return std::bit_cast<float>(bits);
}

inline std::uint32_t floatToBits(float value)
{
    return std::bit_cast<std::uint32_t>(value);
}

inline int dot4(int a, int b, int c)
{
    for (int i = 0; i < 4; ++i)
        c += static_cast<std::int8_t>(a >> (8 * i)) * static_cast<std::int8_t>(b >> (8 * i));
    return c;
}

inline std::uint32_t permuteBytes(std::uint32_t low, std::uint32_t high, std::uint32_t selector)
{
    const std::uint64_t all = low | static_cast<std::uint64_t>(high) << 32U;
    std::uint32_t result = 0;
    for (unsigned i = 0; i < 4; ++i)
        result |= static_cast<std::uint32_t>(all >> (8 * (selector >> (4 * i) & 7U)) & 255U)
            << (8 * i);
    return result;
}

inline uint4 loadOnce(const void* address)
{
    uint4 value;
    std::memcpy(&value, __builtin_assume_aligned(address, 16), sizeof value);
    return value;
}

inline void prefetch(const void*) { }

inline unsigned countUp(unsigned* counter)
{
    return (*counter)++;
}

inline int addTo(int* counter, int value)
{
    return (*counter += value) - value;
}

void mma(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]);

} // namespace lectern::inference::cuda
