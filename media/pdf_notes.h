// SPDX-License-Identifier: Apache-2.0
// What stands on a PDF's pages besides their text: values of form fields, comments, targets of
// links. Qt PDF does not give them; qpdf does.
#pragma once

#include "media/file.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::media {

struct PageNotes {
    std::vector<std::string> fields;   // "Name: Anna"
    std::vector<std::string> comments; // "Anna: please check"
    std::vector<std::string> links;    // addresses, each once
};

// By page, 0-based; pages without any are left out. What cannot be parsed has none. Never throws.
[[nodiscard]] std::map<int, PageNotes> readPdfNotes(
    const RegularFile& file, const std::stop_token& stop);

} // namespace lectern::media
