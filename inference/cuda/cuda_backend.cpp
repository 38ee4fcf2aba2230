// SPDX-License-Identifier: Apache-2.0
// The CUDA backend's ops: which kernel, in which scratch memory.
#include "inference/cuda/cuda_backend.h"

#include "inference/cuda/largest.h"
#include "inference/cuda/row_ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference::cuda {

namespace {

// 2048 tokens give each of 16 experts a tile of 128 rows, and the decoding of weights is shared by
// four times as many; activations take four times as much, so only where there is room.
constexpr std::int64_t kRoomyMicroBatch = 2048;
constexpr std::uint64_t kRoomy = std::uint64_t{16} << 30U;

constexpr int kPaceEvent = 2; // and the next; those before are StagingMemory's

} // namespace

CudaBackend::CudaBackend(
    std::unique_ptr<Device> device, StagingMemory staging, CudaBackendOptions options)
    : m_device(std::move(device))
    , m_limits(m_device->limits())
    , m_stream(m_device->stream())
    , m_staging(staging)
    , m_options(std::move(options))
    , m_microBatch(m_device->freeMemory() >= kRoomy ? kRoomyMicroBatch : kMicroBatch)
{
}

Result<std::unique_ptr<Backend>> CudaBackend::create(CudaBackendOptions options)
{
    auto device = Device::open();
    if (!device)
        return tl::unexpected(device.error());
    auto staging = StagingMemory::create(**device);
    if (!staging)
        return tl::unexpected(staging.error());
    std::unique_ptr<CudaBackend> backend(
        new CudaBackend(std::move(*device), *staging, std::move(options)));
    if (auto loaded = backend->loadCodebooks(); !loaded)
        return tl::unexpected(loaded.error());
    if (auto works = backend->m_device->synchronize(); !works)
        return tl::unexpected(works.error());
    return backend;
}

std::string CudaBackend::description() const
{
    return deviceName(m_device->facts()) + (m_options.exact ? ", exact" : "");
}

std::string CudaBackend::arithmetic() const
{
    return m_options.exact ? "CUDA 1, f32" : "CUDA 1, bytes and bfloats";
}

void CudaBackend::failed(Error error)
{
    if (!m_failure)
        m_failure = std::move(error);
}

void CudaBackend::pace()
{
    m_device->mark(kPaceEvent + m_paced);
    m_paced = 1 - m_paced;
    m_device->wait(kPaceEvent + m_paced);
}

Result<void> CudaBackend::synchronize()
{
    flush();
    const auto done = m_device->synchronize();
    if (m_failure) {
        Error error = std::move(*m_failure);
        m_failure.reset();
        return tl::unexpected(std::move(error));
    }
    if (!done)
        return done;
    if (m_stop.stop_requested())
        return fail(ErrorCode::cancelled, "The request was cancelled.");
    return {};
}

void CudaBackend::upload(Rows target, std::span<const float> values)
{
    flush();
    m_staging.upload(reinterpret_cast<std::byte*>(target.data), std::as_bytes(values));
}

void CudaBackend::download(std::span<float> values, Rows source)
{
    flush();
    m_staging.download(
        std::as_writable_bytes(values), reinterpret_cast<const std::byte*>(source.data));
}

void CudaBackend::largest(std::span<TokenLogit> out, Rows in, std::int64_t k)
{
    flush();
    if (idle())
        return;
    auto* keys = reinterpret_cast<RankKey*>(scratch(Slot::ranks,
        sizeof(RankKey) * static_cast<std::uint64_t>(largestKeys(in.count, in.width, k))));
    if (!keys)
        return;
    const RankKey* best = cuda::largest(in, k, keys, m_stream);
    std::vector<RankKey> ranked(out.size());
    m_staging.download(
        std::as_writable_bytes(std::span(ranked)), reinterpret_cast<const std::byte*>(best));
    std::ranges::transform(ranked, out.begin(), tokenOf);
}

DeviceMatrix CudaBackend::deviceMatrix(const Matrix& matrix) const
{
    const Planes planes = planesOf(matrix.type, matrix.columns, matrix.rowBytes);
    return {matrix.data, matrix.type, hasPlanes(matrix.type) && !m_options.exact, matrix.rows,
        matrix.columns, (matrix.rows + 15) / 16 * 16 * planes.rowBytes, planes};
}

bool CudaBackend::isFew(std::int64_t rows, std::int64_t columns) const
{
    return rows <= kDecodeRows && fitsFewRows(columns, m_limits);
}

ManyJob CudaBackend::manyJob(const DeviceMatrix& weights, Rows in, float* out) const
{
    ManyJob job;
    job.weights = weights;
    job.in = in.data;
    job.count = in.count;
    job.out = out;
    job.exact = m_options.exact || weights.type == TensorType::f32;
    job.books = m_books;
    return job;
}

void CudaBackend::embed(Rows out, const Matrix& table, std::span<const std::int32_t> ids)
{
    flush();
    if (!idle())
        cuda::embed(out, table, m_books, m_staging.values(ids), m_stream);
}

