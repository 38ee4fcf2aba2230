// SPDX-License-Identifier: Apache-2.0
// The tensor element types a GGUF file can name, and how many bytes their blocks take.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern::inference {

// Values are the ids of the GGUF specification.
enum class TensorType : std::uint32_t {
    f32 = 0,
    f16 = 1,
    q4_0 = 2,
    q4_1 = 3,
    q5_0 = 6,
    q5_1 = 7,
    q8_0 = 8,
    q2_k = 10,
    q3_k = 11,
    q4_k = 12,
    q5_k = 13,
    q6_k = 14,
    iq4_nl = 20,
    iq4_xs = 23,
    bf16 = 30,
    mxfp4 = 39,
};

struct TensorTypeInfo {
    std::string_view name;     // as users know it: "Q4_K"
    std::uint32_t blockValues; // values in one block; a row is a whole number of blocks
    std::uint32_t blockBytes;
};

// Layout of any type the format defines, ours to compute with or not; nullopt for an unknown id.
[[nodiscard]] std::optional<TensorTypeInfo> tensorTypeInfo(std::uint32_t ggufTypeId);

// True for the types the kernels compute with: F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K.
[[nodiscard]] bool isComputable(TensorType type);

} // namespace lectern::inference
