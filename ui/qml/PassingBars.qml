// SPDX-License-Identifier: Apache-2.0
// The bars that pass by: a notice that leaves on its own, and the chance to undo a deletion.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Item {
    id: bars

    required property WindowState windowState

    Connections {
        target: bars.windowState

        function onNoticeRequested(sentence) {
            notice.sentence = sentence;
            notice.shown = true;
            // Time to read: longer for longer sentences.
            leave.interval = 4000 + 50 * sentence.length;
            leave.restart();
        }
    }
    Timer {
        id: leave

        onTriggered: {
            if (noticeHover.hovered)
                restart();
            else
                notice.shown = false;
        }
    }

    Column {
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        spacing: 8

        Rectangle {
            id: notice

            property string sentence
            property bool shown: false

            objectName: "notice"
            anchors.horizontalCenter: parent.horizontalCenter
            visible: shown
            width: Math.min(bars.width - 48, Theme.columnWidth, Math.ceil(noticeText.implicitWidth) + 66)
            height: noticeText.height + 24
            radius: 12
            color: Theme.dark ? "#3a3a41" : "#2b2b30"
            Accessible.role: Accessible.AlertMessage
            Accessible.name: sentence

            HoverHandler {
                id: noticeHover
            }
            Text {
                id: noticeText

                x: 16
                anchors.verticalCenter: parent.verticalCenter
                width: notice.width - 66
                text: notice.sentence
                textFormat: Text.PlainText
                wrapMode: Text.Wrap
                lineHeight: 1.25
                font.family: Theme.family
                font.pixelSize: Theme.ui
                color: "#ffffff"
            }
            IconButton {
                anchors.right: parent.right
                anchors.rightMargin: 7
                anchors.verticalCenter: parent.verticalCenter
                implicitWidth: 30
                implicitHeight: 30
                iconSize: 16
                label: qsTr("Dismiss")
                iconName: "close"
                tint: "#d0d0d6"
                onClicked: notice.shown = false
            }
        }
        Rectangle {
            id: undo

            objectName: "undoBar"
            anchors.horizontalCenter: parent.horizontalCenter
            visible: bars.windowState.undoText !== ""
            width: Math.min(bars.width - 48, Math.ceil(undoText.implicitWidth) + undoButton.width + 42)
            height: 46
            radius: 12
            color: Theme.raised
            border.color: Theme.strongBorder
            Accessible.role: Accessible.AlertMessage
            Accessible.name: bars.windowState.undoText

            Text {
                id: undoText

                x: 16
                anchors.verticalCenter: parent.verticalCenter
                width: undo.width - undoButton.width - 42
                text: bars.windowState.undoText
                textFormat: Text.PlainText
                elide: Text.ElideRight
                font.family: Theme.family
                font.pixelSize: Theme.ui
                color: Theme.text
            }
            TextButton {
                id: undoButton

                objectName: "undoButton"
                anchors.right: parent.right
                anchors.rightMargin: 6
                anchors.verticalCenter: parent.verticalCenter
                implicitHeight: 34
                flat: true
                text: qsTr("Undo")
                onClicked: bars.windowState.undoRequested()
            }
        }
    }
}
