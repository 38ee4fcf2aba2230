# SPDX-License-Identifier: Apache-2.0
# The CUDA backend's files, for the plugin and for the emulation that tests it without a GPU.
set(LECTERN_CUDA_KERNELS attend_few.cu attend_many.cu attend_many_bfloats.cu few_experts.cu few_rows.cu head_ops.cu largest.cu many_rows.cu repack.cu route.cu row_ops.cu)
set(LECTERN_CUDA_HOST cuda_backend.cpp cuda_fusion.cpp cuda_memory.cpp cuda_moe.cpp staging_memory.cpp)
list(TRANSFORM LECTERN_CUDA_KERNELS PREPEND "${CMAKE_CURRENT_LIST_DIR}/")
list(TRANSFORM LECTERN_CUDA_HOST PREPEND "${CMAKE_CURRENT_LIST_DIR}/")
