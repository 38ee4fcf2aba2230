// SPDX-License-Identifier: Apache-2.0
// One maker per reader, for the table in readers.cpp, and the formats refused by name.
#pragma once

#include "media/reader.h"

namespace lectern::media {

[[nodiscard]] std::unique_ptr<const Reader> makeHeifReader();
[[nodiscard]] std::unique_ptr<const Reader> makeImageReader();
[[nodiscard]] std::unique_ptr<const Reader> makeVideoReader();
[[nodiscard]] std::unique_ptr<const Reader> makeTextReader();
[[nodiscard]] std::unique_ptr<const Reader> makePdfReader();
[[nodiscard]] std::unique_ptr<const Reader> makePackageReader();
[[nodiscard]] std::unique_ptr<const Reader> makeHtmlReader();
[[nodiscard]] std::unique_ptr<const Reader> makeCsvReader();
[[nodiscard]] std::unique_ptr<const Reader> makeSubtitleReader();
[[nodiscard]] std::unique_ptr<const Reader> makeRtfReader();
[[nodiscard]] std::unique_ptr<const Reader> makeMailReader();

// Loads Qt's plug-ins for pictures, which would otherwise come at first use.
void warmUpPictures();
// Has gmime make its tables, for which it asks the locale.
void warmUpMails();
void warmUpHeif();

// What the bytes are when no reader takes them: "a PDF document". Empty if the magic tells nothing.
[[nodiscard]] std::string_view nameOfUnreadableFormat(std::span<const std::byte> head);

} // namespace lectern::media
