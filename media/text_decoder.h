// SPDX-License-Identifier: Apache-2.0
// Bytes of unknown encoding to clean UTF-8. Pure functions; fuzzed by
// tests/fuzz/text_decoder_fuzz.cpp.
#pragma once

#include "media/error.h"
#include "media/text_cleaner.h"

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace lectern::media {

struct DecodedText {
    std::string text;         // valid UTF-8, line ends "\n", nothing invisible
    std::string encoding;     // "UTF-8", "UTF-16LE", "windows-1252", ...
    bool guessed = false;     // the encoding is an educated guess
    bool cutOff = false;      // the bytes end in the middle of a character
    std::size_t replaced = 0; // invalid sequences, each now one U+FFFD
    RemovedCharacters removed;
};

// True if the first bytes of a file could be text in some encoding. A character may be cut at the
// end.
[[nodiscard]] bool looksLikeText(std::span<const std::byte> head);

// Refuses binary data (NUL characters, many control characters). Polls `stop` per block.
// `declared` is the encoding the text names itself; it counts where neither a byte order mark nor
// valid UTF-8 speaks against it.
[[nodiscard]] Result<DecodedText> decodeText(
    std::span<const std::byte> bytes, std::stop_token stop, const std::string& declared = {});

// Short bytes in a named encoding ("windows-1251") to UTF-8, nothing removed; an unknown name reads
// as windows-1252.
[[nodiscard]] std::string decodeAs(std::string_view bytes, const std::string& encoding);

} // namespace lectern::media
