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
    required property AttachmentListModel attachments // null: none
    required property var remarks // what was not read of them, sentences
    property TextSelection selection: null
    readonly property TextEdit selectable: view
    property TextFind find: null
    readonly property FoundMarks found: view.found
    property double markedMessage: 0
    property bool expanded: false
    property bool filesExpanded: false
    property WindowState windowState

    // At once, not with the next frame: the list scrolls to what this shows.
    function showAll() {
        expanded = true;
        body.forceLayout();
    }

    readonly property real columnWidth: Math.min(width - 48, Theme.columnWidth)
    readonly property real columnX: Math.round((width - columnWidth) / 2)
    readonly property int topGap: index === 0 ? 8 : 36

    width: ListView.view?.width ?? 0
    height: topGap + body.height + 22
    ListView.onPooled: {
        expanded = false;
        filesExpanded = false;
    }
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

        // Made only where there are files. (A Loader of a bound component fails in a chosen delegate of Qt 6.4.)
        Repeater {
            model: row.attachments !== null ? 1 : 0

            SentFiles {
                anchors.right: parent?.right
                files: row.attachments
                remarks: row.remarks
                most: row.columnWidth
                expanded: row.filesExpanded
                onToggled: row.filesExpanded = !row.filesExpanded
            }
        }
        Rectangle {
            id: bubble

            objectName: "questionBubble"
            visible: row.plain !== ""
            anchors.right: parent.right
            width: Math.min(Math.ceil(view.implicitWidth), Math.round(row.columnWidth * 0.84)) + 32
            height: view.height + 22 + (more.visible ? more.height : 0)
            radius: 16
            color: Theme.bubble
            border.width: row.windowState?.editedMessage === row.messageId || row.markedMessage === row.messageId ? 1.5 : 0
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
                find: row.find
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
