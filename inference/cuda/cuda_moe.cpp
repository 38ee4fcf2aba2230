// SPDX-License-Identifier: Apache-2.0
// Mixtures of experts: the router's choice never leaves the device, few tokens or many.
#include "inference/cuda/cuda_backend.h"

#include "inference/cuda/row_ops.h"

namespace lectern::inference::cuda {

RouteJob CudaBackend::routeJob(const MoeWeights& weights, const float* logits, std::int64_t tokens)
{
    const std::int64_t pairs = tokens * weights.used;
    const std::int64_t experts = weights.router.rows;
    auto* memory = reinterpret_cast<std::int32_t*>(scratchFloats(Slot::route, 4 * pairs + experts));
    RouteJob job;
    if (!memory)
        return job;
    job.logits = logits;
    job.tokens = tokens;
    job.experts = experts;
    job.used = weights.used;
    job.gating = weights.gating;
    job.chosen = memory;
    job.chosenLogits = reinterpret_cast<float*>(memory + pairs);
    job.scores = reinterpret_cast<float*>(memory + 2 * pairs);
    job.pairs = memory + 3 * pairs;
    job.ends = memory + 4 * pairs;
    return job;
}

void CudaBackend::tell(const RouteJob& job, Routing& routing)
{
    const auto pairs = static_cast<std::size_t>(job.tokens * job.used);
    routing.experts.resize(pairs);
    routing.logits.resize(pairs);
    m_staging.download(std::as_writable_bytes(std::span(routing.experts)),
        reinterpret_cast<const std::byte*>(job.chosen));
    m_staging.download(std::as_writable_bytes(std::span(routing.logits)),
        reinterpret_cast<const std::byte*>(job.chosenLogits));
}

void CudaBackend::moeFew(
    FewExperts& job, const MoeWeights& weights, const std::optional<HeldNorm>& norm, Rows in)
{
    // Router and shared expert in one kernel; the routed experts' two follow.
    FewJob first;
    setInput(first, in, norm);
    first.books = m_books;
    first.products[first.count++] = {
        deviceMatrix(weights.router), {}, nullptr, const_cast<float*>(job.logits), nullptr};
    if (weights.shared.gate) {
        float* shared = scratchFloats(Slot::gate, in.count * weights.shared.gate.rows);
        if (!shared)
            return;
        job.shared = shared;
        first.products[first.count++] = {deviceMatrix(weights.shared.gate),
            deviceMatrix(weights.shared.up), nullptr, shared, nullptr};
    }
    job.activated = scratchFloats(Slot::up, in.count * weights.used * weights.experts.gate.rows);
    if (!job.activated)
        return;
    fewRows(first, m_limits, m_stream);
    m_result = {{job.out, in.count, in.width}, {}, [this, job](float* sum) {
                    FewExperts last = job;
                    last.sum = sum;
                    fewExperts(last, m_limits, m_stream);
                }};
}

void CudaBackend::moeMany(Rows out, const MoeWeights& weights, Rows in, const RouteJob& route)
{
    const std::int64_t pairs = in.count * weights.used;
    const std::int64_t width = weights.experts.gate.rows;
    if (weights.shared.gate) {
        ffn(out, weights.shared, in);
        flush();
    }
    float* gates = scratchFloats(Slot::gate, pairs * width);
    float* ups = scratchFloats(Slot::up, pairs * width);
    float* parts = scratchFloats(Slot::parts, pairs * out.width);
    if (!gates || !ups || !parts)
        return;
    const bool ofInput = weights.gating == Gating::sigmoidOfInput;
    Grouping groups{route.pairs, route.ends, route.experts, route.used, false,
        ofInput ? route.scores : nullptr};
    const Rows byPairs{in.data, pairs, in.width}; // manyRows finds the tokens itself
    for (const auto& [matrix, target] :
        {std::pair(&weights.experts.gate, gates), std::pair(&weights.experts.up, ups)}) {
        ManyJob job = manyJob(deviceMatrix(*matrix), byPairs, target);
        job.groups = groups;
        manyRows(job, m_stream);
    }
    siluTimes({gates, pairs, width}, {ups, pairs, width}, m_stream);
    ManyJob down = manyJob(deviceMatrix(weights.experts.down), {gates, pairs, width}, parts);
    groups.inIsPairs = true;
    groups.scores = nullptr;
    down.groups = groups;
    manyRows(down, m_stream);
    combine({parts, ofInput ? nullptr : route.scores, out.data, in.count, weights.used, out.width,
                static_cast<bool>(weights.shared.gate)},
        m_stream);
}

void CudaBackend::moe(Rows out, const MoeWeights& weights, Rows in, Routing* routing)
{
    if (idle())
        return;
    std::optional<HeldNorm> norm = isFew(in.count, in.width) ? takeNorm(in, {}) : std::nullopt;
    if (!norm)
        flush();
    float* logits = scratchFloats(Slot::logits, in.count * weights.router.rows);
    if (!logits)
        return;
    FewExperts few;
    few.in = {in.data, in.count, in.width};
    few.logits = logits;
    few.experts = weights.router.rows;
    few.used = weights.used;
    few.gating = weights.gating;
    few.gate = deviceMatrix(weights.experts.gate);
    few.up = deviceMatrix(weights.experts.up);
    few.down = deviceMatrix(weights.experts.down);
    if (weights.shared.gate)
        few.sharedDown = deviceMatrix(weights.shared.down);
    few.out = out.data;
    few.books = m_books;
    const bool isFew = in.count <= kDecodeRows && fitsFewExperts(few, m_limits);
    if (isFew) {
        moeFew(few, weights, norm, in);
        if (!routing)
            return;
    } else {
        m_norm = norm; // the router's product takes it
        matmul({logits, in.count, weights.router.rows}, weights.router, in);
    }
    flush();
    const RouteJob job = routeJob(weights, logits, in.count);
    if (!job.chosen)
        return;
    route(job, m_stream);
    if (!isFew) {
        moeMany(out, weights, in, job);
        pace();
    }
    if (routing)
        tell(job, *routing);
}

} // namespace lectern::inference::cuda
