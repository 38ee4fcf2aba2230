// SPDX-License-Identifier: Apache-2.0
// The specification of every op, in scalar code.
#include "inference/cpu/reference_backend.h"

#include "inference/cpu/rope_table.h"
#include "inference/dequantize.h"
#include "inference/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace lectern::inference {

namespace {

// Matrices come from HostBackend::matrix, so their type and width are known to be good.
void decodeRow(const Matrix& weights, std::int64_t row, float* out)
{
    [[maybe_unused]] const Result<void> ok =
        dequantizeRow(weights.type, weights.data + row * weights.rowBytes, out, weights.columns);
}

float silu(float x)
{
    return x / (1.0F + std::exp(-x));
}

void rotate(Rows x, const RopeTable& table, std::int64_t headDim, RopePairs pairs)
{
    const std::int64_t half = headDim / 2;
    for (std::int64_t t = 0; t < x.count; ++t) {
        for (std::int64_t head = 0; head < x.width / headDim; ++head) {
            float* values = x.data + t * x.width + head * headDim;
            for (std::int64_t j = 0; j < half; ++j) {
                const float c = table.cosines[t * half + j];
                const float s = table.sines[t * half + j];
                const bool adjacent = pairs == RopePairs::adjacent;
                float& first = values[adjacent ? 2 * j : j];
                float& second = values[adjacent ? 2 * j + 1 : j + half];
                const float x0 = first;
                const float x1 = second;
                first = x0 * c - x1 * s;
                second = x0 * s + x1 * c;
            }
        }
    }
}

// Scores of the taken experts, from their logits.
std::vector<float> gate(Gating gating, std::span<const float> logits)
{
    std::vector<float> scores;
    for (const float r : logits) {
        double sum = 0; // of the softmax, relative to this expert
        for (const float other : logits)
            sum += std::exp(static_cast<double>(other) - r);
        scores.push_back(gating == Gating::sigmoidOfInput ? 1.0F / (1.0F + std::exp(-r))
                                                          : static_cast<float>(1.0 / sum));
    }
    return scores;
}

bool sees(const AttentionParams& params, std::int64_t query, std::int64_t key)
{
    if (params.mask == Mask::none)
        return true;
    return key <= query && (params.chunk == 0 || key / params.chunk == query / params.chunk);
}

} // namespace

void ReferenceBackend::embed(Rows out, const Matrix& table, std::span<const std::int32_t> ids)
{
    for (std::size_t t = 0; t < ids.size(); ++t)
        decodeRow(table, ids[t], out.data + t * out.width);
}

void ReferenceBackend::gatherRows(Rows out, Rows in, std::span<const std::int32_t> rows)
{
    for (std::size_t r = 0; r < rows.size(); ++r)
        std::copy_n(in.data + rows[r] * in.width, in.width, out.data + r * out.width);
}

void ReferenceBackend::matmuls(std::span<const Product> products)
{
    for (const auto& [out, weights, in, bias] : products) {
        std::vector<float> row(weights.columns);
        for (std::int64_t o = 0; o < weights.rows && !stopped(); ++o) {
            decodeRow(weights, o, row.data());
            for (std::int64_t t = 0; t < in.count; ++t) {
                double sum = bias.data ? bias.data[o] : 0.0;
                for (std::int64_t i = 0; i < weights.columns; ++i)
                    sum += static_cast<double>(row[i]) * in.data[t * in.width + i];
                out.data[t * out.width + o] = static_cast<float>(sum);
            }
        }
    }
}

void ReferenceBackend::rmsNorm(Rows out, Rows in, Vector weight, float eps)
{
    for (std::int64_t t = 0; t < in.count; ++t) {
        const float* x = in.data + t * in.width;
        double squares = 0;
        for (std::int64_t i = 0; i < in.width; ++i)
            squares += static_cast<double>(x[i]) * x[i];
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(in.width) + eps);
        for (std::int64_t i = 0; i < in.width; ++i)
            out.data[t * out.width + i] =
                static_cast<float>(x[i] * scale * (weight.data ? weight.data[i] : 1.0F));
    }
}

void ReferenceBackend::layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps)
{
    for (std::int64_t t = 0; t < in.count; ++t) {
        const float* x = in.data + t * in.width;
        const double mean = std::accumulate(x, x + in.width, 0.0) / static_cast<double>(in.width);
        double squares = 0;
        for (std::int64_t i = 0; i < in.width; ++i)
            squares += (x[i] - mean) * (x[i] - mean);
        const double scale = 1.0 / std::sqrt(squares / static_cast<double>(in.width) + eps);
        for (std::int64_t i = 0; i < in.width; ++i)
            out.data[t * out.width + i] = static_cast<float>(
                (x[i] - mean) * scale * weight.data[i] + (bias.data ? bias.data[i] : 0.0F));
    }
}

void ReferenceBackend::rope(Rows x, const RopeParams& params, std::int64_t firstPosition)
{
    rotate(x, ropeTable(params, firstPosition, x.count), params.headDim, params.pairs);
}

void ReferenceBackend::rope2d(Rows x, const Rope2dParams& params)
{
    rotate(x, rope2dTable(params, x.count), params.headDim, RopePairs::adjacent);
}

