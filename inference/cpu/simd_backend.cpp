// SPDX-License-Identifier: Apache-2.0
// The fast CPU backend: scratch memory, sharing work, and the ops that go row by row.
#include "inference/cpu/simd_backend.h"

#include "inference/cpu/any_type.h"
#include "inference/cpu/rope_table.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

// Below this many multiply-adds (some 5 microseconds on one core) sharing costs more than it
// brings.
constexpr std::int64_t kWorthSharing = 100'000;
// Cost of an exponential and its like, in multiply-adds.
constexpr std::int64_t kTranscendental = 16;

// Plain loops: the compiler vectorises them well enough, and rotations are a thousandth of a layer.
void rotateAdjacent(
    float* row, std::int64_t width, std::int64_t headDim, const float* cosines, const float* sines)
{
    for (float* head = row; head < row + width; head += headDim) {
        for (std::int64_t j = 0; j < headDim / 2; ++j) {
            const float even = head[2 * j];
            const float odd = head[2 * j + 1];
            head[2 * j] = even * cosines[j] - odd * sines[j];
            head[2 * j + 1] = even * sines[j] + odd * cosines[j];
        }
    }
}

void rotateHalves(
    float* row, std::int64_t width, std::int64_t headDim, const float* cosines, const float* sines)
{
    const std::int64_t half = headDim / 2;
    for (float* head = row; head < row + width; head += headDim) {
        for (std::int64_t j = 0; j < half; ++j) {
            const float first = head[j];
            const float second = head[j + half];
            head[j] = first * cosines[j] - second * sines[j];
            head[j + half] = first * sines[j] + second * cosines[j];
        }
    }
}

} // namespace

std::string SimdBackend::description() const
{
    return fmt::format("CPU, {}, {} thread{}", m_packed ? m_packed->name : m_kernels.name,
        m_pool.threads(), m_pool.threads() == 1 ? "" : "s");
}

std::string SimdBackend::arithmetic() const
{
    return m_packed ? fmt::format("{}, packed by {}", m_kernels.name, m_packed->name)
                    : std::string(m_kernels.name);
}

Result<void> SimdBackend::synchronize()
{
    if (m_failure) {
        Error error = std::move(*m_failure);
        m_failure.reset();
        return tl::unexpected(std::move(error));
    }
    return HostBackend::synchronize();
}

float* SimdBackend::scratch(Slot slot, std::int64_t values)
{
    Buffer& buffer = m_scratch[static_cast<std::size_t>(slot)];
    const std::uint64_t bytes = sizeof(float) * static_cast<std::uint64_t>(values);
    if (buffer.committed() < bytes) {
        buffer = Buffer();
        Result<Buffer> larger = allocate(bytes);
        if (!larger) {
            m_failure = std::move(larger.error());
            return nullptr;
        }
        buffer = std::move(*larger);
    }
    return reinterpret_cast<float*>(buffer.data());
}

Rows SimdBackend::scratchRows(Slot slot, std::int64_t count, std::int64_t width)
{
    return {scratch(slot, count * width), count, width};
}

void SimdBackend::parallel(std::int64_t tasks, std::int64_t work, const ThreadPool::Task& task)
{
    if (work < kWorthSharing) {
        for (std::int64_t i = 0; i < tasks && !stopped(); ++i)
            task(i, 0);
        return;
    }
    m_pool.run(tasks, [&](std::int64_t i, int thread) {
        if (!stopped())
            task(i, thread);
    });
}

void SimdBackend::eachRow(Rows x, std::int64_t workPerValue, const std::function<void(float*)>& row)
{
    // Tasks of about 4096 values: several for each thread, few enough to claim.
    const std::int64_t rowsPerTask =
        std::max<std::int64_t>(1, 4096 / std::max<std::int64_t>(1, x.width));
    const std::int64_t tasks = (x.count + rowsPerTask - 1) / rowsPerTask;
    parallel(tasks, x.count * x.width * workPerValue, [&](std::int64_t task, int) {
        const std::int64_t end = std::min(x.count, (task + 1) * rowsPerTask);
        for (std::int64_t t = task * rowsPerTask; t < end; ++t)
            row(x.data + t * x.width);
    });
}

void SimdBackend::embed(Rows out, const Matrix& table, std::span<const std::int32_t> ids)
{
    for (std::size_t t = 0; t < ids.size(); ++t)
        decodeAny(m_kernels, table.type, table.data + ids[t] * table.rowBytes, 0, table.columns,
            out.data + t * out.width);
}

void SimdBackend::gatherRows(Rows out, Rows in, std::span<const std::int32_t> rows)
{
    for (std::size_t r = 0; r < rows.size(); ++r)
        std::copy_n(in.data + rows[r] * in.width, in.width, out.data + r * out.width);
}

void SimdBackend::rmsNorm(Rows out, Rows in, Vector weight, float eps)
{
    eachRow(in, 2, [&](float* x) {
        m_kernels.rmsNorm(out.data + (x - in.data), x, weight.data, in.width, eps);
    });
}

void SimdBackend::layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps)
{
    eachRow(in, 3, [&](float* x) {
        m_kernels.layerNorm(out.data + (x - in.data), x, weight.data, bias.data, in.width, eps);
    });
}

void SimdBackend::rotateRows(Rows x, std::int64_t headDim, RopePairs pairs)
{
    const auto rotate = pairs == RopePairs::adjacent ? rotateAdjacent : rotateHalves;
    eachRow(x, 2, [&](float* row) {
        const std::int64_t first = (row - x.data) / x.width * headDim / 2;
        rotate(row, x.width, headDim, m_rope.table.cosines.data() + first,
            m_rope.table.sines.data() + first);
    });
}

void SimdBackend::rope(Rows x, const RopeParams& params, std::int64_t firstPosition)
{
    const RopeKey key{
        params.headDim, params.theta, params.freqFactors.data, firstPosition, x.count};
    if (m_rope.key != key)
        m_rope = {key, ropeTable(params, firstPosition, x.count)};
    rotateRows(x, params.headDim, params.pairs);
}

void SimdBackend::rope2d(Rows x, const Rope2dParams& params)
{
    const RopeKey key{params.headDim, params.theta, nullptr, -1 - params.side, x.count};
    if (m_rope.key != key)
        m_rope = {key, rope2dTable(params, x.count)};
    rotateRows(x, params.headDim, RopePairs::adjacent);
}

void SimdBackend::scaleRows(Rows x, std::span<const float> factors)
{
    for (std::int64_t t = 0; t < x.count; ++t) {
        float* row = x.data + t * x.width;
        m_kernels.scale(row, row, factors[t], x.width);
    }
}

void SimdBackend::add(Rows x, Rows y)
{
    eachRow(x, 1, [&](float* row) { m_kernels.add(row, y.data + (row - x.data), x.width); });
}

void SimdBackend::gelu(Rows x)
{
    eachRow(x, kTranscendental, [&](float* row) { m_kernels.gelu(row, x.width); });
}

void SimdBackend::storeKv(KvRows target, Rows values)
{
    const std::int64_t work = target.kvHeads * target.headDim * kTranscendental;
    parallel(values.count, values.count * work, [&](std::int64_t t, int) {
        m_attention.encode(target.type, values.data + t * values.width, target.headDim,
            target.kvHeads, target.from(t).data, target.headBytes());
    });
}

} // namespace lectern::inference
