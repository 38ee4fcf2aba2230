// SPDX-License-Identifier: Apache-2.0
// A file of the draft or of a sent message: what it is, how reading goes, what was not read.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Control {
    id: card

    property string fileName
    property string kind
    property string detail
    property var warnings: []
    property string readState: "ready"
    property double progress: 1
    property var thumbnail
    property bool removable: false

    signal removeRequested

    readonly property bool rejected: readState === "rejected"
    readonly property bool reading: readState === "reading"
    readonly property real naturalWords: Math.ceil(Math.max(nameText.implicitWidth, stateText.implicitWidth)) + 2
    readonly property string stateWords: reading ? (progress > 0 ? qsTr("Reading, %1 %").arg(Math.round(progress * 100)) : qsTr("Reading…"))
                                       : detail !== "" ? detail
                                       : rejected ? qsTr("This file cannot be read.") : ""

    // The parts that are not empty, then the warnings.
    function joined(parts, separator) {
        let all = "";
        for (const part of parts)
            all += part === "" ? "" : (all === "" ? "" : separator) + part;
        for (const warning of warnings)
            all += separator + warning;
        return all;
    }

    objectName: "attachmentCard"
    // As wide as its words, within limits; one height, whether reading or read.
    implicitWidth: Math.max(220, Math.min(420, words.x + naturalWords + words.anchors.rightMargin))
    implicitHeight: Math.max(56, words.height + 18)
    focusPolicy: removable ? Qt.TabFocus : Qt.NoFocus
    hoverEnabled: true
    Accessible.role: Accessible.ListItem
    Accessible.name: joined([fileName, stateWords], ". ")
    Keys.onDeletePressed: if (removable)
        removeRequested()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_Backspace && removable) {
            event.accepted = true;
            removeRequested();
        }
    }

    background: Rectangle {
        radius: 12
        color: card.rejected ? Theme.dangerSoft : Theme.raised
        border.color: card.rejected ? "transparent" : Theme.border

        FocusRing {
            targetRadius: 12
            visible: card.visualFocus
        }
    }
    Item {
        anchors.fill: parent
        Rectangle {
            id: picture

            x: 8
            anchors.verticalCenter: parent.verticalCenter
            width: 38
            height: 38
            radius: 8
            color: card.rejected ? "transparent" : Theme.well

            Icon {
                visible: preview.empty
                anchors.centerIn: parent
                name: card.rejected ? "warning" : card.kind === "image" ? "image" : card.kind === "video" ? "video" : "file"
                color: card.rejected ? Theme.danger : Theme.secondaryText
            }
            ImageView {
                id: preview

                anchors.fill: parent
                radius: 8
                image: card.thumbnail
                opacity: card.reading ? 0.5 : 1
            }
            Rectangle {
                visible: card.kind === "video" && !preview.empty
                anchors.centerIn: parent
                width: 22
                height: 22
                radius: 11
                color: "#99000000"

                Icon {
                    anchors.centerIn: parent
                    name: "video"
                    width: 14
                    height: 14
                    color: "#ffffff"
                }
            }
        }
        Column {
            id: words

            anchors.left: picture.right
            anchors.leftMargin: 10
            anchors.right: parent.right
            anchors.rightMargin: (card.removable ? 34 : 12) + (marker.visible ? 24 : 0)
            anchors.verticalCenter: parent.verticalCenter
            spacing: 2

            Text {
                id: nameText

                width: parent.width
                text: card.fileName
                textFormat: Text.PlainText
                elide: Text.ElideMiddle
                maximumLineCount: 1
                font.family: Theme.family
                font.pixelSize: Theme.ui
                font.weight: Font.Medium
                color: Theme.text
            }
            Text {
                id: stateText

                width: parent.width
                visible: text !== ""
                text: card.stateWords
                textFormat: Text.PlainText
                elide: Text.ElideRight
                wrapMode: card.rejected ? Text.Wrap : Text.NoWrap
                maximumLineCount: card.rejected ? 3 : 1
                font.family: Theme.family
                font.pixelSize: Theme.small
                color: card.rejected ? Theme.danger : Theme.secondaryText
            }
            ThinProgress {
                width: parent.width
                visible: card.reading
                value: card.progress
            }
        }
        Icon {
            id: marker

            anchors.right: parent.right
            anchors.rightMargin: card.removable ? 36 : 12
            anchors.verticalCenter: parent.verticalCenter
            visible: !card.rejected && (card.warnings?.length ?? 0) > 0
            name: "warning"
            width: 18
            height: 18
            color: Theme.warning
        }
        IconButton {
            objectName: "removeAttachment"
            anchors.right: parent.right
            anchors.rightMargin: 5
            anchors.verticalCenter: parent.verticalCenter
            visible: card.removable
            implicitWidth: 26
            implicitHeight: 26
            iconSize: 16
            focusPolicy: Qt.NoFocus
            label: qsTr("Remove %1").arg(card.fileName)
            iconName: "close"
            onClicked: card.removeRequested()
        }
    }

    Tip {
        target: card
        wanted: (card.hovered || card.visualFocus) && !card.reading
        // Only what the card itself does not show.
        text: nameText.truncated || stateText.truncated || marker.visible ? card.joined([card.fileName, card.detail], "\n") : ""
    }
}
