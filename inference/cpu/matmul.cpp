// SPDX-License-Identifier: Apache-2.0
// Matrix products of the fast CPU backend with weights as the file has them (packed ones:
// packed_matmul.cpp).
//
// One token: each row of weights is decoded in registers and multiplied on the way (memory bound).
// A few (kDecodeRows): the same for one after another, while some rows of weights stay in the L1
// cache, so that each gets, bit for bit, what it gets alone. Many: a few rows of weights are
// decoded into a panel that stays in the L1 cache, and all tokens pass over it in register tiles of
// dot products.
#include "inference/cpu/any_type.h"
#include "inference/cpu/round_up.h"
#include "inference/cpu/simd_backend.h"

#include <algorithm>

namespace lectern::inference {

namespace {

// Inputs of a panel: 6 rows x 1024 x 4 bytes = 24 KB, half of a 48 KB L1 (AVX-512 machines);
// AVX2 takes 4 rows, 16 of 32 KB. A multiple of every block of weights.
constexpr std::int64_t kPanelColumns = 1024;
constexpr std::int64_t kMostPanelRows = 8;
// Tokens that pass over a panel: 128 x 1024 x 4 bytes = 512 KB of an L2 of 1 MB.
constexpr std::int64_t kPanelTokens = 128;
// Bytes of weights that all rows of a decoded guess pass over: half of an L1 cache of 32 KB.
constexpr std::int64_t kDecodeBytes = 16 << 10;
// Multiply-adds of a task: about 20 microseconds on a core, so that claiming is cheap and a stop
// request is seen soon.
constexpr std::int64_t kTaskWork = 1'000'000;
constexpr std::int64_t kSiluWork = 16; // per value, in multiply-adds

void multiplyRows(const Kernels& kernels, Rows out, const Matrix& weights, Rows in, Vector bias,
    std::int64_t firstRow, std::int64_t endRow)
{
    alignas(64) float panel[kMostPanelRows * kPanelColumns];
    for (std::int64_t token = 0; token < in.count; token += kPanelTokens) {
        const std::int64_t endToken = std::min(in.count, token + kPanelTokens);
        for (std::int64_t column = 0; column < weights.columns; column += kPanelColumns) {
            const std::int64_t columns = std::min(kPanelColumns, weights.columns - column);
            for (std::int64_t row = firstRow; row < endRow; row += kernels.tileB) {
                const auto rows =
                    static_cast<int>(std::min<std::int64_t>(kernels.tileB, endRow - row));
                for (int r = 0; r < rows; ++r)
                    decodeAny(kernels, weights.type, weights.data + (row + r) * weights.rowBytes,
                        column, columns, panel + r * kPanelColumns);
                for (std::int64_t t = token; t < endToken; t += kernels.tileA) {
                    const auto tokens =
                        static_cast<int>(std::min<std::int64_t>(kernels.tileA, endToken - t));
                    kernels.dots(in.data + t * in.width + column, in.width, tokens, panel,
                        kPanelColumns, rows, columns, out.data + t * out.width + row, out.width,
                        column > 0);
                }
            }
        }
        if (bias.data) {
            for (std::int64_t t = token; t < endToken; ++t)
                kernels.add(
                    out.data + t * out.width + firstRow, bias.data + firstRow, endRow - firstRow);
        }
    }
}

void decodeRows(const Kernels& kernels, Rows out, const Matrix& weights, Rows in, Vector bias,
    std::int64_t firstRow, std::int64_t endRow)
{
    const std::int64_t step = std::max<std::int64_t>(1, kDecodeBytes / weights.rowBytes);
    for (std::int64_t row = firstRow; row < endRow; row += step) {
        const std::int64_t rows = std::min(step, endRow - row);
        for (std::int64_t t = 0; t < in.count; ++t)
            gemvAny(kernels, weights.type, weights.data + row * weights.rowBytes, weights.rowBytes,
                rows, in.data + t * in.width, weights.columns,
                bias.data ? bias.data + row : nullptr, out.data + t * out.width + row);
    }
}

} // namespace

void SimdBackend::runMapped(std::span<const Job> jobs)
{
    struct Share {
        const Product* product;
        std::int64_t rows; // of a task
        std::int64_t firstTask;
    };
    std::vector<Share> shares;
    shares.reserve(jobs.size());
    std::int64_t tasks = 0;
    std::int64_t work = 0;
    for (const auto& [product, up] : jobs) {
        if (product.in.count == 0)
            continue;
        if (up)
            eachRow(product.in, kSiluWork, [&, gate = product.in, up = up](float* row) {
                m_kernels.siluMul(row, up + (row - gate.data), gate.width);
            });
        const std::int64_t rowWork = product.weights.columns * product.in.count;
        const std::int64_t rows =
            roundUp(std::max<std::int64_t>(1, std::min(kTaskWork / rowWork, product.weights.rows)),
                std::int64_t{m_kernels.tileB});
        shares.push_back({&product, rows, tasks});
        tasks += (product.weights.rows + rows - 1) / rows;
        work += rowWork * product.weights.rows;
    }
    parallel(tasks, work, [&](std::int64_t task, int) {
        const auto after = std::upper_bound(shares.begin(), shares.end(), task,
            [](std::int64_t wanted, const Share& share) { return wanted < share.firstTask; });
        const Share& share = *(after - 1);
        const auto& [out, weights, in, bias] = *share.product;
        const std::int64_t first = (task - share.firstTask) * share.rows;
        const std::int64_t end = std::min(weights.rows, first + share.rows);
        if (in.count > kDecodeRows)
            multiplyRows(m_kernels, out, weights, in, bias, first, end);
        else
            decodeRows(m_kernels, out, weights, in, bias, first, end);
    });
}

void SimdBackend::run(std::span<const Job> jobs)
{
    std::vector<Job> mapped;
    std::vector<Job> packed;
    for (const Job& job : jobs)
        (job.product.weights.packed ? packed : mapped).push_back(job);
    if (!mapped.empty())
        runMapped(mapped);
    if (!packed.empty())
        runPacked(packed);
}

void SimdBackend::matmuls(std::span<const Product> products)
{
    std::vector<Job> jobs;
    for (const Product& product : products)
        jobs.push_back({product});
    run(jobs);
}

} // namespace lectern::inference
