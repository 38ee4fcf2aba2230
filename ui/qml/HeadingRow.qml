// SPDX-License-Identifier: Apache-2.0
// A heading of an answer.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

BlockFrame {
    id: row

    required property string html
    required property string plain
    required property int level

    gap: level <= 2 ? 28 : 22
    contentHeight: view.height
    selectable: view
    found: view.found

    RichText {
        id: view

        width: row.contentWidth
        html: row.html
        rightToLeft: row.rightToLeft
        selection: row.selection
        rowIndex: row.index
        find: row.find
        lineHeight: Math.round(font.pixelSize * 1.35)
        font.pixelSize: [22, 19, 17, 15, 15, 15][Math.max(0, Math.min(5, row.level - 1))]
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
        Accessible.name: row.plain
    }
}
