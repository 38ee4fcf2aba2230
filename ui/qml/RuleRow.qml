// SPDX-License-Identifier: Apache-2.0
// A thematic break of an answer.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

BlockFrame {
    id: row

    gap: 22
    contentHeight: 10

    Rectangle {
        width: row.contentWidth
        height: 1
        color: Theme.border
        Accessible.role: Accessible.Separator
        Accessible.name: qsTr("Break")
    }
}
