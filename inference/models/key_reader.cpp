// SPDX-License-Identifier: Apache-2.0
// Settings by name, with their ranges.
#include "inference/models/key_reader.h"

#include <fmt/format.h>

namespace lectern::inference {

namespace {

constexpr double kLargestNumber = 1e30;

} // namespace

std::string KeyReader::keyOf(std::string_view name) const
{
    return fmt::format("{}.{}", m_architecture, name);
}

bool KeyReader::present(const std::string& key, bool mayLack)
{
    const bool found = m_gguf.keys.contains(key);
    if (!found && !mayLack)
        report(ErrorCode::missingKey,
            fmt::format("The model file lacks the setting {}; it is incomplete.", key));
    return found;
}

std::int64_t KeyReader::integer(std::string_view name, std::optional<std::int64_t> absent,
    std::uint64_t least, std::uint64_t most)
{
    const std::string key = keyOf(name);
    if (!present(key, absent.has_value()))
        return absent.value_or(static_cast<std::int64_t>(least));
    const auto value = m_gguf.integer(key);
    if (!value || *value < least || *value > most) {
        report(ErrorCode::malformed,
            fmt::format("The model's setting {} is {}; a whole number from {} to {} belongs there.",
                key, value ? std::to_string(*value) : "of another kind", least, most));
        return static_cast<std::int64_t>(least);
    }
    return static_cast<std::int64_t>(*value);
}

float KeyReader::number(std::string_view name, std::optional<float> absent, float least)
{
    const std::string key = keyOf(name);
    if (!present(key, absent.has_value()))
        return absent.value_or(least);
    const auto value = m_gguf.number(key);
    if (!value || !(*value >= least) || *value > kLargestNumber) {
        report(ErrorCode::malformed,
            fmt::format("The model's setting {} is not a number of at least {}.", key, least));
        return least;
    }
    return static_cast<float>(*value);
}

bool KeyReader::flag(std::string_view name, bool absent)
{
    return m_gguf.boolean(keyOf(name)).value_or(absent);
}

const std::string* KeyReader::text(std::string_view name)
{
    return m_gguf.string(keyOf(name));
}

void KeyReader::require(bool holds, const std::string& sentence)
{
    if (!holds)
        report(ErrorCode::malformed, sentence);
}

void KeyReader::report(ErrorCode code, std::string message)
{
    if (!m_error)
        m_error = Error{code, std::move(message)};
}

} // namespace lectern::inference
