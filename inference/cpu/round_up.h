// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lectern::inference {

// The next multiple of `unit` from `value` on, both of the same type and not negative.
template <class Integer> [[nodiscard]] constexpr Integer roundUp(Integer value, Integer unit)
{
    return (value + unit - 1) / unit * unit;
}

} // namespace lectern::inference
