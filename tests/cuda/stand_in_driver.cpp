// SPDX-License-Identifier: Apache-2.0
// libcuda.so.1 as far as the loader looks: it is there. The emulated plugin asks nothing of it.
extern "C" int cuInit(unsigned)
{
    return 100; // CUDA_ERROR_NO_DEVICE
}
