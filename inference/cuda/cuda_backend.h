// SPDX-License-Identifier: Apache-2.0
// The Backend on one GPU. What an op means is said by ReferenceBackend; how it is done, by the
// kernels' headers. Ops only queue work: the GPU is at most one pass behind what was asked for.
//
// Fusion: an op may be held back until the next one shows whether both go in one kernel
// (cuda_fusion.cpp). A norm waits for the products of its output, a product for its sum with the
// residual stream, the steps of heads for one another. All results are written as if each op had
// run by itself, with the same bits; a caller notices nothing, but must not give back memory that
// an op uses before it has asked for a result or synchronised.
#pragma once

#include "inference/backend.h"
#include "inference/cuda/attention.h"
#include "inference/cuda/few_experts.h"
#include "inference/cuda/head_ops.h"
#include "inference/cuda/many_rows.h"
#include "inference/cuda/staging_memory.h"

#include <array>
#include <optional>

namespace lectern::inference::cuda {

struct CudaBackendOptions {
    // All products in f32 instead of bytes and bfloats: slow, for comparisons.
    bool exact = false;
    // While matrix() copies: bytes of the file copied since the backend was made.
    std::function<void(std::uint64_t bytes)> onLoaded{};
};

class CudaBackend final : public Backend {
public:
    // Errors: unavailable (no device, too old a driver), outOfMemory.
    [[nodiscard]] static Result<std::unique_ptr<Backend>> create(CudaBackendOptions options);

    [[nodiscard]] std::string description() const override;
    [[nodiscard]] std::string arithmetic() const override;
    [[nodiscard]] std::int64_t microBatch() const override { return m_microBatch; }
    [[nodiscard]] std::uint64_t deviceMemoryLeft() const override { return m_device->freeMemory(); }
    [[nodiscard]] Result<Buffer> reserve(std::uint64_t bytes) override;
    [[nodiscard]] Result<void> commit(Buffer& buffer, std::uint64_t bytes) override;
    void decommit(Buffer& buffer, std::uint64_t bytes) override;
    [[nodiscard]] Result<Matrix> matrix(const TensorView& tensor) override;
    [[nodiscard]] Result<Matrix> table(const TensorView& tensor) override;
    [[nodiscard]] Result<Vector> vector(const TensorView& tensor) override;
    void upload(Rows target, std::span<const float> values) override;
    void download(std::span<float> values, Rows source) override;
    void largest(std::span<TokenLogit> out, Rows in, std::int64_t k) override;
    void setStopToken(std::stop_token stop) override { m_stop = std::move(stop); }
    [[nodiscard]] Result<void> synchronize() override;

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
    enum class Slot { gate, up, parts, logits, route, spans, counters, raw, ranks, count };

    // theta^(-step j / headDim), j < count.
    struct Frequencies {
        float theta = 0;
        std::int64_t headDim = 0;
        std::int64_t step = 0;
        const float* values = nullptr;
    };

    CudaBackend(std::unique_ptr<Device> device, StagingMemory staging, CudaBackendOptions options);
    Result<void> loadCodebooks();

    // Memory for weights and vectors, which is given back with the backend; zeroed.
    Result<std::byte*> weightMemory(std::uint64_t bytes);
    Result<Matrix> copyWeights(const TensorView& tensor);
    // Scratch memory of an op, kept for the next; null once memory has run out, which
    // synchronize() then reports.
    std::byte* scratch(Slot slot, std::uint64_t bytes);
    float* scratchFloats(Slot slot, std::int64_t count);
    const float* frequencies(float theta, std::int64_t headDim, std::int64_t step);

    // A norm whose output the next products may read.
    struct HeldNorm {
        Rows out;
        Rows in;
        Vector weight;
        float eps = 0;
    };
    // A product whose output may be added to other rows.
    struct HeldResult {
        Rows out;
        Rows reads[2];                       // by its kernel
        std::function<void(float* sum)> run; // sum null: nothing is added
    };
    void flush(); // runs, or drops when idle, what is held back
    // What `in` is the norm of, if that is held back and can be computed with products that write
    // `outs`; else everything held back is run.
    std::optional<HeldNorm> takeNorm(Rows in, std::initializer_list<Rows> outs);
    // `in` with its norm before it.
    static void setInput(FewJob& job, Rows in, const std::optional<HeldNorm>& norm);
    // Where a step of heads is to be added; null: they are too wide. perToken 0: whatever it is.
    HeadRows* heldHeads(
        float* data, std::int64_t heads, std::int64_t perToken, std::int64_t headDim);
    bool holdStep(HeadRows* rows, const HeadStep& step);

    // Whether an op is to be left out: stopped, or failed before.
    [[nodiscard]] bool idle() const { return m_stop.stop_requested() || m_failure.has_value(); }
    void failed(Error error);
    // Behind a long op: waits until the GPU is no more than that op behind, so that a stop, which
    // only keeps ops from being queued, is felt within some ten milliseconds.
    void pace();
    [[nodiscard]] DeviceMatrix deviceMatrix(const Matrix& matrix) const;
    [[nodiscard]] bool isFew(std::int64_t rows, std::int64_t columns) const;
    [[nodiscard]] ManyJob manyJob(const DeviceMatrix& weights, Rows in, float* out) const;
    void product(const Product& product);
    // act = silu(gate in) * (up in).
    void gated(float* act, const FfnWeights& weights, Rows in);
    void moeFew(
        FewExperts& job, const MoeWeights& weights, const std::optional<HeldNorm>& norm, Rows in);
    void moeMany(Rows out, const MoeWeights& weights, Rows in, const RouteJob& route);
    RouteJob routeJob(const MoeWeights& weights, const float* logits, std::int64_t tokens);
    void tell(const RouteJob& job, Routing& routing);

    std::unique_ptr<Device> m_device;
    DeviceLimits m_limits;
    void* m_stream;
    StagingMemory m_staging;
    CudaBackendOptions m_options;
    Codebooks m_books;
    std::stop_token m_stop;
    std::optional<Error> m_failure;
    std::int64_t m_microBatch;
    int m_paced = 0; // which of the two marks pace() sets next
    // At most one of these three is held back.
    std::optional<HeldNorm> m_norm;
    std::optional<HeldResult> m_result;
    HeadJob m_heads;
    std::uint64_t m_loadedBytes = 0;
    std::vector<Buffer> m_weights;
    std::span<std::byte> m_smallWeights; // what is left of the range that small tensors share
    std::vector<Frequencies> m_frequencies;
    std::array<Buffer, static_cast<std::size_t>(Slot::count)> m_scratch;
};

} // namespace lectern::inference::cuda
