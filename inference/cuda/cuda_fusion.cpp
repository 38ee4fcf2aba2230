// SPDX-License-Identifier: Apache-2.0
// Ops that are held back, and the ops that may go with them: norm + products, product + residual
// sum, the steps of heads.
#include "inference/cuda/cuda_backend.h"

#include "inference/cuda/row_ops.h"

#include <algorithm>

namespace lectern::inference::cuda {

namespace {

bool overlap(const float* a, std::int64_t aCount, const float* b, std::int64_t bCount)
{
    return a < b + bCount && b < a + aCount;
}

bool overlap(Rows a, Rows b)
{
    return overlap(a.data, a.count * a.width, b.data, b.count * b.width);
}

} // namespace

void CudaBackend::flush()
{
    // Taken out first: what runs may come by here again.
    const std::optional<HeldNorm> norm = std::exchange(m_norm, std::nullopt);
    const std::optional<HeldResult> result = std::exchange(m_result, std::nullopt);
    const HeadJob heads = std::exchange(m_heads, HeadJob{});
    if (idle())
        return;
    if (norm)
        cuda::rmsNorm(norm->out, norm->in, norm->weight, norm->eps, m_stream);
    if (result)
        result->run(nullptr);
    if (heads.count > 0)
        headOps(heads, m_stream);
}

std::optional<CudaBackend::HeldNorm> CudaBackend::takeNorm(
    Rows in, std::initializer_list<Rows> outs)
{
    // Blocks read the norm's input while others already write their outputs.
    const bool fits = m_norm && m_norm->out.data == in.data && m_norm->out.count == in.count
        && m_norm->out.width == in.width
        && std::ranges::none_of(outs, [&](Rows out) { return overlap(out, m_norm->in); });
    if (fits)
        return std::exchange(m_norm, std::nullopt);
    flush();
    return std::nullopt;
}

void CudaBackend::setInput(FewJob& job, Rows in, const std::optional<HeldNorm>& norm)
{
    job.in = {in.data, in.count, in.width};
    if (norm) {
        job.in.data = norm->in.data;
        job.norm = {true, norm->weight.data, norm->eps, norm->out.data};
    }
}

HeadRows* CudaBackend::heldHeads(
    float* data, std::int64_t heads, std::int64_t perToken, std::int64_t headDim)
{
    if (m_norm || m_result)
        flush();
    if (headDim > kWidestTurned) {
        flush();
        return nullptr;
    }
    const std::span known(m_heads.rows, static_cast<std::size_t>(m_heads.count));
    for (HeadRows& rows : known) {
        if (!overlap(rows.data, rows.heads * rows.headDim, data, heads * headDim))
            continue;
        const bool same = rows.data == data && rows.heads == heads && rows.headDim == headDim
            && (perToken == 0 || rows.perToken == 0 || rows.perToken == perToken)
            && !rows.store.data && rows.stepCount < kMostHeadSteps;
        if (same) {
            rows.perToken = std::max(rows.perToken, perToken);
            return &rows;
        }
        flush();
        break;
    }
    if (m_heads.count == kMostHeadRows)
        flush();
    HeadRows& added = m_heads.rows[m_heads.count++];
    added = {};
    added.data = data;
    added.heads = heads;
    added.perToken = perToken;
    added.headDim = headDim;
    return &added;
}

bool CudaBackend::holdStep(HeadRows* rows, const HeadStep& step)
{
    if (rows)
        rows->steps[rows->stepCount++] = step;
    return rows != nullptr;
}

void CudaBackend::rmsNorm(Rows out, Rows in, Vector weight, float eps)
{
    if (idle())
        return;
    if (out.data == in.data) {
        HeadStep step;
        step.kind = HeadStep::Kind::norm;
        step.weight = weight;
        step.eps = eps;
        if (holdStep(heldHeads(in.data, in.count, 0, in.width), step))
            return;
    }
    flush();
    if (out.data != in.data && isFew(in.count, in.width))
        m_norm = {out, in, weight, eps};
    else
        cuda::rmsNorm(out, in, weight, eps, m_stream);
}

void CudaBackend::rope(Rows x, const RopeParams& params, std::int64_t firstPosition)
{
    HeadStep step;
    step.kind = HeadStep::Kind::rope;
    step.rope = params;
    step.frequencies = frequencies(params.theta, params.headDim, 2);
    step.firstPosition = firstPosition;
    if (idle())
        return;
    const std::int64_t perToken = x.width / params.headDim;
    if (!holdStep(heldHeads(x.data, x.count * perToken, perToken, params.headDim), step))
        cuda::rope(x, params, step.frequencies, firstPosition, m_stream);
}

void CudaBackend::scaleRows(Rows x, std::span<const float> factors)
{
    if (idle())
        return;
    // Heads are not known here, so a row is cut as it is already held, or not held back at all.
    const std::span known(m_heads.rows, static_cast<std::size_t>(m_heads.count));
    const auto held = std::ranges::find_if(known, [&](const HeadRows& rows) {
        return rows.data == x.data && rows.heads * rows.headDim == x.count * x.width;
    });
    if (held == known.end() || x.width % held->headDim != 0) {
        flush();
        cuda::scaleRows(x, m_staging.values(factors), m_stream);
        return;
    }
    const std::int64_t headDim = held->headDim;
    HeadStep step;
    step.kind = HeadStep::Kind::scale;
    HeadRows* rows = heldHeads(x.data, x.count * x.width / headDim, x.width / headDim, headDim);
    step.factors = m_staging.values(factors);
    holdStep(rows, step);
}

void CudaBackend::storeKv(KvRows target, Rows values)
{
    if (idle())
        return;
    HeadRows* rows =
        heldHeads(values.data, values.count * target.kvHeads, target.kvHeads, target.headDim);
    if (rows)
        rows->store = target;
    else
        cuda::storeKv(target, values, m_stream);
}

void CudaBackend::add(Rows x, Rows y)
{
    if (idle())
        return;
    if (m_result && m_result->out.data == y.data && m_result->out.count == y.count
        && m_result->out.width == y.width && !overlap(x, m_result->reads[0])
        && !overlap(x, m_result->reads[1]) && !overlap(x, y)) {
        const HeldResult result = *std::exchange(m_result, std::nullopt);
        result.run(x.data);
        return;
    }
    flush();
    cuda::add(x, y, m_stream);
}

} // namespace lectern::inference::cuda
