// SPDX-License-Identifier: Apache-2.0
// Model files made by changing a golden one: other names, shapes, keys, types; missing parts; cuts.
#pragma once

#include "inference/model_file.h"
#include "tests/inference/test.h"

#include <cstring>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace lectern::test {

// A folder of this test program, removed at its end.
class TemporaryFolder {
public:
    TemporaryFolder()
    {
        std::string name =
            (std::filesystem::temp_directory_path() / "lectern-test-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr)
            m_path = name;
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        if (!m_path.empty())
            std::filesystem::remove_all(m_path, ignored);
    }
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

    static EditedGguf load(const std::filesystem::path& path)
    {
        EditedGguf result;
        const auto file = inference::ModelFile::open(path);
        if (!file) {
            fail(__FILE__, __LINE__, file.error().message);
            return result;
        }
        result.keys = (*file)->gguf().keys;
        for (const auto& tensor : (*file)->gguf().tensors) {
            const auto view = (*file)->tensor(tensor.name);
            result.tensors.push_back({tensor.name, tensor.type,
                {tensor.dims.begin(), tensor.dims.begin() + tensor.dimCount},
                std::string(reinterpret_cast<const char*>(view.data), tensor.byteSize)});
        }
        return result;
    }

    EditedTensor* find(std::string_view name)
    {
        for (EditedTensor& tensor : tensors)
            if (tensor.name == name)
                return &tensor;
        return nullptr;
    }
    void remove(std::string_view name)
    {
        std::erase_if(tensors, [&](const EditedTensor& tensor) { return tensor.name == name; });
    }

    [[nodiscard]] std::string bytes() const
    {
        std::string out = "GGUF";
        number<std::uint32_t>(out, 3);
        number<std::uint64_t>(out, tensors.size());
        number<std::uint64_t>(out, keys.size());
        for (const auto& [name, value] : keys) {
            text(out, name);
            std::visit([&](const auto& held) { write(out, held); }, value);
        }
        std::uint64_t offset = 0;
        for (const EditedTensor& tensor : tensors) {
            text(out, tensor.name);
            number<std::uint32_t>(out, static_cast<std::uint32_t>(tensor.dims.size()));
            for (const std::uint64_t dim : tensor.dims)
                number<std::uint64_t>(out, dim);
            number<std::uint32_t>(out, static_cast<std::uint32_t>(tensor.type));
            number<std::uint64_t>(out, offset);
            offset += (tensor.bytes.size() + 31) / 32 * 32;
        }
        for (const EditedTensor& tensor : tensors) {
            out.resize((out.size() + 31) / 32 * 32);
            out += tensor.bytes;
        }
        out.resize((out.size() + 31) / 32 * 32);
        return out;
    }
    std::filesystem::path save(const std::filesystem::path& path) const
    {
        std::ofstream(path, std::ios::binary) << bytes();
        return path;
    }

private:
    template <class T> static void number(std::string& out, T value)
    {
        out.append(reinterpret_cast<const char*>(&value), sizeof value); // little endian host
    }
    static void text(std::string& out, std::string_view value)
    {
        number<std::uint64_t>(out, value.size());
        out += value;
    }
    template <class T> static constexpr std::uint32_t typeId()
    {
        if constexpr (std::is_same_v<T, std::uint64_t>)
            return 10;
        else if constexpr (std::is_same_v<T, std::int64_t>)
            return 11;
        else if constexpr (std::is_same_v<T, double>)
            return 12;
        else if constexpr (std::is_same_v<T, bool>)
            return 7;
        else
            return 8;
    }
    static void payload(std::string& out, const std::string& value) { text(out, value); }
    static void payload(std::string& out, bool value) { out += value ? '\1' : '\0'; }
    template <class T> static void payload(std::string& out, T value) { number<T>(out, value); }
    template <class T> static void write(std::string& out, const std::vector<T>& values)
    {
        number<std::uint32_t>(out, 9);
        number<std::uint32_t>(out, typeId<T>());
        number<std::uint64_t>(out, values.size());
        for (const T& value : values)
            payload(out, value);
    }
    static void write(std::string& out, const std::vector<bool>& values)
    {
        number<std::uint32_t>(out, 9);
        number<std::uint32_t>(out, 7);
        number<std::uint64_t>(out, values.size());
        for (const bool value : values)
            payload(out, value);
    }
    template <class T> static void write(std::string& out, const T& value)
    {
        number<std::uint32_t>(out, typeId<T>());
        payload(out, value);
    }
};

// The whole of a binary file.
inline std::string fileBytes(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<float> fileFloats(const std::filesystem::path& path)
{
    const std::string bytes = fileBytes(path);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

} // namespace lectern::test