void CudaBackend::gatherRows(Rows out, Rows in, std::span<const std::int32_t> rows)
{
    flush();
    if (!idle())
        cuda::gatherRows(out, in, m_staging.values(rows), m_stream);
}

void CudaBackend::product(const Product& product)
{
    ManyJob job = manyJob(deviceMatrix(product.weights), product.in, product.out.data);
    job.bias = product.bias.data;
    manyRows(job, m_stream);
}

void CudaBackend::matmuls(std::span<const Product> products)
{
    if (idle() || products.empty())
        return;
    const Rows in = products.front().in;
    const bool together = products.size() <= kMostProducts && isFew(in.count, in.width)
        && std::ranges::all_of(products,
            [&](const Product& one) { return one.in.data == in.data && one.in.count == in.count; });
    if (!together) {
        flush();
        for (const Product& one : products)
            if (isFew(one.in.count, one.in.width))
                matmuls({&one, 1});
            else
                product(one);
        return;
    }
    Rows outs[kMostProducts];
    std::ranges::transform(products, outs, &Product::out);
    const std::optional<HeldNorm> norm = takeNorm(in, {outs[0], outs[1], outs[2], outs[3]});
    FewJob job;
    job.books = m_books;
    setInput(job, in, norm);
    for (const Product& one : products)
        job.products[job.count++] = {
            deviceMatrix(one.weights), {}, one.bias.data, one.out.data, nullptr};
    if (job.count > 1) {
        fewRows(job, m_limits, m_stream);
        return;
    }
    m_result = {outs[0], {in, norm ? norm->in : in}, [this, job](float* sum) {
                    FewJob last = job;
                    last.products[0].sum = sum;
                    fewRows(last, m_limits, m_stream);
                }};
}

void CudaBackend::layerNorm(Rows out, Rows in, Vector weight, Vector bias, float eps)
{
    flush();
    if (!idle())
        cuda::layerNorm(out, in, weight, bias, eps, m_stream);
}

void CudaBackend::rope2d(Rows x, const Rope2dParams& params)
{
    flush();
    const float* table = frequencies(params.theta, params.headDim, 4);
    if (!idle())
        cuda::rope2d(x, params, table, m_stream);
}

void CudaBackend::gelu(Rows x)
{
    flush();
    if (!idle())
        cuda::gelu(x, m_stream);
}

void CudaBackend::attention(
    Rows out, Rows q, KvRows keys, KvRows values, const AttentionParams& params)
{
    flush();
    if (idle())
        return;
    AttentionJob job{out, q, keys, values, params};
    if (params.headDim > kWidestHead) {
        failed({ErrorCode::unsupportedArchitecture,
            fmt::format("The model's heads have {} values; the GPU's kernels take up to {}.",
                params.headDim, kWidestHead)});
        return;
    }
    if (q.count > kDecodeRows && !m_options.exact && fitsAttendManyBfloats(job)) {
        attendManyBfloats(job, m_stream);
        pace();
        return;
    }
    if (q.count > kDecodeRows && fitsAttendMany(job, m_limits)) {
        attendMany(job, m_stream);
        pace();
        return;
    }
    for (std::int64_t first = 0; first < q.count && !idle(); first += kDecodeRows) {
        const std::int64_t count = std::min(kDecodeRows, q.count - first);
        job.out = out.slice(first, count);
        job.q = q.slice(first, count);
        job.params.firstPosition = params.firstPosition + first;
        float* scratch = scratchFloats(Slot::spans, spanScratch(job, count));
        float* counters = scratchFloats(Slot::counters, spanCounters(job, count));
        if (scratch && counters)
            attendFew(job, scratch, reinterpret_cast<unsigned*>(counters), m_stream);
    }
}

void CudaBackend::gated(float* act, const FfnWeights& weights, Rows in)
{
    const std::int64_t width = weights.gate.rows;
    float* ups = scratchFloats(Slot::up, in.count * width);
    if (!ups)
        return;
    manyRows(manyJob(deviceMatrix(weights.gate), in, act), m_stream);
    manyRows(manyJob(deviceMatrix(weights.up), in, ups), m_stream);
    siluTimes({act, in.count, width}, {ups, in.count, width}, m_stream);
}

void CudaBackend::ffn(Rows out, const FfnWeights& weights, Rows in)
{
    if (idle())
        return;
    const bool few = isFew(in.count, in.width);
    const std::optional<HeldNorm> norm = few ? takeNorm(in, {}) : std::nullopt;
    flush();
    float* act = scratchFloats(Slot::gate, in.count * weights.gate.rows);
    if (!act)
        return;
    if (few) {
        FewJob job;
        job.books = m_books;
        setInput(job, in, norm);
        job.products[job.count++] = {
            deviceMatrix(weights.gate), deviceMatrix(weights.up), nullptr, act, nullptr};
        fewRows(job, m_limits, m_stream);
    } else {
        gated(act, weights, in);
    }
    matmul(out, weights.down, {act, in.count, weights.gate.rows});
    if (!few)
        pace();
}

} // namespace lectern::inference::cuda
