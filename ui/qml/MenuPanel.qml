// SPDX-License-Identifier: Apache-2.0
// A menu in the window's own look.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Menu {
    id: menu

    padding: 6
    overlap: 0
    font.family: Theme.family
    font.pixelSize: Theme.ui

    delegate: MenuEntry {}
    background: Rectangle {
        implicitWidth: 200
        radius: 12
        color: Theme.raised
        border.color: Theme.strongBorder
    }
}
