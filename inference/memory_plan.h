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
    std::uint64_t weights = 0;     // of the text model, as mapped or as packed
    std::uint64_t activations = 0; // of one micro-batch, in the graph and inside ops
    std::uint64_t tokenizer = 0;   // and the header's strings it is made of
    std::uint64_t vision = 0;      // weights, activations and a picture's embeddings
    KvShape kv;
    KvType kvType = KvType::f16;
    std::int64_t trainedContext = 0;
    std::int64_t wantedContext = 0; // 0: as much as is sensible
    std::uint64_t available = 0;    // bytes free now; 0: unknown, nothing is refused

    // Everything but the KV cache.
    [[nodiscard]] std::uint64_t fixed() const { return weights + activations + tokenizer + vision; }
    // With a cache of `tokens` positions.
    [[nodiscard]] std::uint64_t total(std::int64_t tokens) const;
};

// For people: "61.3 GB", "14 MB".
[[nodiscard]] std::string bytesForPeople(std::uint64_t bytes);

// The longest context that fits, up to the trained one; 0: none does.
[[nodiscard]] std::int64_t largestContext(const MemoryNeed& need);

// Errors: outOfMemory, "NAME needs X of memory and Y are free; ...".
[[nodiscard]] Result<void> checkFits(
    std::string_view name, std::uint64_t bytes, std::uint64_t available);

// The context length to use, in tokens.
//   wantedContext > 0: that, never above the trained length; refused when everything together does
//     not fit, with what would.
//   wantedContext = 0: the trained length, limited so that the KV cache takes at most half of what
//     is free beside the rest; but 4096 tokens (or the trained length, if that is less) as long
//     as they fit at all.
// Errors: outOfMemory.
[[nodiscard]] Result<std::int64_t> planContext(std::string_view name, const MemoryNeed& need);

} // namespace lectern::inference
