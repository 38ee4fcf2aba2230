// SPDX-License-Identifier: Apache-2.0
// One entry of a menu, with an icon and its shortcut.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

MenuItem {
    id: entry

    property string iconName
    property string shortcutText
    property bool danger: false

    implicitHeight: 34
    leftPadding: 10
    rightPadding: 10
    font.family: Theme.family
    font.pixelSize: Theme.ui
    Accessible.name: text

    contentItem: Row {
        spacing: 10

        Icon {
            name: entry.iconName
            visible: entry.iconName !== ""
            width: 18
            height: 18
            anchors.verticalCenter: parent.verticalCenter
            color: entry.danger ? Theme.danger : Theme.secondaryText
        }
        Text {
            text: entry.text
            font: entry.font
            color: entry.danger ? Theme.danger : Theme.text
            opacity: entry.enabled ? 1 : 0.4
            anchors.verticalCenter: parent.verticalCenter
        }
    }
    indicator: null
    arrow: null
    background: Rectangle {
        implicitWidth: 188
        radius: 8
        color: entry.highlighted ? Theme.hover : "transparent"

        Text {
            anchors.right: parent.right
            anchors.rightMargin: 10
            anchors.verticalCenter: parent.verticalCenter
            text: entry.shortcutText
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: Theme.faintText
        }
    }
}
