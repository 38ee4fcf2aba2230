// SPDX-License-Identifier: Apache-2.0
// The specification of every op: plain loops on one thread, sums in double. The fast backend is
// tested against it; it also runs where the CPU has no instructions we have kernels for.
#pragma once

#include "inference/cpu/host_memory.h"

namespace lectern::inference {

class ReferenceBackend : public HostBackend {
public:
    [[nodiscard]] std::string description() const override { return "CPU, scalar, 1 thread"; }
    void embed(Rows out, const Matrix& table, std::span<const std::int32_t> ids) override;
    void gatherRows(Rows out, Rows in, std::span<const std::int32_t> rows) override;
    void matmuls(std::span<const Product> products) override;
    void rmsNorm(Rows out, Rows in, Vector weight, float eps) override;
    void layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps) override;
    void rope(Rows x, const RopeParams& params, std::int64_t firstPosition) override;
    void rope2d(Rows x, const Rope2dParams& params) override;
    void scaleRows(Rows x, std::span<const float> factors) override;
    void add(Rows x, Rows y) override;
    void gelu(Rows x) override;
    void storeKv(KvRows target, Rows values) override;
    void attention(
        Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params) override;
    void ffn(Rows out, const FfnWeights& weights, Rows in) override;
    void moe(Rows out, const MoeWeights& weights, Rows in, Routing* routing) override;
};

} // namespace lectern::inference
