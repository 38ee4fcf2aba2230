// SPDX-License-Identifier: Apache-2.0
// What this machine can do at most: memory read rate and peak arithmetic, measured. What kernels
// are compared with.
#pragma once

#include <string>
#include <vector>

namespace lectern::bench {

struct Limit {
    std::string name; // "read", "f32-fma", "bf16-dot", "int8-dot", "bf16-tile", "int8-tile"
    std::string unit; // "GB/s", "GFLOP/s", "GOP/s"; a multiply-add is two
    double median = 0;
    double min = 0;
    double max = 0;
};

struct LimitsWanted {
    int threads = 1;
    int repeats = 5;
    bool read = true;
    bool peaks = true;
};

// Each limit that this CPU has, in the order of Limit::name's list. "read" is the faster of two
// ways to walk 1 GiB in pages as large as the system gives (2 MiB where it does). Takes about a
// second, and 1 GiB of memory while it reads.
[[nodiscard]] std::vector<Limit> measureLimits(const LimitsWanted& wanted);

} // namespace lectern::bench
