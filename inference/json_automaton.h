// SPDX-License-Identifier: Apache-2.0
// Writing JSON of a given form, byte by byte: which bytes may come next, and what is then left.
#pragma once

#include "inference/json_grammar.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace lectern::inference {

// A pushdown automaton whose states are made when they are first reached. A state is a set of
// stacks (several where the form leaves open which of its alternatives is being written); a stack
// is a chain of frames, shared with the stacks it came from; equal frames, stacks and states are
// one and the same, so that a state's number says everything about the future.
//
// Between the parts of arrays and objects at most one space may stand, or a line end and up to
// kMostIndent blanks; never before a comma, a colon, or the first byte.
// Thread: one at a time. Borrows the grammar.
class JsonAutomaton {
public:
    using State = std::int32_t;
    static constexpr State kDead = -1;
    static constexpr int kMostIndent = 64;

    explicit JsonAutomaton(const JsonGrammar& grammar);

    [[nodiscard]] State start() const { return m_start; }
    [[nodiscard]] State next(State state, std::uint8_t byte)
    {
        const auto& nexts = m_states[static_cast<std::size_t>(state)].nexts;
        const State known = nexts ? (*nexts)[byte] : kUnknown;
        return known != kUnknown ? known : explore(state, byte);
    }
    // The value may end here / nothing may follow.
    [[nodiscard]] bool mayEnd(State state) const;
    [[nodiscard]] bool mustEnd(State state) const;
    // Fewest bytes that end the value.
    [[nodiscard]] int bytesToEnd(State state) const;

    // What a state inside a string without conditions on its characters says about whole
    // characters: how many more may come. Other states: -1.
    [[nodiscard]] int freeCharacters(State state) const;

    // When this many states are reached, the holder should forget() and start over from where it
    // is, so that memory stays bounded.
    [[nodiscard]] std::size_t stateCount() const { return m_states.size(); }
    // Drops every state but this one; returns its new number.
    [[nodiscard]] State forget(State kept);

private:
    static constexpr State kUnknown = -2;
    static constexpr int kEmpty = 0; // the stack without frames: the value is written

    enum class Kind : std::uint8_t { value, literal, string, number, array, object };
    // Where an array or object is between its parts.
    enum class Phase : std::uint8_t { opened, item, comma, key, colon, propertyValue };
    struct Frame {
        Kind kind = Kind::value;
        Phase phase = Phase::opened; // arrays, objects; numbers: theirs
        bool negative = false;       // numbers
        int shape = 0;               // index in the list of its kind; of a value: its node
        int at = 0;   // literal: node; string: state; number: digits; array: items begun;
                      // object: property it is at, as many as there are for the others
        int more = 0; // string: characters; array, object: blanks since the last part, and
                      // in a key: bytes of it
        std::int64_t value = 0; // string: partial; number: value
        bool operator==(const Frame&) const = default;
    };
    struct Stack {
        Frame frame;
        int below = kEmpty;
        int depth = 0;
        bool operator==(const Stack&) const = default;
    };
    struct StackHash {
        std::size_t operator()(const Stack& stack) const;
    };
    struct StateHash {
        std::size_t operator()(const std::vector<int>& stacks) const;
    };
    struct Explored {
        const std::vector<int>* stacks = nullptr; // sorted; the key in m_stateNumbers
        std::unique_ptr<std::array<State, 256>> nexts;
    };

    State explore(State state, std::uint8_t byte);
    int push(const Frame& frame, int below);
    State stateOf(std::vector<int> stacks);
    [[nodiscard]] const Stack& stack(int number) const
    {
        return m_stacks[static_cast<std::size_t>(number)];
    }
    void step(int number, std::uint8_t byte);
    void stepArray(const Stack& top, std::uint8_t byte);
    void stepObject(const Stack& top, std::uint8_t byte);
    void stepKey(const Stack& top, std::uint8_t byte);
    void begin(int node, std::uint8_t byte, int below);
    [[nodiscard]] bool fits(int node, int depth) const;
    [[nodiscard]] bool takesKey(const Stack& top) const;
    [[nodiscard]] int bytesToEnd(const Stack& one) const;
    void result(const Frame& frame, int below) { m_results.push_back(push(frame, below)); }

    const JsonGrammar* m_grammar;
    std::vector<Stack> m_stacks;
    std::unordered_map<Stack, int, StackHash> m_stackNumbers;
    std::vector<Explored> m_states;
    std::unordered_map<std::vector<int>, State, StateHash> m_stateNumbers;
    std::vector<int> m_results; // of the step being taken
    State m_start = 0;
};

} // namespace lectern::inference
