// SPDX-License-Identifier: Apache-2.0
// Block formats bit by bit against the golden values; half and bfloat16 against their definitions.
#include "inference/dequantize.h"
#include "inference/half.h"
#include "inference/model_file.h"
#include "tests/inference/test.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

using namespace lectern::inference;

namespace {

std::vector<std::uint32_t> floatBits(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<std::uint32_t> bits(bytes.size() / 4);
    std::memcpy(bits.data(), bytes.data(), bits.size() * 4);
    return bits;
}

// The values of both tensors of a golden file, row by row; empty when anything fails.
std::vector<float> dequantizedFile(const std::string& type)
{
    const auto file = ModelFile::open(lectern::test::root() / "golden/quant" / (type + ".gguf"));
    if (!file)
        return {};
    std::vector<float> values;
    for (const char* name : {"blk.0.attn_k.weight", "blk.0.ffn_up.weight"}) {
        const auto tensor = (*file)->require(name, {256, 8});
        if (!tensor)
            return {};
        for (std::uint64_t row = 0; row < 8; ++row) {
            const std::size_t at = values.size();
            values.resize(at + 256);
            if (!dequantizeRow(
                    tensor->type, tensor->data + row * tensor->rowBytes, values.data() + at, 256))
                return {};
        }
    }
    return values;
}

} // namespace

TEST(DequantizeTest, everyComputableTypeGivesTheGoldenBits)
{
    // Every type of the index and F32, which has no golden file: a type cannot be left out here.
    for (std::uint32_t id = 1; id < 64; ++id) {
        if (!isComputable(static_cast<TensorType>(id)))
            continue;
        const std::string type(tensorTypeInfo(id)->name);
        const auto golden = floatBits(lectern::test::root() / "golden/quant" / (type + ".f32"));
        const auto values = dequantizedFile(type);
        CHECK_ROW(golden.size() == 2 * 8 * 256, type);
        CHECK_ROW(values.size() == golden.size(), type);
        if (values.size() != golden.size())
            continue;
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < values.size(); ++i)
            wrong += std::bit_cast<std::uint32_t>(values[i]) == golden[i] ? 0 : 1;
        CHECK_ROW(wrong == 0, type + ": " + std::to_string(wrong) + " values differ");
    }
}

TEST(DequantizeTest, f32IsCopied)
{
    const std::vector<float> in{1.5F, -0.0F, std::numeric_limits<float>::denorm_min()};
    std::vector<float> out(in.size());
    REQUIRE(dequantizeRow(
        TensorType::f32, reinterpret_cast<const std::byte*>(in.data()), out.data(), in.size()));
    CHECK(std::memcmp(in.data(), out.data(), in.size() * sizeof(float)) == 0);
}

TEST(DequantizeTest, smallScalesOfMxfp4AreExact)
{
    // e = 0 and 1 are subnormal scales, 255 is the largest; value 1 is the digit 1, value 7 is 12.
    for (const int e : {0, 1, 2, 127, 254, 255}) {
        std::array<std::uint8_t, 17> block{static_cast<std::uint8_t>(e), 0x71};
        std::array<float, 32> out{};
        REQUIRE(dequantizeRow(TensorType::mxfp4, reinterpret_cast<const std::byte*>(block.data()),
            out.data(), out.size()));
        CHECK_ROW(out[0] == static_cast<float>(std::ldexp(1.0, e - 128)), std::to_string(e));
        CHECK_ROW(out[16] == static_cast<float>(std::ldexp(12.0, e - 128)), std::to_string(e));
        CHECK_ROW(out[1] == 0.0F, std::to_string(e));
    }
}

TEST(DequantizeTest, refusesTypesThatHoldNoWeightsByName)
{
    const std::vector<std::byte> row(292);
    std::vector<float> out(256);
    const auto known = dequantizeRow(static_cast<TensorType>(15), row.data(), out.data(), 256);
    REQUIRE(!known);
    CHECK(known.error().code == ErrorCode::unsupportedType);
    CHECK(known.error().message.find("Q8_K") != std::string::npos);
    const auto unknown = dequantizeRow(static_cast<TensorType>(77), row.data(), out.data(), 256);
    REQUIRE(!unknown);
    CHECK(unknown.error().message.find("77") != std::string::npos);
}

TEST(DequantizeTest, refusesPartsOfABlock)
{
    const std::vector<std::byte> row(34);
    std::vector<float> out(32);
    const auto result = dequantizeRow(TensorType::q8_0, row.data(), out.data(), 31);
    REQUIRE(!result);
    CHECK(result.error().code == ErrorCode::wrongShape);
}

TEST(HalfTest, everyHalfComesBackFromFloat)
{
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float value = halfToFloat(half);
        const std::uint16_t back = floatToHalf(value);
        if (std::isnan(value))
            CHECK_ROW((back & 0x7C00) == 0x7C00 && (back & 0x3FF) != 0, std::to_string(bits));
        else
            CHECK_ROW(back == half, std::to_string(bits));
    }
}

TEST(HalfTest, halvesMeanWhatTheirBitsSay)
{
    for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const int exponent = static_cast<int>(bits >> 10);
        const int fraction = static_cast<int>(bits & 0x3FF);
        const double value =
            exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
        CHECK_ROW(halfToFloat(static_cast<std::uint16_t>(bits)) == value, std::to_string(bits));
    }
    CHECK(std::isinf(halfToFloat(0x7C00)));
    CHECK(std::signbit(halfToFloat(0x8000)));
}

TEST(HalfTest, floatsRoundToTheNearestEvenHalf)
{
    // Between each half and the next: below the middle down, above it up, the middle to even.
    for (std::uint32_t bits = 0; bits < 0x7BFF; ++bits) {
        const auto low = static_cast<std::uint16_t>(bits);
        const auto high = static_cast<std::uint16_t>(bits + 1);
        const float middle = (halfToFloat(low) + halfToFloat(high)) / 2; // exact in float
        const std::uint16_t even = bits % 2 == 0 ? low : high;
        CHECK_ROW(floatToHalf(middle) == even, std::to_string(bits));
        CHECK_ROW(floatToHalf(std::nextafter(middle, 0.0F)) == low, std::to_string(bits));
        CHECK_ROW(floatToHalf(std::nextafter(middle, 1e9F)) == high, std::to_string(bits));
    }
    CHECK(floatToHalf(65519.996F) == 0x7BFF);
    CHECK(floatToHalf(65520.0F) == 0x7C00);
    CHECK(floatToHalf(-1e30F) == 0xFC00);
}

TEST(HalfTest, bfloat16RoundsToTheNearestEven)
{
    CHECK(floatToBfloat16(1.0F) == 0x3F80);
    CHECK(floatToBfloat16(std::bit_cast<float>(0x3F808000U)) == 0x3F80); // middle, to even
    CHECK(floatToBfloat16(std::bit_cast<float>(0x3F818000U)) == 0x3F82);
    CHECK(floatToBfloat16(std::bit_cast<float>(0x3F808001U)) == 0x3F81);
    CHECK(std::isnan(bfloat16ToFloat(floatToBfloat16(std::bit_cast<float>(0x7F800001U)))));
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const float value = bfloat16ToFloat(static_cast<std::uint16_t>(bits));
        if (!std::isnan(value))
            CHECK_ROW(floatToBfloat16(value) == bits, std::to_string(bits));
    }
}
