// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), the address of a blob.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lectern::storage {

class Sha256 {
public:
    void update(std::string_view bytes);
    // The digest of everything given so far, lower-case hex. The object is spent afterwards.
    [[nodiscard]] std::string finish();

private:
    void compress(const std::uint8_t* block);

    std::array<std::uint32_t, 8> m_state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> m_block = {};
    std::size_t m_filled = 0;  // bytes waiting in m_block
    std::uint64_t m_total = 0; // bytes given
};

[[nodiscard]] std::string sha256Hex(std::string_view bytes);

} // namespace lectern::storage
