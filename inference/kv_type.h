// SPDX-License-Identifier: Apache-2.0
// Element types a KV cache can have.
#pragma once

#include <cstdint>

namespace lectern::inference {

enum class KvType { f32, f16 };

[[nodiscard]] constexpr std::uint64_t kvTypeBytes(KvType type)
{
    return type == KvType::f32 ? 4 : 2;
}

} // namespace lectern::inference
