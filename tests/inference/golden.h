// SPDX-License-Identifier: Apache-2.0
// Reading the golden data: JSON files and raw float32 files under tests/golden.
#pragma once

#include "tests/inference/test.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

namespace lectern::test {

inline std::filesystem::path golden(const std::string& path)
{
    return root() / "golden" / path;
}

inline nlohmann::json readJson(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return nlohmann::json::parse(file, nullptr, false);
}

inline std::vector<float> readF32(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<float> values(bytes.size() / sizeof(float));
    std::copy_n(
        bytes.data(), values.size() * sizeof(float), reinterpret_cast<char*>(values.data()));
    return values;
}

} // namespace lectern::test
