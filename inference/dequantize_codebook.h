// SPDX-License-Identifier: Apache-2.0
// Blocks whose values come from a codebook (IQ1, IQ2, IQ3) or are ternary (TQ) to float32, in
// scalar code. Each function reads one block of 256 values and writes them to `out`.
#pragma once

#include <cstdint>

namespace lectern::inference {

void iq1_sBlock(const std::uint8_t* block, float* out);   // 50 bytes
void iq1_mBlock(const std::uint8_t* block, float* out);   // 56 bytes
void iq2_xxsBlock(const std::uint8_t* block, float* out); // 66 bytes
void iq2_xsBlock(const std::uint8_t* block, float* out);  // 74 bytes
void iq2_sBlock(const std::uint8_t* block, float* out);   // 82 bytes
void iq3_xxsBlock(const std::uint8_t* block, float* out); // 98 bytes
void iq3_sBlock(const std::uint8_t* block, float* out);   // 110 bytes
void tq1_0Block(const std::uint8_t* block, float* out);   // 54 bytes
void tq2_0Block(const std::uint8_t* block, float* out);   // 66 bytes

} // namespace lectern::inference
