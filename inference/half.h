// SPDX-License-Identifier: Apache-2.0
// Half precision (IEEE binary16) and bfloat16 to float and back, exact in every bit, without
// hardware support; fast kernels use the processor's own instructions and are tested against these.
#pragma once

#include <bit>
#include <cstdint>

namespace lectern::inference {

[[nodiscard]] constexpr float bfloat16ToFloat(std::uint16_t bits)
{
    return std::bit_cast<float>(std::uint32_t{bits} << 16U);
}

// Rounds to nearest, ties to even; a NaN stays a (quiet) NaN.
[[nodiscard]] constexpr std::uint16_t floatToBfloat16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U)
        return static_cast<std::uint16_t>((bits >> 16U) | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

[[nodiscard]] constexpr float halfToFloat(std::uint16_t bits)
{
    const std::uint32_t sign = (bits & 0x8000U) << 16U;
    const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
    std::uint32_t fraction = bits & 0x3FFU;
    if (exponent == 0x1F) // infinity, NaN
        return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13U));
    if (exponent != 0)
        return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (fraction << 13U));
    if (fraction == 0)
        return std::bit_cast<float>(sign);
    // Subnormal: fraction * 2^-24, which is a normal float.
    const auto shift = static_cast<std::uint32_t>(std::countl_zero(fraction)) - 21U;
    fraction = (fraction << shift) & 0x3FFU;
    return std::bit_cast<float>(sign | ((113U - shift) << 23U) | (fraction << 13U));
}

// Rounds to nearest, ties to even; too large becomes infinity, a NaN stays a (quiet) NaN.
[[nodiscard]] constexpr std::uint16_t floatToHalf(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U)
        return static_cast<std::uint16_t>(sign | 0x7E00U | ((magnitude >> 13U) & 0x3FFU));
    if (magnitude >= 0x477FF000U) // 65520: half way from the largest half to the next step
        return static_cast<std::uint16_t>(sign | 0x7C00U);
    if (magnitude >= 0x38800000U) { // 2^-14: the result is a normal half
        const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13U) & 1U);
        return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
    }
    if (magnitude < 0x33000000U) // below 2^-25: zero
        return sign;
    const std::uint32_t shift = 126U - (magnitude >> 23U); // 14 .. 24
    const std::uint32_t fraction = (magnitude & 0x7FFFFFU) | 0x800000U;
    const std::uint32_t half = 1U << (shift - 1U);
    const std::uint32_t rounded = (fraction + half - 1U + ((fraction >> shift) & 1U)) >> shift;
    return static_cast<std::uint16_t>(sign | rounded);
}

} // namespace lectern::inference
