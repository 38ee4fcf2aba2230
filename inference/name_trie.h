// SPDX-License-Identifier: Apache-2.0
// A set of names with numbers that finds the longest one at the front of a text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace lectern::inference {

// Thread safety: immutable once filled.
class NameTrie {
public:
    struct Match {
        std::int32_t value;
        std::size_t size; // bytes of the name
    };
    // A name that was added before keeps its value.
    void add(std::string_view name, std::int32_t value)
    {
        std::size_t node = 0;
        for (const char c : name) {
            const auto [child, isNew] = m_nodes[node].children.try_emplace(c, m_nodes.size());
            node = child->second;
            if (isNew)
                m_nodes.emplace_back();
        }
        if (!m_nodes[node].value)
            m_nodes[node].value = value;
    }
    [[nodiscard]] std::optional<Match> longestAt(std::string_view text) const
    {
        std::optional<Match> best;
        std::size_t node = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto child = m_nodes[node].children.find(text[i]);
            if (child == m_nodes[node].children.end())
                break;
            node = child->second;
            if (m_nodes[node].value)
                best = Match{*m_nodes[node].value, i + 1};
        }
        return best;
    }

private:
    struct Node {
        std::map<char, std::size_t> children;
        std::optional<std::int32_t> value;
    };
    std::vector<Node> m_nodes{1}; // the first is the root
};

} // namespace lectern::inference
