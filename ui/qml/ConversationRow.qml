// SPDX-License-Identifier: Apache-2.0
// One conversation in the sidebar: select, rename in place, delete.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Controls.Basic
import Lectern

AbstractButton {
    id: row

    required property int index
    required property double conversationId
    required property string title
    required property bool current
    property bool renaming: false

    signal renamed(string title)
    signal deleteRequested
    signal finished // the keyboard goes back to the list

    function startRename() {
        renaming = true;
        editor.text = row.title;
        editor.forceActiveFocus();
        editor.selectAll();
    }

    function endRename(accept) {
        if (!renaming)
            return;
        const wanted = editor.text.trim();
        renaming = false;
        editor.focus = false; // else the list would pass its focus on to it
        if (accept && wanted !== "" && wanted !== row.title)
            row.renamed(wanted);
        row.finished();
    }

    objectName: "conversationRow"
    height: 36
    focusPolicy: Qt.NoFocus
    text: title
    Accessible.role: Accessible.ListItem
    Accessible.name: title
    Accessible.selected: current
    onDoubleClicked: startRename()

    HoverHandler {
        id: hover
    }
    TapHandler {
        acceptedButtons: Qt.RightButton
        onTapped: menuLoader.open()
    }

    Item {

        anchors.fill: parent
        Text {
            id: caption

            anchors.left: parent.left
            anchors.leftMargin: 10
            anchors.right: more.visible ? more.left : parent.right
            anchors.rightMargin: more.visible ? 2 : 10
            anchors.verticalCenter: parent.verticalCenter
            visible: !row.renaming
            text: row.title
            textFormat: Text.PlainText
            elide: Text.ElideRight
            maximumLineCount: 1
            font.family: Theme.family
            font.pixelSize: Theme.ui
            font.weight: row.current ? Font.Medium : Font.Normal
            color: Theme.text
        }
        LineField {
            id: editor

            anchors.fill: parent
            anchors.margins: 2
            visible: row.renaming
            Accessible.name: qsTr("New title of the conversation")
            maximumLength: 200
            // Accepts the key, which would select the row in the list otherwise.
            Keys.onReturnPressed: row.endRename(true)
            Keys.onEnterPressed: row.endRename(true)
            onActiveFocusChanged: {
                if (!activeFocus)
                    row.endRename(true);
            }
            Keys.onEscapePressed: row.endRename(false)
        }
        IconButton {
            id: more

            anchors.right: parent.right
            anchors.rightMargin: 4
            anchors.verticalCenter: parent.verticalCenter
            implicitWidth: 28
            implicitHeight: 28
            visible: !row.renaming && (hover.hovered || menuLoader.shown || row.current)
            label: qsTr("Actions for “%1”").arg(row.title)
            iconName: "more"
            focusPolicy: Qt.NoFocus
            explained: !menuLoader.shown
            onClicked: menuLoader.open()
        }
    }
    background: Rectangle {
        radius: 9
        color: row.current ? Theme.selected : hover.hovered ? Theme.hover : "transparent"

        FocusRing {
            anchors.margins: 0
            targetRadius: 6
            visible: row.ListView.isCurrentItem && row.ListView.view.activeFocus && !row.renaming
        }
    }

    Loader {
        id: menuLoader

        readonly property bool shown: item !== null && (item as ConversationMenu).visible

        function open() {
            active = true;
            (item as ConversationMenu).popup(more, 0, more.height + 2);
        }

        active: false
        source: "ConversationMenu.qml"
        onLoaded: {
            const menu = item as ConversationMenu;
            menu.renameChosen.connect(row.startRename);
            menu.deleteChosen.connect(row.deleteRequested);
        }
    }
}
