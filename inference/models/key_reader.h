// SPDX-License-Identifier: Apache-2.0
// Reading an architecture's settings from a model file's keys, and remembering what is wrong.
#pragma once

#include "inference/error.h"
#include "inference/gguf.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lectern::inference {

// Larger than any published model by a wide margin, and small enough that no product of two or
// three of them overflows.
inline constexpr std::uint64_t kMostLayers = 4096;
inline constexpr std::uint64_t kWidest = 1U << 20U;
inline constexpr std::uint64_t kLongest = std::uint64_t{1} << 32U;

// Keeps the first error; what it returns after one is in range but means nothing.
class KeyReader {
public:
    // Names are looked up behind "architecture.".
    KeyReader(const Gguf& gguf, std::string_view architecture)
        : m_gguf(gguf), m_architecture(architecture)
    {
    }

    // `absent`: the value when the file lacks the key; nullopt: it must not.
    std::int64_t integer(std::string_view name, std::optional<std::int64_t> absent,
        std::uint64_t least, std::uint64_t most);
    float number(std::string_view name, std::optional<float> absent, float least);
    bool flag(std::string_view name, bool absent);
    // nullptr: absent or of another kind.
    const std::string* text(std::string_view name);
    // Reports `sentence` when `holds` is false.
    void require(bool holds, const std::string& sentence);
    void report(ErrorCode code, std::string message);
    [[nodiscard]] const std::optional<Error>& error() const { return m_error; }

private:
    [[nodiscard]] std::string keyOf(std::string_view name) const;
    bool present(const std::string& key, bool mayLack);

    const Gguf& m_gguf;
    std::string m_architecture;
    std::optional<Error> m_error;
};

} // namespace lectern::inference
