// SPDX-License-Identifier: Apache-2.0
// Where Lectern's own files are: beside the program, in an installation, or in the source tree it
// was built from; and where the user's data go.
#pragma once

#include "app/chat.h"

#include <filesystem>
#include <optional>

namespace lectern::app {

struct ModelFiles {
    std::filesystem::path model;
    std::filesystem::path mmproj; // empty: none
};

// The folder of the running program.
[[nodiscard]] std::filesystem::path programDirectory();

// The first `relative` ("models/nano/...") that exists under PROGRAM/../share/lectern,
// PROGRAM/../../../resources (a build in the source tree, wherever that was moved to), or the
// folder of the environment variable LECTERN_RESOURCES, which comes first.
[[nodiscard]] std::optional<std::filesystem::path> findResource(
    const std::filesystem::path& relative);

// The built-in demonstration model; nullopt when it is not installed.
[[nodiscard]] std::optional<ModelFiles> builtInModel();

// Where conversations and settings are kept unless the user says otherwise. Requires the
// application's name to be set.
[[nodiscard]] std::filesystem::path defaultDataDirectory();

} // namespace lectern::app