void ReferenceBackend::scaleRows(Rows x, std::span<const float> factors)
{
    for (std::int64_t t = 0; t < x.count; ++t) {
        for (std::int64_t i = 0; i < x.width; ++i)
            x.data[t * x.width + i] *= factors[t];
    }
}

void ReferenceBackend::add(Rows x, Rows y)
{
    for (std::int64_t i = 0; i < x.count * x.width; ++i)
        x.data[i] += y.data[i];
}

void ReferenceBackend::gelu(Rows x)
{
    for (std::int64_t i = 0; i < x.count * x.width; ++i) {
        const double value = x.data[i];
        x.data[i] = static_cast<float>(value / 2 * (1 + std::erf(value / std::sqrt(2.0))));
    }
}

void ReferenceBackend::storeKv(KvRows target, Rows values)
{
    const std::int64_t d = target.headDim;
    for (std::int64_t head = 0; head < values.count * target.kvHeads; ++head)
        encodeKvHead(
            target.type, values.data + head * d, d, target.data + head * target.headBytes());
}

void ReferenceBackend::attention(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    const std::int64_t d = params.headDim;
    const std::int64_t group = params.heads / params.kvHeads;
    std::vector<double> weights(params.keyCount);
    std::vector<float> row(d);
    std::vector<double> sums(d);
    const auto decoded = [&](const KvRows& rows, std::int64_t key, std::int64_t kvHead) {
        decodeKvHead(rows.type, rows.data + key * rows.rowBytes() + kvHead * rows.headBytes(), d,
            row.data());
        return row.data();
    };
    for (std::int64_t t = 0; t < q.count; ++t) {
        for (std::int64_t head = 0; head < params.heads && !stopped(); ++head) {
            const float* query = q.data + t * q.width + head * d;
            double largest = -INFINITY;
            for (std::int64_t k = 0; k < params.keyCount; ++k) {
                weights[k] = -INFINITY;
                if (!sees(params, params.firstPosition + t, params.firstKey + k))
                    continue;
                const float* key = decoded(keys, k, head / group);
                double dot = 0;
                for (std::int64_t i = 0; i < d; ++i)
                    dot += static_cast<double>(query[i]) * key[i];
                weights[k] = dot * params.scale;
                largest = std::max(largest, weights[k]);
            }
            double total = 0;
            for (double& weight : weights) {
                weight = std::exp(weight - largest);
                total += weight;
            }
            std::fill(sums.begin(), sums.end(), 0.0);
            for (std::int64_t k = 0; k < params.keyCount; ++k) {
                if (weights[k] <= 0)
                    continue;
                const float* value = decoded(values, k, head / group);
                for (std::int64_t i = 0; i < d; ++i)
                    sums[i] += weights[k] * value[i];
            }
            for (std::int64_t i = 0; i < d; ++i)
                out.data[t * out.width + head * d + i] = static_cast<float>(sums[i] / total);
        }
    }
}

void ReferenceBackend::ffn(Rows out, const FfnWeights& weights, Rows in)
{
    std::vector<float> gate(in.count * weights.gate.rows);
    std::vector<float> up(gate.size());
    const Rows gated{gate.data(), in.count, weights.gate.rows};
    matmul(gated, weights.gate, in, {});
    matmul({up.data(), in.count, weights.up.rows}, weights.up, in, {});
    for (std::size_t i = 0; i < gate.size(); ++i)
        gate[i] = silu(gate[i]) * up[i];
    matmul(out, weights.down, gated, {});
}

void ReferenceBackend::moe(Rows out, const MoeWeights& weights, Rows in, Routing* routing)
{
    const std::int64_t experts = weights.router.rows;
    std::vector<float> logits(in.count * experts);
    matmul({logits.data(), in.count, experts}, weights.router, in, {});
    if (weights.shared.gate)
        ffn(out, weights.shared, in);
    else
        std::fill_n(out.data, out.count * out.width, 0.0F);
    if (routing)
        *routing = {};
    const bool ofInput = weights.gating == Gating::sigmoidOfInput;
    std::vector<float> scaled(in.width);
    std::vector<float> product(out.width);
    std::vector<std::int32_t> order(experts);
    for (std::int64_t t = 0; t < in.count && !stopped(); ++t) {
        const float* r = logits.data() + t * experts;
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(
            order.begin(), order.end(), [&](auto left, auto right) { return r[left] > r[right]; });
        std::vector<float> taken;
        for (std::int64_t rank = 0; rank < weights.used; ++rank)
            taken.push_back(r[order[rank]]);
        const std::vector<float> scores = gate(weights.gating, taken);
        for (std::int64_t rank = 0; rank < weights.used; ++rank) {
            const std::int32_t e = order[rank];
            for (std::int64_t i = 0; i < in.width; ++i)
                scaled[i] = (ofInput ? scores[rank] : 1.0F) * in.data[t * in.width + i];
            const FfnWeights expert{weights.experts.gate.slice(e), weights.experts.up.slice(e),
                weights.experts.down.slice(e)};
            const Rows result{product.data(), 1, out.width};
            ffn(result, expert, {scaled.data(), 1, in.width});
            if (!ofInput)
                scaleRows(result, std::span(scores).subspan(rank, 1));
            add(out.slice(t, 1), result);
            if (routing) {
                routing->experts.push_back(e);
                routing->logits.push_back(r[e]);
            }
        }
    }
}

} // namespace lectern::inference
