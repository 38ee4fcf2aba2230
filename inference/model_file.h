// SPDX-License-Identifier: Apache-2.0
// A GGUF file on disk: memory-mapped read-only, header parsed, tensors as views into the mapping.
#pragma once

#include "inference/gguf.h"

#include <filesystem>
#include <memory>

namespace lectern::inference {

// One tensor's bytes with their shape; borrows from the ModelFile it came from.
struct TensorView {
    const std::byte* data = nullptr;
    TensorType type = TensorType::f32;
    std::array<std::uint64_t, 4> dims{1, 1, 1, 1}; // fastest first
    std::uint64_t rowBytes = 0;                    // bytes of one row of dims[0] values
    [[nodiscard]] explicit operator bool() const { return data != nullptr; }
};

// Thread safety: immutable after open(). Invariant: every view stays valid as long as the object.
class ModelFile {
public:
    // Errors: cannotRead, and all of parseGguf's, with the file's name in the sentence.
    [[nodiscard]] static Result<std::unique_ptr<ModelFile>> open(const std::filesystem::path& path);
    ~ModelFile();
    ModelFile(const ModelFile&) = delete;
    ModelFile& operator=(const ModelFile&) = delete;

    [[nodiscard]] const Gguf& gguf() const { return m_gguf; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::uint64_t byteSize() const { return m_bytes.size(); }
    // Empty view when there is no such tensor.
    [[nodiscard]] TensorView tensor(std::string_view name) const;
    // Errors: missingTensor; wrongShape when dims differ from `dims`; unsupportedType.
    [[nodiscard]] Result<TensorView> require(
        std::string_view name, std::initializer_list<std::uint64_t> dims) const;

private:
    ModelFile() = default;
    std::filesystem::path m_path;
    std::span<const std::byte> m_bytes;
    Gguf m_gguf;
};

} // namespace lectern::inference
