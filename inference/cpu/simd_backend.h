// SPDX-License-Identifier: Apache-2.0
// The fast CPU backend: kernels of one instruction set, spread over threads. What an op means is
// said by ReferenceBackend.
#pragma once

#include "inference/cpu/attention_kernels.h"
#include "inference/cpu/host_memory.h"
#include "inference/cpu/kernels.h"
#include "inference/cpu/packed_kernels.h"
#include "inference/cpu/rope_table.h"
#include "inference/cpu/thread_pool.h"

#include <array>

namespace lectern::inference {

class SimdBackend final : public HostBackend {
public:
    // With `packed`, matrix() copies weights into memory of its own, packed; else it borrows them.
    SimdBackend(const Kernels& kernels, const AttentionKernels& attention,
        const PackedKernels* packed, int threads, std::function<void(std::uint64_t bytes)> onPacked)
        : m_kernels(kernels)
        , m_attention(attention)
        , m_packed(packed)
        , m_pool(threads)
        , m_onPacked(std::move(onPacked))
    {
    }

    [[nodiscard]] std::string description() const override;
    [[nodiscard]] std::string arithmetic() const override;
    [[nodiscard]] Result<void> synchronize() override;
    [[nodiscard]] Result<Matrix> matrix(const TensorView& tensor) override;
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

private:
    // A product; with `up`, its inputs are silu(in) * up, which takes the place of `in`.
    struct Job {
        Product product;
        const float* up = nullptr; // [in.count, in.width]
    };
    enum class Slot { attention, router, gathered, gate, up, experts, inputs, panels, count };

    // The layers of a pass rotate by the same angles, whose sines would take as long as a matrix
    // product if every layer asked for them anew.
    struct RopeKey {
        std::int64_t headDim = 0;
        float theta = 0;
        const float* freqFactors = nullptr;
        std::int64_t firstPosition = 0; // of pictures: -1 - side
        std::int64_t count = 0;
        bool operator==(const RopeKey&) const = default;
    };
    struct CachedRope {
        RopeKey key;
        RopeTable table;
    };
    void rotateRows(Rows x, std::int64_t headDim, RopePairs pairs); // by m_rope

    // Independent products as one parallel step.
    void run(std::span<const Job> jobs);
    void runMapped(std::span<const Job> jobs);
    void runPacked(std::span<const Job> jobs);
    [[nodiscard]] Result<std::byte*> weightMemory(std::uint64_t bytes);
    // Tasks on all threads, or here when the whole work (in multiply-adds) is too little to share.
    void parallel(std::int64_t tasks, std::int64_t work, const ThreadPool::Task& task);
    void eachRow(Rows x, std::int64_t workPerValue, const std::function<void(float*)>& row);
    // Scratch memory of an op, kept for the next; null once memory has run out, which
    // synchronize() then reports.
    float* scratch(Slot slot, std::int64_t values);
    // Rows of scratch; data is null when there is no memory.
    Rows scratchRows(Slot slot, std::int64_t count, std::int64_t width);
    // The two ways through attention.
    void attendSpans(Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params);
    void attendBlocks(Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params);
    void route(std::span<const float> logits, const MoeWeights& weights, Routing& routing) const;

    const Kernels& m_kernels;
    const AttentionKernels& m_attention;
    const PackedKernels* m_packed; // null: weights stay where they are mapped
    ThreadPool m_pool;
    std::function<void(std::uint64_t)> m_onPacked;
    std::uint64_t m_packedBytes = 0;
    std::vector<Buffer> m_weights; // packed; the last has m_weightsUsed bytes taken
    std::uint64_t m_weightsUsed = 0;
    std::array<Buffer, static_cast<std::size_t>(Slot::count)> m_scratch;
    CachedRope m_rope;
    std::optional<Error> m_failure;
};

} // namespace lectern::inference
