// SPDX-License-Identifier: Apache-2.0
// The CUDA backend's memory: ranges that grow, weights on their way from the file, scratch.
#include "inference/cuda/cuda_backend.h"

#include "inference/cuda/repack.h"
#include "inference/dequantize.h"
#include "inference/quant_codebooks.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace lectern::inference::cuda {

namespace {

constexpr std::uint64_t kSmallWeights = std::uint64_t{32} << 20U; // what small tensors share
constexpr std::uint64_t kLine = 256; // where tensors begin: whole lines of the cache

std::uint64_t up(std::uint64_t value, std::uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

Result<void> requireComputable(const TensorView& tensor)
{
    if (isComputable(tensor.type))
        return {};
    const auto info = tensorTypeInfo(static_cast<std::uint32_t>(tensor.type));
    return fail(ErrorCode::unsupportedType,
        fmt::format("The model holds tensors of type {}, which Lectern cannot compute with; use "
                    "a file in another type, such as Q4_K_M or Q8_0.",
            info ? info->name : "unknown"));
}

} // namespace

Result<Buffer> CudaBackend::reserve(std::uint64_t bytes)
{
    const std::uint64_t size = up(std::max<std::uint64_t>(bytes, 1), m_device->pageBytes());
    return m_device->reserve(size).map(
        [&](std::byte* range) { return Buffer(range, size, &Device::release); });
}

Result<void> CudaBackend::commit(Buffer& buffer, std::uint64_t bytes)
{
    const std::uint64_t wanted = up(bytes, m_device->pageBytes());
    if (wanted <= buffer.committed())
        return {};
    if (wanted > buffer.reserved())
        return fail(
            ErrorCode::outOfMemory, "More of the GPU's memory was asked for than reserved.");
    auto mapped = m_device->map(buffer.data(), buffer.committed(), wanted - buffer.committed());
    if (mapped)
        buffer.setCommitted(wanted);
    return mapped;
}

void CudaBackend::decommit(Buffer& buffer, std::uint64_t bytes)
{
    flush();
    if (up(bytes, m_device->pageBytes()) < buffer.committed())
        buffer.setCommitted(m_device->unmap(buffer.data(), buffer.committed(), bytes));
}

Result<std::byte*> CudaBackend::weightMemory(std::uint64_t bytes)
{
    const std::uint64_t size = up(bytes, kLine);
    const auto take = [&](std::uint64_t wanted) -> Result<std::span<std::byte>> {
        Result<Buffer> buffer = allocate(wanted);
        if (!buffer)
            return tl::unexpected(buffer.error());
        m_weights.push_back(std::move(*buffer));
        return std::span(m_weights.back().data(), wanted);
    };
    if (size > kSmallWeights / 4)
        return take(size).map([](std::span<std::byte> whole) { return whole.data(); });
    if (size > m_smallWeights.size()) {
        auto range = take(kSmallWeights);
        if (!range)
            return tl::unexpected(range.error());
        m_smallWeights = *range;
    }
    std::byte* memory = m_smallWeights.data();
    m_smallWeights = m_smallWeights.subspan(size);
    return memory;
}

Result<Matrix> CudaBackend::copyWeights(const TensorView& tensor)
{
    if (auto ok = requireComputable(tensor); !ok)
        return tl::unexpected(ok.error());
    const auto columns = static_cast<std::int64_t>(tensor.dims[0]);
    const auto rows = static_cast<std::int64_t>(tensor.dims[1]);
    const auto slices = static_cast<std::int64_t>(tensor.dims[2]);
    const auto fileRow = static_cast<std::int64_t>(tensor.rowBytes);
    const Planes planes = planesOf(tensor.type, columns, fileRow);
    Matrix matrix{nullptr, tensor.type, columns, rows, slices, planes.rowBytes, true};
    const std::int64_t sliceBytes = deviceMatrix(matrix).sliceBytes;
    auto memory = weightMemory(static_cast<std::uint64_t>(sliceBytes * slices));
    if (!memory)
        return tl::unexpected(memory.error());
    matrix.data = *memory;

    constexpr auto kHalf = static_cast<std::int64_t>(StagingMemory::kHalf);
    std::byte* raw = scratch(Slot::raw, 2 * StagingMemory::kHalf);
    if (!raw)
        return tl::unexpected(*std::exchange(m_failure, std::nullopt));
    const std::int64_t rowsAtOnce = kHalf / fileRow;
    if (rowsAtOnce == 0)
        return fail(ErrorCode::wrongShape, "A tensor's rows are longer than any model's.");
    for (std::int64_t slice = 0; slice < slices; ++slice) {
        for (std::int64_t row = 0; row < rows; row += rowsAtOnce) {
            if (m_stop.stop_requested())
                return fail(ErrorCode::cancelled, "Loading the model was stopped.");
            const std::int64_t count = std::min(rowsAtOnce, rows - row);
            const std::byte* source = tensor.data + (slice * rows + row) * fileRow;
            std::byte* place = raw + m_staging.nextHalf() * kHalf;
            const RepackJob job{tensor.type, columns, count, place, fileRow,
                *memory + slice * sliceBytes + row * planes.rowBytes};
            m_staging.send(
                place, static_cast<std::uint64_t>(count * fileRow),
                [&](std::span<std::byte> half) { std::memcpy(half.data(), source, half.size()); },
                [&] { repack(job, m_stream); });
            m_loadedBytes += static_cast<std::uint64_t>(count * fileRow);
            if (m_options.onLoaded)
                m_options.onLoaded(m_loadedBytes);
        }
    }
    return matrix;
}

Result<Matrix> CudaBackend::matrix(const TensorView& tensor)
{
    return copyWeights(tensor);
}

Result<Matrix> CudaBackend::table(const TensorView& tensor)
{
    return copyWeights(tensor).map([](Matrix matrix) {
        matrix.packed = false;
        return matrix;
    });
}

Result<Vector> CudaBackend::vector(const TensorView& tensor)
{
    if (auto ok = requireComputable(tensor); !ok)
        return tl::unexpected(ok.error());
    std::vector<float> values(tensor.dims[0]);
    if (auto ok = dequantizeRow(tensor.type, tensor.data, values.data(), values.size()); !ok)
        return tl::unexpected(ok.error());
    auto memory = weightMemory(values.size() * sizeof(float));
    if (!memory)
        return tl::unexpected(memory.error());
    m_staging.upload(*memory, std::as_bytes(std::span(values)));
    return Vector{
        reinterpret_cast<const float*>(*memory), static_cast<std::int64_t>(values.size())};
}

Result<void> CudaBackend::loadCodebooks()
{
    std::optional<Error> error;
    const auto load = [&](const auto& book) -> const std::uint16_t* {
        auto memory = weightMemory(sizeof book);
        if (!memory) {
            error = memory.error();
            return nullptr;
        }
        m_staging.upload(*memory, std::as_bytes(std::span(book)));
        return reinterpret_cast<const std::uint16_t*>(*memory);
    };
    m_books = {load(kIq2Xxs), load(kIq2Xs), load(kIq2S), load(kIq1), load(kIq3Xxs), load(kIq3S)};
    if (error)
        return tl::unexpected(*error);
    return {};
}

std::byte* CudaBackend::scratch(Slot slot, std::uint64_t bytes)
{
    Buffer& buffer = m_scratch[static_cast<std::size_t>(slot)];
    if (buffer.committed() < bytes) {
        buffer = Buffer(); // waits for what still uses it
        Result<Buffer> larger = allocate(bytes);
        if (!larger) {
            failed(std::move(larger.error()));
            return nullptr;
        }
        buffer = std::move(*larger);
    }
    return buffer.data();
}

float* CudaBackend::scratchFloats(Slot slot, std::int64_t count)
{
    return reinterpret_cast<float*>(
        scratch(slot, sizeof(float) * static_cast<std::uint64_t>(count)));
}

const float* CudaBackend::frequencies(float theta, std::int64_t headDim, std::int64_t step)
{
    for (const Frequencies& known : m_frequencies) {
        if (known.theta == theta && known.headDim == headDim && known.step == step)
            return known.values;
    }
    std::vector<float> values; // each step rounded to float32, as inference/cpu/rope_table.cpp
    for (std::int64_t j = 0; j < headDim / step; ++j)
        values.push_back(
            1.0F / std::pow(theta, static_cast<float>(step * j) / static_cast<float>(headDim)));
    auto memory = weightMemory(values.size() * sizeof(float));
    if (!memory) {
        failed(std::move(memory.error()));
        return nullptr;
    }
    m_staging.upload(*memory, std::as_bytes(std::span(values)));
    m_frequencies.push_back({theta, headDim, step, reinterpret_cast<const float*>(*memory)});
    return m_frequencies.back().values;
}

} // namespace lectern::inference::cuda
