// SPDX-License-Identifier: Apache-2.0
// Model files made by changing a golden one: other names, shapes, keys, types; missing parts; cuts.
#pragma once

#include "inference/model_file.h"
#include "tests/inference/test.h"

#include <map>
#include <string>
#include <vector>

namespace lectern::test {

// A folder of this test program, removed at its end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const
    {
        return m_path / name;
    }

private:
    std::filesystem::path m_path;
};

struct EditedTensor {
    std::string name;
    inference::TensorType type = inference::TensorType::f32;
    std::vector<std::uint64_t> dims; // fastest first
    std::string bytes;
};

struct EditedGguf {
    std::map<std::string, inference::GgufValue, std::less<>> keys;
    std::vector<EditedTensor> tensors;

    static EditedGguf load(const std::filesystem::path& path);

    EditedTensor* find(std::string_view name);
    void remove(std::string_view name);

    [[nodiscard]] std::string bytes() const;
    std::filesystem::path save(const std::filesystem::path& path) const; // returns the path
};

// The whole of a binary file.
std::string fileBytes(const std::filesystem::path& path);

std::vector<float> fileFloats(const std::filesystem::path& path);

} // namespace lectern::test
