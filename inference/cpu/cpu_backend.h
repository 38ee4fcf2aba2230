// SPDX-License-Identifier: Apache-2.0
// Choosing the CPU backend: which instructions, how many threads.
#pragma once

#include "inference/backend.h"

#include <memory>
#include <optional>

namespace lectern::inference {

enum class SimdLevel { scalar, avx2, avx512 }; // avx2: with FMA and F16C

// The best level this CPU has kernels for.
[[nodiscard]] SimdLevel detectedSimdLevel();
// Cores, not hyper-threads, that this process may run on; at least 1.
[[nodiscard]] int physicalCores();

struct CpuOptions {
    int threads = 0; // 0: one a physical core
    // nullopt: what LECTERN_CPU=scalar|avx2|avx512 says, else the best. Never above the best.
    std::optional<SimdLevel> level{};
};

[[nodiscard]] std::unique_ptr<Backend> createCpuBackend(const CpuOptions& options = {});

} // namespace lectern::inference
