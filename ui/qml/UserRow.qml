// SPDX-License-Identifier: Apache-2.0
// A person's message: its files, and its text exactly as written.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: row

    required property int index
    required property double messageId
    required property string html
    required property string preview
    required property string plain
    required property bool lastQuestion
    required property bool rightToLeft
    required property QtObject attachments // a list model; null: none
    property TextSelection selection: null
    readonly property TextEdit selectable: view
    property bool expanded: false
    property WindowState windowState

    readonly property real columnWidth: Math.min(width - 48, Theme.columnWidth)
    readonly property real columnX: Math.round((width - columnWidth) / 2)
    readonly property int topGap: index === 0 ? 8 : 36

    width: ListView.view?.width ?? 0
    height: topGap + body.height + 22
    ListView.onPooled: expanded = false
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("You: %1").arg(plain)

    HoverHandler {
        id: hover
    }

    Column {
        id: body

        x: row.columnX
        y: row.topGap
        width: row.columnWidth
        spacing: 8

        Flow {
            id: cards

            // As wide as its widest line of cards, so that they stand at the right, in reading order.
            readonly property real natural: {
                let widest = 0;
                let line = 0;
                for (let i = 0; i < repeater.count; ++i) {
                    const card = repeater.itemAt(i)?.implicitWidth ?? 0;
                    line = line > 0 && line + spacing + card <= row.columnWidth ? line + spacing + card : card;
                    widest = Math.max(widest, line);
                }
                return widest;
            }

            visible: row.attachments !== null
            anchors.right: parent.right
            width: natural
            spacing: 8

            Repeater {
                id: repeater

                model: row.attachments

                AttachmentCard {
                    required fileName
                    required kind
                    required detail
                    required warnings
                    required thumbnail
                }
            }
        }
        Column {
            anchors.right: parent.right
            spacing: 4

            Repeater {
                model: row.attachments

                Column {
                    id: remarks

                    required property string fileName
                    required property var warnings

                    anchors.right: parent?.right
                    spacing: 4

                    Repeater {
                        model: remarks.warnings

                        Row {
                            id: remark

                            required property string modelData

                            objectName: "attachmentRemark"
                            anchors.right: parent?.right
                            spacing: 7
                            Accessible.role: Accessible.StaticText
                            Accessible.name: modelData

                            Icon {
                                name: "warning"
                                width: 16
                                height: 16
                                y: 1
                                color: Theme.warning
                            }
                            Text {
                                width: Math.min(implicitWidth, row.columnWidth - 60)
                                text: remark.modelData
                                textFormat: Text.PlainText
                                wrapMode: Text.Wrap
                                font.family: Theme.family
                                font.pixelSize: Theme.small
                                color: Theme.secondaryText
                            }
                        }
                    }
                }
            }
        }
        Rectangle {
            id: bubble

            visible: row.plain !== ""
            anchors.right: parent.right
            width: Math.min(Math.ceil(view.implicitWidth), Math.round(row.columnWidth * 0.84)) + 32
            height: view.height + 22 + (more.visible ? more.height : 0)
            radius: 16
            color: Theme.bubble
            border.width: row.windowState?.editedMessage === row.messageId ? 1.5 : 0
            border.color: Theme.accent

            RichText {
                id: view

                x: 16
                y: 11
                width: bubble.width - 32
                html: row.preview !== "" && !row.expanded ? row.preview : row.html
                rightToLeft: row.rightToLeft
                selection: row.selection
                rowIndex: row.index
                Accessible.name: row.plain
            }
            AbstractButton {
                id: more

                visible: row.preview !== ""
                x: 16
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 8
                height: 28
                focusPolicy: Qt.StrongFocus
                text: row.expanded ? qsTr("Show less") : qsTr("Show all")
                Accessible.name: text
                Keys.onReturnPressed: clicked()
                onClicked: row.expanded = !row.expanded
                contentItem: Text {
                    text: more.text
                    verticalAlignment: Text.AlignVCenter
                    font.family: Theme.family
                    font.pixelSize: Theme.ui
                    font.weight: Font.Medium
                    font.underline: more.hovered
                    color: Theme.accentText
                }
                FocusRing {
                    visible: more.visualFocus
                }
            }
            Row {
                anchors.right: parent.left
                anchors.rightMargin: 6
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 8
                spacing: 2
                opacity: hover.hovered || copyButton.visualFocus || editButton.visualFocus ? 1 : 0

                IconButton {
                    id: editButton

                    objectName: "editQuestion"
                    implicitWidth: 28
                    implicitHeight: 28
                    iconSize: 17
                    visible: row.lastQuestion && !(row.windowState?.answering ?? true)
                    label: qsTr("Change this question")
                    shortcutText: "Ctrl+E"
                    iconName: "pencil"
                    onClicked: row.windowState.editRequested(row.messageId)
                }
                CopyButton {
                    id: copyButton

                    label: qsTr("Copy your message")
                    onClicked: row.windowState.copyRequested(row.plain)
                }
            }
        }
    }
}
