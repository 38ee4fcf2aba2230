// SPDX-License-Identifier: Apache-2.0
// What kernels are written in: CUDA C++ and a few wrapped primitives. Under nvcc they are the
// device's own; without it (tests/cuda/) they come from an emulation that runs the same kernels on
// the CPU, a fibre for each thread of a block.
//
// Rules for kernels, so that both work: blocks are whole warps; shuffles and mma are called by all
// 32 lanes; shared memory of a size known late is dynamicShared(); products that feed sums are
// fmaf, for the compiler contracts nothing by itself (-fmad=false) and bits then do not depend on
// how a template was instantiated.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)
#include "inference/cuda/gpu_nvcc.h"
#else
#include <cuda_emulation.h>
#endif

namespace lectern::inference::cuda {

inline constexpr int kWarp = 32;

__device__ inline float warpSum(float value)
{
    for (int mask = kWarp / 2; mask > 0; mask /= 2)
        value += shuffleXor(value, mask);
    return value;
}

__device__ inline float warpMax(float value)
{
    for (int mask = kWarp / 2; mask > 0; mask /= 2)
        value = fmaxf(value, shuffleXor(value, mask));
    return value;
}

// The sum over all threads of a block, for each of them; the same bits for every block size's
// same inputs. `partial` is shared memory of kWarp floats, free for use again after the next
// __syncthreads().
__device__ inline float blockSum(float value, float* partial)
{
    const int warps = static_cast<int>(blockDim.x) / kWarp;
    const int lane = static_cast<int>(threadIdx.x) % kWarp;
    value = warpSum(value);
    __syncthreads();
    if (lane == 0)
        partial[threadIdx.x / kWarp] = value;
    __syncthreads();
    return warpSum(lane < warps ? partial[lane] : 0.0F);
}

__host__ __device__ constexpr std::int64_t roundUp(std::int64_t value, std::int64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

} // namespace lectern::inference::cuda
