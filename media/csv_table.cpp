// SPDX-License-Identifier: Apache-2.0
// Rows by RFC 4180, as loosely as real files need: any of four delimiters, any line end, quotes
// only where a field begins with one.
#include "media/csv_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

namespace lectern::media {

namespace {

// Commas last: they also stand inside of numbers and sentences.
constexpr std::array kDelimiters{'\t', ';', '|', ','};
constexpr std::size_t kSampleBytes = 256 * 1024; // the delimiter is chosen from these
constexpr std::size_t kSampleRows = 200;

std::vector<CsvRow> splitRows(std::string_view text, char delimiter)
{
    std::vector<CsvRow> rows;
    CsvRow row;
    bool fieldStart = true, quoted = false;
    const auto close = [&](std::size_t end) {
        row.end = end;
        const std::string_view content = text.substr(row.begin, end - row.begin);
        if (content.find_first_not_of(" \n") != std::string_view::npos) {
            ++row.fields;
            rows.push_back(row);
        }
        row = {end, end, 0};
        fieldStart = true;
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c == '"' && at + 1 < text.size() && text[at + 1] == '"')
                ++at;
            else if (c == '"')
                quoted = false;
        } else if (c == '\n') {
            close(at + 1);
        } else if (c == '"' && fieldStart) {
            quoted = true;
            fieldStart = false;
        } else if (c == delimiter) {
            ++row.fields;
            fieldStart = true;
        } else {
            fieldStart = fieldStart && c == ' ';
        }
    }
    if (row.begin < text.size())
        close(text.size());
    return rows;
}

std::size_t commonFields(const std::vector<CsvRow>& rows)
{
    std::map<std::size_t, std::size_t> counts;
    for (const CsvRow& row : rows)
        ++counts[row.fields];
    std::size_t common = 0, most = 0;
    for (const auto& [fields, count] : counts) {
        if (count >= most) {
            most = count;
            common = fields;
        }
    }
    return common;
}

// How well a delimiter explains the text: the share of rows with the common number of fields.
double consistency(const std::vector<CsvRow>& rows)
{
    const std::size_t common = commonFields(rows);
    if (common < 2 || rows.empty())
        return 0;
    const auto fitting = std::ranges::count(rows, common, &CsvRow::fields);
    return static_cast<double>(fitting) / static_cast<double>(rows.size());
}

char chooseDelimiter(std::string_view text, bool tabs)
{
    if (text.starts_with("sep=") && text.size() > 4 && text[4] != '\n')
        return text[4]; // Excel's own way of saying it
    std::string_view sample = text.substr(0, kSampleBytes);
    if (sample.size() < text.size())
        sample = sample.substr(0, sample.rfind('\n') + 1);
    char best = tabs ? '\t' : ',';
    double bestScore = 0;
    for (const char delimiter : kDelimiters) {
        auto rows = splitRows(sample, delimiter);
        if (rows.size() > kSampleRows)
            rows.resize(kSampleRows);
        const double score = consistency(rows) + (tabs && delimiter == '\t' ? 0.5 : 0.0);
        if (score > bestScore + 0.05) {
            best = delimiter;
            bestScore = score;
        }
    }
    return best;
}

bool looksLikeValue(std::string_view field)
{
    const auto digits = std::ranges::count_if(
        field, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
    const auto letters = std::ranges::count_if(
        field, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
    return digits > 0 && digits >= letters;
}

bool firstRowNames(std::string_view text, const CsvTable& table)
{
    if (table.header.size() < 2 || table.rows.size() < 2)
        return false;
    std::set<std::string> seen;
    for (const std::string& name : table.header)
        if (name.empty() || looksLikeValue(name) || !seen.insert(name).second)
            return false;
    // A name does not come again below itself.
    const std::size_t rows = std::min(table.rows.size(), kSampleRows);
    for (std::size_t r = 1; r < rows; ++r) {
        const CsvRow& row = table.rows[r];
        const auto fields = csvFields(text.substr(row.begin, row.end - row.begin), table.delimiter);
        for (std::size_t i = 0; i < std::min(fields.size(), table.header.size()); ++i)
            if (fields[i] == table.header[i])
                return false;
    }
    return true;
}

} // namespace

std::vector<std::string> csvFields(std::string_view row, char delimiter)
{
    while (!row.empty() && row.back() == '\n')
        row.remove_suffix(1);
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t at = 0; at < row.size(); ++at) {
        const char c = row[at];
        std::string& field = fields.back();
        if (quoted && c == '"' && at + 1 < row.size() && row[at + 1] == '"') {
            field.push_back('"');
            ++at;
        } else if (quoted && c == '"') {
            quoted = false;
        } else if (!quoted && c == '"' && field.find_first_not_of(' ') == std::string::npos) {
            quoted = true;
            field.clear();
        } else if (!quoted && c == delimiter) {
            fields.emplace_back();
        } else {
            field.push_back(c);
        }
    }
    return fields;
}

CsvTable readCsv(std::string_view text, bool tabs)
{
    CsvTable table;
    table.delimiter = chooseDelimiter(text, tabs);
    table.rows = splitRows(text, table.delimiter);
    if (text.starts_with("sep=") && !table.rows.empty())
        table.rows.erase(table.rows.begin());
    table.columns = commonFields(table.rows);
    for (std::size_t r = 0; r < table.rows.size(); ++r)
        if (table.rows[r].fields != table.columns)
            table.uneven.push_back(r + 1);
    if (!table.rows.empty()) {
        const CsvRow& first = table.rows.front();
        table.header =
            csvFields(text.substr(first.begin, first.end - first.begin), table.delimiter);
        table.hasHeader = firstRowNames(text, table);
    }
    return table;
}

std::string columnName(std::size_t column)
{
    std::string name;
    for (++column; column > 0; column = (column - 1) / 26)
        name.insert(name.begin(), static_cast<char>('A' + (column - 1) % 26));
    return name;
}

} // namespace lectern::media
