// SPDX-License-Identifier: Apache-2.0
#include "tests/inference/gguf_edit.h"

#include <cstring>
#include <fstream>
#include <unistd.h>

namespace lectern::test {

namespace {

template <class T> void number(std::string& out, T value)
{
    out.append(reinterpret_cast<const char*>(&value), sizeof value); // little endian host
}
void text(std::string& out, std::string_view value)
{
    number<std::uint64_t>(out, value.size());
    out += value;
}
template <class T> constexpr std::uint32_t typeId()
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
void payload(std::string& out, const std::string& value)
{
    text(out, value);
}
void payload(std::string& out, bool value)
{
    out += value ? '\1' : '\0';
}
template <class T> void payload(std::string& out, T value)
{
    number<T>(out, value);
}
template <class T> void write(std::string& out, const std::vector<T>& values)
{
    number<std::uint32_t>(out, 9);
    number<std::uint32_t>(out, typeId<T>());
    number<std::uint64_t>(out, values.size());
    for (const T& value : values)
        payload(out, value);
}
void write(std::string& out, const std::vector<bool>& values)
{
    number<std::uint32_t>(out, 9);
    number<std::uint32_t>(out, 7);
    number<std::uint64_t>(out, values.size());
    for (const bool value : values)
        payload(out, value);
}
template <class T> void write(std::string& out, const T& value)
{
    number<std::uint32_t>(out, typeId<T>());
    payload(out, value);
}

} // namespace

TemporaryFolder::TemporaryFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "lectern-test-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr)
        m_path = name;
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    if (!m_path.empty())
        std::filesystem::remove_all(m_path, ignored);
}

EditedGguf EditedGguf::load(const std::filesystem::path& path)
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
        result.tensors.push_back(
            {tensor.name, tensor.type, {tensor.dims.begin(), tensor.dims.begin() + tensor.dimCount},
                std::string(reinterpret_cast<const char*>(view.data), tensor.byteSize)});
    }
    return result;
}

EditedTensor* EditedGguf::find(std::string_view name)
{
    for (EditedTensor& tensor : tensors)
        if (tensor.name == name)
            return &tensor;
    return nullptr;
}

void EditedGguf::remove(std::string_view name)
{
    std::erase_if(tensors, [&](const EditedTensor& tensor) { return tensor.name == name; });
}

std::string EditedGguf::bytes() const
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

std::filesystem::path EditedGguf::save(const std::filesystem::path& path) const
{
    std::ofstream(path, std::ios::binary) << bytes();
    return path;
}

std::string fileBytes(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<float> fileFloats(const std::filesystem::path& path)
{
    const std::string bytes = fileBytes(path);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

} // namespace lectern::test
