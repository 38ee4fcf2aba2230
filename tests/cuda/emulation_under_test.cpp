// SPDX-License-Identifier: Apache-2.0
// The CUDA backend on the host's emulation.
#include "inference/cuda/cuda_backend.h"
#include "tests/cuda/cuda_under_test.h"

namespace lectern::test {

using namespace inference;

Result<std::unique_ptr<Backend>> cudaUnderTest(bool exact)
{
    return cuda::CudaBackend::create({.exact = exact});
}

const char* whatIsTested()
{
    return "host emulation, no GPU";
}

bool isEmulated()
{
    return true;
}

} // namespace lectern::test
