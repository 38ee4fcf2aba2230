// SPDX-License-Identifier: Apache-2.0
// Sorting the tokens into trees.
#include "inference/token_trie.h"

#include "inference/utf8.h"

#include <algorithm>
#include <limits>

namespace lectern::inference {
namespace {

// Characters of a token that stands in a JSON string as it is; 0: it does not.
int plainCharacters(std::string_view bytes)
{
    int count = 0;
    while (!bytes.empty()) {
        const Utf8Unit unit = firstUtf8Unit(bytes);
        const char first = bytes.front();
        if (unit.kind != Utf8Kind::valid || first == '"' || first == '\\'
            || static_cast<unsigned char>(first) < 0x20)
            return 0;
        bytes.remove_prefix(unit.size);
        ++count;
    }
    return count;
}

} // namespace

TokenTrie::TokenTrie(const Tokenizer& tokenizer, std::vector<TokenId> ids)
{
    std::erase_if(ids, [&](TokenId id) {
        const std::size_t size = tokenizer.bytes(id).size();
        return size == 0 || size >= std::numeric_limits<std::uint16_t>::max();
    });
    std::sort(ids.begin(), ids.end(), [&](TokenId a, TokenId b) {
        const auto left = tokenizer.bytes(a);
        const auto right = tokenizer.bytes(b);
        return left != right ? left < right : a < b; // string_view compares bytes as unsigned
    });
    std::vector<std::uint32_t> open; // the nodes on the way to the last token
    std::string_view last;
    const auto close = [&](std::size_t depth) {
        while (open.size() > depth) {
            m_nodes[open.back()].behind = static_cast<std::uint32_t>(m_nodes.size());
            open.pop_back();
        }
    };
    for (const TokenId id : ids) {
        const std::string_view bytes = tokenizer.bytes(id);
        if (bytes == last) {
            m_tokens.back().last = false;
            m_tokens.push_back({id, true});
            continue;
        }
        const auto differs =
            std::mismatch(bytes.begin(), bytes.end(), last.begin(), last.end()).first;
        close(static_cast<std::size_t>(differs - bytes.begin()));
        for (std::size_t i = open.size(); i < bytes.size(); ++i) {
            open.push_back(static_cast<std::uint32_t>(m_nodes.size()));
            m_nodes.push_back(
                {0, -1, static_cast<std::uint16_t>(i + 1), static_cast<std::uint8_t>(bytes[i])});
        }
        m_deepest = std::max(m_deepest, bytes.size());
        m_nodes.back().tokens = static_cast<std::int32_t>(m_tokens.size());
        m_tokens.push_back({id, true});
        last = bytes;
    }
    close(0);
}

JsonVocabulary::JsonVocabulary(const Tokenizer& tokenizer, std::span<const TokenId> endTokens)
    : m_tokenizer(&tokenizer)
    , m_endTokens(endTokens.begin(), endTokens.end())
    , m_characters(tokenizer.vocabularySize())
{
    std::erase_if(m_endTokens,
        [&](TokenId id) { return id < 0 || static_cast<std::size_t>(id) >= m_characters.size(); });
    std::vector<TokenId> ordinary;
    std::vector<TokenId> notPlain;
    for (std::size_t i = 0; i < m_characters.size(); ++i) {
        const auto id = static_cast<TokenId>(i);
        if (tokenizer.isSpecial(id)
            || std::find(m_endTokens.begin(), m_endTokens.end(), id) != m_endTokens.end())
            continue;
        ordinary.push_back(id);
        const int count = plainCharacters(tokenizer.bytes(id));
        m_characters[i] = static_cast<std::uint8_t>(std::min(count, 255));
        if (count == 0 || count >= 255) { // the longest are walked through like the rest
            m_characters[i] = 0;
            notPlain.push_back(id);
        }
        m_longest = std::max<int>(m_longest, m_characters[i]);
    }
    m_all = TokenTrie(tokenizer, std::move(ordinary));
    m_writesEveryByte = std::ranges::count_if(m_all.nodes(), [](const TokenTrie::Node& node) {
        return node.depth == 1 && node.tokens >= 0;
    }) == 256;
    m_notPlain = TokenTrie(tokenizer, std::move(notPlain));
    m_plain.resize(static_cast<std::size_t>(m_longest) + 1);
}

const TokenMask& JsonVocabulary::plain(int mostCharacters)
{
    const int limit = std::clamp(mostCharacters, 0, m_longest);
    TokenMask& mask = m_plain[static_cast<std::size_t>(limit)];
    if (mask.size() == 0 && !m_characters.empty()) {
        mask = TokenMask(m_characters.size());
        for (std::size_t i = 0; i < m_characters.size(); ++i)
            if (m_characters[i] > 0 && m_characters[i] <= limit)
                mask.insert(i);
    }
    return mask;
}

} // namespace lectern::inference
