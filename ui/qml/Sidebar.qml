// SPDX-License-Identifier: Apache-2.0
// The conversations, newest first, under the date they were last used.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

FocusScope {
    id: sidebar

    required property WindowState windowState

    readonly property string words: field.text.trim() // that are looked for in all conversations

    signal chosen // a conversation was opened or begun
    signal leaveRequested // the keyboard is to go elsewhere
    signal hideRequested

    // Of the conversation that is shown; -1 when it is in no row that exists.
    function shownIndex() {
        for (let i = 0; i < list.count; ++i) {
            if ((list.itemAtIndex(i) as ConversationRow)?.current)
                return i;
        }
        return -1;
    }

    function renameCurrent() {
        if (!list.activeFocus)
            list.currentIndex = shownIndex();
        list.currentRow()?.startRename();
    }

    // Takes the keyboard, beginning at the conversation that is shown.
    function browse() {
        list.currentIndex = shownIndex();
        if (list.count > 0)
            list.forceActiveFocus();
        else
            newButton.forceActiveFocus();
    }

    // Takes the keyboard to the search.
    function search() {
        field.selectAll();
        field.forceActiveFocus();
    }

    function startNew() {
        windowState.newConversationRequested();
        chosen();
    }

    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Conversations")

    ListParts {
        id: parts
    }

    Rectangle {
        anchors.fill: parent
        color: Theme.sidebar
    }

    Item {
        id: header

        width: parent.width
        height: 52

        Text {
            anchors.left: parent.left
            anchors.leftMargin: 18
            anchors.verticalCenter: parent.verticalCenter
            text: qsTr("Lectern")
            font.family: Theme.family
            font.pixelSize: 15
            font.weight: Font.DemiBold
            color: Theme.text
        }
        IconButton {
            objectName: "hideSidebar"
            anchors.right: parent.right
            anchors.rightMargin: 9
            anchors.verticalCenter: parent.verticalCenter
            label: qsTr("Hide the sidebar")
            shortcutText: "Ctrl+B"
            iconName: "sidebar"
            onClicked: sidebar.hideRequested()
        }
    }

    AbstractButton {
        id: newButton

        objectName: "newConversation"
        anchors.top: header.bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: 8
        anchors.topMargin: 0
        height: 38
        focusPolicy: Qt.StrongFocus
        Accessible.role: Accessible.Button
        Accessible.name: qsTr("New conversation")
        Keys.onReturnPressed: clicked()
        onClicked: sidebar.startNew()

        Item {

            anchors.fill: parent
            Icon {
                id: newIcon

                x: 10
                anchors.verticalCenter: parent.verticalCenter
                name: "new-chat"
                color: Theme.text
            }
            Text {
                anchors.left: newIcon.right
                anchors.leftMargin: 9
                anchors.verticalCenter: parent.verticalCenter
                text: qsTr("New conversation")
                font.family: Theme.family
                font.pixelSize: Theme.ui
                font.weight: Font.Medium
                color: Theme.text
            }
            Text {
                anchors.right: parent.right
                anchors.rightMargin: 10
                anchors.verticalCenter: parent.verticalCenter
                visible: newButton.hovered
                text: "Ctrl+N"
                font.family: Theme.family
                font.pixelSize: Theme.small
                color: Theme.faintText
            }
        }
        background: Rectangle {
            radius: 9
            color: newButton.down ? Theme.pressed : newButton.hovered ? Theme.hover : "transparent"

            FocusRing {
                anchors.margins: 0
                targetRadius: 6
                visible: newButton.visualFocus
            }
        }
    }

    SearchField {
        id: field

        objectName: "searchField"
        anchors.top: newButton.bottom
        anchors.topMargin: 6
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 8
        anchors.rightMargin: 8
        shortcutText: "Ctrl+K"
        Accessible.name: qsTr("Search all conversations")
        onTextChanged: sidebar.windowState.searchRequested(text)
        onEntered: {
            if (sidebar.words !== "")
                results.browse();
            else if (list.count > 0)
                sidebar.browse();
        }
        onLeaveRequested: sidebar.leaveRequested()
    }
    SearchResults {
        id: results

        anchors.fill: list
        visible: sidebar.words !== ""
        windowState: sidebar.windowState
        words: sidebar.words
        onChosen: sidebar.chosen()
        onLeaveRequested: sidebar.search()
    }

    ListView {
        id: list

        objectName: "conversationList"
        anchors.top: field.bottom
        anchors.topMargin: 6
        visible: sidebar.words === ""
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: 8
        anchors.rightMargin: 8
        anchors.bottom: parent.bottom
        anchors.bottomMargin: 8
        clip: true
        model: sidebar.windowState.conversations
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: true
        activeFocusOnTab: count > 0
        highlightFollowsCurrentItem: true
        highlightMoveDuration: 0
        currentIndex: -1
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Conversations by date")
        onActiveFocusChanged: {
            if (activeFocus && currentIndex < 0)
                currentIndex = 0;
        }

        function currentRow() {
            return itemAtIndex(currentIndex) as ConversationRow;
        }

        Keys.onReturnPressed: currentRow()?.clicked()
        Keys.onEnterPressed: currentRow()?.clicked()
        Keys.onSpacePressed: currentRow()?.clicked()
        Keys.onDeletePressed: currentRow()?.deleteRequested()
        Keys.onPressed: event => {
            if (event.key === Qt.Key_F2) {
                currentRow()?.startRename();
                event.accepted = true;
            }
        }

        section.property: "section"
        section.delegate: parts.sectionLabel

        delegate: ConversationRow {
            width: ListView.view.width
            current: conversationId === sidebar.windowState.currentConversation
            onClicked: {
                list.currentIndex = index;
                sidebar.windowState.conversationSelected(conversationId);
                sidebar.chosen();
            }
            onRenamed: wanted => sidebar.windowState.conversationRenamed(conversationId, wanted)
            onDeleteRequested: sidebar.windowState.conversationDeleted(conversationId)
            onFinished: list.forceActiveFocus()
        }

        ScrollBar.vertical: ThinScrollBar {}
    }

    Text {
        anchors.top: field.bottom
        anchors.topMargin: 14
        x: 18
        width: parent.width - 36
        visible: list.count === 0 && sidebar.words === ""
        text: qsTr("Your conversations will be listed here. They are stored on this computer only.")
        wrapMode: Text.Wrap
        lineHeight: 1.35
        font.family: Theme.family
        font.pixelSize: Theme.ui
        color: Theme.secondaryText
    }

    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.border
    }
}
