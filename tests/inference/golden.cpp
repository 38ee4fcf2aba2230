// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/golden.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace lectern::test {

std::filesystem::path golden(const std::string& path)
{
    return root() / "golden" / path;
}

nlohmann::json readJson(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return nlohmann::json::parse(file, nullptr, false);
}

std::vector<float> readF32(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::vector<float> values(bytes.size() / sizeof(float));
    std::copy_n(
        bytes.data(), values.size() * sizeof(float), reinterpret_cast<char*>(values.data()));
    return values;
}

} // namespace lectern::test
