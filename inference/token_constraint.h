// SPDX-License-Identifier: Apache-2.0
// Which tokens may come next in an answer of a given form.
#pragma once

#include "inference/json_automaton.h"
#include "inference/json_grammar.h"
#include "inference/token_mask.h"
#include "inference/token_trie.h"

#include <memory>
#include <unordered_map>

namespace lectern::inference {

// Invariant: whatever tokens are accepted out of allowed(), the answer can be ended, and it is of
// the form once an end token is allowed.
// Borrows the vocabulary. Thread: one at a time.
class TokenConstraint {
public:
    TokenConstraint(JsonVocabulary& vocabulary, JsonGrammar grammar);

    // What may come next; end tokens when the value is complete. Never empty for a vocabulary that
    // has a token for every byte. Valid until the next call.
    [[nodiscard]] const TokenMask& allowed();
    // Those of allowed() after which the value can be ended with so many more bytes, which
    // bytesToEnd() must not exceed by more than one. Valid until the next call.
    [[nodiscard]] const TokenMask& allowedWithin(int bytes);
    // Fewest bytes that complete the value / would after this allowed token, not an end token.
    [[nodiscard]] int bytesToEnd() const { return m_automaton.bytesToEnd(m_state); }
    [[nodiscard]] int bytesToEndAfter(TokenId id);

    // Requires: allowed, not an end token.
    void accept(TokenId id);
    // The value may be over / nothing can follow.
    [[nodiscard]] bool mayEnd() const { return m_automaton.mayEnd(m_state); }
    [[nodiscard]] bool mustEnd() const { return m_automaton.mustEnd(m_state); }

private:
    using State = JsonAutomaton::State;
    void walk(const TokenTrie& trie, TokenMask& mask);
    [[nodiscard]] State after(TokenId id);

    JsonVocabulary* m_vocabulary;
    std::unique_ptr<const JsonGrammar> m_grammar;
    JsonAutomaton m_automaton;
    State m_state = 0;
    std::unordered_map<State, TokenMask> m_masks; // of states met before
    TokenMask m_narrowed;
    std::vector<State> m_path; // scratch: states by depth
};

} // namespace lectern::inference
