// SPDX-License-Identifier: Apache-2.0
// What a reader of the page could not see never reaches the model: invisible characters are
// dropped and counted, line ends become "\n".
#pragma once

#include <cstddef>
#include <string>

namespace lectern::media {

struct RemovedCharacters {
    std::size_t zeroWidth =
        0;                   // zero-width spaces and joiners without use, stray variation selectors
    std::size_t bidi = 0;    // directional marks, embeddings, overrides, isolates
    std::size_t tags = 0;    // U+E0000-E007F: text that nobody sees
    std::size_t control = 0; // C0 and C1 controls other than tab and line ends
    [[nodiscard]] std::size_t total() const { return zeroWidth + bidi + tags + control; }
    RemovedCharacters& operator+=(const RemovedCharacters& other)
    {
        zeroWidth += other.zeroWidth;
        bidi += other.bidi;
        tags += other.tags;
        control += other.control;
        return *this;
    }
};

// Code points in, clean UTF-8 out. A joiner stays where a script or an emoji needs it, and so does
// one variation selector behind a character that has variants.
class TextCleaner {
public:
    // Any value: surrogates and values above U+10FFFF become U+FFFD.
    void push(char32_t c);
    void finish();

    [[nodiscard]] std::string& text() { return m_text; }
    [[nodiscard]] std::size_t textSize() const { return m_text.size(); }
    [[nodiscard]] const RemovedCharacters& removed() const { return m_removed; }

private:
    void append(char32_t c);
    void appendVisible(char32_t c);

    std::string m_text;
    RemovedCharacters m_removed;
    char32_t m_last = 0;          // appended last, 0 at the start
    char32_t m_pendingJoiner = 0; // kept only if its neighbours need it
    bool m_afterReturn = false;   // the last code point was "\r"
};

} // namespace lectern::media
