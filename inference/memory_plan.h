// SPDX-License-Identifier: Apache-2.0
// Does a model fit into memory, and with how many tokens? Said in bytes before it is tried.
#pragma once

#include "inference/error.h"
#include "inference/kv_cache.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lectern::inference {

struct MemoryNeed {
    std::uint64_t weights = 0; // of the text model and the vision file, as mapped
    KvShape kv;
    KvType kvType = KvType::f16;
    std::int64_t trainedContext = 0;
    std::int64_t wantedContext = 0; // 0: as much as is sensible
    std::uint64_t available = 0;    // bytes free now; 0: unknown, nothing is refused
};

// For people: "61.3 GB", "14 MB".
[[nodiscard]] std::string bytesForPeople(std::uint64_t bytes);

// The weights alone. Errors: outOfMemory, "NAME needs X of memory and Y are free; ...".
[[nodiscard]] Result<void> checkWeightsFit(
    std::string_view name, std::uint64_t weights, std::uint64_t available);

// The context length to use, in tokens.
//   wantedContext > 0: that, never above the trained length; refused when weights and KV cache
//     together do not fit.
//   wantedContext = 0: the trained length, limited so that the KV cache takes at most half of what
//     is free beside the weights; but 4096 tokens (or the trained length, if that is less) as long
//     as they fit at all.
// Errors: outOfMemory.
[[nodiscard]] Result<std::int64_t> planContext(std::string_view name, const MemoryNeed& need);

} // namespace lectern::inference
