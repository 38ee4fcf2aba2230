// SPDX-License-Identifier: Apache-2.0
// Packed weights in the fast CPU backend: packing them at load, and sharing their products among
// threads.
#include "inference/cpu/packed.h"
#include "inference/cpu/round_up.h"
#include "inference/cpu/simd_backend.h"

#include <algorithm>

namespace lectern::inference {

namespace {

// Weight memory is taken in pieces of at least this much, so that small tensors share 2 MiB pages.
constexpr std::uint64_t kWeightPiece = std::uint64_t{256} << 20U;
constexpr std::uint64_t kCacheLine = 64;
// Groups packed as one task: a megabyte or so.
constexpr std::int64_t kPackedAtOnce = 8;
// Multiply-adds of a task. Several tokens: some 40 microseconds, so that a task is several panels
// and can have the next one's weights fetched while it computes; a stop request is seen soon all
// the same. One: a sixth of that, so that the threads end together; a matrix of 2048 x 2048 then
// makes 16 tasks.
constexpr std::int64_t kPackedTaskWork = 16'000'000;
constexpr std::int64_t kTokenTaskWork = 250'000;
constexpr std::int64_t kPrepareWork = 2; // per value, in multiply-adds
constexpr std::int64_t kPackedSiluWork = 16;

static_assert(kExactTokens >= kDecodeRows);

} // namespace

Result<std::byte*> SimdBackend::weightMemory(std::uint64_t bytes)
{
    bytes = roundUp(bytes, kCacheLine);
    if (m_weights.empty() || m_weights.back().reserved() - m_weightsUsed < bytes) {
        Result<Buffer> piece = reserve(std::max(bytes, kWeightPiece));
        if (!piece)
            return tl::unexpected(piece.error());
        m_weights.push_back(std::move(*piece));
        m_weightsUsed = 0;
    }
    Buffer& piece = m_weights.back();
    if (auto grown = commit(piece, m_weightsUsed + bytes); !grown)
        return tl::unexpected(grown.error());
    std::byte* const data = piece.data() + m_weightsUsed;
    m_weightsUsed += bytes;
    return data;
}

Result<Matrix> SimdBackend::matrix(const TensorView& tensor)
{
    Result<Matrix> source = HostBackend::matrix(tensor);
    if (!source || !m_packed || packedPieces(source->type).empty())
        return source;
    const std::int64_t groups = (source->rows + kPackedRows - 1) / kPackedRows;
    const std::int64_t groupBytes = packedGroupBytes(source->type, source->columns);
    const std::int64_t total = groups * source->slices;
    const auto memory = weightMemory(static_cast<std::uint64_t>(total * groupBytes));
    if (!memory)
        return tl::unexpected(memory.error());
    m_pool.run((total + kPackedAtOnce - 1) / kPackedAtOnce, [&](std::int64_t task, int) {
        const std::int64_t end = std::min(total, (task + 1) * kPackedAtOnce);
        for (std::int64_t i = task * kPackedAtOnce; i < end && !stopped(); ++i) {
            const std::int64_t row = i % groups * kPackedRows;
            packGroup(source->type,
                source->data + (i / groups * source->rows + row) * source->rowBytes,
                source->rowBytes, std::min(kPackedRows, source->rows - row), source->columns,
                *memory + i * groupBytes);
        }
    });
    if (stopped())
        return fail(ErrorCode::cancelled, "Loading the model was stopped.");
    m_packedBytes += static_cast<std::uint64_t>(total * groupBytes);
    if (m_onPacked)
        m_onPacked(m_packedBytes);
    return Matrix{*memory, source->type, source->columns, source->rows, source->slices,
        groupBytes / kPackedRows, true};
}

void SimdBackend::runPacked(std::span<const Job> jobs)
{
    // Rows of inputs as the kernels want them; products of the same inputs share them.
    struct Prepared {
        const Job* job;
        InputForm form;
        std::int64_t stride; // bytes from token to token
        std::int64_t offset; // in the scratch memory; unused by f32, whose rows stay
        std::int64_t firstRow;
        [[nodiscard]] bool inPlace() const { return form.kind == InputForm::Kind::f32; }
    };
    struct Share {
        const Product* product;
        std::size_t input; // of `inputs`
        std::int64_t rows; // of a task
        std::int64_t firstTask;
    };
    std::vector<Prepared> inputs;
    std::vector<Share> shares;
    std::int64_t inputMemory = 0;
    std::int64_t inputRows = 0;
    std::int64_t inputWork = 0;
    std::int64_t panel = 0;
    std::int64_t tasks = 0;
    std::int64_t work = 0;
    for (const Job& job : jobs) {
        const Product& product = job.product;
        const Matrix& weights = product.weights;
        const std::int64_t tokens = product.in.count;
        if (tokens == 0)
            continue;
        const InputForm form = m_packed->form(weights.type, tokens);
        const auto same = std::find_if(inputs.begin(), inputs.end(), [&](const Prepared& other) {
            return other.form == form && other.job->product.in.data == product.in.data
                && other.job->product.in.count == tokens;
        });
        const auto input = static_cast<std::size_t>(same - inputs.begin());
        if (same == inputs.end()) {
            Prepared prepared{
                &job, form, inputBytes(form, product.in.width), inputMemory, inputRows};
            if (prepared.inPlace()) {
                prepared.stride = product.in.width * static_cast<std::int64_t>(sizeof(float));
            } else {
                inputMemory += inputRowsBytes(form, prepared.stride, tokens);
                inputWork += tokens * product.in.width * kPrepareWork;
            }
            if (job.up)
                inputWork += tokens * product.in.width * kPackedSiluWork;
            inputRows += tokens;
            inputs.push_back(prepared);
        }
        const std::int64_t rowWork = weights.columns * tokens;
        const std::int64_t unit = m_packed->panelRows(weights.type, weights.columns, tokens);
        const std::int64_t wanted = (tokens == 1 ? kTokenTaskWork : kPackedTaskWork) / rowWork;
        const std::int64_t rows = std::max<std::int64_t>(1, wanted / unit) * unit;
        shares.push_back({&product, input, rows, tasks});
        tasks += (weights.rows + rows - 1) / rows;
        work += rowWork * weights.rows;
        panel = std::max(panel, m_packed->panelBytes(weights.type, weights.columns));
    }
    panel = static_cast<std::int64_t>(roundUp(static_cast<std::uint64_t>(panel), kCacheLine));
    auto* const prepared = reinterpret_cast<std::byte*>(
        scratch(Slot::inputs, inputMemory / static_cast<std::int64_t>(sizeof(float)) + 1));
    auto* const panels = reinterpret_cast<std::byte*>(scratch(
        Slot::panels, panel / static_cast<std::int64_t>(sizeof(float)) * m_pool.threads() + 1));
    if (!prepared || !panels)
        return;

    parallel(inputRows, inputWork, [&](std::int64_t task, int) {
        const auto after = std::upper_bound(inputs.begin(), inputs.end(), task,
            [](std::int64_t wanted, const Prepared& input) { return wanted < input.firstRow; });
        const Prepared& input = *(after - 1);
        const Rows& in = input.job->product.in;
        const std::int64_t token = task - input.firstRow;
        float* const row = in.data + token * in.width;
        if (input.job->up)
            m_kernels.siluMul(row, input.job->up + token * in.width, in.width);
        if (!input.inPlace())
            m_packed->prepare(input.form, row, in.width,
                prepared + input.offset + inputAt(input.form, input.stride, token));
    });
    parallel(tasks, work, [&](std::int64_t task, int thread) {
        const auto after = std::upper_bound(shares.begin(), shares.end(), task,
            [](std::int64_t wanted, const Share& share) { return wanted < share.firstTask; });
        const Share& share = *(after - 1);
        const auto& [out, weights, in, bias] = *share.product;
        const Prepared& input = inputs[share.input];
        const std::int64_t first = (task - share.firstTask) * share.rows;
        PackedProduct product{};
        product.type = weights.type;
        product.groups = weights.data + first * weights.rowBytes;
        product.groupBytes = weights.rowBytes * kPackedRows;
        product.columns = weights.columns;
        product.rows = std::min(weights.rows - first, share.rows);
        product.in =
            input.inPlace() ? reinterpret_cast<const std::byte*>(in.data) : prepared + input.offset;
        product.inStride = input.stride;
        product.tokens = in.count;
        product.bias = bias.data ? bias.data + first : nullptr;
        product.out = out.data + first;
        product.outStride = out.width;
        product.panel = panels + panel * thread;
        m_packed->multiply(product);
    });
}

} // namespace lectern::inference
