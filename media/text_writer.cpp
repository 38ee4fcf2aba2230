// SPDX-License-Identifier: Apache-2.0
// Blocks and tables as Markdown.
#include "media/text_writer.h"

#include <algorithm>
#include <utility>

namespace lectern::media {

namespace {

constexpr int kMaxListDepth = 12; // deeper lists are indented no further
constexpr int kMaxSpan = 100;
constexpr std::size_t kMaxColumns = 1000;           // up to which spans are followed
constexpr std::size_t kMaxSpannedCells = 1'000'000; // of a table; more are no table anyone wrote
constexpr std::size_t kSectionBytes = 200;
constexpr std::string_view kTypedBullet = "\xE2\x80\xA2\t";

bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isSpace(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isSpace(text.back()))
        text.remove_suffix(1);
    return text;
}

// One line, white space as single spaces.
std::string oneLine(std::string_view text)
{
    std::string line;
    for (const char c : trimmed(text)) {
        if (!isSpace(c))
            line.push_back(c);
        else if (!line.ends_with(' '))
            line.push_back(' ');
    }
    return line;
}

std::string sectionName(std::string_view heading)
{
    std::string name = oneLine(heading);
    if (name.size() > kSectionBytes) {
        std::size_t end = kSectionBytes;
        while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80)
            --end;
        name.resize(end);
    }
    return name;
}

} // namespace

void TextWriter::text(std::string_view text)
{
    for (const char c : text) {
        if (isSpace(c)) {
            m_pendingSpace = true;
            continue;
        }
        if (m_pendingSpace && !m_block.empty() && m_block.back() != '\n')
            m_block.push_back(' ');
        m_pendingSpace = false;
        m_block.push_back(c);
    }
}

void TextWriter::verbatim(std::string_view text)
{
    if (text.empty())
        return;
    if (m_pendingSpace && !m_block.empty() && !isSpace(m_block.back()))
        m_block.push_back(' ');
    m_pendingSpace = false;
    m_block += text;
}

void TextWriter::lineBreak()
{
    m_pendingSpace = false;
    m_block.push_back('\n');
}

void TextWriter::begin(Block block, std::string prefix, int depth)
{
    flush();
    m_kind = block;
    m_prefix = std::move(prefix);
    m_depth = std::clamp(depth, 0, kMaxListDepth);
}

void TextWriter::paragraph()
{
    begin(Block::paragraph, {}, 0);
}

void TextWriter::heading(int level)
{
    begin(Block::heading, std::string(static_cast<std::size_t>(std::clamp(level, 1, 6)), '#') + ' ',
        0);
}

void TextWriter::item(int depth, std::string_view marker)
{
    begin(Block::item, std::string(marker) + ' ', depth);
}

void TextWriter::indented(int depth)
{
    begin(Block::paragraph, {}, depth);
}

void TextWriter::code()
{
    begin(Block::code, {}, 0);
}

void TextWriter::rule()
{
    paragraph();
    if (m_tables == 0)
        append("---", false);
}

void TextWriter::append(const std::string& block, bool tight)
{
    if (m_tables > 0) {
        if (m_rows.empty())
            m_rows.emplace_back();
        if (m_rows.back().empty())
            m_rows.back().emplace_back();
        std::string& cell = m_rows.back().back();
        if (!cell.empty())
            cell.push_back(' ');
        cell += oneLine(block);
        return;
    }
    if (!tight || !m_lastTight)
        m_out.endParagraph();
    m_out.append(block);
    m_out.append("\n");
    m_lastTight = tight;
}

