// SPDX-License-Identifier: Apache-2.0
// Numbers of a spreadsheet as people see them: the format codes of ECMA-376 part 1, 18.8.31.
// Pure functions; fuzzed by tests/fuzz/office_fuzz.cpp.
#pragma once

#include <string>
#include <string_view>

namespace lectern::media {

// `value` under a format code such as "#,##0.00" or "d-mmm-yy". `from1904`: days count from 1904.
[[nodiscard]] std::string displayNumber(double value, std::string_view format, bool from1904);

// The code of a format that files only number; "General" for unknown ones.
[[nodiscard]] std::string_view builtInFormat(int id);

} // namespace lectern::media
