// SPDX-License-Identifier: Apache-2.0
// Products of at most kDecodeRows rows: decoding, where reading the weights is the work. Each
// output row of weights is a warp's; each input row is computed as if it were alone, so its bits
// do not depend on the others.
#pragma once

#include "inference/cuda/codebooks.h"
#include "inference/cuda/weight_layout.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

// A matrix of the backend with where its planes lie.
struct DeviceMatrix {
    const std::byte* data = nullptr;
    TensorType type = TensorType::f32;
    bool bytes = false; // multiplied as bytes, else as floats
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t sliceBytes = 0; // from one expert to the next
    Planes planes{};
};

struct FewRows {
    const float* data = nullptr;
    std::int64_t count = 0;
    std::int64_t width = 0;
};

// RMS norm of the inputs before everything else.
struct Norm {
    bool on = false;
    const float* weight = nullptr; // null: 1
    float eps = 0;
    float* out = nullptr; // also receives the normed rows; null: not wanted
};

// What shared memory has to hold.
struct Needs {
    bool bytes = false;
    bool floats = false;

    void add(const DeviceMatrix& weights)
    {
        if (weights.data)
            (weights.bytes ? bytes : floats) = true;
    }
};

// One product: out = in W^T + bias, or silu(in W^T) * (in V^T) with V in `second`.
struct FewProduct {
    DeviceMatrix weights;
    DeviceMatrix second; // data null: there is none
    const float* bias = nullptr;
    float* out = nullptr; // [count, weights.rows]
    float* sum = nullptr; // also sum += out; null: not
};

inline constexpr int kMostProducts = 4;

struct FewJob {
    FewRows in;
    Norm norm;
    FewProduct products[kMostProducts];
    int count = 0; // of products
    Codebooks books;
};

// What the device allows.
struct DeviceLimits {
    int multiprocessors = 1;
    std::int64_t sharedBytes = 48 * 1024; // of one block
};

inline constexpr unsigned kFewThreads = 256;
// Blocks for `outputs` rows of weights in each of `jobs`: two a multiprocessor, half of what fits,
// so that the next kernel's can start beside them.
unsigned fewBlocks(std::int64_t outputs, std::int64_t jobs, const DeviceLimits& limits);

void fewRows(const FewJob& job, const DeviceLimits& limits, void* stream);

// Whether one row of inputs fits into shared memory; where not, manyRows() does it. Does not depend
// on how many rows there are, so bits do not either.
bool fitsFewRows(std::int64_t columns, const DeviceLimits& limits);

} // namespace lectern::inference::cuda
