// SPDX-License-Identifier: Apache-2.0
// The table of readers over one open file. Only lectern-media-worker links this: decoders never run
// in the application's process, which calls readFile() of media/reader.h.
#pragma once

#include "media/reader.h"

namespace lectern::media {

// Sniffs and reads the regular file behind an open descriptor, which stays the caller's. sha256 is
// left empty. Never throws.
[[nodiscard]] Result<Reading> readHanded(int descriptor, std::string fileName,
    const ReadOptions& options, std::stop_token stop, const ProgressFn& progress);

// Makes the libraries load what they would otherwise open at first use: plug-ins, tables, fonts.
// Afterwards readers open nothing but their file.
void warmUpReaders();

} // namespace lectern::media
