// SPDX-License-Identifier: Apache-2.0
// Products of few rows. A block stages its inputs (norm included) while its first weights travel
// into the L2 cache, then each of its warps takes one output after the other.
#include "inference/cuda/row_dots.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

constexpr unsigned kThreads = kFewThreads;
constexpr int kWarps = kThreads / kWarp;

struct Place {
    int product;
    std::int64_t row;
};

__device__ Place placeOf(const FewJob& job, std::int64_t index)
{
    int product = 0;
    while (index >= job.products[product].weights.rows) {
        index -= job.products[product].weights.rows;
        ++product;
    }
    return {product, index};
}

// Outputs of all products counted through; sharing them by warps keeps the memory's load even.
__host__ __device__ std::int64_t outputsOf(const FewJob& job)
{
    std::int64_t outputs = 0;
    for (int i = 0; i < job.count; ++i)
        outputs += job.products[i].weights.rows;
    return outputs;
}

// One row of inputs is the usual case and leaves half of the registers to the next kernel.
template <TensorType kind, int kRows>
__global__ void __launch_bounds__(kThreads, kRows == 1 ? 3 : 2)
    fewRowsKernel(const __grid_constant__ FewJob job, std::int64_t first, int count, Needs needs)
{
    const std::int64_t outputs = outputsOf(job);
    const std::int64_t warps = static_cast<std::int64_t>(gridDim.x) * kWarps;
    const std::int64_t mine = static_cast<std::int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
    if (mine < outputs) {
        const Place place = placeOf(job, mine);
        prefetchRow(job.products[place.product].weights, place.row);
        if (job.products[place.product].second.data)
            prefetchRow(job.products[place.product].second, place.row);
    }
    waitForPrevious();
    const Staged in = stage(job.in, first, count, job.norm, needs, dynamicShared<std::byte>(),
        job.norm.out && blockIdx.x == 0);
    __syncthreads();
    letNextStart();
    for (std::int64_t index = mine; index < outputs; index += warps) {
        const Place place = placeOf(job, index);
        const FewProduct& product = job.products[place.product];
        const bool gated = product.second.data != nullptr;
        float sums[kRows] = {};
        float gates[kRows] = {};
#pragma unroll 1
        for (int part = 0; part <= (gated ? 1 : 0); ++part) {
            for (int r = 0; r < kRows; ++r)
                gates[r] = sums[r];
            rowDots<kind, Riding::floats>(part == 0 ? product.weights : product.second, place.row,
                job.books, in, count, sums);
        }
        for (int r = 0; gated && r < kRows; ++r)
            if (r < count)
                sums[r] *= siluOf(gates[r]);
        if (threadIdx.x % kWarp != 0)
            continue;
        for (int r = 0; r < kRows; ++r) {
            if (r >= count)
                break;
            const float value = sums[r] + (product.bias ? product.bias[place.row] : 0.0F);
            const std::int64_t at = (first + r) * product.weights.rows + place.row;
            product.out[at] = value;
            if (product.sum)
                product.sum[at] += value;
        }
    }
}

void start(const FewJob& job, TensorType kind, const DeviceLimits& limits, void* stream)
{
    Needs needs;
    for (int i = 0; i < job.count; ++i)
        for (const DeviceMatrix* weights : {&job.products[i].weights, &job.products[i].second})
            needs.add(*weights);
    const std::int64_t rowBytes = stagedRowBytes(job.in.width, needs);
    const std::int64_t most =
        std::clamp<std::int64_t>(limits.sharedBytes / rowBytes, 1, kDecodeRows);
    for (std::int64_t first = 0; first < job.in.count; first += most) {
        const int count = static_cast<int>(std::min(most, job.in.count - first));
        const Launch how{{fewBlocks(outputsOf(job), 1, limits), 1, 1}, kThreads,
            static_cast<std::size_t>(count * rowBytes), stream};
        withKind(kind, [&]<TensorType type>() {
            if (count == 1)
                launch(fewRowsKernel<type, 1>, how, job, first, count, needs);
            else
                launch(fewRowsKernel<type, kDecodeRows>, how, job, first, count, needs);
        });
    }
}

// Gate and up of two types are both multiplied as floats.
FewProduct ofOneKind(FewProduct product)
{
    if (product.second.data && kindOf(product.weights) != kindOf(product.second))
        product.weights.bytes = product.second.bytes = false;
    return product;
}

// Whether the product can go along in a kernel of any kind.
bool rides(const FewProduct& product)
{
    return isFloats(product.weights.type)
        && (!product.second.data || isFloats(product.second.type));
}

} // namespace

void fewRows(const FewJob& job, const DeviceLimits& limits, void* stream)
{
    FewProduct products[kMostProducts];
    TensorType kinds[kMostProducts] = {kAllInFloats}; // without any of its own, all ride on this
    int kindCount = 0;
    for (int i = 0; i < job.count; ++i) {
        products[i] = ofOneKind(job.products[i]);
        const TensorType kind = kindOf(products[i].weights);
        if (!rides(products[i]) && std::find(kinds, kinds + kindCount, kind) == kinds + kindCount)
            kinds[kindCount++] = kind;
    }
    FewJob part = job;
    for (int k = 0; k < std::max(kindCount, 1); ++k) {
        part.count = 0;
        for (int i = 0; i < job.count; ++i)
            if (rides(products[i]) ? k == 0 : kindOf(products[i].weights) == kinds[k])
                part.products[part.count++] = products[i];
        start(part, kinds[k], limits, stream);
        part.norm.out = nullptr; // is written once
    }
}

unsigned fewBlocks(std::int64_t outputs, std::int64_t jobs, const DeviceLimits& limits)
{
    constexpr std::int64_t kBlocksEach = 2;
    const std::int64_t all = std::max<std::int64_t>(1, limits.multiprocessors * kBlocksEach / jobs);
    return static_cast<unsigned>(std::min(all, (outputs + kWarps - 1) / kWarps));
}

bool fitsFewRows(std::int64_t columns, const DeviceLimits& limits)
{
    return stagedRowBytes(columns, {true, true}) <= limits.sharedBytes;
}

} // namespace lectern::inference::cuda
