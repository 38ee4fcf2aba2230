// SPDX-License-Identifier: Apache-2.0
// Putting the headers of a split model together.
#include "inference/split_gguf.h"

#include "inference/quoted.h"

#include <fmt/format.h>
#include <map>

namespace lectern::inference {
namespace {

constexpr std::string_view kExtension = ".gguf";
constexpr std::string_view kOf = "-of-";
constexpr std::size_t kDigits = 5;

// The number at the end of `text`, cut off it together with what stands before it.
std::optional<std::uint64_t> cutNumber(std::string_view& text, std::string_view before)
{
    if (text.size() < kDigits + before.size())
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text.substr(text.size() - kDigits)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = 10 * value + static_cast<std::uint64_t>(c - '0');
    }
    text.remove_suffix(kDigits);
    if (!text.ends_with(before))
        return std::nullopt;
    text.remove_suffix(before.size());
    return value;
}

tl::unexpected<Error> malformed(std::string message)
{
    return fail(ErrorCode::malformed, std::move(message));
}

bool describesThePart(std::string_view key)
{
    return key.starts_with("split.") || key == "general.alignment";
}

} // namespace

std::optional<SplitName> parseSplitName(std::string_view fileName)
{
    if (!fileName.ends_with(kExtension))
        return std::nullopt;
    fileName.remove_suffix(kExtension.size());
    const auto count = cutNumber(fileName, kOf);
    if (!count)
        return std::nullopt;
    const auto part = cutNumber(fileName, "-");
    if (!part || *part < 1 || *part > *count)
        return std::nullopt;
    return SplitName{std::string(fileName), *part - 1, *count};
}

std::string splitFileName(const SplitName& name)
{
    return fmt::format("{}-{:05}-of-{:05}{}", name.prefix, name.part + 1, name.count, kExtension);
}

std::uint64_t splitCount(const Gguf& gguf)
{
    return std::max<std::uint64_t>(gguf.integer("split.count").value_or(1), 1);
}

Result<void> checkSplitName(const Gguf& gguf, std::string_view fileName)
{
    const std::uint64_t count = splitCount(gguf);
    if (count == 1)
        return {};
    const auto part = gguf.integer("split.no");
    if (!part || *part >= count) {
        return malformed(fmt::format(
            "The file says that it is one of {} parts of a model but not which; it is damaged.",
            count));
    }
    const auto name = parseSplitName(fileName);
    if (!name) {
        return malformed(fmt::format(
            "This is part {0} of {1} of a split model, and the others are found by its name; "
            "rename it to end in \"-{2:05}-of-{1:05}.gguf\", beside the others.",
            *part + 1, count, *part + 1));
    }
    if (name->part != *part || name->count != count) {
        return malformed(fmt::format(
            "By its name this is part {} of {} of a split model, but it holds part {} of {}; the "
            "parts were mixed up.",
            name->part + 1, name->count, *part + 1, count));
    }
    return {};
}

Result<Gguf> joinParts(std::vector<SplitPart> parts)
{
    Gguf whole = std::move(parts.front().gguf);
    const auto total = whole.integer("split.tensors.count");
    for (std::uint64_t i = 0; i < parts.size(); ++i) {
        const std::string& name = parts[i].fileName;
        const Gguf& part = i == 0 ? whole : parts[i].gguf;
        if (splitCount(part) != parts.size() || part.integer("split.no").value_or(0) != i) {
            return malformed(fmt::format("{}: The file should be part {} of {} and says that it is "
                                         "part {} of {}; the parts were mixed up.",
                name, i + 1, parts.size(), part.integer("split.no").value_or(0) + 1,
                splitCount(part)));
        }
        if (part.integer("split.tensors.count") != total) {
            return malformed(fmt::format("{}: The file is a part of another model than {}: they "
                                         "differ in how many tensors all parts hold.",
                name, parts.front().fileName));
        }
    }

    std::map<std::string, std::uint64_t, std::less<>> partOf; // of every tensor
    for (const GgufTensor& tensor : whole.tensors)
        partOf.emplace(tensor.name, 0);
    for (std::uint64_t i = 1; i < parts.size(); ++i) {
        const std::string& name = parts[i].fileName;
        for (auto& [key, value] : parts[i].gguf.keys) {
            if (describesThePart(key))
                continue;
            const auto [held, isNew] = whole.keys.try_emplace(key, std::move(value));
            if (!isNew && held->second != value) {
                return malformed(fmt::format("{}: The file is a part of another model than {}: "
                                             "they differ in {}.",
                    name, parts.front().fileName, inQuotes(key)));
            }
        }
        for (GgufTensor& tensor : parts[i].gguf.tensors) {
            const auto [held, isNew] = partOf.emplace(tensor.name, i);
            if (!isNew) {
                return malformed(fmt::format(
                    "{}: The file holds the tensor {}, which {} holds too; they are parts of "
                    "different models.",
                    name, inQuotes(tensor.name), parts[held->second].fileName));
            }
            tensor.part = static_cast<std::uint32_t>(i);
            whole.tensors.push_back(std::move(tensor));
        }
    }
    if (total && *total != whole.tensors.size()) {
        return malformed(fmt::format("{}: The {} parts hold {} tensors together where {} are "
                                     "expected; one of them is of another model.",
            parts.front().fileName, parts.size(), whole.tensors.size(), *total));
    }
    return whole;
}

} // namespace lectern::inference
