// SPDX-License-Identifier: Apache-2.0
// A dialog in the window's own look: title, close button, Esc closes.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Templates as T
import Lectern

Popup {
    id: dialog

    property string title
    default property alias body: holder.data

    parent: T.Overlay.overlay
    anchors.centerIn: parent
    width: Math.min(520, (parent?.width ?? 600) - 48)
    height: Math.min(holder.childrenRect.height + 80, (parent?.height ?? 600) - 32)
    padding: 0
    modal: true
    focus: true
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutside

    background: Rectangle {
        radius: 16
        color: Theme.raised
        border.color: Theme.border
    }
    T.Overlay.modal: Rectangle {
        color: Theme.scrim
    }
    FocusScope {
        anchors.fill: parent
        focus: true
        Accessible.role: Accessible.Dialog
        Accessible.name: dialog.title

        Text {
            id: heading

            x: 24
            y: 20
            text: dialog.title
            font.family: Theme.family
            font.pixelSize: 18
            font.weight: Font.DemiBold
            color: Theme.text
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        Flickable {
            anchors.fill: parent
            anchors.topMargin: 58
            anchors.bottomMargin: 8
            contentWidth: width
            contentHeight: holder.childrenRect.height + 16
            boundsBehavior: Flickable.StopAtBounds
            clip: true

            FocusScope {
                id: holder

                focus: true
                x: 24
                width: parent.width - 48
                height: childrenRect.height
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
        IconButton {
            anchors.right: parent.right
            anchors.rightMargin: 14
            y: 14
            label: qsTr("Close")
            shortcutText: "Esc"
            iconName: "close"
            onClicked: dialog.close()
        }
    }
}
