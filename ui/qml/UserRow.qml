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
    required property bool rightToLeft
    required property QtObject attachments // a list model; null: none
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
            visible: row.attachments !== null
            anchors.right: parent.right
            width: Math.min(parent.width, 640)
            layoutDirection: Qt.RightToLeft
            spacing: 8

            Repeater {
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

            RichText {
                id: view

                x: 16
                y: 11
                width: bubble.width - 32
                html: row.preview !== "" && !row.expanded ? row.preview : row.html
                rightToLeft: row.rightToLeft
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
            CopyButton {
                anchors.right: parent.left
                anchors.rightMargin: 6
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 6
                label: qsTr("Copy your message")
                opacity: hover.hovered || visualFocus ? 1 : 0
                onClicked: row.windowState.copyRequested(row.plain)
            }
        }
    }
}
