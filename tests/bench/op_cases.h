// SPDX-License-Identifier: Apache-2.0
// The ops of a backend at the shapes of a real model, ready to be timed one by one.
#pragma once

#include "inference/backend.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lectern::bench {

// Widths of the model whose ops are timed. Default: a small Scout (one in five of the released
// model's widths, all of its proportions), and the released vision tower.
struct Shapes {
    std::int64_t hidden = 2048;
    std::int64_t heads = 16;
    std::int64_t kvHeads = 4;
    std::int64_t headDim = 128;
    std::int64_t ffn = 2048;
    std::int64_t experts = 16;
    std::int64_t vocabulary = 32768;
    std::int64_t visionWidth = 1408;
    std::int64_t visionHeads = 16;
    std::int64_t visionFfn = 5632;
    std::int64_t visionTokens = 577;
    // Weights of a product with one token are spread over this many bytes, so that they come from
    // memory as in a decode, not from a cache.
    std::uint64_t streamedBytes = 256U << 20U;
};

struct OpCase {
    std::string op;    // "matmul", "moe", "attention", ...
    std::string shape; // "n=1 2048x2048"
    std::string type;  // of weights or of the KV cache; empty: f32 activations only
    double bytes = 0;  // weights, keys and values that one run reads, activations that it moves
    double flops = 0;  // two a multiply-add
    std::string peak;  // the limit its arithmetic is compared with: "f32-fma", "bf16-dot", ...
    std::function<void()> run; // once; the backend is synchronised by the caller
};

// Cases that share memory and are timed in turn, so that a change of the machine's state hits all.
struct OpGroup {
    std::string name; // "weights Q4_K", "attention f16", "rows", "vision F16"
    std::vector<OpCase> cases;
    std::shared_ptr<void> memory; // what the cases read and write
};

using MakeGroup = std::function<inference::Result<OpGroup>()>;
struct NamedGroup {
    std::string name;
    std::vector<std::string> ops;
    MakeGroup make; // allocates; so one group at a time
};

// Every group the backend can run. The backend must outlive what is made.
[[nodiscard]] std::vector<NamedGroup> opGroups(inference::Backend& backend, const Shapes& shapes);

} // namespace lectern::bench
