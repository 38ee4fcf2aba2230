// SPDX-License-Identifier: Apache-2.0
// From what a reader made of a file to what the application keeps of it.
#pragma once

#include "app/attachment.h"
#include "media/reader.h"

#include <filesystem>
#include <string>

namespace lectern::app {

// Fills kind, format, facts, warnings, hash, size, content and thumbnail. Pure.
[[nodiscard]] Attachment attachmentFrom(media::Reading reading, std::string fileName);

// Reads a file (or blob) under the name the user knows. Blocks; polls `stop`.
[[nodiscard]] media::Result<Attachment> readAttachment(const std::filesystem::path& path,
    const std::string& fileName, std::stop_token stop, const media::ProgressFn& progress);

[[nodiscard]] const char* kindName(AttachmentKind kind); // "text", "image", "video"

} // namespace lectern::app
