// SPDX-License-Identifier: Apache-2.0
// One op on two backends: the scalar reference and the CUDA backend under test.
#pragma once

#include "tests/cuda/op_inputs.h"

#include <fmt/format.h>
#include <functional>
#include <string>

namespace lectern::test {

// How an op's output is judged: every value within size * epsilon * 4 of the reference's.
struct Shape {
    std::int64_t count;
    std::int64_t width;
    double size;
};
using Op = std::function<void(Side& on)>;
void compareOp(const std::string& name, const Shape& shape, bool exact, const Op& op);

void compareProduct(const WeightBits& weights, std::int64_t tokens, bool exact);

struct ExpertCase {
    TensorType type;
    Gating gating;
    std::int64_t used; // of six
    std::int64_t tokens;
    bool withShared;
};
void compareExperts(const ExpertCase& c, bool exact);

void compareStoring(KvType type, std::int64_t headDim);

struct AttentionCase {
    std::int64_t heads, kvHeads, d, tokens, keys, firstKey, chunk;
    Mask mask;
};
void compareAttention(const AttentionCase& c, KvType type, bool exact = true);

// That a row's bits are the same alone and among others.
void checkRowsAlone(TensorType type);
void checkTokensAlone(const AttentionCase& c, KvType type);

// Rows and weights for ops that the backend may put together.
struct FusionCase {
    Backend& backend;
    std::function<void()> pause;       // asks for a result, or does nothing
    Rows hidden, normed, delta, other; // of the square matrices' width
    Vector weight;
    Matrix square;
    MoeWeights experts;
};
// That `ops` leave the same bits in all rows with pauses and without.
void checkFusion(
    const std::string& name, TensorType type, const std::function<void(FusionCase&)>& ops);

// Says what is tested; skips visibly without it.
int runOnCuda(int argc, char** argv);

} // namespace lectern::test
