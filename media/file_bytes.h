// SPDX-License-Identifier: Apache-2.0
// Small things that readers of whole files share.
#pragma once

#include "media/document_builder.h"
#include "media/reader.h"
#include "media/text_decoder.h"

#include <initializer_list>

namespace lectern::media {

// All bytes of the file; `what` names it where it is too large: "web page".
[[nodiscard]] Result<std::vector<std::byte>> readWhole(const Source& source, std::uint64_t maxBytes,
    std::string_view what, const std::stop_token& stop);

// Lower-case extensions without dot.
[[nodiscard]] bool hasExtension(
    std::string_view fileName, std::initializer_list<std::string_view> extensions);

// The first bytes without byte order mark and white space, ASCII letters lowered.
[[nodiscard]] std::string lowerStart(std::span<const std::byte> head, std::size_t bytes);

// White space as single spaces.
[[nodiscard]] std::string trimmedLine(std::string_view text);

// What decoding found: the encoding as a fact, damage and invisible characters as warnings.
void addEncoding(DocumentBuilder& builder, const DecodedText& decoded);
[[nodiscard]] std::string encodingFact(const DecodedText& decoded);
[[nodiscard]] std::vector<std::string> damageSentences(const DecodedText& decoded);

} // namespace lectern::media
