// SPDX-License-Identifier: Apache-2.0
// The plugin's one exported function.
#include "inference/cuda/plugin.h"

#include "inference/cuda/cuda_backend.h"

#include <new>

namespace lectern::inference::cuda {
namespace {

Result<std::unique_ptr<Backend>> create(const PluginRequest& request)
{
    try {
        return CudaBackend::create({request.exact, request.onLoaded});
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::outOfMemory, "There was no memory to set up the GPU.");
    }
}

Result<DeviceFacts> facts()
{
    try {
        return Device::ask();
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::outOfMemory, "There was no memory to ask the GPU.");
    }
}

constexpr Plugin kPlugin{kPluginVersion, LECTERN_CUDA_SEAM, create, facts};

} // namespace
} // namespace lectern::inference::cuda

extern "C" __attribute__((visibility("default"))) const lectern::inference::cuda::Plugin*
lecternCudaPlugin()
{
    return &lectern::inference::cuda::kPlugin;
}
