// SPDX-License-Identifier: Apache-2.0
// Header values of mails: folded lines, encoded words (RFC 2047). Pure; fuzzed by
// tests/fuzz/mail_words_fuzz.cpp.
#pragma once

#include <string>
#include <string_view>

namespace lectern::media {

// "=?utf-8?Q?Gr=C3=B6=C3=9Fe?= 5" to "Größe 5" in UTF-8, one line.
[[nodiscard]] std::string decodeHeader(std::string_view raw);

} // namespace lectern::media
