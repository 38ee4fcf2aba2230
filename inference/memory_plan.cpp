// SPDX-License-Identifier: Apache-2.0
// The arithmetic of what fits.
#include "inference/memory_plan.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

constexpr std::int64_t kLeastContext = 4096;

// The largest context whose KV cache stays within `bytes`; 0 when none does.
std::int64_t largestContext(const MemoryNeed& need, std::uint64_t bytes)
{
    std::int64_t low = 0;
    std::int64_t high = need.trainedContext;
    while (low < high) { // bytesFor() grows with the tokens
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (KvCache::bytesFor(need.kv, need.kvType, middle) <= bytes)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

} // namespace

std::string bytesForPeople(std::uint64_t bytes)
{
    const auto value = static_cast<double>(bytes);
    if (value >= 1e9)
        return fmt::format("{:.1f} GB", value / 1e9);
    if (value >= 1e6)
        return fmt::format("{:.0f} MB", value / 1e6);
    return fmt::format("{:.0f} kB", value / 1e3);
}

Result<void> checkWeightsFit(std::string_view name, std::uint64_t weights, std::uint64_t available)
{
    if (available == 0 || weights <= available)
        return {};
    return fail(ErrorCode::outOfMemory,
        fmt::format("{} needs {} of memory and {} are free; close other programs or choose a "
                    "smaller model.",
            name, bytesForPeople(weights), bytesForPeople(available)));
}

Result<std::int64_t> planContext(std::string_view name, const MemoryNeed& need)
{
    if (auto fits = checkWeightsFit(name, need.weights, need.available); !fits)
        return tl::unexpected(fits.error());
    const std::int64_t trained = std::max<std::int64_t>(need.trainedContext, 1);
    const std::int64_t least = need.wantedContext > 0 ? std::min(need.wantedContext, trained)
                                                      : std::min(kLeastContext, trained);
    if (need.available == 0)
        return need.wantedContext > 0 ? least : trained;

    const std::uint64_t room = need.available - need.weights;
    const std::uint64_t leastBytes = KvCache::bytesFor(need.kv, need.kvType, least);
    if (leastBytes > room)
        return fail(ErrorCode::outOfMemory,
            fmt::format("{} needs {} of memory with a context of {} tokens and {} are free; at "
                        "most {} tokens would fit.",
                name, bytesForPeople(need.weights + leastBytes), least,
                bytesForPeople(need.available), largestContext(need, room)));
    return need.wantedContext > 0 ? least : std::max(least, largestContext(need, room / 2));
}

} // namespace lectern::inference
