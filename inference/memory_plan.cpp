// SPDX-License-Identifier: Apache-2.0
// The arithmetic of what fits.
#include "inference/memory_plan.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::inference {

namespace {

constexpr std::int64_t kLeastContext = 4096;
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kHugePage = 2U << 20U;

// ", at most N tokens would fit, M with a cache in q8_0": what of the cache's types gives more.
std::string whatWouldFit(MemoryNeed need)
{
    std::string text;
    std::int64_t most = 0;
    const auto add = [&](KvType type, std::string_view how) {
        need.kvType = type;
        const std::int64_t tokens = largestContext(need);
        if (tokens <= most && !text.empty())
            return;
        text += text.empty() ? fmt::format("at most {} tokens would fit", tokens)
                             : fmt::format(", {} {}", tokens, how);
        most = tokens;
    };
    const KvType asked = need.kvType;
    add(asked, {});
    for (const auto& [name, type] : kKvTypes)
        if (need.kv.positionBytes(type) < need.kv.positionBytes(asked))
            add(type, fmt::format("with a cache in {}", name));
    return text;
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

std::uint64_t MemoryNeed::total(std::int64_t tokens) const
{
    // Keys and values of a layer grow in pages of their own, large ones where there is much of
    // them.
    const auto pages = [&](std::int64_t rows) {
        const std::uint64_t bytes = kv.positionBytes(kvType) / 2 * static_cast<std::uint64_t>(rows);
        const std::uint64_t page = bytes >= kHugePage ? kHugePage : kPage;
        return 2 * ((bytes + page - 1) / page * page);
    };
    std::uint64_t bytes = fixed();
    for (const KvScope scope : kv.layers)
        bytes += pages(scope == KvScope::local ? std::min(tokens, kv.chunk) : tokens);
    return bytes;
}

std::int64_t largestContext(const MemoryNeed& need)
{
    std::int64_t low = 0;
    std::int64_t high = need.trainedContext;
    if (need.available == 0)
        return high;
    while (low < high) { // total() grows with the tokens
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (need.total(middle) <= need.available)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

Result<void> checkFits(std::string_view name, std::uint64_t bytes, std::uint64_t available)
{
    if (available == 0 || bytes <= available)
        return {};
    return fail(ErrorCode::outOfMemory,
        fmt::format("{} needs {} of memory and {} are free; close other programs or choose a "
                    "smaller model.",
            name, bytesForPeople(bytes), bytesForPeople(available)));
}

Result<std::int64_t> planContext(std::string_view name, const MemoryNeed& need)
{
    if (auto fits = checkFits(name, need.fixed(), need.available); !fits)
        return tl::unexpected(fits.error());
    const std::int64_t trained = std::max<std::int64_t>(need.trainedContext, 1);
    const std::int64_t least = need.wantedContext > 0 ? std::min(need.wantedContext, trained)
                                                      : std::min(kLeastContext, trained);
    if (need.available == 0)
        return need.wantedContext > 0 ? least : trained;
    if (need.total(least) > need.available)
        return fail(ErrorCode::outOfMemory,
            fmt::format("{} needs {} of memory with a context of {} tokens and {} are free; {}.",
                name, bytesForPeople(need.total(least)), least, bytesForPeople(need.available),
                whatWouldFit(need)));
    if (need.wantedContext > 0)
        return least;
    MemoryNeed half = need; // the cache takes at most half of what is free beside the rest
    half.available = need.fixed() + (need.available - need.fixed()) / 2;
    return std::max(least, largestContext(half));
}

} // namespace lectern::inference
