// SPDX-License-Identifier: Apache-2.0
// The files of the draft as cards in two columns, with a line about all of them once they are many;
// the keyboard reaches and removes each.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Item {
    id: root

    required property WindowState windowState
    readonly property AttachmentListModel files: windowState.draftAttachments as AttachmentListModel
    readonly property int count: files.count

    signal leaveRequested // the keyboard goes back to the text

    function enter() {
        focusCard(count - 1);
    }

    function focusCard(index) {
        if (index < 0 || index >= count)
            return;
        grid.positionViewAtIndex(index, GridView.Contain);
        grid.itemAtIndex(index)?.forceActiveFocus(Qt.TabFocusReason);
    }

    objectName: "draftAttachments"
    visible: count > 0
    implicitHeight: grid.y + grid.height
    height: implicitHeight
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Files of this message")

    Item {
        id: summary

        readonly property bool tooMany: root.files.tokens > root.windowState.contextSize && root.windowState.contextSize > 0

        visible: root.count > grid.columns
        width: parent.width
        height: visible ? 32 : 0

        Text {
            objectName: "draftSummary"
            anchors.left: parent.left
            anchors.leftMargin: 6
            anchors.right: clearButton.left
            anchors.rightMargin: 8
            anchors.verticalCenter: parent.verticalCenter
            anchors.verticalCenterOffset: -4
            text: {
                let words = qsTr("%1 files").arg(root.count);
                if (root.files.tokens > 0)
                    words += ", " + qsTr("%1 tokens").arg(Number(root.files.tokens).toLocaleString(Qt.locale(), "f", 0));
                if (root.files.rejected > 0)
                    words += ", " + qsTr("%1 of them cannot be read").arg(root.files.rejected);
                return summary.tooMany ? words + ". " + qsTr("More than the model holds: it will read only parts.") : words;
            }
            elide: Text.ElideRight
            font.family: Theme.family
            font.pixelSize: Theme.small
            color: summary.tooMany ? Theme.warning : Theme.secondaryText
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        TextButton {
            id: clearButton

            objectName: "clearDraft"
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            anchors.verticalCenterOffset: -4
            implicitHeight: 28
            flat: true
            text: qsTr("Remove all")
            onClicked: {
                root.leaveRequested();
                root.windowState.attachmentsCleared();
            }
        }
    }
    // Only cards in view exist, however many files a folder has.
    GridView {
        id: grid

        readonly property int columns: root.width > 520 ? 2 : 1
        readonly property int rows: Math.ceil(count / columns)
        // Of the window, so that the conversation stays in view too.
        readonly property int most: Math.max(1, Math.min(3, Math.floor((root.Window.height - 300) / 2 / cellHeight)))

        y: summary.height
        width: parent.width + 8 // the gap behind the last column
        height: Math.min(rows, most) * cellHeight
        cellWidth: Math.floor(width / (count > 1 ? columns : 1))
        cellHeight: root.files.rejected > 0 ? 84 : 64
        clip: true
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: false
        cacheBuffer: 128
        model: root.files
        ScrollBar.vertical: ThinScrollBar {}

        property int before: 0

        delegate: Item {
            id: cell

            required property int index
            required property double attachmentId
            required property string fileName
            required property string kind
            required property string detail
            required property var warnings
            required property string readState
            required property double progress
            required property var thumbnail

            width: grid.cellWidth
            height: grid.cellHeight
            onActiveFocusChanged: if (activeFocus)
                card.forceActiveFocus(Qt.TabFocusReason)

            AttachmentCard {
                id: card

                width: grid.count > 1 || rejected ? cell.width - 8 : Math.min(cell.width - 8, implicitWidth)
                height: cell.height - 8
                fileName: cell.fileName
                kind: cell.kind
                detail: cell.detail
                warnings: cell.warnings
                readState: cell.readState
                progress: cell.progress
                thumbnail: cell.thumbnail
                removable: true
                onRemoveRequested: {
                    if (activeFocus)
                        root.leaveRequested();
                    root.windowState.attachmentRemoved(cell.attachmentId);
                }
                Keys.onEscapePressed: root.leaveRequested()
                Keys.onDownPressed: root.leaveRequested()
                Keys.onLeftPressed: root.focusCard(cell.index - 1)
                Keys.onRightPressed: root.focusCard(cell.index + 1)
            }
        }

        // A file that was just added is in view.
        onCellHeightChanged: reveal.restart()
        onCountChanged: {
            if (count > before)
                reveal.restart();
            before = count;
        }
        Timer {
            id: reveal

            interval: 0
            onTriggered: grid.positionViewAtEnd()
        }
    }
}
