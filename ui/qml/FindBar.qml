// SPDX-License-Identifier: Apache-2.0
// Finds in the conversation that is shown: a slim bar over its upper corner.
pragma ComponentBehavior: Bound
import QtQuick
import Lectern

Rectangle {
    id: bar

    required property MessageList messages
    readonly property TextFind find: messages.find
    // A long conversation is put together, and looked through, from its end.
    readonly property bool allSeen: messages.complete && !find.looking

    signal closed

    function open() {
        if (!visible) {
            find.startRow = messages.firstShownRow();
            visible = true;
        }
        field.selectAll();
        field.forceActiveFocus();
        find.text = field.text;
    }

    function close() {
        if (!visible)
            return;
        visible = false;
        find.text = "";
        closed();
    }

    objectName: "findBar"
    visible: false
    implicitWidth: 372
    implicitHeight: 46
    radius: 12
    color: Theme.raised
    border.color: field.activeFocus ? Theme.accent : Theme.strongBorder
    Accessible.role: Accessible.ToolBar
    Accessible.name: qsTr("Find in this conversation")

    Keys.onEscapePressed: close()

    // Not through to the text below.
    MouseArea {
        anchors.fill: parent
        Accessible.ignored: true
    }

    Icon {
        x: 13
        anchors.verticalCenter: parent.verticalCenter
        width: 17
        height: 17
        name: "search"
        color: Theme.secondaryText
    }
    LineField {
        id: field

        objectName: "findField"
        anchors.left: parent.left
        anchors.leftMargin: 32
        anchors.right: tally.left
        anchors.rightMargin: 4
        anchors.verticalCenter: parent.verticalCenter
        framed: false
        maximumLength: 500
        placeholderText: qsTr("Find in this conversation")
        Accessible.role: Accessible.EditableText
        Accessible.name: qsTr("Find in this conversation")
        Accessible.description: tally.text
        onTextEdited: bar.find.text = text
        // Before the window's shortcut, which stops an answer.
        Keys.onShortcutOverride: event => event.accepted = event.key === Qt.Key_Escape
        Keys.onEscapePressed: bar.close()
        Keys.onReturnPressed: event => bar.find.step(event.modifiers & Qt.ShiftModifier ? -1 : 1)
        Keys.onEnterPressed: event => bar.find.step(event.modifiers & Qt.ShiftModifier ? -1 : 1)
        Keys.onUpPressed: bar.find.step(-1)
        Keys.onDownPressed: bar.find.step(1)
    }
    Text {
        id: tally

        objectName: "findTally"
        anchors.right: previous.left
        anchors.rightMargin: 6
        anchors.verticalCenter: parent.verticalCenter
        visible: bar.find.text !== ""
        text: (bar.find.count > 0 ? qsTr("%1 of %2").arg(bar.find.current).arg(bar.find.count)
               : bar.allSeen ? qsTr("Not found") : "") + (bar.allSeen ? "" : "…")
        font.family: Theme.family
        font.pixelSize: Theme.small
        color: bar.find.count > 0 || !bar.allSeen ? Theme.secondaryText : Theme.danger
        Accessible.role: Accessible.StaticText
        Accessible.name: text
    }
    IconButton {
        id: previous

        objectName: "findPrevious"
        anchors.right: next.left
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 32
        implicitHeight: 32
        focusPolicy: Qt.TabFocus
        enabled: bar.find.count > 0
        label: qsTr("Previous place")
        shortcutText: "Shift+Enter"
        iconName: "chevron-up"
        onClicked: bar.find.step(-1)
    }
    IconButton {
        id: next

        objectName: "findNext"
        anchors.right: closeButton.left
        anchors.rightMargin: 2
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 32
        implicitHeight: 32
        focusPolicy: Qt.TabFocus
        enabled: bar.find.count > 0
        label: qsTr("Next place")
        shortcutText: "Enter"
        iconName: "chevron-down"
        onClicked: bar.find.step(1)
    }
    IconButton {
        id: closeButton

        objectName: "findClose"
        anchors.right: parent.right
        anchors.rightMargin: 7
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 32
        implicitHeight: 32
        iconSize: 17
        label: qsTr("Close")
        shortcutText: "Esc"
        iconName: "close"
        onClicked: bar.close()
    }
}
