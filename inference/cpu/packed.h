// SPDX-License-Identifier: Apache-2.0
// Packed weights: the rows of a matrix in groups of 16, interleaved, so that one load brings the
// same four bytes of 16 rows into the 16 lanes of a register.
//
// Packing moves bytes and changes none: a block of the file becomes 16 blocks side by side, piece
// by piece (the scales of 16 rows, then the first four bytes of quants of 16 rows, ...). So a
// packed matrix takes what the file's takes, with the rows rounded up to a multiple of 16.
#pragma once

#include "inference/tensor_type.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace lectern::inference {

inline constexpr std::int64_t kPackedRows = 16; // rows of a group

// Part of a block of the file: `bytes` bytes from `offset` in elements of `unit` bytes. Element e
// of all 16 rows stands together in the packed block, rows in order.
struct PackedPiece {
    std::uint8_t offset;
    std::uint8_t bytes;
    std::uint8_t unit; // 1, 2 or 4
};

// The pieces of a packed block in their packed order; empty: the type cannot be packed. A block
// of F32 is one value, of F16 and BF16 two.
[[nodiscard]] std::span<const PackedPiece> packedPieces(TensorType type);

// Bytes of a packed group of 16 rows of `columns` values. Requires: the type can be packed.
[[nodiscard]] std::int64_t packedGroupBytes(TensorType type, std::int64_t columns);

// Packs up to 16 rows of a file's matrix into one group; missing rows become zeros.
//   rows    `count` rows, rowBytes apart;  group  packedGroupBytes() bytes
void packGroup(TensorType type, const std::byte* rows, std::int64_t rowBytes, std::int64_t count,
    std::int64_t columns, std::byte* group);

} // namespace lectern::inference
