// SPDX-License-Identifier: Apache-2.0
// Block layouts of the GGUF tensor types.
#include "inference/tensor_type.h"

namespace lectern::inference {

std::optional<TensorTypeInfo> tensorTypeInfo(std::uint32_t ggufTypeId)
{
    // Source: the GGUF specification's ggml_type list; bytes per block as in
    // tests/golden/README.md, section 11.
    switch (ggufTypeId) {
    case 0:
        return TensorTypeInfo{"F32", 1, 4};
    case 1:
        return TensorTypeInfo{"F16", 1, 2};
    case 2:
        return TensorTypeInfo{"Q4_0", 32, 18};
    case 3:
        return TensorTypeInfo{"Q4_1", 32, 20};
    case 6:
        return TensorTypeInfo{"Q5_0", 32, 22};
    case 7:
        return TensorTypeInfo{"Q5_1", 32, 24};
    case 8:
        return TensorTypeInfo{"Q8_0", 32, 34};
    case 9:
        return TensorTypeInfo{"Q8_1", 32, 36};
    case 10:
        return TensorTypeInfo{"Q2_K", 256, 84};
    case 11:
        return TensorTypeInfo{"Q3_K", 256, 110};
    case 12:
        return TensorTypeInfo{"Q4_K", 256, 144};
    case 13:
        return TensorTypeInfo{"Q5_K", 256, 176};
    case 14:
        return TensorTypeInfo{"Q6_K", 256, 210};
    case 15:
        return TensorTypeInfo{"Q8_K", 256, 292};
    case 16:
        return TensorTypeInfo{"IQ2_XXS", 256, 66};
    case 17:
        return TensorTypeInfo{"IQ2_XS", 256, 74};
    case 18:
        return TensorTypeInfo{"IQ3_XXS", 256, 98};
    case 19:
        return TensorTypeInfo{"IQ1_S", 256, 50};
    case 20:
        return TensorTypeInfo{"IQ4_NL", 32, 18};
    case 21:
        return TensorTypeInfo{"IQ3_S", 256, 110};
    case 22:
        return TensorTypeInfo{"IQ2_S", 256, 82};
    case 23:
        return TensorTypeInfo{"IQ4_XS", 256, 136};
    case 24:
        return TensorTypeInfo{"I8", 1, 1};
    case 25:
        return TensorTypeInfo{"I16", 1, 2};
    case 26:
        return TensorTypeInfo{"I32", 1, 4};
    case 27:
        return TensorTypeInfo{"I64", 1, 8};
    case 28:
        return TensorTypeInfo{"F64", 1, 8};
    case 29:
        return TensorTypeInfo{"IQ1_M", 256, 56};
    case 30:
        return TensorTypeInfo{"BF16", 1, 2};
    case 34:
        return TensorTypeInfo{"TQ1_0", 256, 54};
    case 35:
        return TensorTypeInfo{"TQ2_0", 256, 66};
    case 39:
        return TensorTypeInfo{"MXFP4", 32, 17};
    case 40:
        return TensorTypeInfo{"NVFP4", 64, 36};
    default:
        return std::nullopt;
    }
}

bool isComputable(TensorType type)
{
    switch (type) {
    case TensorType::f32:
    case TensorType::f16:
    case TensorType::bf16:
    case TensorType::q8_0:
    case TensorType::q4_0:
    case TensorType::q4_k:
    case TensorType::q6_k:
    case TensorType::q4_1:
    case TensorType::q5_0:
    case TensorType::q5_1:
    case TensorType::q2_k:
    case TensorType::q3_k:
    case TensorType::q5_k:
    case TensorType::iq4_nl:
    case TensorType::iq4_xs:
    case TensorType::mxfp4:
    case TensorType::iq1_s:
    case TensorType::iq1_m:
    case TensorType::iq2_xxs:
    case TensorType::iq2_xs:
    case TensorType::iq2_s:
    case TensorType::iq3_xxs:
    case TensorType::iq3_s:
    case TensorType::tq1_0:
    case TensorType::tq2_0:
        return true;
    }
    return false; // a number that is none of ours
}

} // namespace lectern::inference
