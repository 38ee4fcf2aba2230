// SPDX-License-Identifier: Apache-2.0
// GGUF: the parsed header of a model file, and the pure function that parses it.
//
// Byte layout (little endian): "GGUF", u32 version (2 or 3), u64 tensor count, u64 key count;
// then keys (string name, u32 value type, value), then tensors (string name, u32 nDims,
// u64 dims[nDims] fastest first, u32 type, u64 offset), then padding to the alignment, then data.
// A string is u64 length + bytes; an array is u32 element type, u64 count, elements.
#pragma once

#include "inference/error.h"
#include "inference/tensor_type.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lectern::inference {

// Arrays keep their element type; integers of every width widen to 64 bits.
using GgufValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string,
    std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>, std::vector<bool>,
    std::vector<std::string>>;

struct GgufTensor {
    std::string name;
    TensorType type;
    std::uint32_t dimCount;            // 1..4
    std::array<std::uint64_t, 4> dims; // fastest first; unused ones are 1
    std::uint64_t offset;              // bytes from the start of the file, bounds already checked
    std::uint64_t byteSize;
    std::uint32_t part = 0; // which file of a split model
    [[nodiscard]] std::uint64_t valueCount() const { return dims[0] * dims[1] * dims[2] * dims[3]; }
};

struct Gguf {
    std::uint32_t version = 0;
    std::uint64_t alignment = 32;
    std::map<std::string, GgufValue, std::less<>> keys;
    std::vector<GgufTensor> tensors; // file order, names unique

    [[nodiscard]] const GgufTensor* findTensor(std::string_view name) const;
    // Absent or of another kind: nullopt / nullptr. Integers convert when they fit.
    [[nodiscard]] std::optional<std::uint64_t> integer(std::string_view key) const;
    [[nodiscard]] std::optional<double> number(std::string_view key) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view key) const;
    [[nodiscard]] const std::string* string(std::string_view key) const;
    [[nodiscard]] const std::vector<std::string>* strings(std::string_view key) const;
};

// Parses the whole header. Never reads outside `file`; allocates at most a small multiple of the
// bytes it has actually seen, whatever the counts claim. Every tensor it returns lies inside the
// file and has a known type. Thread: any.
[[nodiscard]] Result<Gguf> parseGguf(std::span<const std::byte> file);

} // namespace lectern::inference
