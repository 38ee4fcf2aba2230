// SPDX-License-Identifier: Apache-2.0
// The keyboard shortcuts.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

DialogFrame {
    id: dialog

    title: qsTr("Keyboard shortcuts")
    width: Math.min(460, (parent?.width ?? 600) - 48)

    Column {
        width: parent.width

        Repeater {
            model: [
                [qsTr("Send the message"), "Enter"],
                [qsTr("Begin a new line"), "Shift+Enter"],
                [qsTr("Stop the answer"), "Esc"],
                [qsTr("New conversation"), "Ctrl+N"],
                [qsTr("Search all conversations"), "Ctrl+K"],
                [qsTr("Find in this conversation"), "Ctrl+F"],
                [qsTr("Rename the conversation"), "F2"],
                [qsTr("Show or hide the sidebar"), "Ctrl+B"],
                [qsTr("Add files"), "Ctrl+O"],
                [qsTr("Copy the last answer"), "Ctrl+Shift+C"],
                [qsTr("Answer again"), "Ctrl+R"],
                [qsTr("Change the last question"), "Ctrl+E"],
                [qsTr("Write"), "Ctrl+L"],
                [qsTr("Reach the files of the message, then Del removes"), "Up"],
                [qsTr("Scroll the conversation"), "PgUp, PgDn"],
                [qsTr("Settings"), "Ctrl+,"],
                [qsTr("This list"), "Ctrl+/"]
            ]

            Item {
                id: entry

                required property var modelData

                width: parent.width
                height: 34
                Accessible.role: Accessible.StaticText
                Accessible.name: modelData[0] + ": " + modelData[1]

                Text {
                    anchors.left: parent.left
                    anchors.right: keys.left
                    anchors.rightMargin: 12
                    anchors.verticalCenter: parent.verticalCenter
                    text: entry.modelData[0]
                    elide: Text.ElideRight
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    color: Theme.text
                }
                Rectangle {
                    id: keys

                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    width: keyText.implicitWidth + 16
                    height: 24
                    radius: 6
                    color: Theme.well
                    border.color: Theme.border

                    Text {
                        id: keyText

                        anchors.centerIn: parent
                        text: entry.modelData[1]
                        font.family: Theme.family
                        font.pixelSize: Theme.small
                        color: Theme.secondaryText
                    }
                }
            }
        }
    }
}
