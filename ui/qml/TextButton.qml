// SPDX-License-Identifier: Apache-2.0
// A button with words: primary (filled), plain (outlined) or flat.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

AbstractButton {
    id: control

    property bool primary: false
    property bool flat: false
    property string iconName

    leftPadding: iconName === "" ? 14 : 11
    rightPadding: 14
    implicitHeight: 36
    implicitWidth: Math.ceil(row.implicitWidth) + leftPadding + rightPadding
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.45
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    HoverHandler {
        cursorShape: Qt.PointingHandCursor
    }

    Item {

        anchors.fill: parent
        Row {
            id: row

            anchors.centerIn: parent
            spacing: 7

            Icon {
                visible: control.iconName !== ""
                name: control.iconName
                width: 18
                height: 18
                anchors.verticalCenter: parent.verticalCenter
                color: caption.color
            }
            Text {
                id: caption

                text: control.text
                anchors.verticalCenter: parent.verticalCenter
                font.family: Theme.family
                font.pixelSize: Theme.ui
                font.weight: Font.Medium
                color: control.primary ? Theme.accentInk : control.flat ? Theme.accentText : Theme.text
            }
        }
    }
    background: Rectangle {
        radius: 9
        color: control.primary ? (control.hovered || control.down ? Theme.accentHover : Theme.accent)
             : control.down ? Theme.pressed
             : control.hovered ? Theme.hover
             : control.flat ? "transparent" : Theme.raised
        border.width: control.primary || control.flat ? 0 : 1
        border.color: Theme.strongBorder

        FocusRing {
            targetRadius: 9
            visible: control.visualFocus
        }
    }
}
