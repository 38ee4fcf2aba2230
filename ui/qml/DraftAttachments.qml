// SPDX-License-Identifier: Apache-2.0
// The files of the draft as a row of cards; the keyboard reaches and removes each.
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
        contentX = Math.max(0, Math.min(Math.max(contentX, card.x + card.width - width), card.x));
    }

    objectName: "draftAttachments"
    visible: count > 0
    height: row.height
    contentWidth: row.width
    contentHeight: row.height
    clip: contentWidth > width
    boundsBehavior: Flickable.StopAtBounds
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Files of this message")

    Row {
        id: row

        spacing: 8

        Repeater {
            id: cards

            model: list.windowState.draftAttachments
            // A file that was just added is in view.
            onItemAdded: (index, item) => list.contentX = Math.max(0, item.x + item.width - list.width)

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
    ScrollBar.horizontal: ThinScrollBar {}
}
