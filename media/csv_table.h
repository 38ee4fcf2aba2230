// SPDX-License-Identifier: Apache-2.0
// The shape of a table in a text file: which delimiter, where rows end, whether the first one names
// the columns. Pure functions; fuzzed by tests/fuzz/csv_fuzz.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

struct CsvRow {
    std::size_t begin = 0, end = 0; // in the text, the line end included
    std::size_t fields = 0;
};

struct CsvTable {
    char delimiter = ',';
    std::vector<CsvRow> rows; // empty lines are none
    std::size_t columns = 0;  // of most rows
    bool hasHeader = false;
    std::vector<std::string> header;
    std::vector<std::size_t> uneven; // 1-based rows with another number of fields
};

// `tabs`: the file's name says that tabs separate.
[[nodiscard]] CsvTable readCsv(std::string_view text, bool tabs);

// The fields of one row, quotes removed.
[[nodiscard]] std::vector<std::string> csvFields(std::string_view row, char delimiter);

// "A", "Z", "AA": 0-based column.
[[nodiscard]] std::string columnName(std::size_t column);

} // namespace lectern::media
