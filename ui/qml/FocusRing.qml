// SPDX-License-Identifier: Apache-2.0
// The outline around what the keyboard is on.
import QtQuick
import Lectern

Rectangle {
    property real targetRadius: 8

    anchors.fill: parent
    anchors.margins: -3
    radius: targetRadius + 3
    color: "transparent"
    border.width: 2
    border.color: Theme.accent
}
