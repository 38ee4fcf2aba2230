// SPDX-License-Identifier: Apache-2.0
// The steps of each kind of frame, and the books of stacks and states.
#include "inference/json_automaton.h"

#include "inference/json_text_steps.h"

#include <algorithm>

namespace lectern::inference {
namespace {

// Blanks since the last part: none, a space, or a line end and so many blanks.
constexpr int kNoBlank = 0;
constexpr int kJustSpace = 1;
constexpr int kLineEnd = 2;

// After one more blank; -1: not a blank that may stand here.
int blank(int blanks, std::uint8_t byte)
{
    if (byte == ' ' && blanks == kNoBlank)
        return kJustSpace;
    if (byte == '\n' && blanks == kNoBlank)
        return kLineEnd;
    const bool indents = (byte == ' ' || byte == '\t') && blanks >= kLineEnd
        && blanks < kLineEnd + JsonAutomaton::kMostIndent;
    return indents ? blanks + 1 : -1;
}

std::size_t mix(std::size_t hash, std::uint64_t value)
{
    hash ^= value + 0x9E3779B97F4A7C15ULL + (hash << 6U) + (hash >> 2U);
    return hash * 0xBF58476D1CE4E5B9ULL;
}

int bytesSum(int a, int b)
{
    return a >= kNever || b >= kNever ? kNever : std::min(a + b, kNever - 1);
}

} // namespace

std::size_t JsonAutomaton::StackHash::operator()(const Stack& one) const
{
    const Frame& frame = one.frame;
    std::size_t hash = mix(0, static_cast<std::uint64_t>(one.below));
    hash = mix(hash,
        static_cast<std::uint64_t>(frame.kind) << 48U
            | static_cast<std::uint64_t>(frame.phase) << 40U
            | static_cast<std::uint64_t>(frame.negative) << 32U
            | static_cast<std::uint32_t>(frame.shape));
    hash = mix(hash,
        static_cast<std::uint64_t>(static_cast<std::uint32_t>(frame.at)) << 32U
            | static_cast<std::uint32_t>(frame.more));
    return mix(hash, static_cast<std::uint64_t>(frame.value));
}

std::size_t JsonAutomaton::StateHash::operator()(const std::vector<int>& stacks) const
{
    std::size_t hash = 0;
    for (const int one : stacks)
        hash = mix(hash, static_cast<std::uint64_t>(one));
    return hash;
}

JsonAutomaton::JsonAutomaton(const JsonGrammar& grammar) : m_grammar(&grammar)
{
    m_stacks.emplace_back(); // kEmpty
    m_start = stateOf({push({.kind = Kind::value, .shape = grammar.root}, kEmpty)});
}

int JsonAutomaton::push(const Frame& frame, int below)
{
    const Stack made{frame, below, stack(below).depth + 1};
    const auto [found, isNew] = m_stackNumbers.try_emplace(made, static_cast<int>(m_stacks.size()));
    if (isNew)
        m_stacks.push_back(made);
    return found->second;
}

JsonAutomaton::State JsonAutomaton::stateOf(std::vector<int> stacks)
{
    std::sort(stacks.begin(), stacks.end());
    stacks.erase(std::unique(stacks.begin(), stacks.end()), stacks.end());
    const auto [found, isNew] =
        m_stateNumbers.try_emplace(std::move(stacks), static_cast<State>(m_states.size()));
    if (isNew)
        m_states.push_back({&found->first, nullptr});
    return found->second;
}

JsonAutomaton::State JsonAutomaton::explore(State state, std::uint8_t byte)
{
    m_results.clear();
    for (const int number : *m_states[static_cast<std::size_t>(state)].stacks)
        if (number != kEmpty)
            step(number, byte);
    const State next = m_results.empty() ? kDead : stateOf(m_results);
    auto& nexts = m_states[static_cast<std::size_t>(state)].nexts;
    if (!nexts) {
        nexts = std::make_unique<std::array<State, 256>>();
        nexts->fill(kUnknown);
    }
    (*nexts)[byte] = next;
    return next;
}

JsonAutomaton::State JsonAutomaton::forget(State kept)
{
    // The chains of the kept stacks, from the bottom up.
    const std::vector<int> stacks = *m_states[static_cast<std::size_t>(kept)].stacks;
    std::vector<std::vector<Frame>> chains;
    for (const int top : stacks) {
        auto& chain = chains.emplace_back();
        for (int one = top; one != kEmpty; one = stack(one).below)
            chain.push_back(stack(one).frame);
    }
    m_stacks.resize(1);
    m_stackNumbers.clear();
    m_states.clear();
    m_stateNumbers.clear();
    m_start = stateOf({push({.kind = Kind::value, .shape = m_grammar->root}, kEmpty)});
    std::vector<int> again;
    for (const auto& chain : chains) {
        int number = kEmpty;
        for (auto frame = chain.rbegin(); frame != chain.rend(); ++frame)
            number = push(*frame, number);
        again.push_back(number);
    }
    return stateOf(std::move(again));
}

bool JsonAutomaton::mayEnd(State state) const
{
    return m_states[static_cast<std::size_t>(state)].stacks->front() == kEmpty;
}

bool JsonAutomaton::mustEnd(State state) const
{
    return mayEnd(state) && m_states[static_cast<std::size_t>(state)].stacks->size() == 1;
}

int JsonAutomaton::freeCharacters(State state) const
{
    const auto& stacks = *m_states[static_cast<std::size_t>(state)].stacks;
    const Frame& frame = stack(stacks.front()).frame;
    if (stacks.size() != 1 || stacks.front() == kEmpty || frame.kind != Kind::string
        || frame.value != 0)
        return -1;
    const StringShape& shape = m_grammar->strings[static_cast<std::size_t>(frame.shape)];
    if (!shape.chars.states[static_cast<std::size_t>(frame.at)].universal)
        return -1;
    return shape.most == kNoLimit ? kNoLimit : shape.most - frame.more;
}

// A value of this node, whose deepest level is this deep, stays within the limit?
bool JsonAutomaton::fits(int node, int depth) const
{
    return node != kNone && m_grammar->node(node).depth <= kDeepestValue - depth;
}

void JsonAutomaton::begin(int node, std::uint8_t byte, int below)
{
    const int depth = stack(below).depth;
    for (const Shape& shape : m_grammar->node(node).shapes) {
        if (shape.depth > kDeepestValue - depth)
            continue;
        switch (shape.kind) {
        case ShapeKind::literal:
            step(push({.kind = Kind::literal, .shape = shape.index}, below), byte);
            break;
        case ShapeKind::number:
            step(push({.kind = Kind::number, .shape = shape.index}, below), byte);
            break;
        case ShapeKind::string:
            if (byte == '"')
                result({.kind = Kind::string, .shape = shape.index}, below);
            break;
        case ShapeKind::array:
            if (byte == '[')
                result({.kind = Kind::array, .shape = shape.index}, below);
            break;
        case ShapeKind::object:
            if (byte == '{')
                result({.kind = Kind::object, .shape = shape.index}, below);
            break;
        }
    }
}

void JsonAutomaton::step(int number, std::uint8_t byte)
{
    const Stack top = stack(number); // a copy: the list grows
    Frame frame = top.frame;
    switch (frame.kind) {
    case Kind::value:
        begin(frame.shape, byte, top.below);
        break;
    case Kind::literal: {
        const auto& nodes = m_grammar->literals[static_cast<std::size_t>(frame.shape)].nodes;
        const auto& children = nodes[static_cast<std::size_t>(frame.at)].children;
        const auto child = children.find(byte);
        if (child == children.end())
            break;
        frame.at = child->second;
        const auto& node = nodes[static_cast<std::size_t>(frame.at)];
        if (node.ends)
            m_results.push_back(top.below);
        if (!node.children.empty())
            result(frame, top.below);
        break;
    }
    case Kind::string: {
        const StringShape& shape = m_grammar->strings[static_cast<std::size_t>(frame.shape)];
        StringPlace place{frame.at, frame.more, frame.value};
        const StringStep taken = stepString(shape, place, byte);
        if (taken == StringStep::closed)
            m_results.push_back(top.below);
        if (taken != StringStep::goesOn)
            break;
        frame.at = place.state;
        frame.more = place.count;
        frame.value = place.partial;
        result(frame, top.below);
        break;
    }
    case Kind::number: {
        const NumberShape& shape = m_grammar->numbers[static_cast<std::size_t>(frame.shape)];
        NumberPlace place{
            static_cast<NumberPhase>(frame.phase), frame.at, frame.value, frame.negative};
        if (!stepNumber(shape, place, byte))
            break;
        frame.phase = static_cast<Phase>(place.phase);
        frame.at = place.digits;
        frame.value = place.value;
        frame.negative = place.negative;
        if (lectern::inference::bytesToEnd(shape, place) == 0)
            m_results.push_back(top.below);
        result(frame, top.below);
        break;
    }
    case Kind::array:
        stepArray(top, byte);
        break;
    case Kind::object:
        stepObject(top, byte);
        break;
    }
}

void JsonAutomaton::stepArray(const Stack& top, std::uint8_t byte)
{
    Frame frame = top.frame;
    const ArrayShape& shape = m_grammar->arrays[static_cast<std::size_t>(frame.shape)];
    const int node = shape.nodeAt(frame.at);
    const bool another = fits(node, top.depth);
    // Behind an item blanks stand before the end only, which must then be possible.
    const bool closes = frame.at >= shape.least;
    if (const int blanks = blank(frame.more, byte); blanks >= 0) {
        frame.more = blanks;
        if (closes || frame.phase != Phase::item)
            result(frame, top.below);
        return;
    }
    if (byte == ']') {
        if (frame.phase != Phase::comma && closes)
            m_results.push_back(top.below);
        return;
    }
    if (!another)
        return;
    if (frame.phase == Phase::item) {
        if (byte == ',' && frame.more == kNoBlank) {
            frame.phase = Phase::comma;
            result(frame, top.below);
        }
        return;
    }
    // More items than can matter are not counted, so that long arrays have few states.
    const int matters = std::max(shape.least, static_cast<int>(shape.prefix.size()));
    frame.at = shape.most == kNoLimit ? std::min(frame.at + 1, matters) : frame.at + 1;
    frame.phase = Phase::item;
    frame.more = kNoBlank;
    begin(node, byte, push(frame, top.below));
}

// Whether a key can come at the property that the frame is at.
bool JsonAutomaton::takesKey(const Stack& top) const
{
    const ObjectShape& shape = m_grammar->objects[static_cast<std::size_t>(top.frame.shape)];
    const int required = shape.nextRequired[static_cast<std::size_t>(top.frame.at)];
    const int count = static_cast<int>(shape.properties.size());
    if (required < count)
        return true; // its shape fits, or it would not have been begun
    for (int i = top.frame.at; i < count; ++i)
        if (fits(shape.properties[static_cast<std::size_t>(i)].node, top.depth))
            return true;
    return fits(shape.others, top.depth);
}

void JsonAutomaton::stepObject(const Stack& top, std::uint8_t byte)
{
    Frame frame = top.frame;
    const ObjectShape& shape = m_grammar->objects[static_cast<std::size_t>(frame.shape)];
    const int count = static_cast<int>(shape.properties.size());
    if (frame.phase == Phase::key) {
        stepKey(top, byte);
        return;
    }
    if (frame.phase == Phase::colon) {
        if (byte == ':') {
            frame.phase = Phase::propertyValue;
            result(frame, top.below);
        }
        return;
    }
    const int required = shape.nextRequired[static_cast<std::size_t>(frame.at)];
    if (const int blanks = blank(frame.more, byte); blanks >= 0) {
        frame.more = blanks;
        if (required == count || frame.phase != Phase::item)
            result(frame, top.below);
        return;
    }
    if (frame.phase == Phase::propertyValue) {
        const bool declared = frame.at < count;
        const int node =
            declared ? shape.properties[static_cast<std::size_t>(frame.at)].node : shape.others;
        frame.at = declared ? frame.at + 1 : count;
        frame.phase = Phase::item;
        frame.more = kNoBlank;
        begin(node, byte, push(frame, top.below));
        return;
    }
    if (byte == '}') {
        if (frame.phase != Phase::comma && required == count)
            m_results.push_back(top.below);
        return;
    }
    if (!takesKey(top))
        return;
    if (frame.phase == Phase::item) {
        if (byte == ',' && frame.more == kNoBlank) {
            frame.phase = Phase::comma;
            result(frame, top.below);
        }
        return;
    }
    if (byte != '"')
        return;
    // Any property up to the next required one, or another key behind the last.
    frame.phase = Phase::key;
    frame.more = 1; // byte of the key
    for (int i = frame.at; i <= std::min(required, count - 1); ++i)
        if (fits(shape.properties[static_cast<std::size_t>(i)].node, top.depth)) {
            Frame key = frame;
            key.at = i;
            result(key, top.below);
        }
    if (required == count && fits(shape.others, top.depth)) {
        frame.at = count;
        frame.phase = Phase::colon;
        frame.more = kNoBlank;
        result({.kind = Kind::string, .shape = shape.otherKeys}, push(frame, top.below));
    }
}

void JsonAutomaton::stepKey(const Stack& top, std::uint8_t byte)
{
    Frame frame = top.frame;
    const ObjectShape& shape = m_grammar->objects[static_cast<std::size_t>(frame.shape)];
    const std::string& key = shape.properties[static_cast<std::size_t>(frame.at)].key;
    if (static_cast<std::uint8_t>(key[static_cast<std::size_t>(frame.more)]) != byte)
        return;
    ++frame.more;
    if (frame.more == static_cast<int>(key.size())) {
        frame.phase = Phase::colon;
        frame.more = kNoBlank;
    }
    result(frame, top.below);
}

int JsonAutomaton::bytesToEnd(const Stack& one) const
{
    const Frame& frame = one.frame;
    switch (frame.kind) {
    case Kind::value:
        return m_grammar->node(frame.shape).bytes;
    case Kind::literal:
        return m_grammar->literals[static_cast<std::size_t>(frame.shape)]
            .nodes[static_cast<std::size_t>(frame.at)]
            .toEnd;
    case Kind::string:
        return lectern::inference::bytesToEnd(
            m_grammar->strings[static_cast<std::size_t>(frame.shape)],
            StringPlace{frame.at, frame.more, frame.value});
    case Kind::number:
        return lectern::inference::bytesToEnd(
            m_grammar->numbers[static_cast<std::size_t>(frame.shape)],
            NumberPlace{
                static_cast<NumberPhase>(frame.phase), frame.at, frame.value, frame.negative});
    case Kind::array: {
        const ArrayShape& shape = m_grammar->arrays[static_cast<std::size_t>(frame.shape)];
        int bytes = 1;
        int at = frame.at;
        if (frame.phase == Phase::comma)
            bytes = bytesSum(bytes, m_grammar->node(shape.nodeAt(at++)).bytes);
        const int prefix = static_cast<int>(shape.prefix.size());
        for (; at < shape.least && at < prefix; ++at)
            bytes = bytesSum(bytes, m_grammar->node(shape.nodeAt(at)).bytes + (at > 0 ? 1 : 0));
        if (at < shape.least) { // all of one kind: too many to add one by one
            const std::int64_t each = std::int64_t{m_grammar->node(shape.items).bytes} + 1;
            const std::int64_t rest = each * (shape.least - at) - (at == 0 ? 1 : 0);
            bytes = rest >= kNever ? kNever - 1 : bytesSum(bytes, static_cast<int>(rest));
        }
        return bytes;
    }
    case Kind::object: {
        const ObjectShape& shape = m_grammar->objects[static_cast<std::size_t>(frame.shape)];
        const int count = static_cast<int>(shape.properties.size());
        const auto whole = [&](int i) { // key, colon, value
            const auto& property = shape.properties[static_cast<std::size_t>(i)];
            return bytesSum(
                static_cast<int>(property.key.size()) + 1, m_grammar->node(property.node).bytes);
        };
        const auto nodeBytes = [&](int i) {
            return m_grammar
                ->node(
                    i < count ? shape.properties[static_cast<std::size_t>(i)].node : shape.others)
                .bytes;
        };
        int bytes = 1;
        int at = frame.at;
        bool first = frame.phase == Phase::opened || frame.phase == Phase::comma;
        if (frame.phase == Phase::key) {
            bytes = bytesSum(bytes, whole(at) - frame.more);
            ++at;
        } else if (frame.phase == Phase::colon || frame.phase == Phase::propertyValue) {
            bytes = bytesSum(bytes, nodeBytes(at) + (frame.phase == Phase::colon ? 1 : 0));
            at = std::min(at + 1, count);
        } else if (frame.phase == Phase::comma
            && shape.nextRequired[static_cast<std::size_t>(at)] == count) {
            int best = kNever; // some key must come
            for (int i = at; i < count; ++i)
                best = std::min(best, whole(i));
            if (shape.others != kNone)
                best = std::min(best,
                    bytesSum(1 + 1
                            + m_grammar->strings[static_cast<std::size_t>(shape.otherKeys)]
                                  .bytesToEnd(0, 0),
                        m_grammar->node(shape.others).bytes));
            return bytesSum(bytes, best);
        }
        for (int i = shape.nextRequired[static_cast<std::size_t>(at)]; i < count;
             i = shape.nextRequired[static_cast<std::size_t>(i) + 1]) {
            bytes = bytesSum(bytes, whole(i) + (first ? 0 : 1));
            first = false;
        }
        return bytes;
    }
    }
    return kNever;
}

int JsonAutomaton::bytesToEnd(State state) const
{
    int best = kNever;
    for (const int top : *m_states[static_cast<std::size_t>(state)].stacks) {
        int bytes = 0;
        for (int one = top; one != kEmpty && bytes < best; one = stack(one).below)
            bytes = bytesSum(bytes, bytesToEnd(stack(one)));
        best = std::min(best, bytes);
    }
    return best;
}

} // namespace lectern::inference
