// SPDX-License-Identifier: Apache-2.0
// Names of type mixtures.
#include "inference/model_type.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace lectern::inference {
namespace {

struct Mixture {
    std::uint64_t fileType; // the value of general.file_type
    std::string_view name;
    std::string_view type; // of most of its matrices
};

// Source: the values of general.file_type in the GGUF specification and what writers added since.
constexpr Mixture kMixtures[] = {
    {0, "F32", "F32"},
    {1, "F16", "F16"},
    {2, "Q4_0", "Q4_0"},
    {3, "Q4_1", "Q4_1"},
    {7, "Q8_0", "Q8_0"},
    {8, "Q5_0", "Q5_0"},
    {9, "Q5_1", "Q5_1"},
    {10, "Q2_K - Medium", "Q2_K"},
    {11, "Q3_K - Small", "Q3_K"},
    {12, "Q3_K - Medium", "Q3_K"},
    {13, "Q3_K - Large", "Q3_K"},
    {14, "Q4_K - Small", "Q4_K"},
    {15, "Q4_K - Medium", "Q4_K"},
    {16, "Q5_K - Small", "Q5_K"},
    {17, "Q5_K - Medium", "Q5_K"},
    {18, "Q6_K", "Q6_K"},
    {19, "IQ2_XXS", "IQ2_XXS"},
    {20, "IQ2_XS", "IQ2_XS"},
    {21, "Q2_K - Small", "Q2_K"},
    {22, "IQ3_XS", "IQ3_S"},
    {23, "IQ3_XXS", "IQ3_XXS"},
    {24, "IQ1_S", "IQ1_S"},
    {25, "IQ4_NL", "IQ4_NL"},
    {26, "IQ3_S", "IQ3_S"},
    {27, "IQ3_M", "IQ3_S"},
    {28, "IQ2_S", "IQ2_XS"},
    {29, "IQ2_M", "IQ2_S"},
    {30, "IQ4_XS", "IQ4_XS"},
    {31, "IQ1_M", "IQ1_M"},
    {32, "BF16", "BF16"},
    {36, "TQ1_0", "TQ1_0"},
    {37, "TQ2_0", "TQ2_0"},
    {38, "MXFP4", "MXFP4"},
};

} // namespace

std::string typeMixture(const Gguf& gguf)
{
    std::map<std::string_view, std::uint64_t> bytes; // of matrices, by type
    for (const GgufTensor& tensor : gguf.tensors) {
        const auto layout = tensorTypeInfo(static_cast<std::uint32_t>(tensor.type));
        if (layout && tensor.dimCount > 1) // norms stay in F32 in every mixture
            bytes[layout->name] += tensor.byteSize;
    }
    if (bytes.empty())
        return "no weights";
    if (const auto fileType = gguf.integer("general.file_type")) {
        const auto known = std::ranges::find(kMixtures, *fileType, &Mixture::fileType);
        if (known != std::end(kMixtures) && bytes.contains(known->type))
            return std::string(known->name);
    }
    const auto most =
        std::ranges::max_element(bytes, {}, [](const auto& row) { return row.second; });
    return bytes.size() == 1 ? std::string(most->first) : fmt::format("mostly {}", most->first);
}

} // namespace lectern::inference
