// SPDX-License-Identifier: Apache-2.0
// Ops that go row by row: embedding, norms, rotation, elementwise, storing keys and values. What
// they mean is said by inference/backend.h; all pointers are the device's.
#pragma once

#include "inference/cuda/codebooks.h"
#include "inference/op_types.h"

namespace lectern::inference::cuda {

void embed(
    Rows out, const Matrix& table, const Codebooks& books, const std::int32_t* ids, void* stream);
void gatherRows(Rows out, Rows in, const std::int32_t* rows, void* stream);
void rmsNorm(Rows out, Rows in, Vector weight, float eps, void* stream);
void layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps, void* stream);
void scaleRows(Rows x, const float* factors, void* stream);
void add(Rows x, Rows y, void* stream);
void gelu(Rows x, void* stream);
// gate = silu(gate) * up.
void siluTimes(Rows gate, Rows up, void* stream);
void storeKv(KvRows target, Rows values, void* stream);

// frequencies [headDim / 2]: theta^(-2j / headDim) before freqFactors.
void rope(Rows x, const RopeParams& params, const float* frequencies, std::int64_t firstPosition,
    void* stream);
// frequencies [headDim / 4]: theta^(-4j / headDim).
void rope2d(Rows x, const Rope2dParams& params, const float* frequencies, void* stream);

} // namespace lectern::inference::cuda
