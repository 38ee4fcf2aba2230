// SPDX-License-Identifier: Apache-2.0
// The form of a JSON answer: what a schema is compiled to and what writes it walks through.
#pragma once

#include "inference/char_pattern.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace lectern::inference {

inline constexpr int kNone = -1;
inline constexpr int kNoLimit = std::numeric_limits<int>::max();
// Bytes to write: so many, or it cannot be ended. Sums of two stay below the largest int.
inline constexpr int kNever = 1 << 29;

// One of several fixed texts (null, true, false, the values of an enum), as a tree of bytes.
struct LiteralShape {
    struct Node {
        std::map<std::uint8_t, int> children;
        bool ends = false;
        int toEnd = kNever; // fewest bytes to an end
    };
    std::vector<Node> nodes; // the first is the root
};

// A text and how long it may be, in characters.
struct StringShape {
    CharDfa chars;
    int least = 0;
    int most = kNoLimit;
    // [counted + 1][states]: fewest bytes to the end, the closing quote included, from a state
    // after so many characters; longer texts count as `counted`. Empty when every text goes.
    std::vector<int> toEnd;
    int counted = 0;

    [[nodiscard]] int bytesToEnd(int state, int count) const
    {
        if (count > most)
            return kNever;
        if (toEnd.empty())
            return (least > count ? least - count : 0) + 1;
        return toEnd[static_cast<std::size_t>(std::min(count, counted)) * chars.states.size()
            + static_cast<std::size_t>(state)];
    }
};

// Multiples of `step` from `low` to `high`, all three in units of 10^-decimals.
// Invariant: digits + decimals <= 16; step is 1 where there are decimals.
struct NumberShape {
    bool limited = false; // false: any number (any integer); the rest then has no meaning
    bool integer = false;
    int digits = 0;   // most before the point
    int decimals = 0; // most behind it
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t step = 1;
};

struct ArrayShape {
    std::vector<int> prefix; // nodes of the first items
    int items = kNone;       // node of the others; kNone: there are none
    int least = 0;
    int most = kNoLimit;
    [[nodiscard]] int nodeAt(int index) const
    {
        return index >= most                          ? kNone
            : index < static_cast<int>(prefix.size()) ? prefix[static_cast<std::size_t>(index)]
                                                      : items;
    }
};

struct ObjectShape {
    struct Property {
        std::string key; // as written, both quotes included
        int node = kNone;
        bool required = false;
    };
    std::vector<Property> properties; // they are written in this order
    std::vector<int> nextRequired;    // [properties + 1]: the first required one not before
    int others = kNone;               // node of further properties, which come last; kNone: none
    int otherKeys = kNone;            // index in JsonGrammar::strings
};

enum class ShapeKind : std::uint8_t { literal, string, number, array, object };

struct Shape {
    ShapeKind kind = ShapeKind::literal;
    int index = 0;      // in the list of its kind
    int bytes = kNever; // fewest that write one
    int depth = kNever; // least levels it needs; a plain value needs 1
};

// A set of JSON values: those of any of its shapes.
struct GrammarNode {
    std::vector<Shape> shapes;
    int bytes = kNever; // of the shortest value
    int depth = kNever;
};

// Immutable once compiled, and free of dead ends: every node and shape has a value.
struct JsonGrammar {
    std::vector<GrammarNode> nodes;
    std::vector<LiteralShape> literals;
    std::vector<StringShape> strings;
    std::vector<NumberShape> numbers;
    std::vector<ArrayShape> arrays;
    std::vector<ObjectShape> objects;
    int root = 0;

    [[nodiscard]] const GrammarNode& node(int index) const
    {
        return nodes[static_cast<std::size_t>(index)];
    }
};

// Levels of arrays and objects an answer may have.
inline constexpr int kDeepestValue = 64;

} // namespace lectern::inference
