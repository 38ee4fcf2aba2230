// SPDX-License-Identifier: Apache-2.0
// The Backend seam: where tensors live and who computes with them. Eager and coarse, so that a
// model's graph is written once, reads top to bottom, and runs on every backend.
//
// Activations are f32 matrices, one row a token. Weights are matrices of any computable type
// whose row o holds the `columns` inputs of output o, so matmul is out = in * W^T.
//
// Thread: one thread at a time drives a backend; inside an op it may use as many as it likes.
// Errors: ops do not return any. synchronize() gives the first failure since the last call, and
// until then what ops wrote is not to be trusted.
// Invariant: what an op writes into a row does not depend, bit for bit, on the other rows of the
// call, as long as these are at most kDecodeRows. Checking a guess of the next tokens in one call
// therefore gives what one call a token gives (tests/inference/decode_rows_test.cpp).
// Invariant: pointers in Rows, Vector and Matrix lie in the backend's memory; only upload and
// download reach it from outside. They stay valid as long as the Buffer or the backend.
#pragma once

#include "inference/error.h"
#include "inference/model_file.h"
#include "inference/op_types.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::inference {

// Tokens that go through the layers together in prefill, where a backend does not say otherwise.
// Large, so that each expert gets a matrix worth multiplying (512 tokens over 16 experts: 32 rows);
// small, so that activations stay in megabytes.
inline constexpr std::int64_t kMicroBatch = 512;

// A range of the backend's memory, given back when the Buffer goes. Its address never changes.
class Buffer {
public:
    using Release = void (*)(std::byte* data, std::uint64_t reserved);
    Buffer() = default;
    Buffer(std::byte* data, std::uint64_t reserved, Release release)
        : m_data(data), m_reserved(reserved), m_release(release)
    {
    }
    ~Buffer() { reset(); }
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept
    {
        Buffer taken(std::move(other));
        swap(taken);
        return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    [[nodiscard]] std::byte* data() const { return m_data; }
    [[nodiscard]] std::uint64_t reserved() const { return m_reserved; }   // bytes of addresses
    [[nodiscard]] std::uint64_t committed() const { return m_committed; } // bytes that can be used
    void setCommitted(std::uint64_t bytes) { m_committed = bytes; }       // for the backend

private:
    void swap(Buffer& other) noexcept
    {
        std::swap(m_data, other.m_data);
        std::swap(m_reserved, other.m_reserved);
        std::swap(m_committed, other.m_committed);
        std::swap(m_release, other.m_release);
    }
    void reset()
    {
        if (m_data && m_release)
            m_release(m_data, m_reserved);
        m_data = nullptr;
    }
    std::byte* m_data = nullptr;
    std::uint64_t m_reserved = 0;
    std::uint64_t m_committed = 0;
    Release m_release = nullptr;
};

// A Buffer that holds f32 rows.
struct RowsBuffer {
    Buffer buffer;
    Rows rows;
};

// One product of matmuls().
struct Product {
    Rows out;       // [n, weights.rows]
    Matrix weights; // one slice
    Rows in;        // [n, weights.columns]
    Vector bias{};  // [weights.rows] or empty
};

struct FfnWeights {
    Matrix gate; // [ffn, hidden]
    Matrix up;   // [ffn, hidden]
    Matrix down; // [hidden, ffn]
};

struct MoeWeights {
    Matrix router;         // [experts, hidden]
    FfnWeights experts;    // slices = experts
    FfnWeights shared;     // always added, sees the unscaled input; empty: there is none
    std::int64_t used = 1; // experts a token, 1..experts
    Gating gating = Gating::sigmoidOfInput;
};

// Which experts moe() chose, best first, for tests and statistics. [tokens, used]
struct Routing {
    std::vector<std::int32_t> experts;
    std::vector<float> logits;
};

class Backend {
public:
    virtual ~Backend() = default;

    // For people: "CPU, AVX-512, 2 threads".
    [[nodiscard]] virtual std::string description() const = 0;

    // Which kernels compute: backends that say the same give the same bits for the same inputs.
    [[nodiscard]] virtual std::string arithmetic() const { return description(); }
    // Whether buffers lie in this process's own memory and can be read and written directly.
    [[nodiscard]] virtual bool inHostMemory() const { return false; }

    // Tokens that prefill is to give it in one pass; the same for the backend's whole life.
    [[nodiscard]] virtual std::int64_t microBatch() const { return kMicroBatch; }

