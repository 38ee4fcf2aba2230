// SPDX-License-Identifier: Apache-2.0
// The look-up of Lectern's own files.
#include "app/installation.h"

#include <cstdlib>
#include <QCoreApplication>
#include <QStandardPaths>
#include <vector>

namespace lectern::app {

std::filesystem::path programDirectory()
{
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::filesystem::path(QCoreApplication::applicationDirPath().toStdString())
                 : program.parent_path();
}

std::optional<std::filesystem::path> findResource(const std::filesystem::path& relative)
{
    std::vector<std::filesystem::path> folders;
    if (const char* chosen = std::getenv("LECTERN_RESOURCES"); chosen && *chosen)
        folders.emplace_back(chosen);
    const std::filesystem::path program = programDirectory();
    folders.push_back(program / "../share/lectern");
    // SOURCE/build/PRESET/bin
    folders.push_back(program / "../../../resources");
    for (const auto& folder : folders) {
        std::error_code error;
        auto found = std::filesystem::canonical(folder / relative, error);
        if (!error)
            return found;
    }
    return std::nullopt;
}

std::optional<ModelFiles> builtInModel()
{
    const auto model = findResource("models/nano/nano-text-f16.gguf");
    if (!model)
        return std::nullopt;
    return ModelFiles{
        *model, findResource("models/nano/mmproj-nano-f16.gguf").value_or(std::filesystem::path())};
}

std::filesystem::path defaultDataDirectory()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation).toStdString();
}

} // namespace lectern::app
