// SPDX-License-Identifier: Apache-2.0
// Fuzz entry of the GGUF parser: any bytes are refused or give tensors that lie inside them.
#include "inference/gguf.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace lectern::inference;
    const auto gguf = parseGguf({reinterpret_cast<const std::byte*>(data), size});
    if (!gguf) {
        if (gguf.error().message.empty())
            std::abort(); // a refusal without a reason
        return 0;
    }
    for (const GgufTensor& tensor : gguf->tensors) {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(tensor.type));
        if (!layout || tensor.offset > size || tensor.byteSize > size - tensor.offset
            || tensor.byteSize != tensor.valueCount() / layout->blockValues * layout->blockBytes)
            std::abort(); // promises what a caller would then read
        if (gguf->findTensor(tensor.name) != &tensor)
            std::abort(); // names are unique
    }
    return 0;
}
