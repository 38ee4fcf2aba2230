// SPDX-License-Identifier: Apache-2.0
// The files of the draft as cards; the keyboard reaches and removes each.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

Flickable {
    id: list

    required property WindowState windowState
    readonly property int count: cards.count

    signal leaveRequested // the keyboard goes back to the text

    function enter() {
        focusCard(count - 1);
    }

    function focusCard(index) {
        const card = cards.itemAt(index);
        if (card === null)
            return;
        card.forceActiveFocus(Qt.TabFocusReason);
        contentY = Math.max(0, Math.min(Math.max(contentY, card.y + card.height - height), card.y));
    }

    objectName: "draftAttachments"
    visible: count > 0
    height: Math.min(row.height, 190)
    contentWidth: width
    contentHeight: row.height
    clip: contentHeight > height
    boundsBehavior: Flickable.StopAtBounds
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Files of this message")

    Flow {
        id: row

        width: list.width
        spacing: 8

        Repeater {
            id: cards

            model: list.windowState.draftAttachments
            // A file that was just added is in view.
            onItemAdded: reveal.restart()

            AttachmentCard {
                required property int index
                required property double attachmentId
                required fileName
                required kind
                required detail
                required warnings
                required readState
                required progress
                required thumbnail

                removable: true
                onRemoveRequested: {
                    if (activeFocus)
                        list.leaveRequested();
                    list.windowState.attachmentRemoved(attachmentId);
                }
                Keys.onEscapePressed: list.leaveRequested()
                Keys.onDownPressed: list.leaveRequested()
                Keys.onLeftPressed: list.focusCard(index - 1)
                Keys.onRightPressed: list.focusCard(index + 1)
            }
        }
    }
    // Cards grow when it is known what was read of them; until then the last one stays in view.
    Timer {
        id: reveal

        interval: 1500
    }
    function showLast() {
        if (reveal.running)
            contentY = Math.max(0, contentHeight - height);
    }
    onContentHeightChanged: showLast()
    onHeightChanged: showLast()
    onMovementStarted: reveal.stop()
    ScrollBar.vertical: ThinScrollBar {}
}
