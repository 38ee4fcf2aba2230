// SPDX-License-Identifier: Apache-2.0
// The ordinary tokens of a vocabulary as a tree of their bytes, and what of them matters to JSON.
#pragma once

#include "inference/token_mask.h"
#include "inference/tokenizer.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lectern::inference {

// In depth-first order, so that walking it is a walk over an array: behind a node stands its first
// child, and `behind` is where its subtree ends. Immutable.
class TokenTrie {
public:
    struct Node {
        std::uint32_t behind = 0;
        std::int32_t tokens = -1; // first of those that end here, -1: none
        std::uint16_t depth = 0;  // 1: first byte
        std::uint8_t byte = 0;
    };
    TokenTrie() = default;
    // Of these tokens, in any order. Tokens of 65,535 bytes and more are left out.
    TokenTrie(const Tokenizer& tokenizer, std::vector<TokenId> ids);

    [[nodiscard]] std::span<const Node> nodes() const { return m_nodes; }
    [[nodiscard]] std::size_t deepest() const { return m_deepest; }
    // Calls use(id) for every token of a node.
    template <class Use> void eachToken(const Node& node, Use use) const
    {
        for (auto i = static_cast<std::size_t>(node.tokens); node.tokens >= 0; ++i) {
            use(m_tokens[i].id);
            if (m_tokens[i].last)
                break;
        }
    }

private:
    struct Entry {
        TokenId id = 0;
        bool last = false; // of its node
    };
    std::vector<Node> m_nodes;
    std::vector<Entry> m_tokens;
    std::size_t m_deepest = 0;
};

// What constrained answers need of a vocabulary; made once a model, when the first one asks.
// Thread: one at a time (it keeps masks).
class JsonVocabulary {
public:
    JsonVocabulary(const Tokenizer& tokenizer, std::span<const TokenId> endTokens);

    [[nodiscard]] std::size_t size() const { return m_characters.size(); }
    [[nodiscard]] const Tokenizer& tokenizer() const { return *m_tokenizer; }
    [[nodiscard]] std::span<const TokenId> endTokens() const { return m_endTokens; }
    // Whether there is a token for every byte alone, without which a text may not be endable.
    [[nodiscard]] bool writesEveryByte() const { return m_writesEveryByte; }
    // Every token that is not special.
    [[nodiscard]] const TokenTrie& all() const { return m_all; }
    // Those of them that are more, or less, than whole characters that stand in a JSON string as
    // they are: with quotes, backslashes, control characters, parts of characters.
    [[nodiscard]] const TokenTrie& notPlain() const { return m_notPlain; }
    // The others, as far as they have at most so many characters.
    [[nodiscard]] const TokenMask& plain(int mostCharacters);

private:
    const Tokenizer* m_tokenizer;
    std::vector<TokenId> m_endTokens;
    TokenTrie m_all;
    TokenTrie m_notPlain;
    std::vector<std::uint8_t> m_characters; // by token; 0: not plain. 255: that or more
    std::vector<TokenMask> m_plain;         // by limit; empty: not made yet
    bool m_writesEveryByte = false;
    int m_longest = 0; // characters of a plain token
};

} // namespace lectern::inference
