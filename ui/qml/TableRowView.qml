// SPDX-License-Identifier: Apache-2.0
// One row of a table of an answer. Rows of a table share the widths the model worked out.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

BlockFrame {
    id: row

    required property string plain
    required property var cells
    required property var alignments
    required property var columnChars
    required property bool tableHeader
    required property bool lastTableRow

    readonly property var widths: columnWidths(contentWidth)
    readonly property real tableWidth: widths.reduce((sum, one) => sum + one, 0)

    // Natural widths if they fit; else narrow columns keep theirs and wide ones share the rest.
    function columnWidths(available) {
        const natural = Array.from(columnChars, chars => Math.max(4, chars) * 9 + 34);
        const total = natural.reduce((sum, one) => sum + one, 0);
        if (total <= available || natural.length === 0)
            return natural;
        const fair = available / natural.length;
        const narrow = natural.filter(one => one <= fair);
        const taken = narrow.reduce((sum, one) => sum + one, 0);
        const wide = total - taken;
        return natural.map(one => one <= fair ? one : Math.max(56, (available - taken) * one / wide));
    }

    gap: tableHeader ? 14 : 0
    contentHeight: line.height + (lastTableRow ? 3 : 0)
    Accessible.role: Accessible.Row
    Accessible.name: plain

    Item {
        id: line

        width: Math.min(row.tableWidth, row.contentWidth)
        height: Math.max(20, cellRow.height) + 1
        clip: row.tableWidth > row.contentWidth + 1

        Row {
            id: cellRow

            LayoutMirroring.enabled: row.rightToLeft
            width: parent.width

            Repeater {
                model: row.cells.length

                RichText {
                    required property int index

                    width: row.widths[index] ?? 56
                    topPadding: 8
                    bottomPadding: 8
                    leftPadding: index === 0 && !row.rightToLeft ? 2 : 14
                    rightPadding: 14
                    html: row.cells[index] ?? ""
                    selection: row.selection
                    rowIndex: row.index
                    wholeRow: true
                    find: row.find
                    cell: index
                    lineHeight: 20
                    font.pixelSize: 14
                    font.weight: row.tableHeader ? Font.DemiBold : Font.Normal
                    horizontalAlignment: row.alignments[index] === Qt.AlignRight ? TextEdit.AlignRight
                                       : row.alignments[index] === Qt.AlignHCenter ? TextEdit.AlignHCenter
                                       : row.rightToLeft ? TextEdit.AlignRight : TextEdit.AlignLeft
                    Accessible.role: Accessible.Cell
                    Accessible.name: html.replace(/<[^>]*>/g, "")
                }
            }
        }
        Rectangle {
            anchors.bottom: parent.bottom
            width: parent.width
            height: 1
            color: row.tableHeader ? Theme.strongBorder : Theme.border
        }
    }
}
