// SPDX-License-Identifier: Apache-2.0
// A model on disk, in one GGUF file or split over several: memory-mapped read-only, header parsed,
// tensors as views into the mapping.
#pragma once

#include "inference/gguf.h"
#include "inference/mapped_file.h"

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
    // Of a split model any part can be given; the others are found beside it by their names.
    // Errors: cannotRead (a missing part too), and all of parseGguf's and joinParts', with the
    // name of the file that is at fault in the sentence.
    [[nodiscard]] static Result<std::unique_ptr<ModelFile>> open(const std::filesystem::path& path);

    // A header of one's own over bytes of one's own; its tensors may share bytes. Requires: each
    // lies inside `data` and has a known type.
    [[nodiscard]] static std::unique_ptr<ModelFile> over(MappedFile data, Gguf header);

    [[nodiscard]] const Gguf& gguf() const { return m_gguf; } // of all parts together
    [[nodiscard]] const std::filesystem::path& path() const { return m_parts.front().path(); }
    [[nodiscard]] std::size_t partCount() const { return m_parts.size(); }
    [[nodiscard]] std::uint64_t byteSize() const; // of all parts together
    // As MappedFile::checkIntact, of all parts: ask before what was computed from views counts.
    [[nodiscard]] Result<void> checkIntact() const;
    // Empty view when there is no such tensor.
    [[nodiscard]] TensorView tensor(std::string_view name) const;
    // Errors: missingTensor; wrongShape when dims differ from `dims`; unsupportedType.
    [[nodiscard]] Result<TensorView> require(
        std::string_view name, std::initializer_list<std::uint64_t> dims) const;
    // The tensor has been copied: its pages need not stay in this process's memory. They come back
    // from the file when they are read after all.
    void release(const TensorView& tensor) const;

private:
    ModelFile() = default;
    std::vector<MappedFile> m_parts; // not empty
    Gguf m_gguf;
};

} // namespace lectern::inference
