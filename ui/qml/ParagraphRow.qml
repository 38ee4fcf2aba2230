// SPDX-License-Identifier: Apache-2.0
// A paragraph of an answer, in a list or quote or on its own.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

BlockFrame {
    id: row

    required property string html
    required property string plain
    required property bool tight

    gap: tight ? 5 : 13
    contentHeight: view.height
    selectable: view
    found: view.found
    markerOffset: 4

    RichText {
        id: view

        width: row.contentWidth
        html: row.html
        rightToLeft: row.rightToLeft
        selection: row.selection
        rowIndex: row.index
        find: row.find
        color: row.quoteDepth > 0 ? Theme.secondaryText : Theme.text
        Accessible.name: row.marker === "" ? row.plain : row.marker + " " + row.plain
    }
}
