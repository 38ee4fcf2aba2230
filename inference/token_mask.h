// SPDX-License-Identifier: Apache-2.0
// A set of tokens of a vocabulary, one bit each.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lectern::inference {

// Bits behind size() are never set.
class TokenMask {
public:
    TokenMask() = default;
    explicit TokenMask(std::size_t size) : m_size(size), m_words((size + 63) / 64) { }

    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool contains(std::size_t id) const
    {
        return id < m_size && (m_words[id / 64] >> (id % 64) & 1U) != 0;
    }
    void insert(std::size_t id) { m_words[id / 64] |= std::uint64_t{1} << (id % 64); }
    void insert(const TokenMask& other)
    {
        for (std::size_t i = 0; i < m_words.size(); ++i)
            m_words[i] |= other.m_words[i];
    }
    void erase(std::size_t id) { m_words[id / 64] &= ~(std::uint64_t{1} << (id % 64)); }
    [[nodiscard]] std::size_t count() const
    {
        std::size_t sum = 0;
        for (const std::uint64_t word : m_words)
            sum += static_cast<std::size_t>(std::popcount(word));
        return sum;
    }
    // Bit i of word w is token 64 * w + i.
    [[nodiscard]] std::span<const std::uint64_t> words() const { return m_words; }

private:
    std::size_t m_size = 0;
    std::vector<std::uint64_t> m_words;
};

} // namespace lectern::inference
