// SPDX-License-Identifier: Apache-2.0
// The CUDA backend as the program loads it.
#include "inference/cuda/load_backend.h"
#include "tests/cuda/cuda_under_test.h"

namespace lectern::test {

using namespace inference;

Result<std::unique_ptr<Backend>> cudaUnderTest(bool exact)
{
    return createCudaBackend({.exact = exact});
}

const char* whatIsTested()
{
    return "GPU";
}

bool isEmulated()
{
    return false;
}

} // namespace lectern::test
