// SPDX-License-Identifier: Apache-2.0
// Making inputs, and putting them where a backend computes.
#include "tests/cuda/op_inputs.h"

#include "inference/cpu/cpu_backend.h"
#include "inference/cuda/weight_layout.h"
#include "inference/half.h"
#include "tests/inference/random_weights.h"

#include <cstring>
#include <random>

namespace lectern::test {

namespace {

TensorTypeInfo layoutOf(TensorType type)
{
    return *tensorTypeInfo(static_cast<std::uint32_t>(type));
}

} // namespace

Values::Values(std::int64_t rows, std::int64_t columns, unsigned seed, float spread)
    : data(static_cast<std::size_t>(rows * columns)), count(rows), width(columns)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, spread);
    for (float& value : data)
        value = normal(random);
}

WeightBits::WeightBits(
    TensorType kind, std::int64_t width, std::int64_t height, std::int64_t depth, unsigned seed)
    : type(kind), columns(width), rows(height), slices(depth)
{
    const TensorTypeInfo layout = layoutOf(type);
    bytes.resize(
        static_cast<std::size_t>(columns / layout.blockValues * layout.blockBytes * rows * slices));
    fillRandomly(bytes, type, seed);
}

WeightBits WeightBits::decoded(bool toBfloats) const
{
    Side side(reference());
    const Values space(rows * slices, columns, 1);
    WeightBits all = *this;
    all.rows *= slices;
    all.slices = 1;
    std::vector<std::int32_t> ids;
    for (std::int32_t r = 0; r < all.rows; ++r)
        ids.push_back(r);
    const Rows out = side.rows(space);
    reference().embed(out, side.table(all), ids);
    std::vector<float> values = side.read(out);
    if (toBfloats)
        for (float& value : values)
            value = bfloat16ToFloat(floatToBfloat16(value));
    WeightBits floats(TensorType::f32, columns, rows, slices);
    std::memcpy(floats.bytes.data(), values.data(), floats.bytes.size());
    return floats;
}

TensorView WeightBits::view() const
{
    const TensorTypeInfo layout = layoutOf(type);
    TensorView view;
    view.data = bytes.data();
    view.type = type;
    view.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows),
        static_cast<std::uint64_t>(slices), 1};
    view.rowBytes = static_cast<std::uint64_t>(columns / layout.blockValues * layout.blockBytes);
    return view;
}

std::vector<TensorType> allTypes()
{
    std::vector<TensorType> types;
    for (std::uint32_t id = 0; id < 64; ++id)
        if (isComputable(static_cast<TensorType>(id)))
            types.push_back(static_cast<TensorType>(id));
    return types;
}

std::string nameOf(TensorType type)
{
    return std::string(layoutOf(type).name);
}

std::int64_t blockOf(TensorType type)
{
    return layoutOf(type).blockValues;
}

bool inBytes(TensorType type)
{
    return cuda::hasPlanes(type);
}

Rows Side::rows(const Values& values)
{
    auto buffer = backend.allocateRows(values.count, values.width);
    if (!buffer) {
        fail(__FILE__, __LINE__, buffer.error().message);
        std::exit(1);
    }
    backend.upload(buffer->rows, values.data);
    return m_rows.emplace_back(std::move(*buffer)).rows;
}

Vector Side::vector(const Values& values)
{
    return {rows(values).data, values.width};
}

Matrix Side::matrix(const WeightBits& weights)
{
    return backend.matrix(m_weights.emplace_back(weights).view()).value_or(Matrix{});
}

Matrix Side::table(const WeightBits& weights)
{
    return backend.table(m_weights.emplace_back(weights).view()).value_or(Matrix{});
}

KvRows Side::cache(KvType type, std::int64_t kvHeads, std::int64_t headDim, const Values& values)
{
    auto buffer = backend.allocate(
        static_cast<std::uint64_t>(values.count * kvHeads) * kvHeadBytes(type, headDim) + 4);
    if (!buffer) {
        fail(__FILE__, __LINE__, buffer.error().message);
        std::exit(1);
    }
    const KvRows target{m_buffers.emplace_back(std::move(*buffer)).data(), type, kvHeads, headDim};
    backend.storeKv(target, rows(values));
    return target;
}

std::vector<float> Side::read(Rows source)
{
    std::vector<float> values(static_cast<std::size_t>(source.count * source.width));
    backend.download(values, source);
    return values;
}

Backend& reference()
{
    static const auto backend = createCpuBackend({1, SimdLevel::scalar});
    return *backend;
}

Backend& underTest(bool exact)
{
    static auto rounded = cudaUnderTest(false);
    static auto floats = cudaUnderTest(true);
    return exact ? **floats : **rounded;
}

} // namespace lectern::test
