// SPDX-License-Identifier: Apache-2.0
// What stands under an answer: that it is being prepared, or how it ended and what can be done with it.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: row

    required property double messageId
    required property string messageState
    required property string note
    required property bool lastAnswer
    required property bool firstRow
    property WindowState windowState

    readonly property real columnWidth: Math.min(width - 48, Theme.columnWidth)
    readonly property bool waiting: messageState === "waiting"
    readonly property bool busy: waiting || messageState === "streaming"
    readonly property bool problem: messageState === "failed" || messageState === "interrupted"
    readonly property string words: {
        if (note !== "")
            return note;
        switch (messageState) {
        case "stopped":
            return qsTr("Stopped.");
        case "interrupted":
            return qsTr("Interrupted: Lectern ended while this was being written.");
        case "failed":
            return qsTr("This answer could not be written.");
        default:
            return "";
        }
    }

    width: ListView.view?.width ?? 0
    height: waiting ? 28 : busy ? 14 : Math.max(buttons.height, noteLine.height) + (firstRow ? 0 : 8)

    Row {
        x: Math.round((row.width - row.columnWidth) / 2)
        height: 28
        spacing: 10
        visible: row.waiting
        Accessible.role: Accessible.StaticText
        Accessible.name: activityText.text

        Row {
            anchors.verticalCenter: parent.verticalCenter
            spacing: 5

            Repeater {
                model: 3

                Rectangle {
                    id: dot

                    required property int index

                    width: 6
                    height: 6
                    radius: 3
                    color: Theme.faintText
                    SequentialAnimation on opacity {
                        running: row.waiting && row.visible
                        loops: Animation.Infinite

                        PauseAnimation {
                            duration: dot.index * 160
                        }
                        NumberAnimation {
                            to: 1
                            duration: 320
                        }
                        NumberAnimation {
                            to: 0.35
                            duration: 320
                        }
                        PauseAnimation {
                            duration: 640 - dot.index * 160
                        }
                    }
                }
            }
        }
        Text {
            id: activityText

            anchors.verticalCenter: parent.verticalCenter
            width: Math.min(implicitWidth, row.columnWidth - 50)
            elide: Text.ElideRight
            text: row.lastAnswer && row.windowState && row.windowState.activity !== "" ? row.windowState.activity
                                                                                      : qsTr("Preparing the answer")
            textFormat: Text.PlainText
            font.family: Theme.family
            font.pixelSize: Theme.ui
            color: Theme.faintText
        }
    }

    Row {
        id: buttons

        x: Math.round((row.width - row.columnWidth) / 2) - 6
        y: row.firstRow ? 0 : 8
        visible: !row.busy
        spacing: 2

        CopyButton {
            objectName: "copyAnswer"
            label: qsTr("Copy the answer")
            visible: !row.firstRow
            onClicked: row.windowState.copyRequested(row.windowState.messageText(row.messageId))
        }
        IconButton {
            objectName: "regenerate"
            implicitWidth: 28
            implicitHeight: 28
            iconSize: 17
            visible: row.lastAnswer
            enabled: !(row.windowState?.answering ?? true)
            label: qsTr("Answer again")
            iconName: "refresh"
            onClicked: row.windowState.regenerateRequested(row.messageId)
        }
    }
    Row {
        id: noteLine

        x: row.lastAnswer || !row.firstRow ? buttons.x + buttons.width + 8 : buttons.x + 6
        y: buttons.y + (buttons.visible ? Math.max(0, (28 - noteText.lineBox) / 2) : 0)
        width: row.width - x - Math.round((row.width - row.columnWidth) / 2)
        visible: !row.busy && row.words !== ""
        spacing: 7

        Icon {
            visible: row.problem
            name: "warning"
            width: 16
            height: 16
            color: noteText.color
            y: Math.round((noteText.lineBox - 16) / 2)
        }
        Text {
            id: noteText

            readonly property real lineBox: 19

            width: noteLine.width - (row.problem ? 23 : 0)
            text: row.words
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            lineHeightMode: Text.FixedHeight
            lineHeight: lineBox
            font.family: Theme.family
            font.pixelSize: row.problem ? Theme.ui : Theme.small
            color: row.messageState === "failed" ? Theme.danger
                 : row.messageState === "interrupted" ? Theme.warning : Theme.faintText
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
}
