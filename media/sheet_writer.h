// SPDX-License-Identifier: Apache-2.0
// A sheet of a workbook as tables of some rows, each a part with its range of cells.
#pragma once

#include "media/document_builder.h"

#include <map>
#include <string>
#include <vector>

namespace lectern::media {

class SheetWriter {
public:
    SheetWriter(DocumentBuilder& out, std::string sheet);

    // Rows from 1, columns from 0; rows must not come twice. Empty text is no cell.
    void cell(int row, int column, std::string_view text);
    void finish();

private:
    void flush();

    DocumentBuilder& m_out;
    std::string m_sheet;
    std::map<int, std::map<int, std::string>> m_rows; // of the current part
    bool m_headed = false;
};

} // namespace lectern::media