void TextWriter::flush()
{
    m_pendingSpace = false;
    const std::string block = std::exchange(m_block, {});
    std::string_view content = block;
    if (m_kind == Block::code) {
        while (!content.empty() && (content.front() == '\n' || content.front() == '\r'))
            content.remove_prefix(1);
        while (!content.empty() && isSpace(content.back()))
            content.remove_suffix(1);
    } else {
        content = trimmed(content);
    }
    Block kind = std::exchange(m_kind, Block::paragraph);
    std::string prefix = std::exchange(m_prefix, {});
    const int depth = std::exchange(m_depth, 0);
    if (kind == Block::paragraph && content.starts_with(kTypedBullet)) { // a list made by hand
        kind = Block::item;
        prefix = "- ";
        content = trimmed(content.substr(kTypedBullet.size()));
    }
    if (content.empty())
        return;
    if (m_tables > 0) {
        append(kind == Block::item ? prefix + std::string(content) : std::string(content), false);
        return;
    }
    if (kind == Block::code) {
        append("```\n" + std::string(content) + "\n```", false);
        return;
    }
    if (kind == Block::heading) {
        Provenance place = m_out.place();
        place.section = sectionName(content);
        m_out.moveTo(std::move(place));
        append(prefix + oneLine(content), false);
        return;
    }
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    const std::string hanging = indent + std::string(prefix.size(), ' ');
    std::string lines = indent + prefix;
    for (const char c : content) {
        if (c == '\n') {
            while (lines.ends_with(' '))
                lines.pop_back();
            lines += '\n' + hanging;
        } else {
            lines.push_back(c);
        }
    }
    append(lines, kind == Block::item);
}

void TextWriter::beginTable()
{
    flush();
    if (m_tables++ > 0)
        return;
    m_rows.clear();
    m_spannedRows.clear();
    m_spannedColumns = 0;
    m_cells = 0;
}

void TextWriter::addCell(std::string cell)
{
    m_rows.back().push_back(std::move(cell));
    ++m_cells;
}

// The columns a cell covers besides its own stay empty behind it.
void TextWriter::endCell()
{
    for (; m_spannedColumns > 0 && m_cells < kMaxSpannedCells; --m_spannedColumns)
        addCell({});
    m_spannedColumns = 0;
}

void TextWriter::beginRow()
{
    flush();
    if (m_tables != 1)
        return;
    m_spannedColumns = 0; // at a row's end nothing follows that they would keep in place
    m_rows.emplace_back();
}

void TextWriter::beginCell(int columns, int rows)
{
    flush();
    if (m_tables != 1)
        return;
    if (m_rows.empty())
        m_rows.emplace_back();
    endCell();
    auto& row = m_rows.back();
    while (row.size() < m_spannedRows.size() && m_spannedRows[row.size()] > 0) {
        --m_spannedRows[row.size()];
        addCell({});
    }
    const std::size_t column = row.size();
    addCell({});
    columns = std::clamp(columns, 1, kMaxSpan);
    m_spannedColumns = columns - 1;
    if (rows > 1 && column + static_cast<std::size_t>(columns) < kMaxColumns) {
        m_spannedRows.resize(
            std::max(m_spannedRows.size(), column + static_cast<std::size_t>(columns)));
        std::fill_n(m_spannedRows.begin() + static_cast<std::ptrdiff_t>(column), columns,
            std::min(rows, kMaxSpan) - 1);
    }
}

void TextWriter::endTable()
{
    flush();
    if (m_tables > 0 && --m_tables == 0)
        writeTable();
}

void TextWriter::writeTable()
{
    auto rows = std::exchange(m_rows, {});
    std::erase_if(rows, [](const auto& row) {
        return std::ranges::all_of(row, [](const std::string& cell) { return cell.empty(); });
    });
    std::size_t columns = 0;
    for (const auto& row : rows)
        columns = std::max(columns, row.size());
    if (columns <= 1) { // a frame around text, not a table
        for (const auto& row : rows)
            append(row.front(), false);
        return;
    }
    std::string table;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        table += '|';
        for (const std::string& cell : rows[r]) {
            table += ' ';
            for (const char c : cell)
                table += c == '|' ? std::string("\\|") : std::string(1, c);
            table += " |";
        }
        table += '\n';
        if (r == 0) {
            for (std::size_t i = rows[r].size(); i < columns; ++i) // the line below must be as wide
                table.insert(table.size() - 1, "  |");
            table += '|';
            for (std::size_t i = 0; i < columns; ++i)
                table += " --- |";
            table += '\n';
        }
    }
    if (!table.empty()) {
        table.pop_back();
        append(table, false);
    }
}

} // namespace lectern::media
