// SPDX-License-Identifier: Apache-2.0
// A one-line text field.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

TextField {
    id: field

    property bool framed: true

    font.family: Theme.family
    font.pixelSize: Theme.ui
    color: Theme.text
    placeholderTextColor: Theme.faintText
    selectionColor: Theme.selection
    selectedTextColor: Theme.text
    selectByMouse: true
    leftPadding: 8
    rightPadding: 8

    background: Rectangle {
        visible: field.framed
        radius: 8
        color: Theme.surface
        border.width: field.activeFocus ? 2 : 1
        border.color: field.activeFocus ? Theme.accent : Theme.strongBorder
    }
}
