// SPDX-License-Identifier: Apache-2.0
// Block layouts against the golden index.
#include "inference/tensor_type.h"
#include "tests/inference/test.h"

#include <fstream>
#include <nlohmann/json.hpp>

using namespace lectern::inference;

TEST(TensorTypeTest, layoutsAgreeWithTheGoldenIndex)
{
    std::ifstream file(lectern::test::root() / "golden/quant/index.json");
    REQUIRE(file.good());
    const auto index = nlohmann::json::parse(file);
    for (const auto& [name, type] : index["types"].items()) {
        const auto info = tensorTypeInfo(type["ggml_type"].get<std::uint32_t>());
        CHECK_ROW(info.has_value(), name);
        if (!info)
            continue;
        CHECK_ROW(info->name == name, name);
        CHECK_ROW(info->blockValues == type["block_values"].get<std::uint32_t>(), name);
        CHECK_ROW(info->blockBytes == type["block_bytes"].get<std::uint32_t>(), name);
        CHECK_ROW(isComputable(static_cast<TensorType>(type["ggml_type"].get<int>())), name);
    }
}

TEST(TensorTypeTest, unknownIdsHaveNoLayout)
{
    CHECK(!tensorTypeInfo(4).has_value());
    CHECK(!tensorTypeInfo(1000).has_value());
}
