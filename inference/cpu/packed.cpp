// SPDX-License-Identifier: Apache-2.0
// Interleaving the rows of weights.
#include "inference/cpu/packed.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace lectern::inference {

namespace {

// Scales first: a kernel needs them with the first quants. Layouts: the GGUF specification; in
// formulas in tests/golden/README.md, section 11.
constexpr std::array<PackedPiece, 1> kWords{{{0, 4, 4}}};
constexpr std::array<PackedPiece, 2> kQ4_0{{{0, 2, 2}, {2, 16, 4}}};
constexpr std::array<PackedPiece, 2> kQ8_0{{{0, 2, 2}, {2, 32, 4}}};
constexpr std::array<PackedPiece, 2> kQ4_K{{{0, 4, 2}, {4, 140, 4}}};
constexpr std::array<PackedPiece, 2> kQ5_K{{{0, 4, 2}, {4, 172, 4}}};
constexpr std::array<PackedPiece, 2> kQ4_1{{{0, 4, 2}, {4, 16, 4}}};
constexpr std::array<PackedPiece, 2> kQ5_0{{{0, 2, 2}, {2, 20, 4}}};
constexpr std::array<PackedPiece, 2> kQ5_1{{{0, 4, 2}, {4, 20, 4}}};
constexpr std::array<PackedPiece, 2> kMxfp4{{{0, 1, 1}, {1, 16, 4}}};
constexpr std::array<PackedPiece, 2> kQ2_K{{{80, 4, 2}, {0, 80, 4}}};
constexpr std::array<PackedPiece, 3> kQ3_K{{{108, 2, 2}, {96, 12, 4}, {0, 96, 4}}};
constexpr std::array<PackedPiece, 2> kIq4_Xs{{{0, 4, 2}, {4, 132, 4}}};
constexpr std::array<PackedPiece, 3> kQ6_K{{{208, 2, 2}, {192, 16, 4}, {0, 192, 4}}};

struct Block {
    std::int64_t values;
    std::int64_t bytes;
};

Block blockOf(TensorType type)
{
    if (type == TensorType::f16 || type == TensorType::bf16)
        return {2, 4};
    const auto info = *tensorTypeInfo(static_cast<std::uint32_t>(type));
    return {info.blockValues, info.blockBytes};
}

template <class Unit>
void interleave(
    const std::byte* const* rows, std::int64_t offset, std::int64_t elements, std::byte* target)
{
    for (std::int64_t e = 0; e < elements; ++e) {
        for (std::int64_t r = 0; r < kPackedRows; ++r)
            std::memcpy(target + (e * kPackedRows + r) * sizeof(Unit),
                rows[r] + offset + e * sizeof(Unit), sizeof(Unit));
    }
}

} // namespace

std::span<const PackedPiece> packedPieces(TensorType type)
{
    switch (type) {
    case TensorType::f32:
    case TensorType::f16:
    case TensorType::bf16:
        return kWords;
    case TensorType::q4_0:
    case TensorType::iq4_nl: // the same places, another meaning
        return kQ4_0;
    case TensorType::q4_1:
        return kQ4_1;
    case TensorType::q5_0:
        return kQ5_0;
    case TensorType::q5_1:
        return kQ5_1;
    case TensorType::mxfp4:
        return kMxfp4;
    case TensorType::q2_k:
        return kQ2_K;
    case TensorType::q3_k:
        return kQ3_K;
    case TensorType::iq4_xs:
        return kIq4_Xs;
    case TensorType::q8_0:
        return kQ8_0;
    case TensorType::q4_k:
        return kQ4_K;
    case TensorType::q5_k:
        return kQ5_K;
    case TensorType::q6_k:
        return kQ6_K;
    default:
        return {};
    }
}

std::int64_t packedGroupBytes(TensorType type, std::int64_t columns)
{
    const Block block = blockOf(type);
    return (columns + block.values - 1) / block.values * block.bytes * kPackedRows;
}

void packGroup(TensorType type, const std::byte* rows, std::int64_t rowBytes, std::int64_t count,
    std::int64_t columns, std::byte* group)
{
    const Block block = blockOf(type);
    const auto pieces = packedPieces(type);
    constexpr std::array<std::byte, 256> zeros{};
    for (std::int64_t first = 0; first < columns; first += block.values) {
        const std::int64_t at = first / block.values * block.bytes;
        const bool whole = at + block.bytes <= rowBytes;
        std::array<const std::byte*, kPackedRows> blocks;
        std::array<std::array<std::byte, 4>, kPackedRows> last{}; // only F16, BF16 can end odd
        for (std::int64_t r = 0; r < kPackedRows; ++r) {
            if (r >= count) {
                blocks[r] = zeros.data();
            } else if (whole) {
                blocks[r] = rows + r * rowBytes + at;
            } else {
                std::memcpy(last[r].data(), rows + r * rowBytes + at, rowBytes - at);
                blocks[r] = last[r].data();
            }
        }
        for (const PackedPiece& piece : pieces) {
            const std::int64_t elements = piece.bytes / piece.unit;
            if (piece.unit == 4)
                interleave<std::uint32_t>(blocks.data(), piece.offset, elements, group);
            else if (piece.unit == 2)
                interleave<std::uint16_t>(blocks.data(), piece.offset, elements, group);
            else
                interleave<std::uint8_t>(blocks.data(), piece.offset, elements, group);
            group += piece.bytes * kPackedRows;
        }
    }
}

} // namespace lectern::inference