    // --- memory ---------------------------------------------------------------------------
    // Bytes that buffers and weights can still take, of memory that is not the host's; 0: it is.
    [[nodiscard]] virtual std::uint64_t deviceMemoryLeft() const { return 0; }
    // Addresses without memory behind them; commit() puts memory behind the first `bytes`, zeroed
    // where it is new, and never moves what is there. Errors: outOfMemory.
    [[nodiscard]] virtual Result<Buffer> reserve(std::uint64_t bytes) = 0;
    [[nodiscard]] virtual Result<void> commit(Buffer& buffer, std::uint64_t bytes) = 0;
    // Gives the memory behind all but the first `bytes` (at least those stay) back to the system.
    virtual void decommit(Buffer& buffer, std::uint64_t bytes) = 0;
    [[nodiscard]] Result<Buffer> allocate(std::uint64_t bytes);
    [[nodiscard]] Result<RowsBuffer> allocateRows(std::int64_t count, std::int64_t width);

    // Weights as the backend wants them: borrowed from the mapping (so the ModelFile must outlive
    // every use) or copied. dims = [columns, rows, slices]. Errors: unsupportedType, outOfMemory.
    [[nodiscard]] virtual Result<Matrix> matrix(const TensorView& tensor) = 0;
    // A matrix for embed(), which reads single rows. Same errors.
    [[nodiscard]] virtual Result<Matrix> table(const TensorView& tensor) = 0;
    // Small tensors of any computable type, as f32; owned by the backend. Same errors.
    [[nodiscard]] virtual Result<Vector> vector(const TensorView& tensor) = 0;

    // Copies; `values` has count * width floats. download waits for the ops before it.
    virtual void upload(Rows target, std::span<const float> values) = 0;
    virtual void download(std::span<float> values, Rows source) = 0;
    // The k largest of each row as cleanLogit() reads them (inference/logit_scan.h), best first, of
    // equal ones the lower column first: out [in.count * k]. Waits for the ops before it.
    // Requires: 1 <= k <= min(kMostLargest, in.width).
    virtual void largest(std::span<TokenLogit> out, Rows in, std::int64_t k) = 0;

    // --- flow -----------------------------------------------------------------------------
    // Once `stop` is requested ops return early, within some ten milliseconds, with undefined
    // results. Ask the token (or synchronize) before using any.
    virtual void setStopToken(std::stop_token stop) = 0;
    // Waits for all ops. Errors: cancelled, outOfMemory (scratch memory), unavailable (device
    // lost).
    [[nodiscard]] virtual Result<void> synchronize() = 0;

    // --- ops: `out` never overlaps an input unless said -------------------------------------
    // out[t] = table[ids[t]]. Requires: 0 <= ids[t] < table.rows; not packed.
    virtual void embed(Rows out, const Matrix& table, std::span<const std::int32_t> ids) = 0;
    // out[r] = in[rows[r]]. Requires: 0 <= rows[r] < in.count; equal widths.
    virtual void gatherRows(Rows out, Rows in, std::span<const std::int32_t> rows) = 0;
    // out = in * W^T (+ bias), each. Products of the same `in` share what is made of it.
    virtual void matmuls(std::span<const Product> products) = 0;
    void matmul(Rows out, const Matrix& weights, Rows in, Vector bias = {})
    {
        const Product product{out, weights, in, bias};
        matmuls({&product, 1});
    }
    // out = in / sqrt(mean(in^2) + eps) * weight, per row; weight empty: 1. out may be in.
    // Per head (qk-norm): reshape to rows of headDim. Source: arXiv 1910.07467.
    virtual void rmsNorm(Rows out, Rows in, Vector weight, float eps) = 0;
    // out = (in - mean) / sqrt(variance + eps) * weight + bias, per row. out may be in.
    virtual void layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps) = 0;
    // Rotates x [tokens, heads * headDim] in place; row t is at firstPosition + t.
    virtual void rope(Rows x, const RopeParams& params, std::int64_t firstPosition) = 0;
    // Rotates x [tokens, heads * headDim] in place; row t is patch t, row by row.
    virtual void rope2d(Rows x, const Rope2dParams& params) = 0;
    // x[t] *= factors[t].
    virtual void scaleRows(Rows x, std::span<const float> factors) = 0;
    // x += y.
    virtual void add(Rows x, Rows y) = 0;
    // x = x / 2 * (1 + erf(x / sqrt 2)), the exact form.
    virtual void gelu(Rows x) = 0;
    // Converts rows into the cache's type: target rows 0 .. values.count - 1.
    virtual void storeKv(KvRows target, Rows values) = 0;
    // softmax(scale * q k^T + mask) v, never the whole score matrix at once.
    //   out, q        [tokens, heads * headDim]
    //   keys, values  keyCount rows of kvHeads * headDim, of one type
    // Requires: every query sees at least one key.
    virtual void attention(
        Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params) = 0;
    // out = down(silu(gate in) * (up in)).
    virtual void ffn(Rows out, const FfnWeights& weights, Rows in) = 0;
    // r = router in; out = the sum over the `used` largest r_e of ffn_e(in), weighted as `gating`
    // says, plus shared(in). Ties go to the lower expert. `routing`, when given, receives the
    // choices.
    virtual void moe(Rows out, const MoeWeights& weights, Rows in, Routing* routing = nullptr) = 0;
};

} // namespace lectern::inference
