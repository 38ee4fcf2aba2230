// SPDX-License-Identifier: Apache-2.0
// Which characters are invisible, and which of those a script needs.
#include "media/text_cleaner.h"

#include "media/utf8.h"

namespace lectern::media {

namespace {

constexpr char32_t kZeroWidthNonJoiner = 0x200C;
constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr char32_t kReplacement = 0xFFFD;

bool within(char32_t c, char32_t first, char32_t last)
{
    return c >= first && c <= last;
}

bool isTag(char32_t c)
{
    return within(c, 0xE0000, 0xE007F);
}

bool isBidiControl(char32_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || within(c, 0x202A, 0x202E)
        || within(c, 0x2066, 0x2069);
}

bool isControl(char32_t c)
{
    return c < 0x20 || within(c, 0x7F, 0x9F);
}

bool isZeroWidth(char32_t c)
{
    return c == 0x00AD || c == 0x034F || c == 0x180E || c == 0x200B || c == 0xFEFF
        || within(c, 0x2060, 0x2065) || within(c, 0x206A, 0x206F) || within(c, 0xFFF9, 0xFFFB)
        || c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0 || within(c, 0x1D173, 0x1D17A);
}

bool isVariationSelector(char32_t c)
{
    return within(c, 0xFE00, 0xFE0F) || within(c, 0x180B, 0x180D) || within(c, 0xE0100, 0xE01EF);
}

bool isIdeograph(char32_t c)
{
    return within(c, 0x3400, 0x9FFF) || within(c, 0xF900, 0xFAFF) || within(c, 0x20000, 0x3FFFF);
}

bool isSymbolOrEmoji(char32_t c)
{
    return within(c, 0x2000, 0x2BFF) || within(c, 0x3000, 0x303F) || within(c, 0x3297, 0x3299)
        || within(c, 0x1F000, 0x1FAFF);
}

bool hasVariant(char32_t base, char32_t selector)
{
    if (within(selector, 0xE0100, 0xE01EF))
        return isIdeograph(base);
    if (within(selector, 0x180B, 0x180D))
        return within(base, 0x1800, 0x18AA);
    return isSymbolOrEmoji(base) || isIdeograph(base) || within(base, U'0', U'9') || base == U'#'
        || base == U'*' || base == 0xA9 || base == 0xAE || within(base, 0x1000, 0x109F);
}

// Scripts whose letters join or form conjuncts, where a joiner changes what is seen.
bool usesJoiners(char32_t c)
{
    return within(c, 0x0600, 0x08FF) || within(c, 0x0900, 0x0DFF) || within(c, 0x0F00, 0x109F)
        || within(c, 0x1780, 0x18AF) || within(c, 0xA840, 0xA87F) || within(c, 0xFB50, 0xFDFF)
        || within(c, 0xFE70, 0xFEFC) || within(c, 0x1E900, 0x1E95F);
}

bool joins(char32_t before, char32_t joiner, char32_t after)
{
    if (usesJoiners(before))
        return true; // a joiner at a word's end is good spelling in several of these scripts
    return joiner == kZeroWidthJoiner && (isSymbolOrEmoji(before) || isVariationSelector(before))
        && isSymbolOrEmoji(after);
}

} // namespace

void TextCleaner::append(char32_t c)
{
    m_last = c;
    appendUtf8(m_text, c);
}

// A visible character decides whether the joiner before it stays.
void TextCleaner::appendVisible(char32_t c)
{
    if (m_pendingJoiner != 0) {
        if (joins(m_last, m_pendingJoiner, c))
            append(m_pendingJoiner);
        else
            ++m_removed.zeroWidth;
        m_pendingJoiner = 0;
    }
    append(c);
}

void TextCleaner::push(char32_t c)
{
    const bool afterReturn = m_afterReturn;
    m_afterReturn = c == U'\r';
    if (within(c, 0xD800, 0xDFFF) || c > 0x10FFFF)
        c = kReplacement;
    if (c == U'\n' && afterReturn)
        return; // "\r\n": the return gave the line end
    if (c == U'\r' || c == U'\f' || c == U'\v' || c == 0x85)
        c = U'\n';
    if (c == U'\n' || c == U'\t' || within(c, 0x20, 0x7E)) { // nearly all of most texts
        appendVisible(c);
        return;
    }
    if (isControl(c)) {
        ++m_removed.control;
    } else if (c == kZeroWidthJoiner || c == kZeroWidthNonJoiner) {
        m_removed.zeroWidth += m_pendingJoiner != 0;
        m_pendingJoiner = c;
    } else if (isVariationSelector(c) && m_pendingJoiner == 0 && hasVariant(m_last, c)) {
        append(c);
    } else if (isVariationSelector(c) || isZeroWidth(c)) {
        ++m_removed.zeroWidth;
    } else if (isBidiControl(c)) {
        ++m_removed.bidi;
    } else if (isTag(c)) {
        ++m_removed.tags;
    } else {
        appendVisible(c);
    }
}

void TextCleaner::finish()
{
    if (m_pendingJoiner != 0 && usesJoiners(m_last))
        append(m_pendingJoiner);
    else if (m_pendingJoiner != 0)
        ++m_removed.zeroWidth;
    m_pendingJoiner = 0;
}

} // namespace lectern::media
