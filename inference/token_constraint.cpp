// SPDX-License-Identifier: Apache-2.0
// Masks by walking the tree of tokens and the automaton side by side.
#include "inference/token_constraint.h"

#include <algorithm>
#include <bit>

namespace lectern::inference {
namespace {

// Some 40 MB of transitions (1 KiB a state) and, with a vocabulary of 200,000 tokens, 25 MB of
// masks; both are made anew when more would be needed.
constexpr std::size_t kMostStates = 30'000;
constexpr std::size_t kMostMasks = 1000;

} // namespace

TokenConstraint::TokenConstraint(JsonVocabulary& vocabulary, JsonGrammar grammar)
    : m_vocabulary(&vocabulary)
    , m_grammar(std::make_unique<const JsonGrammar>(std::move(grammar)))
    , m_automaton(*m_grammar)
    , m_state(m_automaton.start())
    , m_path(vocabulary.all().deepest() + 1)
{
}

void TokenConstraint::walk(const TokenTrie& trie, TokenMask& mask)
{
    const auto nodes = trie.nodes();
    m_path[0] = m_state;
    for (std::size_t i = 0; i < nodes.size();) {
        const TokenTrie::Node& node = nodes[i];
        const State next = m_automaton.next(m_path[node.depth - 1U], node.byte);
        if (next == JsonAutomaton::kDead) {
            i = node.behind;
            continue;
        }
        m_path[node.depth] = next;
        trie.eachToken(node, [&](TokenId id) { mask.insert(static_cast<std::size_t>(id)); });
        ++i;
    }
}

const TokenMask& TokenConstraint::allowed()
{
    if (const auto known = m_masks.find(m_state); known != m_masks.end())
        return known->second;
    if (m_automaton.stateCount() > kMostStates || m_masks.size() > kMostMasks) {
        m_masks.clear();
        m_state = m_automaton.forget(m_state);
    }
    TokenMask mask;
    if (const int characters = m_automaton.freeCharacters(m_state); characters >= 0) {
        mask = m_vocabulary->plain(characters);
        walk(m_vocabulary->notPlain(), mask);
    } else {
        mask = TokenMask(m_vocabulary->size());
        walk(m_vocabulary->all(), mask);
    }
    if (m_automaton.mayEnd(m_state))
        for (const TokenId id : m_vocabulary->endTokens())
            mask.insert(static_cast<std::size_t>(id));
    return m_masks.emplace(m_state, std::move(mask)).first->second;
}

const TokenMask& TokenConstraint::allowedWithin(int bytes)
{
    m_narrowed = allowed();
    const auto words = m_narrowed.words();
    for (std::size_t w = 0; w < words.size(); ++w)
        for (std::uint64_t left = words[w]; left != 0; left &= left - 1) {
            const std::size_t id = 64 * w + static_cast<std::size_t>(std::countr_zero(left));
            const auto token = static_cast<TokenId>(id);
            const auto ends = m_vocabulary->endTokens();
            if (std::find(ends.begin(), ends.end(), token) == ends.end()
                && bytesToEndAfter(token) > bytes)
                m_narrowed.erase(id);
        }
    return m_narrowed;
}

TokenConstraint::State TokenConstraint::after(TokenId id)
{
    State state = m_state;
    for (const char byte : m_vocabulary->tokenizer().bytes(id)) {
        if (state == JsonAutomaton::kDead)
            break;
        state = m_automaton.next(state, static_cast<std::uint8_t>(byte));
    }
    return state;
}

int TokenConstraint::bytesToEndAfter(TokenId id)
{
    const State state = after(id);
    return state == JsonAutomaton::kDead ? kNever : m_automaton.bytesToEnd(state);
}

void TokenConstraint::accept(TokenId id)
{
    if (const State state = after(id); state != JsonAutomaton::kDead)
        m_state = state;
}

} // namespace lectern::inference
