// SPDX-License-Identifier: Apache-2.0
// Inputs of op tests, made once and put into each backend's own memory, and the two backends: the
// scalar reference and the CUDA backend under test.
#pragma once

#include "inference/backend.h"
#include "tests/cuda/cuda_under_test.h"
#include "tests/inference/test.h"

#include <list>
#include <string>
#include <vector>

namespace lectern::test {

using namespace inference;

// Normal values [count, width].
struct Values {
    std::vector<float> data;
    std::int64_t count = 0;
    std::int64_t width = 0;
    Values(std::int64_t rows, std::int64_t columns, unsigned seed, float spread = 1.0F);
};

// Weights as a file has them: random bits for the quants, small halves as their scales.
struct WeightBits {
    std::vector<std::byte> bytes;
    TensorType type;
    std::int64_t columns;
    std::int64_t rows;
    std::int64_t slices;
    WeightBits(TensorType kind, std::int64_t width, std::int64_t height, std::int64_t depth = 1,
        unsigned seed = 7);
    // As a matrix of floats, each rounded to a bfloat if asked for.
    [[nodiscard]] WeightBits decoded(bool toBfloats) const;
    [[nodiscard]] TensorView view() const;
};

[[nodiscard]] std::vector<TensorType> allTypes();
[[nodiscard]] std::string nameOf(TensorType type);
[[nodiscard]] std::int64_t blockOf(TensorType type); // values
// Whether the fast products of few rows round its inputs to bytes.
[[nodiscard]] bool inBytes(TensorType type);

// One backend with inputs in its memory, which stay until it goes.
class Side {
public:
    explicit Side(Backend& on) : backend(on) { }
    Rows rows(const Values& values);
    Vector vector(const Values& values);
    Matrix matrix(const WeightBits& weights);
    Matrix table(const WeightBits& weights);
    KvRows cache(KvType type, std::int64_t kvHeads, std::int64_t headDim, const Values& values);
    std::vector<float> read(Rows rows);

    Backend& backend;
    Rows out; // of compareOp

private:
    std::list<RowsBuffer> m_rows;
    std::list<Buffer> m_buffers;
    std::list<WeightBits> m_weights; // the reference borrows them
};

// The reference, and the backend under test (made once each).
[[nodiscard]] Backend& reference();
[[nodiscard]] Backend& underTest(bool exact);

} // namespace lectern::test
