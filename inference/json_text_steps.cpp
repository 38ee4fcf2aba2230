// SPDX-License-Identifier: Apache-2.0
// The steps inside strings and numbers. A byte is taken when what it leaves can still be ended;
// everything else follows from that.
#include "inference/json_text_steps.h"

#include <algorithm>
#include <array>

namespace lectern::inference {
namespace {

// StringPlace::partial: what is being written, in the upper bits.
constexpr int kKind = 40;
constexpr std::int64_t kUtf8 = 1;      // | bytes in all << 36 | still to come << 32 | bits so far
constexpr std::int64_t kBackslash = 2; // behind a backslash
constexpr std::int64_t kHex = 3;       // behind \u: | digits << 32 | their value
constexpr std::int64_t kLow = 4; // behind a high surrogate: | bytes << 32 | high << 16 | digits

constexpr std::int64_t partialOf(std::int64_t kind, std::int64_t more = 0)
{
    return kind << kKind | more;
}

struct Escape {
    char written;
    std::uint32_t character;
};
constexpr std::array<Escape, 8> kEscapes{{{'"', '"'}, {'\\', '\\'}, {'/', '/'}, {'b', '\b'},
    {'f', '\f'}, {'n', '\n'}, {'r', '\r'}, {'t', '\t'}}};

int hexDigit(std::uint8_t byte)
{
    return byte >= '0' && byte <= '9' ? byte - '0'
        : byte >= 'a' && byte <= 'f'  ? byte - 'a' + 10
        : byte >= 'A' && byte <= 'F'  ? byte - 'A' + 10
                                      : -1;
}

int counted(const StringShape& shape, int count)
{
    // More than `least` is told apart only when there is a limit.
    return shape.most == kNoLimit ? std::min(count, shape.least) : count;
}

// Fewest bytes to the end behind one more character from this range; kNever: there is none.
int behindOneOf(
    const StringShape& shape, const StringPlace& place, std::uint32_t first, std::uint32_t last)
{
    const auto& edges = shape.chars.states[static_cast<std::size_t>(place.state)].edges;
    const int count = counted(shape, place.count + 1);
    int best = kNever;
    auto edge = std::lower_bound(edges.begin(), edges.end(), first,
        [](const CharDfa::Edge& one, std::uint32_t c) { return one.chars.last < c; });
    for (; edge != edges.end() && edge->chars.first <= last; ++edge)
        best = std::min(best, shape.bytesToEnd(edge->target, count));
    return best;
}

// bytes more, then what follows
int plus(int bytes, int behind)
{
    return behind >= kNever ? kNever : bytes + behind;
}

bool takeCharacterInto(const StringShape& shape, StringPlace& place, std::uint32_t character)
{
    const int next = shape.chars.next(place.state, character);
    if (next < 0)
        return false;
    const int count = counted(shape, place.count + 1);
    if (shape.bytesToEnd(next, count) >= kNever)
        return false;
    place = {next, count, 0};
    return true;
}

// The first and last character whose UTF-8 form begins with these bits.
std::pair<std::uint32_t, std::uint32_t> utf8Range(
    std::int64_t size, std::int64_t left, std::int64_t bits)
{
    const auto first = static_cast<std::uint32_t>(bits << 6 * left);
    const auto last = static_cast<std::uint32_t>(((bits + 1) << 6 * left) - 1);
    const std::uint32_t least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
    return {std::max(first, least), last};
}

bool beginCharacter(const StringShape& shape, StringPlace& place, std::uint8_t byte)
{
    if (byte == '\\') {
        place.partial = partialOf(kBackslash);
    } else if (byte < 0x80) {
        return byte >= 0x20 && takeCharacterInto(shape, place, byte);
    } else {
        if (byte < 0xC2 || byte > 0xF4)
            return false;
        const int size = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        const std::int64_t bits = byte & (0x7F >> size);
        place.partial =
            partialOf(kUtf8, std::int64_t{size} << 36 | std::int64_t{size - 1} << 32 | bits);
    }
    return bytesToEnd(shape, place) < kNever;
}

bool goOn(const StringShape& shape, StringPlace& place, std::uint8_t byte)
{
    const std::int64_t kind = place.partial >> kKind;
    const std::int64_t number = place.partial >> 32 & 0xF;
    const std::int64_t bits = place.partial & 0xFFFFFFFF;
    switch (kind) {
    case kUtf8: {
        if ((byte & 0xC0) != 0x80)
            return false;
        const std::int64_t size = place.partial >> 36 & 0xF;
        const std::int64_t more = bits << 6 | (byte & 0x3F);
        const auto [first, last] = utf8Range(size, number - 1, more);
        if (first > last)
            return false;
        if (number == 1)
            return takeCharacterInto(shape, place, first);
        place.partial = partialOf(kUtf8, size << 36 | (number - 1) << 32 | more);
        break;
    }
    case kBackslash:
        if (byte == 'u') {
            place.partial = partialOf(kHex);
            break;
        }
        for (const Escape& escape : kEscapes)
            if (byte == static_cast<std::uint8_t>(escape.written))
                return takeCharacterInto(shape, place, escape.character);
        return false;
    case kHex: {
        const int digit = hexDigit(byte);
        if (digit < 0)
            return false;
        const std::int64_t value = bits << 4 | digit;
        if (number < 3) {
            place.partial = partialOf(kHex, (number + 1) << 32 | value);
        } else if (value >= 0xD800 && value < 0xDC00) {
            place.partial = partialOf(kLow, (value - 0xD800) << 16);
        } else {
            return takeCharacterInto(shape, place, static_cast<std::uint32_t>(value));
        }
        break;
    }
    default: { // kLow: \uDC00 to \uDFFF
        const std::int64_t high = bits >> 16;
        const std::int64_t low = bits & 0xFFFF;
        if (number < 2) {
            const unsigned char expected = number == 0 ? '\\' : 'u';
            if (byte != expected)
                return false;
            place.partial = partialOf(kLow, (number + 1) << 32 | bits);
            break;
        }
        const int digit = hexDigit(byte);
        if (digit < 0 || (number == 2 && digit != 0xD) || (number == 3 && digit < 0xC))
            return false;
        const std::int64_t value = low << 4 | digit;
        if (number == 5)
            return takeCharacterInto(
                shape, place, static_cast<std::uint32_t>(0x10000 + (high << 10) + (value & 0x3FF)));
        place.partial = partialOf(kLow, (number + 1) << 32 | high << 16 | value);
        break;
    }
    }
    return bytesToEnd(shape, place) < kNever;
}

// The multiples of `step` in [first, last]?
bool hasMultiple(std::int64_t first, std::int64_t last, std::int64_t step)
{
    if (first > last)
        return false;
    std::int64_t down = last - last % step; // toward zero
    if (down > last)
        down -= step;
    return down >= first;
}

constexpr auto kPowersOfTen = [] {
    std::array<std::int64_t, 18> powers{};
    std::int64_t power = 1;
    for (std::int64_t& one : powers) {
        one = power;
        power *= 10;
    }
    return powers;
}();

std::int64_t powerOfTen(int exponent)
{
    return kPowersOfTen[static_cast<std::size_t>(exponent)];
}

// Is there a value of the shape among those that begin with the digits so far, have `whole` more
// before the point and `decimals` behind it in all?
bool reaches(const NumberShape& shape, const NumberPlace& place, int whole, int decimals)
{
    const bool behindPoint =
        place.phase == NumberPhase::point || place.phase == NumberPhase::decimals;
    const int fixed = behindPoint && place.phase == NumberPhase::decimals ? place.digits : 0;
    // The last digit to come has this weight; those fixed already have that one.
    const std::int64_t unit = powerOfTen(shape.decimals - decimals);
    const std::int64_t scale = powerOfTen(shape.decimals - fixed + whole);
    std::int64_t first = place.value * scale;
    std::int64_t last = first + scale - unit;
    if (place.negative)
        first = -std::exchange(last, -first);
    return hasMultiple(std::max(first, shape.low), std::min(last, shape.high),
        std::max(shape.step, unit)); // one of them is 1
}

int limitedToEnd(const NumberShape& shape, const NumberPlace& place)
{
    int best = kNever;
    const auto consider = [&](int bytes, int whole, int decimals) {
        if (bytes < best && reaches(shape, place, whole, decimals))
            best = bytes;
    };
    switch (place.phase) {
    case NumberPhase::begin:
    case NumberPhase::minus: {
        // The sign if there is none, then the first digit.
        for (const bool negative : {false, true}) {
            if (place.phase == NumberPhase::minus && !negative)
                continue;
            for (int digit = 0; digit <= 9; ++digit) {
                const NumberPlace next{
                    digit == 0 ? NumberPhase::zero : NumberPhase::whole, 1, digit, negative};
                const int more = limitedToEnd(shape, next);
                const int sign = negative && place.phase == NumberPhase::begin ? 1 : 0;
                best = std::min(best, plus(1 + sign, more));
            }
        }
        break;
    }
    case NumberPhase::zero:
        for (int d = 0; d <= shape.decimals; ++d)
            consider(d == 0 ? 0 : d + 1, 0, d);
        break;
    case NumberPhase::whole:
        for (int w = 0; w <= shape.digits - place.digits; ++w)
            for (int d = 0; d <= shape.decimals; ++d)
                consider(w + (d == 0 ? 0 : d + 1), w, d);
        break;
    case NumberPhase::point:
        for (int d = 1; d <= shape.decimals; ++d)
            consider(d, 0, d);
        break;
    case NumberPhase::decimals:
        for (int d = place.digits; d <= shape.decimals; ++d)
            consider(d - place.digits, 0, d);
        break;
    default:
        break;
    }
    return best;
}

// As limitedToEnd() < kNever, without looking for the shortest.
bool canEnd(const NumberShape& shape, const NumberPlace& place)
{
    if (place.phase == NumberPhase::minus)
        return limitedToEnd(shape, place) < kNever;
    const int more = place.phase == NumberPhase::whole ? shape.digits - place.digits : 0;
    for (int whole = 0; whole <= more; ++whole)
        if (reaches(shape, place, whole, shape.decimals))
            return true;
    return false;
}

} // namespace

StringStep stepString(const StringShape& shape, StringPlace& place, std::uint8_t byte)
{
    if (place.partial == 0 && byte == '"') {
        const auto& state = shape.chars.states[static_cast<std::size_t>(place.state)];
        return state.accepting && place.count >= shape.least ? StringStep::closed
                                                             : StringStep::refused;
    }
    const bool good =
        place.partial == 0 ? beginCharacter(shape, place, byte) : goOn(shape, place, byte);
    return good ? StringStep::goesOn : StringStep::refused;
}

int bytesToEnd(const StringShape& shape, const StringPlace& place)
{
    if (place.partial == 0)
        return shape.bytesToEnd(place.state, place.count);
    const std::int64_t number = place.partial >> 32 & 0xF;
    const std::int64_t bits = place.partial & 0xFFFFFFFF;
    const auto behind = [&](std::uint32_t first, std::uint32_t last) {
        return first <= last ? behindOneOf(shape, place, first, last) : kNever;
    };
    // From `digits` hexadecimal digits with this value.
    const auto behindHex = [&](std::int64_t digits, std::int64_t value) {
        const auto shift = 4 * (4 - digits);
        const auto first = static_cast<std::uint32_t>(value << shift);
        const auto last = static_cast<std::uint32_t>(((value + 1) << shift) - 1);
        const int more = static_cast<int>(4 - digits);
        int best = plus(more, behind(first, last));
        const std::uint32_t high = std::max<std::uint32_t>(first, 0xD800);
        const std::uint32_t end = std::min<std::uint32_t>(last, 0xDBFF);
        if (high <= end)
            best = std::min(best,
                plus(more + 6,
                    behind(0x10000 + ((high - 0xD800) << 10),
                        0x10000 + ((end - 0xD800) << 10) + 0x3FF)));
        return best;
    };
    switch (place.partial >> kKind) {
    case kUtf8: {
        const auto [first, last] = utf8Range(place.partial >> 36 & 0xF, number, bits);
        return plus(static_cast<int>(number), behind(first, last));
    }
    case kBackslash: {
        int best = plus(1, behindHex(0, 0));
        for (const Escape& escape : kEscapes)
            best = std::min(best, plus(1, behind(escape.character, escape.character)));
        return best;
    }
    case kHex:
        return behindHex(number, bits);
    default: {
        const auto base = static_cast<std::uint32_t>(0x10000 + (bits >> 16 << 10));
        std::uint32_t first = base;
        std::uint32_t last = base + 0x3FF;
        if (number > 3) { // DC00 and up: the digits behind the second carry ten bits
            const auto shift = 4 * (6 - number);
            const auto low = static_cast<std::uint32_t>(bits & 0xFFFF) << shift;
            first = base + (low & 0x3FFU);
            last = base + ((low | ((1U << shift) - 1U)) & 0x3FFU);
        }
        return plus(static_cast<int>(6 - number), behind(first, last));
    }
    }
}

int bytesOf(std::uint32_t first, std::uint32_t last)
{
    const auto meets = [&](std::uint32_t low, std::uint32_t high) {
        return std::max(first, low) <= std::min(last, high);
    };
    if (meets(0x20, 0x21) || meets(0x23, 0x5B) || meets(0x5D, 0x7F))
        return 1;
    for (const Escape& escape : kEscapes)
        if (meets(escape.character, escape.character))
            return 2;
    return meets(0x80, 0x7FF) ? 2 : meets(0x800, 0xFFFF) ? 3 : meets(0x10000, 0x10FFFF) ? 4 : 6;
}

bool measure(StringShape& shape)
{
    constexpr std::size_t kMostEntries = 1U << 20U;
    const auto& states = shape.chars.states;
    shape.toEnd.clear();
    if (states.size() == 1 && states[0].universal)
        return true;
    const int limit = shape.most == kNoLimit ? shape.least : shape.most;
    if ((static_cast<std::size_t>(limit) + 1) * states.size() > kMostEntries)
        return false;
    shape.counted = limit;
    shape.toEnd.assign((static_cast<std::size_t>(limit) + 1) * states.size(), kNever);
    const auto entry = [&](int count, std::size_t state) -> int& {
        return shape.toEnd[static_cast<std::size_t>(count) * states.size() + state];
    };
    const auto relax = [&](int count, int nextCount) {
        bool changed = false;
        for (std::size_t s = states.size(); s-- > 0;) {
            int best = entry(count, s);
            if (states[s].accepting && count >= shape.least)
                best = 1;
            for (const CharDfa::Edge& edge : states[s].edges)
                best = std::min(best,
                    plus(bytesOf(edge.chars.first, edge.chars.last),
                        entry(nextCount, static_cast<std::size_t>(edge.target))));
            changed = changed || best < entry(count, s);
            entry(count, s) = best;
        }
        return changed;
    };
    if (shape.most == kNoLimit) {
        while (relax(limit, limit)) { // longer texts: round and round until nothing is shorter
        }
    } else {
        for (std::size_t s = 0; s < states.size(); ++s)
            if (states[s].accepting && limit >= shape.least)
                entry(limit, s) = 1;
    }
    for (int count = limit - 1; count >= 0; --count)
        relax(count, count + 1);
    return true;
}

bool stepNumber(const NumberShape& shape, NumberPlace& place, std::uint8_t byte)
{
    constexpr int kMostDigits = 16;
    constexpr int kMostPower = 2;
    using enum NumberPhase;
    const bool digit = byte >= '0' && byte <= '9';
    const auto go = [&](NumberPhase phase) {
        place.digits = phase == place.phase ? place.digits + 1 : digit ? 1 : 0;
        place.phase = phase;
        return true;
    };
    const int mostWhole = shape.limited ? shape.digits : kMostDigits;
    const int mostDecimals = shape.limited ? shape.decimals : shape.integer ? 0 : kMostDigits;
    const auto step = [&] {
        switch (place.phase) {
        case begin:
            if (byte == '-')
                return go(minus);
            [[fallthrough]];
        case minus:
            return digit && go(byte == '0' ? zero : whole);
        case whole:
            if (digit)
                return place.digits < mostWhole && go(whole);
            [[fallthrough]];
        case zero:
            if (byte == '.')
                return mostDecimals > 0 && go(point);
            return (byte == 'e' || byte == 'E') && !shape.limited && !shape.integer && go(e);
        case point:
            return digit && go(decimals);
        case decimals:
            if (digit)
                return place.digits < mostDecimals && go(decimals);
            return (byte == 'e' || byte == 'E') && !shape.limited && go(e);
        case e:
            if (byte == '+' || byte == '-')
                return go(sign);
            [[fallthrough]];
        case sign:
            return digit && go(power);
        case power:
            return digit && place.digits < kMostPower && go(power);
        }
        return false;
    };
    if (!step())
        return false;
    if (!shape.limited)
        return true;
    if (byte == '-')
        place.negative = true;
    else if (digit)
        place.value = place.value * 10 + (byte - '0');
    return canEnd(shape, place);
}

int bytesToEnd(const NumberShape& shape, const NumberPlace& place)
{
    if (shape.limited)
        return limitedToEnd(shape, place);
    using enum NumberPhase;
    const bool ends = place.phase == zero || place.phase == whole || place.phase == decimals
        || place.phase == power;
    return ends ? 0 : 1;
}

} // namespace lectern::inference
