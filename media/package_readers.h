// SPDX-License-Identifier: Apache-2.0
// Documents that are ZIP packages: which one it is, is known only when it is open.
#pragma once

#include "media/package.h"
#include "media/reader.h"

namespace lectern::media {

[[nodiscard]] Result<Reading> readDocx(
    Package package, const ReadOptions& options, const std::stop_token& stop);
[[nodiscard]] Result<Reading> readPptx(
    Package package, const ReadOptions& options, const std::stop_token& stop);
[[nodiscard]] Result<Reading> readXlsx(
    Package package, const ReadOptions& options, const std::stop_token& stop);
// `kind`: "text", "spreadsheet" or "presentation", as the package's mimetype says.
[[nodiscard]] Result<Reading> readOpenDocument(Package package, std::string_view kind,
    const ReadOptions& options, const std::stop_token& stop);
[[nodiscard]] Result<Reading> readEpub(
    Package package, const ReadOptions& options, const std::stop_token& stop);

} // namespace lectern::media
