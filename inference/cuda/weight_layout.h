// SPDX-License-Identifier: Apache-2.0
// How weights lie in the device's memory. A row is cut into units of 32 values; what the units need
// lies in planes one behind the other, so that neighbouring lanes of a warp, which take
// neighbouring units, load neighbouring 16 bytes.
//
//   type            planes of a row, each on a multiple of 16 bytes (U units, S = U / 8)
//   F32 F16 BF16    the values, filled up with zeros to whole units
//   Q4_0 IQ4_NL     16 U nibbles: byte i of a unit holds values i (low) and i + 16; 2 U scales
//   MXFP4           16 U nibbles likewise; U exponents
//   Q8_0            32 U bytes; 2 U scales
//   Q4_K            16 U nibbles; 16 S heads (d, dmin, 12 bytes of scales as in the file)
//   Q5_K            16 U nibbles; 4 U fifth bits: bit 8 k + j is that of value 4 j + k; 16 S heads
//   Q6_K            16 U nibbles; 8 U upper pairs: of two words, bits 8 k + 2 j, + 1 of word h are
//                   those of value 16 h + 4 j + k; 2 U scales; 2 S d
//   IQ4_XS          16 U nibbles; 8 S heads (d, scales as in the file)
//   others          the file's blocks, as they are
//
// Rows are padded to 16 bytes. No type grows by more than that. Q4_K's nibbles are re-ordered from
// the file's (values l, l + 32 in a byte) so that one 16-byte load is one unit with one scale.
#pragma once

#include "inference/tensor_type.h"

#include <cstdint>

namespace lectern::inference::cuda {

inline constexpr std::int64_t kUnit = 32; // values

// How a type's products are formed.
enum class Arithmetic {
    floats, // weights decoded to f32, activations f32
    bytes,  // weights as signed bytes times activations rounded to signed bytes, 32 a scale
};

struct Planes {
    std::int64_t second = 0; // bytes from the row's begin; the first plane is at 0
    std::int64_t third = 0;
    std::int64_t fourth = 0;
    std::int64_t rowBytes = 0;
};

constexpr std::int64_t upTo16(std::int64_t bytes)
{
    return (bytes + 15) / 16 * 16;
}

// Whether the type has planes of its own, and so a path in whole bytes.
constexpr bool hasPlanes(TensorType type)
{
    switch (type) {
    case TensorType::q4_0:
    case TensorType::iq4_nl:
    case TensorType::mxfp4:
    case TensorType::q8_0:
    case TensorType::q4_k:
    case TensorType::q5_k:
    case TensorType::q6_k:
    case TensorType::iq4_xs:
        return true;
    default:
        return false;
    }
}

constexpr bool isFloats(TensorType type)
{
    return type == TensorType::f32 || type == TensorType::f16 || type == TensorType::bf16;
}

// fileRowBytes: of a row of `columns` values in the file.
constexpr Planes planesOf(TensorType type, std::int64_t columns, std::int64_t fileRowBytes)
{
    const std::int64_t units = (columns + kUnit - 1) / kUnit;
    const std::int64_t supers = units / 8;
    const auto planes = [](std::int64_t first, std::int64_t second, std::int64_t third = 0,
                            std::int64_t fourth = 0) {
        Planes result;
        result.second = upTo16(first);
        result.third = result.second + upTo16(second);
        result.fourth = result.third + upTo16(third);
        result.rowBytes = result.fourth + upTo16(fourth);
        return result;
    };
    switch (type) {
    case TensorType::f32:
        return planes(4 * kUnit * units, 0);
    case TensorType::f16:
    case TensorType::bf16:
        return planes(2 * kUnit * units, 0);
    case TensorType::q4_0:
    case TensorType::iq4_nl:
        return planes(16 * units, 2 * units);
    case TensorType::mxfp4:
        return planes(16 * units, units);
    case TensorType::q8_0:
        return planes(32 * units, 2 * units);
    case TensorType::q4_k:
        return planes(16 * units, 16 * supers);
    case TensorType::q5_k:
        return planes(16 * units, 4 * units, 16 * supers);
    case TensorType::q6_k:
        return planes(16 * units, 8 * units, 2 * units, 2 * supers);
    case TensorType::iq4_xs:
        return planes(16 * units, 8 * supers);
    default:
        return planes(fileRowBytes, 0);
    }
}

} // namespace lectern::inference::cuda
