// SPDX-License-Identifier: Apache-2.0
// Choosing the CPU backend: which instructions, how many threads.
#pragma once

#include "inference/backend.h"

#include <functional>
#include <memory>
#include <optional>

namespace lectern::inference {

// avx2: with FMA and F16C. amx: tiles of bytes and bfloats, beside AVX-512 with VNNI and BF16.
enum class SimdLevel { scalar, avx2, avx512, amx };

// The best level this CPU has kernels for. Asks the system for the use of AMX, once a process.
[[nodiscard]] SimdLevel detectedSimdLevel();
// Cores, not hyper-threads, that this process may run on; at least 1.
[[nodiscard]] int physicalCores();

struct CpuOptions {
    int threads = 0; // 0: one a physical core
    // nullopt: what LECTERN_CPU=scalar|avx2|avx512|amx says, else the best. Never above the best.
    std::optional<SimdLevel> level{};
    // Copies weights into the order the kernels want (see packed.h): faster, inputs of quantised
    // weights in 8 bits. Without, weights stay in the mapped file and everything is computed in
    // f32. The scalar level never packs.
    bool packWeights = false;
    // While matrix() packs: bytes packed since the backend was made, on the calling thread.
    std::function<void(std::uint64_t bytes)> onPacked{};
};

[[nodiscard]] std::unique_ptr<Backend> createCpuBackend(const CpuOptions& options = {});

} // namespace lectern::inference
