// SPDX-License-Identifier: Apache-2.0
// Structure to readable text, in the notation people and models read alike (Markdown): headings,
// paragraphs, lists, tables. A heading opens a part of its own name.
#pragma once

#include "media/document_builder.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern::media {

class TextWriter {
public:
    explicit TextWriter(DocumentBuilder& out) : m_out(out) { }

    // Inline text of the current block; `text` counts runs of white space as one space.
    void text(std::string_view text);
    void verbatim(std::string_view text);
    void lineBreak();

    // Each ends the block before. What follows belongs to the new block until the next one.
    void paragraph();
    void heading(int level);                       // 1 to 6
    void item(int depth, std::string_view marker); // depth from 0; marker "-", "3."
    void indented(int depth);                      // behind an item, or a quotation
    void code();                                   // until the next block, lines kept
    void rule();                                   // a line across
    void endBlock() { flush(); }

    // Rows of cells; what is in a cell is one line of it. A table in a cell becomes text there.
    void beginTable();
    void beginRow();
    void beginCell(int columns = 1, int rows = 1);
    void endTable();
    [[nodiscard]] bool inTable() const { return m_tables > 0; }

    [[nodiscard]] DocumentBuilder& out() { return m_out; }

private:
    enum class Block { paragraph, heading, item, code };

    void begin(Block block, std::string prefix, int depth);
    void flush();
    void append(const std::string& block, bool tight);
    void addCell(std::string cell);
    void endCell();
    void writeTable();

    DocumentBuilder& m_out;
    Block m_kind = Block::paragraph;
    std::string m_prefix;
    int m_depth = 0;
    std::string m_block;
    bool m_pendingSpace = false;
    bool m_lastTight = false; // the last block was an item: another one follows without empty line
    int m_tables = 0;
    std::vector<std::vector<std::string>> m_rows;
    std::vector<int> m_spannedRows; // by column: rows that a cell from above still covers
    int m_spannedColumns = 0;       // that the current cell covers besides its own
    std::size_t m_cells = 0;
};

} // namespace lectern::media
