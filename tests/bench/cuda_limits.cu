// SPDX-License-Identifier: Apache-2.0
// What this GPU can do at most, measured now: bytes a second of a copy in its memory (read and
// written bytes together), and bfloat16 multiply-adds by cuBLAS, where that is installed. Prints
// "copy N" and "bf16 N" in bytes and operations a second, for tests/bench/cuda.sh.
#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <dlfcn.h>
#include <vector>

namespace {

// Seconds of the fastest of `repeats` runs, after one that is not counted.
template <class Work> double fastest(int repeats, const Work& work)
{
    cudaEvent_t begin{};
    cudaEvent_t end{};
    cudaEventCreate(&begin);
    cudaEventCreate(&end);
    float least = 1e30F;
    for (int i = 0; i <= repeats; ++i) {
        cudaEventRecord(begin);
        work();
        cudaEventRecord(end);
        cudaEventSynchronize(end);
        float milliseconds = 0;
        cudaEventElapsedTime(&milliseconds, begin, end);
        if (i > 0)
            least = std::min(least, milliseconds);
    }
    return static_cast<double>(least) / 1e3;
}

double copyRate()
{
    constexpr std::size_t kBytes = std::size_t{4} << 30U;
    void* from = nullptr;
    void* to = nullptr;
    if (cudaMalloc(&from, kBytes) != cudaSuccess || cudaMalloc(&to, kBytes) != cudaSuccess)
        return 0;
    const double seconds =
        fastest(20, [&] { cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice); });
    cudaFree(from);
    cudaFree(to);
    return 2.0 * kBytes / seconds;
}

// By dlopen, so that nothing fails where cuBLAS is not installed.
double bfloatRate()
{
    void* library = dlopen("libcublas.so.13", RTLD_NOW);
    if (!library)
        library = dlopen("libcublas.so.12", RTLD_NOW);
    if (!library)
        return 0;
    const auto create =
        reinterpret_cast<decltype(&cublasCreate_v2)>(dlsym(library, "cublasCreate_v2"));
    const auto multiply =
        reinterpret_cast<cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t,
            int, int, int, const void*, const void*, cudaDataType, int, const void*, cudaDataType,
            int, const void*, void*, cudaDataType, int, cublasComputeType_t, cublasGemmAlgo_t)>(
            dlsym(library, "cublasGemmEx"));
    cublasHandle_t handle{};
    if (!create || !multiply || create(&handle) != CUBLAS_STATUS_SUCCESS)
        return 0;
    constexpr int kSide = 8192;
    constexpr std::size_t kBytes = std::size_t{kSide} * kSide * 2;
    void* matrices[3] = {};
    for (void*& matrix : matrices)
        if (cudaMalloc(&matrix, kBytes) != cudaSuccess
            || cudaMemset(matrix, 0x3C, kBytes) != cudaSuccess)
            return 0;
    const float one = 1;
    const float zero = 0;
    const double seconds = fastest(20, [&] {
        multiply(handle, CUBLAS_OP_T, CUBLAS_OP_N, kSide, kSide, kSide, &one, matrices[0],
            CUDA_R_16BF, kSide, matrices[1], CUDA_R_16BF, kSide, &zero, matrices[2], CUDA_R_16BF,
            kSide, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
    });
    return 2.0 * kSide * kSide * kSide / seconds;
}

} // namespace

int main()
{
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
        std::fprintf(stderr, "There is no GPU here.\n");
        return 1;
    }
    std::printf("copy %.0f\n", copyRate());
    std::printf("bf16 %.0f\n", bfloatRate());
    return 0;
}
