// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/random_weights.h"

#include "inference/half.h"

#include <cstring>
#include <random>
#include <vector>

namespace lectern::test {

namespace {

// Where in a block the halves stand that scale it.
std::vector<std::size_t> scaleOffsets(inference::TensorType type)
{
    using inference::TensorType;
    switch (type) {
    case TensorType::q4_1:
    case TensorType::q5_1:
    case TensorType::q4_k:
    case TensorType::q5_k:
        return {0, 2};
    case TensorType::q2_k:
        return {80, 82};
    case TensorType::q3_k:
        return {108};
    case TensorType::q6_k:
        return {208};
    case TensorType::tq1_0:
        return {52};
    case TensorType::tq2_0:
        return {64};
    default:
        return {0};
    }
}

} // namespace

void fillRandomly(std::span<std::byte> bytes, inference::TensorType type, unsigned seed)
{
    using namespace inference;
    const std::size_t blockBytes = tensorTypeInfo(static_cast<std::uint32_t>(type))->blockBytes;
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (std::byte& byte : bytes)
        byte = static_cast<std::byte>(random());
    const auto put = [&](std::size_t at, std::uint16_t bits) {
        std::memcpy(&bytes[at], &bits, sizeof bits);
    };
    for (std::size_t at = 0; at < bytes.size(); at += blockBytes) {
        const float value = normal(random);
        if (type == TensorType::f32)
            std::memcpy(&bytes[at], &value, sizeof value);
        else if (type == TensorType::bf16)
            put(at, floatToBfloat16(value));
        else if (type == TensorType::f16)
            put(at, floatToHalf(value));
        else if (type == TensorType::mxfp4)
            bytes[at] = static_cast<std::byte>(120 + random() % 4);
        else if (type == TensorType::iq1_m) // the scale's nibbles are spread over four words
            for (std::size_t i = 0; i < 4; ++i)
                bytes[at + 49 + 2 * i] = (bytes[at + 49 + 2 * i] & std::byte{15})
                    | static_cast<std::byte>(floatToHalf(0.01F * value) >> (4 * i) << 4);
        else
            for (const std::size_t offset : scaleOffsets(type))
                put(at + offset, floatToHalf(0.01F * value));
    }
}

} // namespace lectern::test
