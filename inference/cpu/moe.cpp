// SPDX-License-Identifier: Apache-2.0
// Feed-forward layers of the fast CPU backend, dense and mixture of experts.
#include "inference/cpu/simd_backend.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lectern::inference {

namespace {

// Scores of the taken experts of each token in turn, from their logits.
std::vector<float> gate(const MoeWeights& weights, const std::vector<float>& logits)
{
    std::vector<float> scores(logits.size());
    if (weights.gating == Gating::sigmoidOfInput) {
        for (std::size_t i = 0; i < logits.size(); ++i)
            scores[i] = 1.0F / (1.0F + std::exp(-logits[i]));
        return scores;
    }
    const auto used = static_cast<std::size_t>(weights.used);
    for (std::size_t first = 0; first < logits.size(); first += used) {
        float sum = 0;
        for (std::size_t i = first; i < first + used; ++i)
            sum += scores[i] = std::exp(logits[i] - logits[first]); // the largest comes first
        for (std::size_t i = first; i < first + used; ++i)
            scores[i] /= sum;
    }
    return scores;
}

} // namespace

void SimdBackend::ffn(Rows out, const FfnWeights& weights, Rows in)
{
    const Rows gate = scratchRows(Slot::gate, in.count, weights.gate.rows);
    const Rows up = scratchRows(Slot::up, in.count, weights.up.rows);
    if (!gate.data || !up.data)
        return;
    const std::array first{Job{{gate, weights.gate, in}}, Job{{up, weights.up, in}}};
    run(first);
    const Job second{{out, weights.down, gate}, up.data};
    run({&second, 1});
}

void SimdBackend::route(
    std::span<const float> logits, const MoeWeights& weights, Routing& routing) const
{
    const auto experts = static_cast<std::size_t>(weights.router.rows);
    std::vector<std::int32_t> order(experts);
    for (std::size_t first = 0; first < logits.size(); first += experts) {
        const float* r = logits.data() + first;
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + weights.used, order.end(),
            [&](std::int32_t left, std::int32_t right) {
                return r[left] != r[right] ? r[left] > r[right] : left < right;
            });
        for (std::int64_t rank = 0; rank < weights.used; ++rank) {
            routing.experts.push_back(order[rank]);
            routing.logits.push_back(r[order[rank]]);
        }
    }
}

void SimdBackend::moe(Rows out, const MoeWeights& weights, Rows in, Routing* routing)
{
    const std::int64_t experts = weights.router.rows;
    const std::int64_t choices = in.count * weights.used;
    const std::int64_t width = weights.experts.gate.rows;
    const bool hasShared = static_cast<bool>(weights.shared.gate);
    const std::int64_t sharedWidth = hasShared ? weights.shared.gate.rows : 0;
    const bool ofInput = weights.gating == Gating::sigmoidOfInput;
    const Rows logits = scratchRows(Slot::router, in.count, experts);
    // Rows of the experts, grouped by expert, then those of the shared expert.
    const Rows gathered = scratchRows(Slot::gathered, choices, in.width);
    const Rows result = scratchRows(Slot::experts, choices, out.width);
    const std::int64_t values = choices * width + in.count * sharedWidth;
    float* const gates = scratch(Slot::gate, values);
    float* const ups = scratch(Slot::up, values);
    if (!logits.data || !gathered.data || !result.data || !gates || !ups)
        return;

    matmul(logits, weights.router, in, {});
    Routing chosen;
    if (stopped())
        return; // the logits are not to be sorted: they may be anything
    route({logits.data, static_cast<std::size_t>(in.count * experts)}, weights, chosen);

    const std::vector<float> scores = gate(weights, chosen.logits);

    // Where each choice's row stands: choices counted by expert, in token order.
    std::vector<std::int64_t> firstRow(experts + 1, 0);
    for (const std::int32_t expert : chosen.experts)
        ++firstRow[expert + 1];
    std::partial_sum(firstRow.begin(), firstRow.end(), firstRow.begin());
    std::vector<std::int64_t> next(firstRow.begin(), firstRow.end() - 1);
    std::vector<std::int64_t> rowOf(choices);
    for (std::int64_t i = 0; i < choices; ++i)
        rowOf[i] = next[chosen.experts[i]]++;
    parallel(choices, choices * in.width, [&](std::int64_t i, int) {
        m_kernels.scale(gathered.data + rowOf[i] * in.width, in.data + i / weights.used * in.width,
            ofInput ? scores[i] : 1.0F, in.width);
    });

    const Rows sharedGate{gates + choices * width, in.count, sharedWidth};
    const Rows sharedUp{ups + choices * width, in.count, sharedWidth};
    const Rows expertGates{gates, choices, width};
    const Rows expertUps{ups, choices, width};
    std::vector<Job> first;
    std::vector<Job> second;
    if (hasShared) {
        first = {{{sharedGate, weights.shared.gate, in}}, {{sharedUp, weights.shared.up, in}}};
        second = {{{out, weights.shared.down, sharedGate}, sharedUp.data}};
    } else {
        std::fill_n(out.data, out.count * out.width, 0.0F);
    }
    for (std::int64_t e = 0; e < experts; ++e) {
        const std::int64_t begin = firstRow[e];
        const std::int64_t count = firstRow[e + 1] - begin;
        if (count == 0)
            continue;
        const Rows rows = gathered.slice(begin, count);
        const Rows gate = expertGates.slice(begin, count);
        const Rows up = expertUps.slice(begin, count);
        first.push_back({{gate, weights.experts.gate.slice(e), rows}});
        first.push_back({{up, weights.experts.up.slice(e), rows}});
        second.push_back(
            {{result.slice(begin, count), weights.experts.down.slice(e), gate}, up.data});
    }
    run(first);
    run(second);
    eachRow(out, weights.used, [&](float* row) {
        const std::int64_t token = (row - out.data) / out.width;
        for (std::int64_t rank = 0; rank < weights.used; ++rank) {
            const std::int64_t choice = token * weights.used + rank;
            float* const expert = result.data + rowOf[choice] * out.width;
            if (!ofInput)
                m_kernels.scale(expert, expert, scores[choice], out.width);
            m_kernels.add(row, expert, out.width);
        }
    });
    if (routing)
        *routing = std::move(chosen);
}

} // namespace lectern::inference
