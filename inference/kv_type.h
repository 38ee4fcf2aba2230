// SPDX-License-Identifier: Apache-2.0
// Element types a KV cache can have, and how one head's values lie in memory.
//
// A position's row is kvHeads heads one behind the other, so a position can be written, copied and
// dropped by itself. One head of headDim values, n = ceil(headDim / 32) blocks, little endian:
//   f32, f16   headDim floats, or IEEE halves
//   q8_0       32 n signed bytes q, then n halves d;      value i = d[i / 32] * q[i]
//   q4_0       16 n bytes, then n halves d; byte j of a block holds values j (low nibble) and
//              j + 16 (high nibble);                      value i = d[i / 32] * (nibble - 8)
// The scales stand behind the quants (unlike a weight file's blocks) so that a register can load
// 64 quants at once. A last block that is not full is filled up with zeros.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern::inference {

enum class KvType { f32, f16, q8_0, q4_0 };

inline constexpr std::int64_t kKvBlock = 32; // values that share a scale

struct KvTypeName {
    std::string_view name;
    KvType type;
};
inline constexpr std::array kKvTypes{KvTypeName{"f32", KvType::f32}, KvTypeName{"f16", KvType::f16},
    KvTypeName{"q8_0", KvType::q8_0}, KvTypeName{"q4_0", KvType::q4_0}};

[[nodiscard]] std::string_view kvTypeName(KvType type);
// nullopt: no such type.
[[nodiscard]] std::optional<KvType> parseKvType(std::string_view name);

[[nodiscard]] constexpr std::int64_t kvBlocks(std::int64_t headDim)
{
    return (headDim + kKvBlock - 1) / kKvBlock;
}

// Bytes of one head's values at one position; even.
[[nodiscard]] constexpr std::uint64_t kvHeadBytes(KvType type, std::int64_t headDim)
{
    switch (type) {
    case KvType::f32:
        return 4 * static_cast<std::uint64_t>(headDim);
    case KvType::f16:
        return 2 * static_cast<std::uint64_t>(headDim);
    case KvType::q8_0:
        return 34 * static_cast<std::uint64_t>(kvBlocks(headDim));
    case KvType::q4_0:
        return 18 * static_cast<std::uint64_t>(kvBlocks(headDim));
    }
    return 0;
}

// One head there and back, in scalar code: the specification of the types.
//   q8_0: d = the half nearest to (largest magnitude) / 127, q = x / d to nearest, ties to even.
//   q4_0: d = the half nearest to e / -8, e the value of largest magnitude (the positive one of
//         two), nibble = x / d + 8 to nearest, ties to even, 0 .. 15.
// Scales beyond the halves are cut to the largest of them.
void encodeKvHead(KvType type, const float* values, std::int64_t headDim, std::byte* head);
void decodeKvHead(KvType type, const std::byte* head, std::int64_t headDim, float* values);

} // namespace lectern::inference
