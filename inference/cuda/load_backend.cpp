// SPDX-License-Identifier: Apache-2.0
// Loading the plugin.
#include "inference/cuda/load_backend.h"

#include "inference/cuda/plugin.h"

#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <string_view>

namespace lectern::inference {

namespace {

constexpr const char* kFile = "liblectern_cuda.so";

std::filesystem::path pluginPath(const CudaOptions& options)
{
    if (options.plugin)
        return *options.plugin;
    if (const char* named = std::getenv("LECTERN_CUDA_PLUGIN"))
        return named;
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto installed = program.parent_path().parent_path() / "lib/lectern" / kFile;
    return std::filesystem::exists(installed, ignored) ? installed : program.parent_path() / kFile;
}

tl::unexpected<Error> unavailable(std::string sentence)
{
    return fail(ErrorCode::unavailable, std::move(sentence));
}

Result<const cuda::Plugin*> loadPlugin(const CudaOptions& options)
{
    const std::filesystem::path path = pluginPath(options);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return unavailable(
            fmt::format("This installation of Lectern cannot use a GPU: it has no {}.", kFile));
    // First, because without a driver the plugin loads and only then fails, with less to say.
    if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr)
        return unavailable("This machine has no NVIDIA driver, which a GPU needs.");
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        return unavailable(fmt::format("The part that uses the GPU does not load: {}.", dlerror()));
    using Function = const cuda::Plugin* (*)();
    const auto function = reinterpret_cast<Function>(dlsym(library, cuda::kPluginFunction));
    const cuda::Plugin* plugin = function ? function() : nullptr;
    if (!plugin || plugin->version != cuda::kPluginVersion
        || std::string_view(plugin->seam) != LECTERN_CUDA_SEAM)
        return unavailable(fmt::format(
            "{} belongs to another version of Lectern; install both from the same release.",
            path.string()));
    return plugin;
}

} // namespace

Result<std::unique_ptr<Backend>> createCudaBackend(const CudaOptions& options)
{
    return loadPlugin(options).and_then([&](const cuda::Plugin* plugin) {
        return plugin->create({options.exact, options.onLoaded});
    });
}

Result<DeviceFacts> cudaDevice(const CudaOptions& options)
{
    return loadPlugin(options).and_then([](const cuda::Plugin* plugin) { return plugin->facts(); });
}

} // namespace lectern::inference
