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
    iq2_xxs = 16,
    iq2_xs = 17,
    iq3_xxs = 18,
    iq1_s = 19,
    iq4_nl = 20,
    iq3_s = 21,
    iq2_s = 22,
    iq4_xs = 23,
    iq1_m = 29,
    bf16 = 30,
    tq1_0 = 34,
    tq2_0 = 35,
    mxfp4 = 39,
};

struct TensorTypeInfo {
    std::string_view name;     // as users know it: "Q4_K"
    std::uint32_t blockValues; // values in one block; a row is a whole number of blocks
    std::uint32_t blockBytes;
};

// Layout of any type the format defines, ours to compute with or not; nullopt for an unknown id.
[[nodiscard]] std::optional<TensorTypeInfo> tensorTypeInfo(std::uint32_t ggufTypeId);

// True for the types above, which every backend computes with; false for what the format defines
// but nothing here computes with (integers, F64, Q8_1, Q8_K, NVFP4).
[[nodiscard]] bool isComputable(TensorType type);

} // namespace lectern::inference
