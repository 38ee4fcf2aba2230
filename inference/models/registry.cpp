// SPDX-License-Identifier: Apache-2.0
// The table of architectures, and looking into it.
#include "inference/models/registry.h"

#include "inference/models/llama.h"
#include "inference/models/llama4.h"
#include "inference/models/qwen3.h"
#include "inference/quoted.h"

#include <array>
#include <fmt/format.h>

namespace lectern::inference {

std::span<const Architecture> architectures()
{
    static constexpr std::array kArchitectures{
        Architecture{"llama4", loadLlama4, llama4KvShape},
        Architecture{"llama", loadLlama, llamaKvShape},
        Architecture{"qwen3", loadQwen3, qwen3KvShape},
        Architecture{"qwen3moe", loadQwen3Moe, qwen3MoeKvShape},
    };
    return kArchitectures;
}

Result<Graph> loadGraph(const ModelFile& file, Backend& backend)
{
    const std::string fileName = file.path().filename().string();
    const std::string* name = file.gguf().string("general.architecture");
    if (!name)
        return fail(ErrorCode::missingKey,
            fmt::format("{}: The file does not say which architecture it holds "
                        "(general.architecture is missing).",
                fileName));
    std::string known;
    for (const Architecture& architecture : architectures()) {
        if (architecture.name == *name)
            return architecture.load(file, backend);
        known += fmt::format("{}{}", known.empty() ? "" : ", ", architecture.name);
    }
    return fail(ErrorCode::unsupportedArchitecture,
        fmt::format("{}: The model's architecture is {}; this version runs {}.", fileName,
            inference::inQuotes(*name), known));
}

} // namespace lectern::inference
