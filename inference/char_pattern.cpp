// SPDX-License-Identifier: Apache-2.0
// From a pattern to a nondeterministic automaton (Thompson's construction) to a deterministic one
// (subsets), with limits on each, because patterns come from outside.
#include "inference/char_pattern.h"

#include "inference/quoted.h"
#include "inference/utf8.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>

namespace lectern::inference {
namespace {

constexpr std::uint32_t kLastChar = 0x10FFFF;
constexpr std::size_t kMostParts = 4000;       // states of the nondeterministic automaton
constexpr std::size_t kMostStates = 1000;      // of the deterministic one
constexpr std::size_t kMostSteps = 20'000'000; // steps of the construction, some 50 ms
constexpr int kMostRepeats = 1000;
constexpr int kMostDepth = 100; // of groups

using Chars = std::vector<CharRange>; // sorted, disjoint, not adjacent

Chars normalized(Chars chars)
{
    std::sort(chars.begin(), chars.end(),
        [](const CharRange& a, const CharRange& b) { return a.first < b.first; });
    Chars result;
    for (const CharRange& range : chars) {
        if (!result.empty() && range.first <= result.back().last + 1)
            result.back().last = std::max(result.back().last, range.last);
        else
            result.push_back(range);
    }
    return result;
}

Chars complement(const Chars& sorted)
{
    Chars result;
    std::uint32_t next = 0;
    for (const CharRange& range : sorted) {
        if (range.first > next)
            result.push_back({next, range.first - 1});
        next = range.last + 1;
    }
    if (next <= kLastChar)
        result.push_back({next, kLastChar});
    return result;
}

const Chars kEvery{{0, kLastChar}};
const Chars kDecimalDigits{{'0', '9'}};
const Chars kWord{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
// ECMA-262, WhiteSpace and LineTerminator.
const Chars kWhiteSpace{{0x09, 0x0D}, {0x20, 0x20}, {0xA0, 0xA0}, {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
    {0xFEFF, 0xFEFF}};
const Chars kLineEnds{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

struct Part { // of the nondeterministic automaton
    Chars chars;
    int target = -1;        // over `chars`
    std::vector<int> jumps; // without a character
};
struct Piece {
    int begin = 0;
    int end = 0;
};

class Parser {
public:
    explicit Parser(std::string_view pattern) : m_rest(pattern) { }

    // All of the pattern: every alternative with what may stand before and behind it.
    bool parse()
    {
        m_whole = {part(), part()};
        do {
            const bool atBegin = take('^');
            Piece piece = sequence(true);
            const bool atEnd = m_sawEnd;
            m_sawEnd = false;
            if (!m_error.empty())
                return false;
            if (!atBegin)
                piece = chain(anything(), piece);
            if (!atEnd)
                piece = chain(piece, anything());
            jump(m_whole.begin, piece.begin);
            jump(piece.end, m_whole.end);
        } while (take('|'));
        if (!m_rest.empty())
            refuse("has a closing bracket without an opening one");
        return m_error.empty();
    }
    [[nodiscard]] const std::vector<Part>& parts() const { return m_parts; }
    [[nodiscard]] Piece whole() const { return m_whole; }
    [[nodiscard]] const std::string& error() const { return m_error; }

private:
    void refuse(std::string what)
    {
        if (m_error.empty())
            m_error = std::move(what);
        m_rest = {};
    }
    bool take(char c)
    {
        if (m_rest.empty() || m_rest.front() != c)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }
    [[nodiscard]] bool starts(std::string_view with) const { return m_rest.starts_with(with); }
    int part()
    {
        if (m_parts.size() >= kMostParts) {
            refuse("is too large");
            return 0;
        }
        m_parts.emplace_back();
        return static_cast<int>(m_parts.size()) - 1;
    }
    Part& at(int index) { return m_parts[static_cast<std::size_t>(index)]; }
    void jump(int from, int to) { at(from).jumps.push_back(to); }
    Piece chain(Piece a, Piece b)
    {
        jump(a.end, b.begin);
        return {a.begin, b.end};
    }
    Piece of(Chars chars)
    {
        const Piece piece{part(), part()};
        at(piece.begin).chars = std::move(chars);
        at(piece.begin).target = piece.end;
        return piece;
    }
    Piece anything() { return star(of(kEvery)); }
    Piece star(Piece one)
    {
        const Piece piece{part(), part()};
        jump(piece.begin, one.begin);
        jump(piece.begin, piece.end);
        jump(one.end, one.begin);
        jump(one.end, piece.end);
        return piece;
    }
    // A copy of what was made since `first`, all of which belongs to the piece.
    Piece copy(Piece one, int first, int end)
    {
        const int shift = static_cast<int>(m_parts.size()) - first;
        for (int i = first; i < end; ++i) {
            const int made = part();
            if (!m_error.empty())
                return one;
            Part& to = at(made);
            to = at(i);
            if (to.target >= 0)
                to.target += shift;
            for (int& target : to.jumps)
                target += shift;
        }
        return {one.begin + shift, one.end + shift};
    }

    Piece sequence(bool top)
    {
        Piece all{part(), 0};
        all.end = all.begin;
        while (!m_rest.empty() && m_rest.front() != '|' && m_rest.front() != ')') {
            if (starts("$")) {
                m_rest.remove_prefix(1);
                if (!top || (!m_rest.empty() && m_rest.front() != '|')) {
                    refuse("has a $ that is not at its end");
                    return all;
                }
                m_sawEnd = true;
                return all;
            }
            const int first = static_cast<int>(m_parts.size());
            const Piece one = repeated(atom(), first);
            if (!m_error.empty())
                return all;
            all = chain(all, one);
        }
        return all;
    }

    Piece group()
    {
        if (take('?') && !take(':')) {
            refuse("has a group of a kind that is not known (only (...) and (?:...) are)");
            return {};
        }
        if (++m_depth > kMostDepth) {
            refuse("has groups nested too deeply");
            return {};
        }
        const Piece whole{part(), part()};
        do {
            const Piece one = sequence(false);
            if (!m_error.empty())
                return {};
            jump(whole.begin, one.begin);
            jump(one.end, whole.end);
        } while (take('|'));
        --m_depth;
        if (!take(')'))
            refuse("has an opening bracket without a closing one");
        return whole;
    }

    Piece atom()
    {
        if (take('('))
            return group();
        if (take('['))
            return of(charClass());
        if (take('.'))
            return of(complement(kLineEnds));
        if (take('\\'))
            return of(escape());
        const char c = m_rest.front();
        if (c == '*' || c == '+' || c == '?' || c == '{' || c == '^' || c == ']' || c == '}') {
            refuse(fmt::format("has a {} where it means nothing or is not known", c));
            return {};
        }
        const std::uint32_t character = takeCharacter(m_rest);
        return of({{character, character}});
    }

    std::optional<int> number()
    {
        std::optional<int> value;
        while (!m_rest.empty() && m_rest.front() >= '0' && m_rest.front() <= '9') {
            value = std::min(value.value_or(0) * 10 + (m_rest.front() - '0'), kMostRepeats + 1);
            m_rest.remove_prefix(1);
        }
        return value;
    }

    Piece repeated(Piece one, int first)
    {
        if (!m_error.empty() || m_rest.empty())
            return one;
        int least = 1;
        constexpr int kEndless = -1;
        int most = 1;
        if (take('*')) {
            least = 0;
            most = kEndless;
        } else if (take('+')) {
            most = kEndless;
        } else if (take('?')) {
            least = 0;
        } else if (take('{')) {
            const auto low = number();
            least = low.value_or(0);
            most = least;
            if (take(','))
                most = number().value_or(kEndless);
            if (!low || !take('}') || (most != kEndless && most < least)) {
                refuse("has a repetition that cannot be read");
                return one;
            }
        } else {
            return one;
        }
        static_cast<void>(take('?')); // lazy: the same texts
        if (least > kMostRepeats || most > kMostRepeats) {
            refuse(fmt::format("repeats more than {} times", kMostRepeats));
            return one;
        }
        const int end = static_cast<int>(m_parts.size());
        Piece all{part(), 0};
        all.end = all.begin;
        for (int i = 0; i < least && m_error.empty(); ++i)
            all = chain(all, copy(one, first, end));
        if (most == kEndless)
            return m_error.empty() ? chain(all, star(copy(one, first, end))) : all;
        const int out = part();
        for (int i = least; i < most && m_error.empty(); ++i) {
            jump(all.end, out);
            all = chain(all, copy(one, first, end));
        }
        if (m_error.empty())
            jump(all.end, out);
        return {all.begin, out};
    }

    std::uint32_t hex(int digits)
    {
        std::uint32_t value = 0;
        for (int i = 0; i < digits; ++i) {
            const char c = m_rest.empty() ? ' ' : m_rest.front();
            const int digit = c >= '0' && c <= '9' ? c - '0'
                : c >= 'a' && c <= 'f'             ? c - 'a' + 10
                : c >= 'A' && c <= 'F'             ? c - 'A' + 10
                                                   : -1;
            if (digit < 0) {
                refuse("has an escape that cannot be read");
                return 0;
            }
            value = value * 16 + static_cast<std::uint32_t>(digit);
            m_rest.remove_prefix(1);
        }
        if (value >= 0xD800 && value <= 0xDFFF)
            refuse("names half of a character (a surrogate)");
        return value;
    }

    Chars escape()
    {
        if (m_rest.empty()) {
            refuse("ends inside an escape");
            return {};
        }
        const char c = m_rest.front();
        const auto single = [](std::uint32_t character) { return Chars{{character, character}}; };
        m_rest.remove_prefix(1);
        switch (c) {
        case 'd':
            return kDecimalDigits;
        case 'D':
            return complement(kDecimalDigits);
        case 'w':
            return kWord;
        case 'W':
            return complement(kWord);
        case 's':
            return kWhiteSpace;
        case 'S':
            return complement(kWhiteSpace);
        case 't':
            return single('\t');
        case 'n':
            return single('\n');
        case 'r':
            return single('\r');
        case 'f':
            return single('\f');
        case 'v':
            return single('\v');
        case 'x':
            return single(hex(2));
        case 'u':
            return single(hex(4));
        default:
            break;
        }
        if (std::string_view("^$\\.*+?()[]{}|/-\"'#&,:;<=>@_`~%! ").find(c)
            == std::string_view::npos) {
            refuse(fmt::format(
                "has the escape {}, which is not known", inQuotes(std::string("\\") + c)));
            return {};
        }
        return single(static_cast<unsigned char>(c));
    }

    Chars charClass()
    {
        const bool negative = take('^');
        Chars chars;
        const auto one = [&]() -> Chars {
            if (take('\\')) {
                if (take('b'))
                    return {{'\b', '\b'}};
                return escape();
            }
            const std::uint32_t character = takeCharacter(m_rest);
            return {{character, character}};
        };
        while (!m_rest.empty() && m_rest.front() != ']') {
            const Chars low = one();
            if (starts("-") && !starts("-]")) {
                m_rest.remove_prefix(1);
                if (m_rest.empty())
                    break;
                const Chars high = one();
                if (low.size() != 1 || high.size() != 1 || low[0].first != low[0].last
                    || high[0].first != high[0].last || low[0].first > high[0].first) {
                    refuse("has a range of characters that cannot be read");
                    return {};
                }
                chars.push_back({low[0].first, high[0].first});
                continue;
            }
            chars.insert(chars.end(), low.begin(), low.end());
        }
        if (!take(']'))
            refuse("has a [ without its ]");
        chars = normalized(std::move(chars));
        return negative ? complement(chars) : chars;
    }

    std::string_view m_rest;
    std::vector<Part> m_parts;
    Piece m_whole;
    std::string m_error;
    bool m_sawEnd = false;
    int m_depth = 0;
};

// Removes the surrogates, which no text has.
void addEdge(std::vector<CharDfa::Edge>& edges, std::uint32_t first, std::uint32_t last, int target)
{
    const auto add = [&](std::uint32_t from, std::uint32_t to) {
        if (from > to)
            return;
        if (!edges.empty() && edges.back().target == target && edges.back().chars.last + 1 == from)
            edges.back().chars.last = to;
        else
            edges.push_back({{from, to}, target});
    };
    add(first, std::min<std::uint32_t>(last, 0xD7FF));
    add(std::max<std::uint32_t>(first, 0xE000), last);
}

// Leaves only the states from which an accepting one can be reached; marks the universal ones.
void finish(CharDfa& dfa)
{
    const std::size_t count = dfa.states.size();
    std::vector<std::vector<std::size_t>> from(count);
    std::vector<std::size_t> todo;
    std::vector<bool> alive(count);
    for (std::size_t i = 0; i < count; ++i) {
        for (const auto& edge : dfa.states[i].edges)
            from[static_cast<std::size_t>(edge.target)].push_back(i);
        if (dfa.states[i].accepting) {
            alive[i] = true;
            todo.push_back(i);
        }
    }
    while (!todo.empty()) {
        const std::size_t one = todo.back();
        todo.pop_back();
        for (const std::size_t before : from[one])
            if (!alive[before]) {
                alive[before] = true;
                todo.push_back(before);
            }
    }
    if (count == 0 || !alive[0]) {
        dfa.states.clear();
        return;
    }
    std::vector<int> renamed(count, -1);
    std::vector<CharDfa::State> kept;
    for (std::size_t i = 0; i < count; ++i)
        if (alive[i]) {
            renamed[i] = static_cast<int>(kept.size());
            kept.push_back(std::move(dfa.states[i]));
        }
    for (std::size_t i = 0; i < kept.size(); ++i) {
        auto& state = kept[i];
        std::erase_if(state.edges, [&](CharDfa::Edge& edge) {
            edge.target = renamed[static_cast<std::size_t>(edge.target)];
            return edge.target < 0;
        });
        std::uint32_t own = 0;
        for (const auto& edge : state.edges)
            if (edge.target == static_cast<int>(i))
                own += edge.chars.last - edge.chars.first + 1;
        state.universal = state.accepting && own == kLastChar + 1 - 0x800;
    }
    dfa.states = std::move(kept);
}

std::optional<CharDfa> determinize(const std::vector<Part>& parts, Piece whole)
{
    // The characters at which anything changes.
    std::vector<std::uint32_t> borders{0, kLastChar + 1};
    for (const Part& part : parts)
        for (const CharRange& range : part.chars) {
            borders.push_back(range.first);
            borders.push_back(range.last + 1);
        }
    std::sort(borders.begin(), borders.end());
    borders.erase(std::unique(borders.begin(), borders.end()), borders.end());

    using Set = std::vector<int>;
    std::size_t work = 0;
    std::vector<bool> in(parts.size());
    const auto closure = [&](Set set) {
        for (const int one : set)
            in[static_cast<std::size_t>(one)] = true;
        for (std::size_t i = 0; i < set.size(); ++i)
            for (const int to : parts[static_cast<std::size_t>(set[i])].jumps) {
                ++work;
                if (!in[static_cast<std::size_t>(to)]) {
                    in[static_cast<std::size_t>(to)] = true;
                    set.push_back(to);
                }
            }
        for (const int one : set)
            in[static_cast<std::size_t>(one)] = false;
        std::erase_if(set, [&](int one) { // those without characters are done with
            return parts[static_cast<std::size_t>(one)].target < 0 && one != whole.end;
        });
        std::sort(set.begin(), set.end());
        return set;
    };
    CharDfa dfa;
    std::map<Set, int> known;
    std::vector<const Set*> sets;
    const auto stateOf = [&](Set set) {
        const auto [found, isNew] =
            known.try_emplace(std::move(set), static_cast<int>(sets.size()));
        if (isNew) {
            sets.push_back(&found->first);
            dfa.states.emplace_back();
            dfa.states.back().accepting =
                std::binary_search(found->first.begin(), found->first.end(), whole.end);
        }
        return found->second;
    };
    stateOf(closure({whole.begin}));
    for (std::size_t at = 0; at < sets.size(); ++at) {
        // By border: where to. Filled part by part, so that a class of few ranges costs little.
        std::vector<Set> targets(borders.size() - 1);
        for (const int one : *sets[at]) {
            const Part& part = parts[static_cast<std::size_t>(one)];
            for (const CharRange& range : part.chars) {
                auto border = std::lower_bound(borders.begin(), borders.end(), range.first);
                for (; *border <= range.last; ++border, ++work)
                    targets[static_cast<std::size_t>(border - borders.begin())].push_back(
                        part.target);
            }
        }
        int target = 0;
        for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
            if (targets[i].empty())
                continue;
            std::sort(targets[i].begin(), targets[i].end());
            targets[i].erase(std::unique(targets[i].begin(), targets[i].end()), targets[i].end());
            work += targets[i].size();
            if (i == 0 || targets[i] != targets[i - 1])
                target = stateOf(closure(targets[i]));
            if (sets.size() > kMostStates || work > kMostSteps)
                return std::nullopt;
            addEdge(dfa.states[at].edges, borders[i], borders[i + 1] - 1, target);
        }
    }
    finish(dfa);
    return dfa;
}

} // namespace

std::uint32_t takeCharacter(std::string_view& text)
{
    const std::size_t size = firstUtf8Unit(text).size;
    auto value = static_cast<std::uint32_t>(static_cast<unsigned char>(text.front()));
    if (size > 1)
        value &= 0x7FU >> size;
    for (std::size_t i = 1; i < size; ++i)
        value = value << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
    text.remove_prefix(size);
    return value;
}

int CharDfa::next(int state, std::uint32_t character) const
{
    const auto& edges = states[static_cast<std::size_t>(state)].edges;
    const auto edge = std::lower_bound(edges.begin(), edges.end(), character,
        [](const Edge& one, std::uint32_t c) { return one.chars.last < c; });
    return edge != edges.end() && edge->chars.first <= character ? edge->target : -1;
}

bool CharDfa::accepts(std::string_view text) const
{
    if (states.empty())
        return false;
    int state = 0;
    while (!text.empty() && state >= 0)
        state = next(state, takeCharacter(text));
    return state >= 0 && states[static_cast<std::size_t>(state)].accepting;
}

CharDfa anyText()
{
    CharDfa dfa;
    dfa.states.resize(1);
    dfa.states[0].accepting = true;
    addEdge(dfa.states[0].edges, 0, kLastChar, 0);
    finish(dfa);
    return dfa;
}

CharDfa anyTextBut(const std::vector<std::string_view>& names)
{
    // A tree of the names; whatever leaves it goes to the state 1, where everything is accepted.
    std::vector<std::map<std::uint32_t, int>> tree(2);
    std::vector<bool> isName(2);
    for (std::string_view name : names) {
        int at = 0;
        while (!name.empty()) {
            const std::uint32_t character = takeCharacter(name);
            const auto [child, isNew] = tree[static_cast<std::size_t>(at)].try_emplace(
                character, static_cast<int>(tree.size()));
            at = child->second;
            if (isNew) {
                tree.emplace_back();
                isName.push_back(false);
            }
        }
        isName[static_cast<std::size_t>(at)] = true;
    }
    CharDfa dfa;
    dfa.states.resize(tree.size());
    for (std::size_t i = 0; i < tree.size(); ++i) {
        dfa.states[i].accepting = !isName[i];
        std::uint32_t next = 0;
        for (const auto& [character, child] : tree[i]) {
            if (character > next)
                addEdge(dfa.states[i].edges, next, character - 1, 1);
            addEdge(dfa.states[i].edges, character, character, child);
            next = character + 1;
        }
        addEdge(dfa.states[i].edges, next, kLastChar, 1);
    }
    finish(dfa);
    return dfa;
}

Result<CharDfa> patternDfa(std::string_view pattern)
{
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::invalidRequest,
            fmt::format("The pattern {} {}.", inQuotes(std::string(pattern)), why));
    };
    if (!isValidUtf8(pattern))
        return refuse("is not valid UTF-8");
    Parser parser(pattern);
    if (!parser.parse())
        return refuse(parser.error());
    auto dfa = determinize(parser.parts(), parser.whole());
    if (!dfa)
        return refuse("needs too many states");
    return std::move(*dfa);
}

} // namespace lectern::inference
