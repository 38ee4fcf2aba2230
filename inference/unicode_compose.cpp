// SPDX-License-Identifier: Apache-2.0
// Decomposing, ordering marks, composing again.
#include "inference/unicode_compose.h"

#include "inference/unicode_tables.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace lectern::inference {
namespace {

// The first byte of U+0300 in UTF-8. No character below that one is a mark, composes with what
// stands before it, or has to be written otherwise.
constexpr unsigned char kFirstMarkByte = 0xCC;

// Hangul syllables: leading consonant, vowel, trailing consonant.
constexpr std::uint32_t kHangul = 0xAC00;
constexpr std::uint32_t kLeads = 0x1100;
constexpr std::uint32_t kVowels = 0x1161;
constexpr std::uint32_t kTrails = 0x11A7;
constexpr std::uint32_t kLeadCount = 19;
constexpr std::uint32_t kVowelCount = 21;
constexpr std::uint32_t kTrailCount = 28; // with "none"
constexpr std::uint32_t kHangulCount = kLeadCount * kVowelCount * kTrailCount;

struct Character {
    std::uint32_t code;
    std::uint32_t kind; // combining class
};

std::uint64_t pairOf(std::uint32_t first, std::uint32_t second)
{
    return std::uint64_t{first} << 32U | second;
}

struct Tables {
    std::unordered_map<std::uint32_t, const Decomposition*> decompositions;
    std::unordered_map<std::uint64_t, std::uint32_t> compositions;
};

const Tables& tables()
{
    static const Tables made = [] {
        Tables result;
        for (const Decomposition& row : decompositions()) {
            result.decompositions.emplace(row.character, &row);
            if (row.composes != 0)
                result.compositions.emplace(pairOf(row.first, row.second), row.character);
        }
        return result;
    }();
    return made;
}

std::uint32_t combiningClass(std::uint32_t code)
{
    const auto ranges = combiningClasses();
    const auto range = std::ranges::lower_bound(ranges, code, {}, &CombiningClass::last);
    return range != ranges.end() && range->first <= code ? range->kind : 0;
}

// The character at `at`, which moves behind it.
std::uint32_t next(std::string_view text, std::size_t& at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    const int size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t code = size == 1 ? lead : lead & (0x7FU >> static_cast<unsigned>(size));
    for (int i = 1; i < size; ++i)
        code = code << 6U | (byte(at + static_cast<std::size_t>(i)) & 0x3FU);
    at += static_cast<std::size_t>(size);
    return code;
}

void append(std::string& text, std::uint32_t code)
{
    const auto tail = [&](unsigned shift) {
        text += static_cast<char>(0x80U | (code >> shift & 0x3FU));
    };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0U | code >> 6U);
        tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0U | code >> 12U);
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xF0U | code >> 18U);
        tail(12);
        tail(6);
        tail(0);
    }
}

// Appends what `code` stands for, down to characters that stand for themselves.
void decompose(std::uint32_t code, std::vector<Character>& out)
{
    if (code >= kHangul && code < kHangul + kHangulCount) {
        const std::uint32_t index = code - kHangul;
        out.push_back({kLeads + index / (kVowelCount * kTrailCount), 0});
        out.push_back({kVowels + index / kTrailCount % kVowelCount, 0});
        if (index % kTrailCount != 0)
            out.push_back({kTrails + index % kTrailCount, 0});
        return;
    }
    const auto found = tables().decompositions.find(code);
    if (code < 0xC0 || found == tables().decompositions.end()) {
        out.push_back({code, combiningClass(code)});
        return;
    }
    decompose(found->second->first, out); // at most four deep, by the tables
    if (found->second->second != 0)
        decompose(found->second->second, out);
}

// The character that two compose to, or 0.
std::uint32_t composition(std::uint32_t first, std::uint32_t second)
{
    if (first >= kLeads && first < kLeads + kLeadCount && second >= kVowels
        && second < kVowels + kVowelCount)
        return kHangul + ((first - kLeads) * kVowelCount + (second - kVowels)) * kTrailCount;
    if (first >= kHangul && first < kHangul + kHangulCount && (first - kHangul) % kTrailCount == 0
        && second > kTrails && second < kTrails + kTrailCount)
        return first + (second - kTrails);
    const auto found = tables().compositions.find(pairOf(first, second));
    return found == tables().compositions.end() ? 0 : found->second;
}

void composeInto(std::vector<Character>& characters, std::string& out)
{
    // Marks in the order of their classes, between characters that are no marks.
    for (auto run = characters.begin(); run != characters.end();) {
        const auto marks =
            std::find_if(run, characters.end(), [](const Character& c) { return c.kind != 0; });
        run = std::find_if(marks, characters.end(), [](const Character& c) { return c.kind == 0; });
        std::stable_sort(marks, run,
            [](const Character& left, const Character& right) { return left.kind < right.kind; });
    }
    // Each composes with the last starter unless one of its own or a higher class stands between.
    std::size_t kept = 0;
    std::size_t starter = SIZE_MAX;
    for (const Character character : characters) {
        const bool blocked = starter != SIZE_MAX && kept - 1 != starter
            && characters[kept - 1].kind >= character.kind;
        const std::uint32_t whole = starter == SIZE_MAX || blocked
            ? 0
            : composition(characters[starter].code, character.code);
        if (whole != 0) {
            characters[starter].code = whole;
            continue;
        }
        if (character.kind == 0)
            starter = kept;
        characters[kept++] = character;
    }
    for (std::size_t i = 0; i < kept; ++i)
        append(out, characters[i].code);
}

} // namespace

bool isPlainlyComposed(std::string_view text)
{
    return std::ranges::none_of(
        text, [](char byte) { return static_cast<unsigned char>(byte) >= kFirstMarkByte; });
}

std::string composed(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    std::vector<Character> characters;
    std::size_t at = 0;
    while (at < text.size()) {
        // Characters below the first mark are themselves, but the last of them may take marks.
        std::size_t base = at;
        std::size_t end = at;
        while (end < text.size() && static_cast<unsigned char>(text[end]) < kFirstMarkByte) {
            base = end;
            next(text, end);
        }
        if (end == text.size()) {
            out += text.substr(at);
            break;
        }
        out += text.substr(at, base - at);
        characters.clear();
        at = base;
        if (base != end)
            decompose(next(text, at), characters);
        while (at < text.size() && static_cast<unsigned char>(text[at]) >= kFirstMarkByte)
            decompose(next(text, at), characters);
        composeInto(characters, out);
    }
    return out;
}

} // namespace lectern::inference
