// SPDX-License-Identifier: Apache-2.0
// Reading the golden data: JSON files and raw float32 files under tests/golden.
#pragma once

#include "tests/inference/test.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lectern::test {

std::filesystem::path golden(const std::string& path);

nlohmann::json readJson(const std::filesystem::path& path);

std::vector<float> readF32(const std::filesystem::path& path);

} // namespace lectern::test
