// SPDX-License-Identifier: Apache-2.0
// A quiet square button with an icon; its label is its accessible name and its tip.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

AbstractButton {
    id: control

    required property string label
    required property string iconName
    property string shortcutText
    property int iconSize: 20
    property bool explained: true // by a tip
    property color tint: Theme.secondaryText

    implicitWidth: 34
    implicitHeight: 34
    padding: 0
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.4
    Accessible.role: Accessible.Button
    Accessible.name: label
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    HoverHandler {
        cursorShape: Qt.PointingHandCursor
    }

    Item {

        anchors.fill: parent
        Icon {
            anchors.centerIn: parent
            name: control.iconName
            width: control.iconSize
            height: control.iconSize
            color: control.hovered && control.enabled ? Theme.text : control.tint
        }
    }
    background: Rectangle {
        radius: 8
        color: control.down ? Theme.pressed : control.hovered ? Theme.hover : "transparent"

        FocusRing {
            visible: control.visualFocus
        }
    }

    Tip {
        target: control
        wanted: control.explained && (control.hovered || control.visualFocus)
        text: control.shortcutText === "" ? control.label : control.label + "  (" + control.shortcutText + ")"
    }
}
