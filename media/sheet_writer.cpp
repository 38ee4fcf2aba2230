// SPDX-License-Identifier: Apache-2.0
// Rows of "| cell | cell |"; an empty line of the sheet parts two tables.
#include "media/sheet_writer.h"

#include "media/csv_table.h"
#include "media/file_bytes.h"

#include <algorithm>
#include <fmt/format.h>

namespace lectern::media {

namespace {

constexpr std::size_t kRowsPerPart = 100;
constexpr int kWidest = 200; // empty cells that are written between two others; beyond, none

} // namespace

SheetWriter::SheetWriter(DocumentBuilder& out, std::string sheet)
    : m_out(out), m_sheet(std::move(sheet))
{
}

void SheetWriter::cell(int row, int column, std::string_view text)
{
    if (m_rows.size() >= kRowsPerPart && !m_rows.contains(row))
        flush();
    m_rows[row][column] = text;
}

void SheetWriter::finish()
{
    flush();
    Provenance place;
    place.sheet = m_sheet;
    m_out.moveTo(std::move(place));
}

void SheetWriter::flush()
{
    if (m_rows.empty())
        return;
    int first = m_rows.begin()->second.begin()->first, last = first;
    for (const auto& [row, cells] : m_rows) {
        first = std::min(first, cells.begin()->first);
        last = std::max(last, cells.rbegin()->first);
    }
    Provenance place;
    place.sheet = m_sheet;
    place.cells = fmt::format("{}{}:{}{}", columnName(static_cast<std::size_t>(first)),
        m_rows.begin()->first, columnName(static_cast<std::size_t>(last)), m_rows.rbegin()->first);
    m_out.moveTo(std::move(place));
    if (!std::exchange(m_headed, true))
        m_out.append("# " + m_sheet + "\n\n");
    int before = m_rows.begin()->first;
    bool begins = true;
    for (const auto& [row, cells] : m_rows) {
        if (m_out.done())
            return;
        if (row > before + 1) {
            m_out.endParagraph();
            begins = true;
        }
        std::string line = "|";
        int column = first;
        for (const auto& [at, text] : cells) {
            for (; column < at && at - column <= kWidest; ++column)
                line += "  |";
            line += ' ';
            for (const char c : trimmedLine(text))
                line += c == '|' ? std::string("\\|") : std::string(1, c);
            line += " |";
            column = at + 1;
        }
        if (begins) {
            for (; column <= last && last - first < kWidest; ++column)
                line += "  |";
            line += "\n|";
            for (int i = first; i < column; ++i)
                line += " --- |";
        }
        begins = false;
        before = row;
        m_out.append(line + "\n");
    }
    m_rows.clear();
}

} // namespace lectern::media
