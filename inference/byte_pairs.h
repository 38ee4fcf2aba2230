// SPDX-License-Identifier: Apache-2.0
// Byte-pair merging: joins the adjacent pair of lowest rank, leftmost first, until none is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lectern::inference {

// The merges of a vocabulary. Thread safety: immutable once filled.
class BytePairs {
public:
    // `count` merges will be added; ranks are given in the order of add().
    explicit BytePairs(std::size_t count);
    // Requires: `result` is longer in bytes than `left` and than `right`. A pair that was added
    // before keeps its lower rank.
    void add(std::int32_t left, std::int32_t right, std::int32_t result);

    // Merges `ids` in place. Time n log n at most, near n for repetitive input; 16 bytes a symbol.
    // Returns how many pairs were looked up and symbols moved: the work, for tests of its growth.
    std::size_t merge(std::vector<std::int32_t>& ids) const;

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Merge {
        std::int32_t left;
        std::int32_t right;
        std::int32_t result;
    };
    [[nodiscard]] std::size_t slotOf(std::int32_t left, std::int32_t right) const;
    [[nodiscard]] std::uint32_t rankOf(std::int32_t left, std::int32_t right) const;
    std::size_t mergeShort(std::vector<std::int32_t>& ids) const;
    std::size_t mergeLong(std::vector<std::int32_t>& ids) const;

    std::vector<Merge> m_merges;        // by rank
    std::vector<std::uint32_t> m_slots; // open addressing: rank or kNone; size a power of two
};

} // namespace lectern::inference
