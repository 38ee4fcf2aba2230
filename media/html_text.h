// SPDX-License-Identifier: Apache-2.0
// HTML to readable text. Parsed by gumbo in memory of our own, so that neither the size nor the
// depth of a hostile page can exhaust the process, and a stop ends it at once.
#pragma once

#include "media/text_writer.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lectern::media {

struct HtmlFindings {
    std::string title;
    std::size_t pictures = 0;
};

// The encoding a page names in its first bytes (meta charset, XML declaration); empty if none.
[[nodiscard]] std::string declaredHtmlEncoding(std::span<const std::byte> bytes);

// `html` is UTF-8. Errors: cancelled, tooLarge.
[[nodiscard]] Result<HtmlFindings> writeHtml(std::string_view html, TextWriter& writer);

} // namespace lectern::media
