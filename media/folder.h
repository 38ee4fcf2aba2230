// SPDX-License-Identifier: Apache-2.0
// What of a folder would be read: a listing with sizes, before anything is opened.
#pragma once

#include "media/error.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::media {

struct FolderFile {
    std::filesystem::path path;
    std::string name; // below the folder: "src/main.cpp"
    std::uint64_t bytes = 0;
};

struct FolderListing {
    std::vector<FolderFile> files; // by name
    std::uint64_t bytes = 0;
    std::size_t ignored = 0; // hidden, of version control or of a build, named by .gitignore
    std::size_t special = 0; // links, pipes, devices
    std::vector<std::string> warnings; // each a sentence
};

constexpr std::size_t kMaxFolderFiles = 2'000;

// Goes into subfolders, follows no links. Hidden files and folders, folders of version control,
// packages and builds (.git, node_modules, __pycache__ ...) and what the .gitignore files on the
// way name are left out. Errors: cannotOpen, cancelled, empty. Polls `stop` per entry.
[[nodiscard]] Result<FolderListing> listFolder(
    const std::filesystem::path& folder, const std::stop_token& stop);

// One line of a .gitignore against a name below its folder; "!" is handled by the caller.
[[nodiscard]] bool matchesIgnoreRule(std::string_view rule, std::string_view name, bool isFolder);

} // namespace lectern::media
