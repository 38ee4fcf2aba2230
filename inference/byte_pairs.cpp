// SPDX-License-Identifier: Apache-2.0
// Two ways to the same result: a scan for words, buckets by rank for pieces of any length.
#include "inference/byte_pairs.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <span>

namespace lectern::inference {
namespace {

// Up to here the quadratic scan of a small array beats every other structure.
constexpr std::size_t kShort = 48;

// Left ends of the pairs of one rank that are waiting to be merged.
struct Bucket {
    std::vector<std::uint32_t> positions;
    std::size_t next = 0; // those before are done
    bool sorted = true;

    void push(std::uint32_t position)
    {
        sorted = sorted && (positions.empty() || positions.back() <= position);
        positions.push_back(position);
    }
};

} // namespace

BytePairs::BytePairs(std::size_t count)
    : m_slots(std::bit_ceil(std::max<std::size_t>(16, 2 * count)), kNone)
{
    m_merges.reserve(count);
}

std::size_t BytePairs::slotOf(std::int32_t left, std::int32_t right) const
{
    const std::uint64_t key =
        std::uint64_t{static_cast<std::uint32_t>(left)} << 32U | static_cast<std::uint32_t>(right);
    std::uint64_t hash = key * 0x9E3779B97F4A7C15U;
    hash = (hash ^ (hash >> 32U)) * 0xD6E8FEB86659FD93U;
    std::size_t slot = (hash ^ (hash >> 32U)) & (m_slots.size() - 1);
    while (m_slots[slot] != kNone
        && (m_merges[m_slots[slot]].left != left || m_merges[m_slots[slot]].right != right))
        slot = (slot + 1) & (m_slots.size() - 1);
    return slot;
}

void BytePairs::add(std::int32_t left, std::int32_t right, std::int32_t result)
{
    const auto rank = static_cast<std::uint32_t>(m_merges.size());
    const std::size_t slot = slotOf(left, right);
    m_merges.push_back({left, right, result});
    if (m_slots[slot] == kNone)
        m_slots[slot] = rank;
}

std::uint32_t BytePairs::rankOf(std::int32_t left, std::int32_t right) const
{
    return m_slots[slotOf(left, right)];
}

std::size_t BytePairs::merge(std::vector<std::int32_t>& ids) const
{
    return ids.size() <= kShort ? mergeShort(ids) : mergeLong(ids);
}

std::size_t BytePairs::mergeShort(std::vector<std::int32_t>& ids) const
{
    std::array<std::uint32_t, kShort> ranks{}; // of the pair that begins at each symbol
    std::size_t size = ids.size();
    std::size_t work = size;
    for (std::size_t i = 0; i + 1 < size; ++i)
        ranks[i] = rankOf(ids[i], ids[i + 1]);
    while (size > 1) {
        const auto pairs = std::span(ranks).first(size - 1);
        const auto lowest = std::ranges::min_element(pairs); // the first of equals
        if (*lowest == kNone)
            break;
        const auto at = static_cast<std::size_t>(lowest - pairs.begin());
        work += size;
        ids[at] = m_merges[*lowest].result;
        for (std::size_t i = at + 1; i + 1 < size; ++i) {
            ids[i] = ids[i + 1];
            ranks[i] = ranks[i + 1];
        }
        --size;
        if (at > 0)
            ranks[at - 1] = rankOf(ids[at - 1], ids[at]);
        if (at + 1 < size)
            ranks[at] = rankOf(ids[at], ids[at + 1]);
    }
    ids.resize(size);
    return work;
}

std::size_t BytePairs::mergeLong(std::vector<std::int32_t>& ids) const
{
    constexpr std::int32_t kDead = -1;
    const auto size = static_cast<std::uint32_t>(ids.size());
    std::vector<std::uint32_t> previous(size);
    std::vector<std::uint32_t> next(size);   // `size` after the last
    std::map<std::uint32_t, Bucket> waiting; // by rank
    std::size_t work = size;
    for (std::uint32_t i = 0; i < size; ++i) {
        previous[i] = i - 1; // of the first: a large number that is never used
        next[i] = i + 1;
        const std::uint32_t rank = i + 1 < size ? rankOf(ids[i], ids[i + 1]) : kNone;
        if (rank != kNone)
            waiting[rank].push(i);
    }
    while (!waiting.empty()) {
        auto node = waiting.extract(waiting.begin());
        const std::uint32_t rank = node.key();
        const Merge& merge = m_merges[rank];
        Bucket& bucket = node.mapped();
        ++work;
        if (!bucket.sorted) {
            work += bucket.positions.size() - bucket.next;
            std::sort(bucket.positions.begin() + static_cast<std::ptrdiff_t>(bucket.next),
                bucket.positions.end());
            bucket.sorted = true;
        }
        std::uint32_t lowestNew = kNone;
        const auto announce = [&](std::uint32_t left, std::uint32_t right) {
            const std::uint32_t newRank = rankOf(ids[left], ids[right]);
            ++work;
            if (newRank == kNone)
                return;
            waiting[newRank].push(left);
            lowestNew = std::min(lowestNew, newRank);
        };
        // Merging here never makes another pair of this rank (the result is longer than both
        // halves), but it may make one of a lower rank, which then goes first.
        while (bucket.next < bucket.positions.size() && lowestNew > rank) {
            const std::uint32_t left = bucket.positions[bucket.next++];
            ++work;
            const std::uint32_t right = next[left];
            if (ids[left] != merge.left || right >= size || ids[right] != merge.right)
                continue; // a neighbour was merged away meanwhile
            ids[left] = merge.result;
            ids[right] = kDead;
            next[left] = next[right];
            if (next[left] < size)
                previous[next[left]] = left;
            if (left > 0)
                announce(previous[left], left);
            if (next[left] < size)
                announce(left, next[left]);
        }
        if (bucket.next < bucket.positions.size())
            waiting.insert(std::move(node));
    }
    std::erase(ids, kDead);
    return work;
}

} // namespace lectern::inference
