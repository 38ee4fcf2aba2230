// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of split models: the parts begin at each "GGUF" of the input; any parts are refused or
// give one header whose tensors lie inside their part. The input is also read as a part's name.
#include "inference/split_gguf.h"

#include <cstdint>
#include <cstdlib>
#include <set>

using namespace lectern::inference;

namespace {

void require(bool condition)
{
    if (!condition)
        std::abort();
}

void checkName(std::string_view text)
{
    const auto name = parseSplitName(text);
    if (!name)
        return;
    require(name->part < name->count);
    require(splitFileName(*name) == text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    checkName(text.substr(0, 256));
    std::vector<std::string_view> bytes;
    std::vector<SplitPart> parts;
    for (std::size_t begin = 0; begin < size;) {
        const std::size_t end = std::min(text.find("GGUF", begin + 4), size);
        bytes.push_back(text.substr(begin, end - begin));
        auto gguf = parseGguf(std::as_bytes(std::span(bytes.back())));
        if (!gguf)
            return 0;
        require(splitCount(*gguf) >= 1);
        const std::string name = splitFileName({"m", bytes.size() - 1, 3});
        if (const auto named = checkSplitName(*gguf, name); !named)
            require(!named.error().message.empty());
        parts.push_back({name, std::move(*gguf)});
        begin = end;
    }
    if (parts.empty())
        return 0;
    const auto whole = joinParts(std::move(parts));
    if (!whole) {
        require(!whole.error().message.empty());
        return 0;
    }
    std::set<std::string_view> names;
    for (const GgufTensor& tensor : whole->tensors) {
        require(tensor.part < bytes.size());
        const std::size_t partSize = bytes[tensor.part].size();
        require(tensor.offset <= partSize && tensor.byteSize <= partSize - tensor.offset);
        require(names.insert(tensor.name).second);
    }
    return 0;
}
