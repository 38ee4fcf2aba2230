// SPDX-License-Identifier: Apache-2.0
// Where a Markdown text can be cut into parts that mean the same parsed alone: the ground of
// streaming.
#pragma once

#include <QString>

namespace lectern::ui {

struct SegmentEnd {
    qsizetype position = 0; // start of the next segment, or the end of the text
    bool settled = false;   // no further text can move this cut
};

// The end of the segment that begins at `begin` (a line start). Lists stay whole, with the blank
// lines and indented blocks inside them; a fenced code block is a segment; otherwise blank lines
// cut.
SegmentEnd findSegmentEnd(const QString& text, qsizetype begin);

} // namespace lectern::ui
