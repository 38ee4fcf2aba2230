// SPDX-License-Identifier: Apache-2.0
// The reader for CSV and TSV: the text as it is, in parts of some rows that can be cited.
#include "media/csv_table.h"
#include "media/file.h"
#include "media/file_bytes.h"
#include "media/format_readers.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr std::size_t kRowsPerPart = 200; // a citation names some screens of rows

std::string_view delimiterName(char delimiter)
{
    switch (delimiter) {
    case '\t':
        return "tab";
    case ';':
        return "semicolon";
    case '|':
        return "vertical bar";
    default:
        return "comma";
    }
}

void describe(const CsvTable& table, DocumentBuilder& builder)
{
    builder.fact("delimiter", std::string(delimiterName(table.delimiter)));
    builder.fact("rows", formatCount(table.rows.size() - (table.hasHeader ? 1 : 0)));
    builder.fact("columns", formatCount(table.columns));
    if (table.hasHeader) {
        constexpr std::size_t kNames = 12;
        std::string names;
        for (std::size_t i = 0; i < std::min(kNames, table.header.size()); ++i)
            names += (i > 0 ? ", " : "") + trimmedLine(table.header[i]);
        builder.fact("header", names + (table.header.size() > kNames ? ", ..." : ""));
    } else {
        builder.fact("header", "none found");
    }
    if (table.uneven.empty())
        return;
    constexpr std::size_t kNamed = 5;
    std::string rows;
    for (std::size_t i = 0; i < std::min(kNamed, table.uneven.size()); ++i)
        rows += fmt::format("{}{}", i > 0 ? ", " : "", table.uneven[i]);
    const bool one = table.uneven.size() == 1;
    builder.warn(fmt::format("{} another number of fields than the others, {} (row{} {}{}).",
        one ? std::string("1 row has") : formatCount(table.uneven.size()) + " rows have",
        table.columns, one ? "" : "s", rows, table.uneven.size() > kNamed ? ", ..." : ""));
}

class CsvReader final : public Reader {
public:
    bool sniff(const Source& source) const override
    {
        return hasExtension(source.fileName, {"csv", "tsv", "tab"}) && looksLikeText(source.head);
    }

    Result<Reading> read(const Source& source, const ReadOptions& options, std::stop_token stop,
        const ProgressFn& progress) const override
    {
        const auto bytes = readWhole(source, options.maxTextBytes, "table", stop);
        if (!bytes)
            return tl::unexpected(bytes.error());
        const auto decoded = decodeText(*bytes, stop);
        if (!decoded)
            return tl::unexpected(decoded.error());
        const std::string_view text = decoded->text;
        const CsvTable table = readCsv(text, !hasExtension(source.fileName, {"csv"}));
        DocumentBuilder builder(options, stop);
        addEncoding(builder, *decoded);
        if (!table.rows.empty())
            describe(table, builder);
        for (std::size_t first = 0; first < table.rows.size() && !builder.done();
             first += kRowsPerPart) {
            const std::size_t end = std::min(first + kRowsPerPart, table.rows.size());
            Provenance place;
            place.cells = fmt::format("A{}:{}{}", first + 1,
                columnName(std::max<std::size_t>(table.columns, 1) - 1), end);
            builder.moveTo(std::move(place), DocumentBuilder::Join::asIs);
            const std::size_t begin = table.rows[first].begin;
            builder.append(text.substr(begin, table.rows[end - 1].end - begin));
        }
        if (progress)
            progress(bytes->size(), bytes->size());
        return builder.finish(table.delimiter == '\t' ? "TSV table" : "CSV table");
    }
};

} // namespace

std::unique_ptr<const Reader> makeCsvReader()
{
    return std::make_unique<CsvReader>();
}

} // namespace lectern::media
